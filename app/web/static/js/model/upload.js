// What a person chose about a delivery, as the import takes it: pure, tested without a page.

export const STAGES = ['choose', 'looking', 'preview', 'importing', 'done']
export const KEEP = '' // a column that is left out

/** The mapping selects of every delivered layer, by header; the headers that nobody uses included. */
export function columnsOf(report) {
  return [
    ...report.mapping.map(({ from, to, unit, how }) => ({ header: from, column: to, unit, how })),
    ...report.ignored.map((header) => ({ header, column: KEEP, unit: '', how: '' })),
  ]
}

/** Only what the person changed goes into the options; what the import found out stays its own. */
export function changedColumns(reports, chosen) {
  const found = new Map(reports.flatMap(columnsOf).map((one) => [one.header, one.unit ? `${one.column}:${one.unit}` : one.column]))
  return Object.fromEntries(Object.entries(chosen).filter(([header, column]) => found.has(header) && found.get(header) !== column))
}

/** Options without empty words. */
export function optionsOf(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '' && value !== null && value !== undefined && value !== false &&
    !(typeof value === 'object' && Object.keys(value).length === 0)))
}

export function sizeOf(bytes) {
  return bytes < 2 ** 20 ? `${Math.max(1, Math.round(bytes / 1024))}\u00a0KB` : `${(bytes / 2 ** 20).toFixed(1)}\u00a0MB`
}

/**
 * Control points as they are pasted from a table: a name if there is one, then x, y in the city's grid and
 * X, Y of the plan, north first. Lines that are neither points nor headings come back as `faulty`.
 */
export function pairsOf(text) {
  const found = { names: [], pairs: [], faulty: [] }
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const cells = line.trim().split(/[\s,，;；]+/).filter(Boolean)
    if (!cells.length) continue
    const figures = cells.slice(-4).map(Number)
    const isPair = (cells.length === 4 || cells.length === 5) && figures.every(Number.isFinite)
    if (isPair) {
      found.names.push(cells.length === 5 ? cells[0] : String(found.pairs.length + 1))
      found.pairs.push(figures)
    } else if (found.pairs.length || cells.filter((cell) => Number.isFinite(Number(cell))).length > 1) found.faulty.push(i + 1)
  }
  return found
}

/** The classes that were chosen for layers of a drawing and are others than the import found. */
export function changedClasses(drawing, chosen) {
  const found = new Map(drawing.map((one) => [one.layer, one.how === 'chosen' ? null : one.class]))
  return Object.fromEntries(Object.entries(chosen).filter(([layer, code]) => found.has(layer) && found.get(layer) !== code))
}
