// The whole state of the view as one flat object, and its two-way form in the address.

export const MEASURES = [
  'cost_fen', 'households', 'floor_area_m2', 'buildings', 'communities', 'basic', 'improved', 'upgraded',
]

export const FILTERS = ['programme', 'township', 'category', 'stage', 'owner_kind', 'source', 'year_from', 'year_to']

export const DEFAULTS = Object.freeze({
  z: null, lat: null, lon: null, // the view; null is "all of the plan"
  measure: 'cost_fen',
  programme: null, township: null, category: null, stage: null, owner_kind: null, source: null,
  year_from: null, year_to: null,
  layers: Object.freeze({}), // layer -> true or false, where it differs from the style table
  hidden: Object.freeze({}), // legend -> sorted list of hidden classes
  selected: null, // { layer, id }
  table: null, // layer whose rows the drawer shows
  rows: null, // conditions on those rows, as the table's answer takes them
  folded: Object.freeze([]), // 'left', 'right'
  scenario: null, // id of the overlay through which all is read and written; null is the plan
  beside: null, // what it is compared with: an id, or 'plan'
  theme: 'scope', // which theme of the page is open
  own: Object.freeze({}), // what that theme keeps in the address: short texts by name
  lang: null,
})

const NUMBERS = ['z', 'lat', 'lon', 'year_from', 'year_to']
const TEXTS = ['measure', 'programme', 'township', 'category', 'stage', 'owner_kind', 'source', 'table', 'scenario', 'beside', 'theme', 'lang']

const OWN = 't.'

/** The query text of a state: only what differs from the defaults, always in the same order. */
export function toQuery(state) {
  const query = new URLSearchParams()
  for (const key of ['z', 'lat', 'lon']) {
    if (state[key] !== null) query.set(key, String(round(state[key], key === 'z' ? 2 : 6)))
  }
  for (const key of [...TEXTS, 'year_from', 'year_to']) {
    if (state[key] !== null && state[key] !== DEFAULTS[key]) query.set(key, String(state[key]))
  }
  const layers = Object.entries(state.layers).sort().map(([name, on]) => (on ? name : `-${name}`))
  if (layers.length) query.set('layers', layers.join(','))
  const hidden = Object.entries(state.hidden).sort()
    .flatMap(([legend, codes]) => [...codes].sort().map((code) => `${legend}.${code}`))
  if (hidden.length) query.set('hidden', hidden.join(','))
  if (state.selected) query.set('sel', `${state.selected.layer}:${state.selected.id}`)
  if (state.table && state.rows) query.set('rows', JSON.stringify(state.rows))
  for (const [name, value] of Object.entries(state.own).sort()) query.set(OWN + name, value)
  if (state.folded.length) query.set('folded', [...state.folded].sort().join(','))
  return query.toString()
}

/** The state that a query text describes; what it does not know or cannot read is left at its default. */
export function fromQuery(text) {
  const query = new URLSearchParams(text)
  const state = { ...DEFAULTS }
  for (const key of NUMBERS) {
    const value = Number.parseFloat(query.get(key))
    if (Number.isFinite(value)) state[key] = value
  }
  for (const key of TEXTS) if (query.get(key)) state[key] = query.get(key)
  if (!MEASURES.includes(state.measure)) state.measure = DEFAULTS.measure
  state.layers = Object.fromEntries(list(query.get('layers'))
    .map((name) => (name.startsWith('-') ? [name.slice(1), false] : [name, true])))
  state.hidden = {}
  for (const pair of list(query.get('hidden'))) {
    const dot = pair.indexOf('.')
    if (dot > 0) (state.hidden[pair.slice(0, dot)] ??= []).push(pair.slice(dot + 1))
  }
  const selected = query.get('sel')
  const colon = selected ? selected.indexOf(':') : -1
  if (colon > 0) state.selected = { layer: selected.slice(0, colon), id: selected.slice(colon + 1) }
  state.rows = state.table ? parsed(query.get('rows')) : null
  state.own = Object.fromEntries([...query].filter(([name, value]) => name.startsWith(OWN) && name.length > OWN.length && value).map(([name, value]) => [name.slice(OWN.length), value]))
  state.folded = list(query.get('folded')).filter((side) => side === 'left' || side === 'right')
  return state
}

/** Whether going from one state to the other is a step that "back" should undo (a moved map is not). */
export function isStep(before, after) {
  return toQuery({ ...before, z: null, lat: null, lon: null, folded: [] }) !==
    toQuery({ ...after, z: null, lat: null, lon: null, folded: [] })
}

/** The filters of a state that are set, as parameters of the summary. */
export function filtersOf(state) {
  return Object.fromEntries(FILTERS.filter((key) => state[key] !== null).map((key) => [key, state[key]]))
}

export function isFiltered(state) {
  return FILTERS.some((key) => key !== 'programme' && state[key] !== null) ||
    Object.values(state.hidden).some((codes) => codes.length > 0)
}

/** `hidden` after a click on a class of a legend. */
export function withToggled(hidden, legend, code) {
  const codes = hidden[legend] ?? []
  const next = codes.includes(code) ? codes.filter((one) => one !== code) : [...codes, code].sort()
  return next.length ? { ...hidden, [legend]: next } : without(hidden, legend)
}

/** `hidden` after a double click: only that class stays; where it is alone already, all come back. */
export function withOnly(hidden, legend, code, all) {
  const others = all.filter((one) => one !== code).sort()
  const codes = hidden[legend] ?? []
  const isAlone = codes.length === others.length && others.every((one) => codes.includes(one))
  return isAlone ? without(hidden, legend) : { ...hidden, [legend]: others }
}

function without(object, key) {
  const { [key]: _, ...rest } = object
  return rest
}

function list(text) {
  return text ? text.split(',').filter(Boolean) : []
}

function parsed(text) {
  try {
    const value = JSON.parse(text)
    return value && typeof value === 'object' && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}

function round(value, digits) {
  return Number(value.toFixed(digits))
}
