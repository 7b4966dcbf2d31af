// What an item of the scope costs, by the one definition of the totals.

/** Fen: quantity times unit cost rounded half up, plus fees and contingency; null where one is unknown. */
export function itemCost({ quantity, unit_cost_fen: unit, other_fees_fen: fees, contingency_fen: contingency }) {
  if ([quantity, unit, fees, contingency].some((value) => value === null || value === undefined)) return null
  return Math.floor(quantity * unit + 0.5) + fees + contingency
}

/** Sum of what is known, and how many are not. */
export function sumKnown(values) {
  return values.reduce((all, value) => (value === null ? { ...all, unknown: all.unknown + 1 } : { ...all, sum: all.sum + value }), { sum: 0, unknown: 0 })
}
