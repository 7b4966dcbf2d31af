// What people type above a column, as the condition that the table's answer takes.

const RANGE = /^\s*(-?[\d.,]+)?\s*(?:–|\.\.|~|至|to)\s*(-?[\d.,]+)?\s*$/
const COMPARED = /^\s*(>=|<=|≥|≤|>|<|=)?\s*(-?[\d.,]+)\s*$/
const ADDED_UNITS = new Set(['m2', 'm²', 'fen', '户', '人', '栋'])
const ADDED_NAMES = /^(households|residents|buildings|buildings_surveyed|parking_spaces|households_gained)$/
const UNKNOWN = /^(未知|unknown|\?|？)$/i

/** The condition, or null where nothing (or nothing that can be read) is typed. Money is typed in yuan. */
export function conditionOf(column, typed, codesOf = () => []) {
  const text = String(typed ?? '').trim()
  if (!column || !text) return null
  if (text === '@unknown' || UNKNOWN.test(text)) return { unknown: true }
  if (column.domain) return codesOf(column.domain).some(([code]) => code === text) ? { in: [text] } : null
  if (column.kind === 'bool') return yesOrNo(text)
  if (column.kind === 'int' || column.kind === 'float') return numbers(text, column.unit === 'fen' ? 100 : 1)
  if (column.kind === 'date' || column.kind === 'datetime') return days(text)
  return { contains: text }
}

/** Whether a sum of the column means something to people. */
export function isAdded(column) {
  return (ADDED_UNITS.has(column.unit) && !column.name.startsWith('unit_')) || ADDED_NAMES.test(column.name)
}

function numbers(text, scale) {
  const value = (part) => (part === undefined ? undefined : Number.parseFloat(part.replaceAll(',', '')) * scale)
  const range = RANGE.exec(text)
  if (range && (range[1] ?? range[2]) !== undefined) return clean({ min: value(range[1]), max: value(range[2]) })
  const one = COMPARED.exec(text)
  if (!one) return null
  const number = value(one[2])
  if (!Number.isFinite(number)) return null
  if (['>=', '≥', '>'].includes(one[1])) return { min: number }
  if (['<=', '≤', '<'].includes(one[1])) return { max: number }
  return { min: number, max: number }
}

function days(text) {
  const [from, to] = text.split(/\s*(?:–|\.\.|~|至)\s*/)
  const day = (part, end) => (/^\d{4}$/.test(part ?? '') ? `${part}-${end}` : /^\d{4}-\d{2}-\d{2}$/.test(part ?? '') ? part : undefined)
  const condition = clean({ min: day(from, '01-01'), max: day(to ?? from, '12-31') })
  return Object.keys(condition).length ? condition : null
}

function yesOrNo(text) {
  if (/^(是|有|yes|y|true|1)$/i.test(text)) return { in: [true] }
  if (/^(否|无|no|n|false|0)$/i.test(text)) return { in: [false] }
  return null
}

function clean(condition) {
  return Object.fromEntries(Object.entries(condition).filter(([, value]) => value !== undefined && !Number.isNaN(value)))
}
