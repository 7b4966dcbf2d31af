// Communities on one scale: one bar a measure, with the part and the whole it is made of.

import { count, decimal } from '../model/format.js'
import { button, el } from './dom.js'

export function comparePart(desk, told) {
  const { app } = desk
  const { t } = app
  const by = told.measures.find(({ code }) => code === desk.own('by')) ?? told.measures[0]
  const value = (row) => row.values[by.code].value
  const rows = [...told.rows].sort((a, b) => (value(a) === null) - (value(b) === null) || (by.more_is_better ? value(b) - value(a) : value(a) - value(b)))
  return [el('p', { class: 'note' }, t('compare_all.says')),
    el('div', { class: 'parts', role: 'group', 'aria-label': t('compare_all.by') }, told.measures.map((one) => button(one.name, () => desk.keep({ by: one.code }), { 'aria-pressed': String(one.code === by.code), 'data-key': `by-${one.code}` }))),
    el('p', { class: 'note' }, t(`compare_all.how.${by.code}`), ' ', t(by.more_is_better ? 'compare_all.more' : 'compare_all.less')),
    el('ol', { class: 'ranking' }, rows.map((row) => el('li', {}, el('div', { class: 'scale-row' },
      button(row.name, () => desk.keep({ community: row.id }), { class: 'link rank-name', 'data-key': `scale-${row.id}` }), el('span', { class: 'rank-state' }, row.township),
      el('strong', { class: value(row) === null ? 'is-unknown' : null }, value(row) === null ? t('class.unknown') : `${decimal(value(row), by.unit === '处' ? 0 : 2)} ${unit(app, by.unit)}`),
      el('span', { class: value(row) === null ? 'rank-bar is-hatched' : 'rank-bar', 'aria-hidden': 'true' }, value(row) === null ? null : el('span', { class: 'part-0', style: { width: `${100 * row.values[by.code].share}%` } })),
      el('span', { class: 'note' }, terms(t, row.values[by.code])))))) ]
}

function terms(t, { part, whole }) {
  if (whole === null) return ''
  return t('compare_all.terms', { part: part === null ? t('class.unknown') : count(part), whole: count(whole) })
}

function unit({ words }, text) {
  if (words.language() === 'zh') return text
  return { '元/户': 'yuan per household', '元/m²': 'yuan/m²', '户/万元': 'per 10⁴ yuan', '处': '' }[text] ?? text
}
