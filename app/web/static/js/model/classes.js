// Amounts in classes: quantiles of what is there, zero apart, unknown apart.

const SHADES = { 0: [], 1: ['3'], 2: ['2', '4'], 3: ['1', '3', '5'], 4: ['1', '2', '4', '5'], 5: ['1', '2', '3', '4', '5'] }

/**
 * Classes of the values above zero, each `{code, from, to, count}` with both ends included and met by
 * a value; equal values never part. Fewer distinct values than `most` make fewer classes.
 */
export function quantileClasses(values, most = 5) {
  const amounts = values.filter((value) => Number.isFinite(value) && value > 0).sort((a, b) => a - b)
  const distinct = new Set(amounts).size
  const wanted = Math.min(most, distinct)
  const groups = []
  let start = 0
  for (let k = 1; k <= wanted && start < amounts.length; k += 1) {
    let end = Math.max(start + 1, Math.round((k * amounts.length) / wanted))
    while (end < amounts.length && amounts[end] === amounts[end - 1]) end += 1
    groups.push(amounts.slice(start, end))
    start = end
  }
  const codes = SHADES[groups.length]
  return groups.map((group, i) => ({ code: codes[i], from: group[0], to: group.at(-1), count: group.length }))
}

/** The class of one value: `unknown` where there is none, `zero`, or that of the shade. */
export function classOf(value, classes) {
  if (value === null || value === undefined || Number.isNaN(value)) return 'unknown'
  if (value === 0) return 'zero'
  const found = classes.find((one) => value <= one.to)
  return (found ?? classes.at(-1))?.code ?? 'zero'
}

/** How many of the values are in each class, `zero` and `unknown` included. */
export function legendOf(values, classes) {
  const count = (code) => values.filter((value) => classOf(value, classes) === code).length
  return [
    { code: 'zero', count: count('zero') },
    ...classes,
    { code: 'unknown', count: count('unknown') },
  ]
}
