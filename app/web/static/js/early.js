// Runs before the modules of the page are here: the tile worker starts and fetches what every map needs.

export const FIRST_LAYERS = ['building', 'township', 'community', 'road', 'landcover']

export const worker = new Worker(new URL('./map/worker.js', import.meta.url), { type: 'module' })

/** What the worker said before anybody listened, in order. */
export const heard = []
worker.onmessage = ({ data }) => { heard.push(data) }

const scenario = new URLSearchParams(globalThis.location.search).get('scenario')
for (const layer of FIRST_LAYERS) {
  const url = new URL(`api/pack/${layer}`, globalThis.location.href)
  if (scenario) url.searchParams.set('scenario', scenario)
  worker.postMessage({ type: 'load', layer, url: url.href })
}
