// The state in the address: steps can be undone with "back", a moved map only keeps its place.

import { DEFAULTS, fromQuery, isStep, toQuery } from '../model/state.js'

const SETTLE_MS = 250

export function followAddress(store, onReturn) {
  let timer = null
  let written = store.get()
  let returning = false
  store.subscribe((state) => {
    if (returning) { written = state; return }
    clearTimeout(timer)
    if (isStep(written, state)) write('pushState')
    else timer = setTimeout(() => write('replaceState'), SETTLE_MS)
  })
  globalThis.addEventListener('popstate', () => {
    clearTimeout(timer)
    returning = true
    store.set({ ...DEFAULTS, ...fromQuery(globalThis.location.search) })
    returning = false
    onReturn(store.get())
  })

  function write(how) {
    const query = toQuery(store.get())
    if (`?${query}` !== globalThis.location.search) history[how](null, '', query ? `?${query}` : globalThis.location.pathname)
    written = store.get()
  }
}
