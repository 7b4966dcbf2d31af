// The list of conflicts in the page: rows from columns, filters that hold together, counts of the rest.

export const VERDICTS = ['conflict', 'possible', 'unverified']
export const FILTERS = ['verdict', 'owner', 'cls', 'severity', 'township', 'community', 'check', 'answer', 'pipe']
const UNKNOWN = 'unknown'

/** One object a row of the answer's columns. */
export function rowsOf(columns) {
  const names = Object.keys(columns)
  return columns.conflict_id.map((_, i) => Object.fromEntries(names.map((name) => [name, columns[name][i]])))
}

/** What the address holds (comma separated texts) as `{filter: Set}`; absent ones let all through. */
export function filtersOf(own) {
  return Object.fromEntries(FILTERS.filter((name) => own[name]).map((name) => [name, new Set(own[name].split(','))]))
}

const VALUES = {
  verdict: (row) => [row.verdict],
  owner: (row) => [row.a_owner_id || UNKNOWN, ...(row.b_layer === 'pipe' ? [row.b_owner_id || UNKNOWN] : [])],
  cls: (row) => [row.a_class, ...(row.b_class ? [row.b_class] : [])],
  severity: (row) => [row.severity || UNKNOWN],
  township: (row) => [row.township_id || UNKNOWN],
  community: (row) => [row.community_id || UNKNOWN],
  check: (row) => [row.check],
  answer: (row, { owner }) => answersOf(row, owner),
  pipe: (row) => [row.a_id, row.b_id],
}

/**
 * How a row stands with its answers: none, open (an owner's answer is waited for; of the chosen owners,
 * if any are), stale, or the answers themselves.
 */
export function answersOf({ a_answer: a, b_answer: b, waits, stale }, owners = null) {
  const given = [a, b].filter(Boolean), silent = waits ? waits.split(',') : []
  const isOpen = owners ? silent.some((id) => owners.has(id)) : silent.length > 0
  return [...new Set([given.length ? null : 'none', isOpen ? 'open' : null, stale ? 'stale' : null, ...given])].filter(Boolean)
}

function passes(row, filters, but) {
  return Object.entries(filters).every(([name, wanted]) => name === but || VALUES[name](row, filters).some((value) => wanted.has(value)))
}

export function filtered(rows, filters) {
  return rows.filter((row) => passes(row, filters))
}

/** How many rows each value of a filter has among those that pass all other filters. */
export function countsOf(rows, filters, name) {
  const counts = new Map()
  for (const row of rows) {
    if (!passes(row, filters, name)) continue
    for (const value of new Set(VALUES[name](row, filters))) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return counts
}

/** The filter's text after a click on one of its values; null when none is left. */
export function toggled(text, value) {
  const codes = new Set((text ?? '').split(',').filter(Boolean))
  if (codes.has(value)) codes.delete(value)
  else codes.add(value)
  return codes.size ? [...codes].sort().join(',') : null
}

/** The marker's weight: the graver one stands for its neighbours. */
export function weightOf({ verdict, severity_score: score }) {
  return { conflict: 1000, possible: 500, unverified: 0 }[verdict] + (score ?? 0)
}
