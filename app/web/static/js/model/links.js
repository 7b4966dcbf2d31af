// Addresses of the map in a state: a table with conditions, or one chosen row.

import { DEFAULTS, toQuery } from './state.js'

const SHOWN_BY_TABLE = new Set(['pipe', 'pipe_node', 'tree', 'pole', 'road', 'service'])

/** The address of the map with a table open on some rows, or with one row chosen. */
export function rowsLink(app, layer, filter, selected = null) {
  const layers = layer && SHOWN_BY_TABLE.has(layer) ? { [layer]: true } : {}
  return `./?${toQuery({ ...DEFAULTS, layers, selected, table: layer, rows: filter, lang: app.words.language() })}`
}
