// The only place that talks to the server.

import { evidenceCalls } from './api-evidence.js'
import { workCalls } from './api-work.js'

/** A failure as the server explains it: what, where, what to do. */
export class ApiError extends Error {
  constructor({ message, ...rest }) {
    super(message)
    Object.assign(this, rest) // code, where, fix; findings of a refusal; mine and theirs of a clash
  }
}

/** `scenario()` is the overlay that every question and every change goes through; '' is the plan itself. */
export function createApi(base, language, scenario = () => '') {
  return {
    calls: { get, post, send, url }, // for the questions of a theme, which come with its module
    ...workCalls({ get, post, send, url }),
    ...evidenceCalls({ get, post, send, url }),
    meta: () => get('api/meta'),
    summary: (filters) => get('api/summary', filters),
    row: (layer, id) => get(`api/row/${encodeURIComponent(layer)}/${encodeURIComponent(id)}`),
    table: (layer, page) => get(`api/table/${encodeURIComponent(layer)}`, page),
    search: (text, signal) => get('api/search', { q: text }, signal),
    rules: () => get('api/rules'),
    info: () => get('api/info'),
    features: (layer, asked) => get(`api/features/${encodeURIComponent(layer)}`, asked),
    form: (layer) => get(`api/form/${encodeURIComponent(layer)}`),
    edit: (edits, note = '') => post('api/edit', { edits, note }),
    check: (wish) => post('api/check-row', wish),
    points: (points, to) => post('api/points', { points, to }),
    history: (layer, id) => get(`api/history/${encodeURIComponent(layer)}/${encodeURIComponent(id)}`),
    restore: (point) => post('api/restore', point),
    undoState: () => get('api/undo'),
    undo: (way) => post('api/undo', { way }),
    actor: () => get('../../api/actor'),
    chooseActor: (actor) => post('../../api/actor', actor),
    packUrl: (layer) => url(`api/pack/${encodeURIComponent(layer)}`, {}, false),
    exportUrl: (kind, params) => url(`export/${encodeURIComponent(kind)}`, params),
  }

  function url(path, params = {}, withLanguage = true) {
    const address = new URL(path, new URL(base, globalThis.location.href))
    for (const [key, value] of Object.entries(params)) {
      if (value !== null && value !== undefined && value !== '') address.searchParams.set(key, value)
    }
    if (scenario() && !address.searchParams.has('scenario')) address.searchParams.set('scenario', scenario())
    if (withLanguage) address.searchParams.set('lang', language())
    return address.href
  }

  function get(path, params, signal) {
    return answerOf(path, fetch(url(path, params), { headers: { Accept: 'application/json' }, signal }))
  }

  function post(path, body) {
    const headers = { Accept: 'application/json', 'Content-Type': 'application/json', 'X-CSRFToken': document.body.dataset.csrf }
    return answerOf(path, fetch(url(path), { method: 'POST', headers, body: JSON.stringify(body) }))
  }

  /** A form with a file in it. */
  function send(path, form) {
    const headers = { Accept: 'application/json', 'X-CSRFToken': document.body.dataset.csrf }
    return answerOf(path, fetch(url(path), { method: 'POST', headers, body: form }))
  }

  async function answerOf(path, asked) {
    const response = await asked
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
