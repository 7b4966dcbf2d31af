// What a click chooses: places step by step (township, community, building), small things at once.

const PLACES = ['building', 'community', 'township']

/**
 * `hits` are `{layer, id}` under the pointer, topmost first; `chain` holds the ids of the places that
 * are chosen now (`{township, community, building}`), so that a second click goes further in. While
 * the map shows townships (`level`), the first click is theirs.
 */
export function nextSelection(hits, chain, level = 'community') {
  const small = hits.find((hit) => !PLACES.includes(hit.layer))
  if (small) return pick(small)
  const at = Object.fromEntries(PLACES.map((layer) => [layer, hits.find((hit) => hit.layer === layer)]))
  if (level === 'township' && at.township && at.township.id !== chain.township) return pick(at.township)
  if (at.building && (!at.community || at.community.id === chain.community)) return pick(at.building)
  return pick(at.community ?? at.township ?? null)
}

/** One step out: building to its community, community to its township, township to the plan. */
export function stepOut(selected, chain) {
  if (!selected) return null
  if (selected.layer === 'community') return chain.township ? { layer: 'township', id: chain.township } : null
  if (selected.layer !== 'township' && chain.community) return { layer: 'community', id: chain.community }
  return null
}

function pick(hit) {
  return hit ? { layer: hit.layer, id: hit.id } : null
}
