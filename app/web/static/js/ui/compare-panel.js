// Two readings of the plan in numbers: totals, categories, results, and the rows that differ.

import { amount, count, money } from '../model/format.js'
import { CATEGORIES } from '../model/summary.js'
import { button, el, replace, section } from './dom.js'

const MEASURES = ['communities', 'buildings', 'floor_area_m2', 'households', 'cost_fen']
const LISTED = 200

/** While it is shown it stands in place of the detail panel. */
export function comparisonPanel(app, { close }) {
  const detail = document.getElementById('detail')
  const panel = el('section', { class: 'detail compare-panel', hidden: true, tabindex: '-1' })
  detail.before(panel)
  return { show, hide }

  function show(found) {
    const { t } = app
    replace(panel, el('header', { class: 'detail-head' }, button(`‹ ${t('compare.close')}`, close, { class: 'back', 'data-key': 'compare-close' }),
      el('p', { class: 'kind' }, t('compare.title')), el('h2', {}, `${found.left.name} ↔ ${found.right.name}`)),
    section(t('compare.totals'), totals(app, found)),
    section(t('compare.rows', { n: found.rows.length }), found.rows.length ? rows(app, found) : el('p', { class: 'empty' }, t('compare.same'))),
    section(t('compare.results'), results(app, found)))
    panel.hidden = false
    detail.hidden = true
    app.shell.sheetTo('half')
  }

  function hide() {
    if (panel.hidden) return
    panel.hidden = true
    detail.hidden = document.body.classList.contains('is-editing')
  }
}

function head(t, { left, right }) {
  return el('thead', {}, el('tr', {}, ['', left.name, right.name, t('compare.difference')].map((text, i) => el(i ? 'th' : 'td', i ? { scope: 'col', class: 'number' } : {}, text))))
}

function totals({ t, words }, found) {
  const lang = words.language()
  const line = (label, one, two, shown) => el('tr', {}, el('th', { scope: 'row' }, label), [one, two].map((value) => el('td', { class: 'number' }, value === null || value === undefined ? t('class.unknown') : shown(value))),
    el('td', { class: `number ${one === two ? '' : 'is-changed'}` }, difference(one, two, shown, t)))
  return el('table', { class: 'townships compare-table' }, head(t, found), el('tbody', {},
    MEASURES.map((measure) => line(t(`measure.${measure}`), found.left.totals[measure], found.right.totals[measure], (value) => amount(value, measure, lang))),
    CATEGORIES.map((code) => line(t(`category.${code}`), found.left.categories?.[code], found.right.categories?.[code], (value) => money(value, lang)))))
}

function difference(one, two, shown, t) {
  if (one === null || two === null || one === undefined || two === undefined) return t('class.unknown')
  if (one === two) return t('change.none')
  return `${two > one ? '+' : '−'}${shown(Math.abs(two - one))}`
}

function results({ t, words }, { left, right }) {
  // What ran on neither side tells nothing about their difference.
  const pairs = left.results.map((one, i) => [one, right.results[i]]).filter((pair) => pair.some(({ run_id: id }) => id))
  if (!pairs.length) return el('p', { class: 'empty' }, t('compare.never_run'))
  return el('table', { class: 'townships compare-table' }, head(t, { left, right }), el('tbody', {}, pairs.map(([one, two]) => {
    const codes = [...new Set([...Object.keys(one.counts), ...Object.keys(two.counts)])].filter((code) => one.counts[code] !== two.counts[code])
    const state = (side) => el('td', { class: 'number' }, t(`run.state.${side.state}`))
    const cell = (value, code) => (value === undefined ? t('class.unknown') : code === 'cost_fen' ? money(value, words.language()) : count(value))
    return [el('tr', {}, el('th', { scope: 'row' }, words.of(one.label)), state(one), state(two), el('td', {})),
      one.run_id && two.run_id ? codes.map((code) => el('tr', { class: 'is-minor' }, el('th', { scope: 'row' }, words.has(`count.${code}`) ? t(`count.${code}`) : code),
        el('td', { class: 'number' }, cell(one.counts[code], code)), el('td', { class: 'number' }, cell(two.counts[code], code)), el('td', { class: 'number is-changed' }, difference(one.counts[code], two.counts[code], (value) => cell(value, code), t)))) : null]
  })))
}

function rows(app, found) {
  const { t, words, select } = app
  return el('ul', { class: 'scenario-changes' }, found.rows.slice(0, LISTED).map((row) => el('li', {},
    button(`${words.of(row.layer_label)} ${row.id}`, () => select({ layer: row.layer, id: row.id }, { go: true }), { class: 'link' }),
    el('ul', {}, row.columns.slice(0, 8).map((column) => el('li', { class: 'job-line' }, `${words.of(column.label)}：${column.shown.join(' → ')}`))))))
}
