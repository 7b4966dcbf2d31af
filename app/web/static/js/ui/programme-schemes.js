// Versions of a community's scheme: what each amounts to, which is adopted, and two of them side by side.

import { count, decimal, money } from '../model/format.js'
import { button, el, section } from './dom.js'

const CATEGORIES = ['basic', 'improved', 'upgraded']

export function schemesPart(desk, told) {
  const { app } = desk
  const { t } = app
  if (!desk.own('community')) return [el('p', { class: 'note' }, t('schemes.says')), el('ul', { class: 'cards' }, told.communities.map((row) => el('li', {}, el('button', { type: 'button', class: 'card', 'data-key': `scheme-of-${row.id}`, onclick: () => desk.keep({ community: row.id }) },
    el('span', { class: 'card-name' }, row.name), el('span', { class: 'card-figure' }, row.adopted ? t('schemes.adopted_n', { n: row.adopted }) : t('schemes.none')), el('span', { class: 'card-line' }, t('schemes.versions_n', { n: row.versions }))))))]
  const title = el('input', { type: 'text', maxlength: 80, placeholder: t('schemes.title'), 'aria-label': t('schemes.title') })
  return [el('p', { class: 'note' }, t('schemes.says')),
    section(t('schemes.now'), amounts(app, told.now), el('div', { class: 'decide-line' }, title, button(t('schemes.fix'), () => desk.send('scheme', { community: desk.own('community'), title: title.value, programme: desk.place().programme }), { class: 'primary', 'data-key': 'scheme-fix' }))),
    section(t('schemes.versions', { n: told.versions.length }), told.versions.length ? el('ul', { class: 'proposals' }, told.versions.map((row) => version(desk, row))) : el('p', { class: 'empty' }, t('schemes.none'))),
    told.versions.length ? comparison(desk, told) : null]
}

function amounts({ t, words }, row) {
  const lang = words.language()
  return el('p', {}, t('schemes.amounts', { items: count(row.items), cost: money(row.cost_fen, lang) }), row.unknown ? el('span', { class: 'is-unknown' }, ` ${t('programme.money_unknown', { n: row.unknown })}`) : null,
    el('span', { class: 'note' }, ' ', CATEGORIES.map((code) => `${t(`category.${code}`)} ${money(row.categories[code], lang)}`).join(' · ')))
}

function version(desk, row) {
  const { app } = desk
  const { t } = app
  const day = el('input', { type: 'date', 'aria-label': t('schemes.day'), 'data-key': `adopt-day-${row.number}` })
  return el('li', { class: row.state === 'adopted' ? 'proposal proposal-pass' : 'proposal' }, el('div', { class: 'proposal-head' }, el('strong', {}, `v${row.number} ${row.title}`), el('span', { class: 'row-figure' }, row.state_label, row.adopted_on ? ` ${row.adopted_on}` : '')),
    amounts(app, row), row.state === 'draft' ? el('div', { class: 'decide-line' }, day, button(t('schemes.adopt'), () => (day.value ? desk.send('adopt', { scheme: row.id, on: day.value }) : day.focus()), { 'data-key': `adopt-${row.number}` })) : null)
}

function comparison(desk, told) {
  const { app } = desk
  const { t } = app
  const choice = (key, other) => {
    const chosen = desk.own(key) || other
    return el('select', { 'aria-label': t(`schemes.${key}`), 'data-key': `scheme-${key}`, onchange: (event) => desk.show({ [key]: event.target.value }) },
      el('option', { value: 'now', selected: chosen === 'now' }, t('schemes.now')), told.versions.map((row) => el('option', { value: row.id, selected: chosen === row.id }, `v${row.number} ${row.title}`)))
  }
  const found = told.compared
  return section(t('schemes.compare'), el('div', { class: 'decide-line' }, choice('left', told.versions[0].id), ' ↔ ', choice('right', 'now')),
    found ? [sums(app, found), el('p', { class: 'note' }, t('schemes.same', { n: found.same })),
      el('ul', { class: 'proposals' }, found.rows.map((row) => el('li', { class: 'proposal' }, el('div', { class: 'proposal-head' }, button(`${row.name} ${row.target.layer === 'community' ? '' : row.target.id}`.trim(), () => app.select(row.target), { class: 'link' }),
        el('span', { class: 'row-figure' }, t(row.left && row.right ? 'schemes.changed' : row.left ? 'schemes.gone' : 'schemes.added'))), el('p', {}, side(app, row.left), ' → ', side(app, row.right)))))] : null)
}

function sums({ t, words }, { left, right }) {
  const lang = words.language()
  const line = (name, a, b, shown) => el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, shown(a)), el('td', {}, shown(b)), el('td', { class: a === b ? null : 'is-bad' }, a === b ? '0' : `${b > a ? '+' : '−'}${shown(Math.abs(b - a))}`))
  return el('div', { class: 'wide' }, el('table', { class: 'desk-table' }, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, el('span', { class: 'visually-hidden' }, t('programme.figure'))), [t('schemes.left'), t('schemes.right'), t('programme.difference')].map((word) => el('th', { scope: 'col' }, word)))),
    el('tbody', {}, line(t('schemes.items'), left.items, right.items, count), line(t('measure.cost_fen'), left.cost_fen, right.cost_fen, (fen) => money(fen, lang)), CATEGORIES.map((code) => line(t(`category.${code}`), left.categories[code], right.categories[code], (fen) => money(fen, lang))))))
}

function side({ t, words }, item) {
  if (!item) return t('schemes.nothing')
  return [item.quantity === undefined ? t('class.unknown') : `${decimal(item.quantity, 1)} ${item.unit ?? ''}`, item.cost_fen === undefined ? t('class.unknown') : money(item.cost_fen, words.language()), [item.starts_on, item.ends_on].filter(Boolean).join(' – ')].filter(Boolean).join(' · ')
}
