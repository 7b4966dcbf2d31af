// Who changed a row, when, and what it said before; any point can be brought back.

import { personName } from '../i18n.js'
import { textOf } from '../model/fields.js'
import { button, el, replace } from './dom.js'

/** Opens the history of a row; `restore(changeId)` brings a point back. */
export async function openHistory(app, { layer, id, name }, restore) {
  const { t } = app
  const answer = await app.notices.during(t('history.loading'), () => app.api.history(layer, id))
  if (!answer) return
  const fields = await app.api.form(layer).catch(() => ({ fields: [] }))
  const dialog = el('dialog', { class: 'wide-dialog', 'aria-labelledby': 'history-title', onclose: () => dialog.remove() })
  const body = answer.changes.length
    ? el('ol', { class: 'history' }, answer.changes.map((change, at) => entry(app, fields.fields, change, at === 0, () => { dialog.close(); restore(change.change_id) })))
    : el('p', { class: 'empty' }, t('history.none'))
  replace(dialog, el('header', { class: 'dialog-head' }, el('h2', { id: 'history-title' }, t('history.title', { name })), button('×', () => dialog.close(), { class: 'icon-button', 'aria-label': t('action.close') })), body)
  document.body.append(dialog)
  dialog.showModal()
}

function entry(app, fields, change, isNow, restore) {
  const { t } = app
  const changed = change.columns.filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after))
  const shown = change.action === 'update' ? changed : changed.filter(({ before, after }) => (before ?? after) !== null)
  const isOrigin = change.action === 'origin'
  const moment = isOrigin ? t('history.origin') : when(change.at)
  return el('li', { class: 'change' },
    el('header', {}, el('strong', {}, t(`history.${change.undoes ? 'undone' : change.action}`)), isOrigin ? null : [el('span', {}, personName(change.by, t)), el('time', { datetime: change.at }, moment)],
      change.scenario ? el('span', { class: 'badge' }, t('scenario.one')) : null,
      isNow ? el('span', { class: 'badge badge-now' }, t('history.now')) : button(t('history.restore'), restore, { class: 'history-restore', 'aria-label': t('history.restore_to', { at: moment }) })),
    change.note ? el('p', { class: 'hint' }, change.note) : null,
    shown.length ? el('table', { class: 'sides' }, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('history.field')), el('th', { scope: 'col' }, t('history.before')), el('th', { scope: 'col' }, t('history.after')))),
      el('tbody', {}, shown.map((one) => el('tr', {}, el('th', { scope: 'row' }, one.label), cell(app, fields, one.column, one.before, change.action === 'create'), cell(app, fields, one.column, one.after, change.action === 'delete'))))) : null)
}

function cell(app, fields, column, value, isNothing) {
  return el('td', { class: value === null ? 'is-unknown' : null }, isNothing ? app.t('history.nothing') : shownValue(app, fields, column, value))
}

/** A stored value as people read it, with the words of its field. */
export function shownValue(app, fields, column, value) {
  const { t } = app
  if (value === null || value === undefined) return t('class.unknown')
  if (column === 'geometry') return t('history.geometry', { n: value.coordinates.flat(Infinity).length / 2 })
  const field = fields.find((one) => one.name === column)
  if (!field) return String(value)
  if (field.kind === 'bool') return t(value ? 'yes' : 'no')
  const code = field.options.find((one) => one.code === value)
  if (code) return code.label
  if (field.references) return app.nameOfRow(field.references, value) ?? String(value)
  return textOf(field, value)
}

function when(at) {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? at : date.toLocaleString('sv-SE').slice(0, 19)
}
