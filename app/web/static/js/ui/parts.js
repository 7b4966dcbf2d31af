// Small pieces that several panels share: tiles, stacked bars, unknown, definition lists.

import { amount, exactMoney, money, share, unitOf } from '../model/format.js'
import { stackOf } from '../model/summary.js'
import { button, el, section } from './dom.js'
import { whyButton } from './why.js'

export const TILES = [
  ['communities', 'community'], ['buildings', 'building'], ['floor_area_m2', 'building'],
  ['households', 'building'], ['cost_fen', 'community_item'],
]

/**
 * One tile a measure; with `whole` each says its share of it; `open(layer, measure)` shows the rows.
 * Without a programme there is no cost to tell, not even zero.
 */
export function tiles(app, totals, { whole = null, open, without = [], place = {} }) {
  const { t, words, summary } = app
  const lang = words.language()
  const shown = TILES.filter(([measure]) => !without.includes(measure) && (measure !== 'cost_fen' || summary().programme))
  return el('div', { class: `tiles tiles-${shown.length}` }, shown.map(([measure, layer]) => {
    const value = totals[measure]
    const unknown = totals.unknown?.[measure] ?? 0
    const isUnknown = value === null || value === undefined || (value === 0 && unknown > 0)
    const isMoney = measure === 'cost_fen'
    const scope = app.whyScope(measure, place)
    return el('div', { class: `tile-box tile-box-${measure}` }, el('button', {
      type: 'button', class: `tile tile-${measure}`, 'data-key': `tile-${measure}`, onclick: () => open(layer, measure),
      title: isMoney && !isUnknown ? exactMoney(value, lang) : t('tile.open'),
    },
    el('span', { class: 'tile-label' }, t(`measure.${measure}`)),
    el('span', { class: `tile-value${isUnknown ? ' is-unknown' : ''}` }, isUnknown ? t('class.unknown') : amount(value, measure, lang)),
    whole && !isUnknown ? el('span', { class: 'tile-note' }, shareOf(value, whole[measure], measure, lang)) : null,
    unknown > 0 && !isUnknown ? el('span', { class: 'tile-note is-unknown' }, t('tile.unknown', { n: unknown })) : null),
    scope ? whyButton(app, scope, t(`measure.${measure}`)) : null)
  }))
}

function shareOf(value, whole, measure, lang) {
  if (!whole) return ''
  return measure === 'cost_fen' || measure === 'floor_area_m2'
    ? `${((100 * value) / whole).toFixed(1)} %` : share(value, whole, lang)
}

/** One stacked bar; its length is the place's part of the longest one. */
export function bar({ t, words, styles }, categories, longest, { onpick } = {}) {
  const lang = words.language()
  const stack = stackOf(categories, longest)
  const text = stack.filter(({ value }) => value > 0).map(({ code, value }) => `${t(`category.${code}`)} ${money(value, lang)}`).join('，')
  return el('span', { class: 'bar', role: 'img', 'aria-label': text || t('bar.empty'), title: text }, stack.map(({ code, share: part }) =>
    el('span', { class: 'bar-part', style: { width: `${(100 * part).toFixed(2)}%`, background: styles.legends.category.classes[code].color }, onclick: onpick ? () => onpick(code) : null })))
}

export function categoryKey({ t, styles, state, store }) {
  return el('div', { class: 'category-key' }, Object.entries(styles.legends.category.classes).map(([code, one]) =>
    el('button', {
      type: 'button', class: 'key', 'data-key': `category-${code}`, 'aria-pressed': String(state().category === code), title: t('category.filter'),
      onclick: () => store.set({ category: state().category === code ? null : code }),
    }, el('span', { class: 'dot', style: { background: one.color } }), t(one.label))))
}

/** 未知, with the missing field as a link to all rows that miss it. */
export function unknown(app, layer, column, label) {
  return el('span', { class: 'unknown' }, app.t('class.unknown'), ' ',
    button(app.t('unknown.missing', { field: label }), () => app.openTable(layer, { [column]: { unknown: true } }), { class: 'link' }))
}

/** Facts of a row answer; a proof stands behind its fact. */
export function facts(app, row, columns, proofs = {}) {
  const { words } = app
  const byName = new Map(row.values.map((value) => [value.column, value]))
  return el('dl', { class: 'facts' }, columns.flatMap((name) => {
    const value = byName.get(name)
    if (!value) return []
    const label = words.of(value.label)
    const proof = byName.get(proofs[name])
    return [el('dt', {}, label), el('dd', {},
      value.unknown ? unknown(app, row.layer, name, label) : [row.layer === 'service' && name === 'kind' ? app.kindName(value.value) : value.shown, unitOf(value.unit, words.language())].filter(Boolean).join(' '),
      proof && !value.unknown ? el('span', { class: proof.unknown ? 'proof is-unknown' : 'proof' },
        proof.unknown ? app.t('proof.unknown') : app.t('proof.is', { proof: proof.shown })) : null)]
  }))
}

const DESK = ['survey', 'selection', 'scope', 'consent', 'money', 'steps', 'schemes', 'compare', 'checks']

/** The ways into the programme theme for a place (`own`: its township or community). */
export function programmeLinks(app, own) {
  if (!app.summary()?.programme) return null
  const go = (part) => { app.store.set({ theme: 'programme', own: { ...own, part }, selected: null }); app.shell.sheetTo('half') }
  return section(app.t('programme.links'), el('div', { class: 'chips' }, DESK.map((part) => button(app.t(`programme.part.${part}`), () => go(part), { 'data-key': `desk-${part}` }))))
}

export function schematicMark({ t }, place) {
  return place?.schematic ? el('span', { class: 'badge badge-schematic', title: t('schematic.why') }, t('schematic')) : null
}

export function heading(app, kind, name, { place = null, back = null } = {}) {
  return el('header', { class: 'detail-head' },
    back ? button(`‹ ${back.text}`, back.go, { class: 'back', 'data-key': 'back' }) : null,
    el('p', { class: 'kind' }, kind),
    el('h2', { tabindex: '-1' }, name, ' ', schematicMark(app, place)),
    app.state().selected ? el('div', { class: 'edit-buttons' }, button(app.t('edit.open'), () => app.actions.edit(), { 'data-key': 'edit-open', title: 'E' }),
      button(app.t('history.open'), () => app.actions.history(name), { 'data-key': 'history-open' })) : null)
}

/** A place in the panel that is filled when `ask` has its answer, and goes when there is none. */
export function later(ask) {
  const slot = el('div', { class: 'later' })
  ask().then((shown) => (shown ? slot.replaceWith(shown) : slot.remove()), () => slot.remove())
  return slot
}
