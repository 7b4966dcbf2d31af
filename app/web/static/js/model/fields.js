// What stands in a field of a form, and what it means: an empty field is unknown, never zero.

/** The text that a field shows for a stored value. */
export function textOf(field, value) {
  if (value === null || value === undefined) return ''
  if (field.kind === 'json') return Array.isArray(value) ? value.join('、') : JSON.stringify(value)
  if (field.unit === 'fen') return (value / 100).toFixed(2)
  if (field.kind === 'bool') return value ? 'true' : 'false'
  if (field.kind === 'date') return String(value).slice(0, 10)
  return String(value)
}

/** `{value}` of a typed text, null where it is empty; `{wrong: 'number'|'whole'|'list'}` where it is none. */
export function valueOf(field, text) {
  const typed = text.trim()
  if (typed === '') return { value: null }
  if (field.kind === 'bool') return { value: typed === 'true' }
  if (field.kind === 'json') return listOf(typed)
  if (field.kind !== 'int' && field.kind !== 'float') return { value: typed }
  const number = Number(typed.replaceAll(/[,，\s]/g, ''))
  if (!Number.isFinite(number)) return { wrong: 'number' }
  if (field.unit === 'fen') return { value: Math.round(number * 100) }
  if (field.kind === 'int' && !Number.isInteger(number)) return { wrong: 'whole' }
  return { value: number }
}

function listOf(typed) {
  if (!/^[[{]/.test(typed)) return { value: typed.split(/[、,，;；]/).map((one) => one.trim()).filter(Boolean) }
  try {
    return { value: JSON.parse(typed) }
  } catch {
    return { wrong: 'list' }
  }
}

/** The columns in which two versions of a row differ: `[{column, mine, theirs}]`, in the order of the form. */
export function differing(columns, mine, theirs) {
  return columns.filter((column) => column in mine && JSON.stringify(mine[column] ?? null) !== JSON.stringify(theirs[column] ?? null))
    .map((column) => ({ column, mine: mine[column] ?? null, theirs: theirs[column] ?? null }))
}

/** A new id for a row that somebody makes by hand. */
export function newId(layer) {
  const random = crypto.getRandomValues(new Uint8Array(8))
  return `${layer}-${Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
