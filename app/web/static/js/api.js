// The only place that talks to the server.

/** A failure as the server explains it: what, where, what to do. */
export class ApiError extends Error {
  constructor({ code, message, where, fix }) {
    super(message)
    Object.assign(this, { code, where, fix })
  }
}

export function createApi(base, language) {
  return {
    meta: () => get('api/meta'),
    summary: (filters) => get('api/summary', filters),
    row: (layer, id) => get(`api/row/${encodeURIComponent(layer)}/${encodeURIComponent(id)}`),
    table: (layer, page) => get(`api/table/${encodeURIComponent(layer)}`, page),
    search: (text, signal) => get('api/search', { q: text }, signal),
    rules: () => get('api/rules'),
    info: () => get('api/info'),
    packUrl: (layer) => url(`api/pack/${encodeURIComponent(layer)}`, {}, false),
    exportUrl: (kind, params) => url(`export/${encodeURIComponent(kind)}`, params),
  }

  function url(path, params = {}, withLanguage = true) {
    const address = new URL(path, new URL(base, globalThis.location.href))
    for (const [key, value] of Object.entries(params)) {
      if (value !== null && value !== undefined && value !== '') address.searchParams.set(key, value)
    }
    if (withLanguage) address.searchParams.set('lang', language())
    return address.href
  }

  async function get(path, params, signal) {
    const response = await fetch(url(path, params), { headers: { Accept: 'application/json' }, signal })
    const isJson = response.headers.get('content-type')?.includes('json')
    if (response.ok && isJson) return response.json()
    throw new ApiError(isJson ? await response.json() : { code: 'unreachable', message: `HTTP ${response.status}`, where: path, fix: '' })
  }
}

export async function loadWords(staticBase, language) {
  const response = await fetch(`${staticBase}i18n/${language}.json`)
  if (!response.ok) throw new Error(`No words for ${language}`)
  return response.json()
}
