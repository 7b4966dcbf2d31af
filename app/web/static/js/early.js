// Runs before the modules of the page are here: what every map needs is fetched while the tile worker starts.

export const FIRST_LAYERS = ['building', 'township', 'community', 'road', 'landcover']

export const worker = new Worker(new URL('./map/worker.js', import.meta.url), { type: 'module' })

/** What the worker said before anybody listened, in order. */
export const heard = []
worker.onmessage = ({ data }) => { heard.push(data) }

const scenario = new URLSearchParams(globalThis.location.search).get('scenario')
for (const layer of FIRST_LAYERS) {
  const url = new URL(`api/pack/${layer}`, globalThis.location.href)
  if (scenario) url.searchParams.set('scenario', scenario)
  const options = { headers: { Accept: 'application/octet-stream' }, priority: 'high' }
  fetch(url, options).then(async (response) => {
    if (!response.ok) throw new Error(String(response.status))
    const buffer = await response.arrayBuffer()
    worker.postMessage({ type: 'take', layer, buffer }, [buffer])
  }).catch(() => worker.postMessage({ type: 'load', layer, url: url.href })) // the worker asks again, and says what failed
}
