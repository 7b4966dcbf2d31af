// Numbers, money, shares and dates as people read them.

const NBSP = '\u00a0'

export function count(value) {
  return Math.round(value).toLocaleString('en-US')
}

/** Whole fen as 万元 with two decimals, the plan's own unit; in English as millions with three. */
export function money(fen, lang) {
  const wan = decimal(fen / 1_000_000, 2)
  return lang === 'zh' ? `${wan}${NBSP}万元` : `CNY${NBSP}${millions(fen)}${NBSP}million`
}

/** Millions of yuan without their unit, for a column that has it in its head. */
export function millions(fen) {
  return decimal(fen / 100_000_000, 3)
}

/** The exact amount in 元, for the hover. */
export function exactMoney(fen, lang) {
  const yuan = decimal(Math.trunc(fen / 100), 0)
  const cents = String(Math.abs(fen) % 100).padStart(2, '0')
  return lang === 'zh' ? `${yuan}.${cents}${NBSP}元` : `CNY${NBSP}${yuan}.${cents}`
}

/** Square metres; large ones in the plan's 万m² in Chinese. */
export function area(m2, lang) {
  if (lang === 'zh' && Math.abs(m2) >= 100_000) return `${decimal(m2 / 10_000, 2)}${NBSP}万m²`
  return `${decimal(m2, 0)}${NBSP}m²`
}

export function length(m) {
  return m >= 1000 ? `${decimal(m / 1000, 2)}${NBSP}km` : `${decimal(m, m < 10 ? 2 : 1)}${NBSP}m`
}

/** A part with its base: 1,204 / 2,004（60.1 %）. */
export function share(part, whole, lang) {
  const percent = whole ? `${((100 * part) / whole).toFixed(1)}${NBSP}%` : null
  const both = `${count(part)} / ${count(whole)}`
  if (!percent) return both
  return lang === 'zh' ? `${both}（${percent}）` : `${both} (${percent})`
}

/** One amount of a measure with its unit. */
export function amount(value, measure, lang) {
  if (['cost_fen', 'basic', 'improved', 'upgraded'].includes(measure)) return money(value, lang)
  if (measure === 'floor_area_m2') return area(value, lang)
  const unit = { households: '户', buildings: '栋', communities: '个' }[measure]
  return lang === 'zh' && unit ? `${count(value)}${NBSP}${unit}` : count(value)
}

/** The ends of a class; one value where both are the same. */
export function range(from, to, measure, lang) {
  if (from === to) return amount(from, measure, lang)
  const money_ = ['cost_fen', 'basic', 'improved', 'upgraded'].includes(measure)
  if (money_ && lang !== 'zh') return `CNY${NBSP}${millions(from)} – ${millions(to)}${NBSP}million`
  const scale = money_ ? 1_000_000 : measure === 'floor_area_m2' && lang === 'zh' && to >= 100_000 ? 10_000 : 1
  const first = scale === 1 ? count(from) : decimal(from / scale, 2)
  return `${first} – ${amount(to, measure, lang)}`
}

// What is counted is named by the English label already.
const UNITS_EN = { 户: '', 栋: '', 层: '', 人: '', 个: '', 条: '', 孔: '', 级: '', 天: 'days' }

/** A unit of the schema in the language of the page. */
export function unitOf(unit, lang) {
  return lang === 'en' ? UNITS_EN[unit] ?? unit : unit
}

export function decimal(value, digits) {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
