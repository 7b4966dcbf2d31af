// Who pays what, and what the document says beside the layers.

import { area, count, decimal, exactMoney, money } from '../model/format.js'
import { button, el, section } from './dom.js'
import { stateBanner } from './pipes-parts.js'

/** The amount in the unit that stands over the table: 万元, in English millions. */
function bare(fen, lang) {
  return lang === 'zh' ? decimal(fen / 1_000_000, 2) : decimal(fen / 100_000_000, 3)
}

export function moneyPart(desk, told, shared) {
  const { app } = desk
  const { t, words } = app
  const lang = words.language()
  const { sources, rows } = told.money
  const sum = (values) => values.reduce((all, value) => all + value, 0)
  const cell = (fen, key) => el('td', { title: exactMoney(fen, lang), class: fen < 0 ? 'is-bad' : null, 'data-key': key }, fen ? bare(fen, lang) : '0')
  const whole = sum(rows.map((row) => row.cost_fen))
  const open = sum(rows.map((row) => row.unallocated_fen))
  return [el('p', { class: 'note' }, t('programme.money_says')),
    el('div', { class: 'wide' }, el('table', { class: 'desk-table money' },
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('programme.source')), rows.map((row) => el('th', { scope: 'col' }, row.label)), el('th', { scope: 'col' }, t('programme.sum')))),
      el('tbody', {}, sources.map((source) => el('tr', {}, el('th', { scope: 'row' }, `${source.number} ${source.name}`),
        rows.map((row) => cell(row.by_source[source.code])), cell(source.amount_fen))),
      el('tr', { class: 'is-open' }, el('th', { scope: 'row' }, t('programme.unallocated')), rows.map((row) => cell(row.unallocated_fen)), cell(open)),
      el('tr', { class: 'is-sum' }, el('th', { scope: 'row' }, t('programme.sum')), rows.map((row) => cell(row.cost_fen)), cell(whole, 'money-whole'))))),
    el('p', { class: 'note' }, t('programme.money_unit')),
    sum(rows.map((row) => row.unknown)) ? el('p', { class: 'is-unknown' }, t('programme.money_unknown', { n: sum(rows.map((row) => row.unknown)) })) : null,
    shared ? trenches(desk, shared) : null]
}

/** Shared trenches: each party pays for its length times its depth. */
function trenches(desk, { state, packages, owners }) {
  const { app } = desk
  const { t, words } = app
  const lang = words.language()
  const fen = (value) => (value === null ? t('class.unknown') : money(value, lang))
  return section(t('trench.title'), stateBanner(desk, state, 'corridors'), el('p', { class: 'note' }, t('trench.says')),
    packages.length ? null : el('p', { class: 'empty' }, t('trench.none')),
    owners.length ? el('p', { class: 'sums' }, owners.map((one) => `${one.name} ${fen(one.fen)}`).join(' · ')) : null,
    packages.map((one) => el('details', {}, el('summary', {}, `${one.name} · ${decimal(one.shared_m, 1)} m · ${fen(one.cost_fen)}`),
      el('div', { class: 'wide' }, el('table', { class: 'desk-table' }, el('thead', {}, el('tr', {}, ['trench.party', 'trench.length', 'trench.depth', 'trench.share'].map((key) => el('th', { scope: 'col' }, t(key))))),
        el('tbody', {}, one.shares.map((share) => el('tr', {}, el('th', { scope: 'row' }, button(`${share.owner || t('class.unknown')} ${share.name}`, () => app.select({ layer: share.layer, id: share.id }), { class: 'link' })),
          el('td', {}, share.length_m === null ? t('class.unknown') : decimal(share.length_m, 1)), el('td', { title: t(`trench.basis.${share.basis}`) }, share.depth_m === null ? t('class.unknown') : `${decimal(share.depth_m, 2)}${share.basis === 'table' ? ' *' : ''}`), el('td', {}, fen(share.fen))))))))),
    packages.length ? el('p', { class: 'note' }, t('trench.star')) : null)
}

export function reconcilePart(desk, found) {
  const { app } = desk
  const { t, words } = app
  if (!found) return [el('p', { class: 'empty' }, t('programme.none'))]
  const lang = words.language()
  const shown = (row, value) => (row.unit === 'fen' ? `${bare(value, lang)}` : row.unit === 'm²' ? area(value, lang) : count(value))
  return [el('p', { class: 'note' }, t('programme.text_says')),
    el('table', { class: 'desk-table' },
      el('thead', {}, el('tr', {}, ['', t('programme.stated'), t('programme.layers'), t('programme.difference')].map((word) => el('th', { scope: 'col' }, word || el('span', { class: 'visually-hidden' }, t('programme.figure')))))),
      el('tbody', {}, found.rows.map((row) => el('tr', {}, el('th', { scope: 'row' }, row.unit === 'fen' ? `${row.label}（${t('programme.money_short')}）` : row.label), el('td', {}, shown(row, row.stated)), el('td', {}, shown(row, row.layers)),
        el('td', { class: row.difference ? 'is-bad' : 'is-good' }, row.difference ? shown(row, row.difference) : '✓ 0'))))),
    section(t('programme.by_township'), el('table', { class: 'desk-table' },
      el('thead', {}, el('tr', {}, [t('programme.township'), t('measure.communities'), t('measure.buildings'), t('measure.households'), t('measure.cost_fen')].map((word) => el('th', { scope: 'col' }, word)))),
      el('tbody', {}, found.townships.map((row) => el('tr', {}, el('th', { scope: 'row' }, row.name), el('td', {}, count(row.in_programme)), el('td', {}, count(row.buildings)), el('td', {}, count(row.households)), el('td', {}, money(row.cost_fen, lang))))))),
    section(t('programme.open_in_text'), el('ul', { class: 'notes' }, found.open.map((line) => el('li', {}, line))))]
}
