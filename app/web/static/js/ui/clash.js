// Two people changed one row: both versions side by side, and a choice for every column.

import { differing } from '../model/fields.js'
import { sketchOf } from '../model/sketch.js'
import { button, el, replace, svg } from './dom.js'
import { shownValue } from './history.js'

/**
 * Resolves to the values to save over their version (`{}`: theirs stay), or null when the dialog is left.
 * `failure` carries `mine`, `theirs` and words; `base` is the row as it was when the edit began.
 */
export function askClash(app, { failure, form, base }) {
  const { t } = app
  const labels = new Map([...form.fields.map((field) => [field.name, field.label]), ['geometry', t('edit.geometry')]])
  const columns = [...labels.keys()]
  const contested = differing(columns, failure.mine, failure.theirs)
  const others = differing(columns.filter((name) => name !== 'geometry' && !contested.some((one) => one.column === name)), base, failure.theirs)
  const choice = Object.fromEntries(contested.map(({ column }) => [column, 'mine']))
  return new Promise((resolve) => {
    let answer = null
    const dialog = el('dialog', { class: 'wide-dialog', 'aria-labelledby': 'clash-title', onclose: () => { dialog.remove(); resolve(answer) } })
    const done = (values) => { answer = values; dialog.close() }
    const outlines = [failure.mine.geometry, failure.theirs.geometry]
    const pick = (column, side, value) => {
      const box = el('input', { type: 'radio', name: `clash-${column}`, value: side, checked: side === 'mine', onchange: () => { choice[column] = side } })
      return el('td', {}, el('label', { class: 'clash-side' }, box, el('span', { class: value === null ? 'is-unknown' : null }, shownValue(app, form.fields, column, value)), column === 'geometry' ? sketch(outlines, side === 'mine' ? 0 : 1) : null))
    }
    replace(dialog, el('h2', { id: 'clash-title' }, t('clash.title')), el('p', {}, failure.message), el('p', { class: 'hint' }, t('clash.how')),
      el('table', { class: 'sides' }, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('history.field')), el('th', { scope: 'col' }, t('clash.mine')), el('th', { scope: 'col' }, t('clash.theirs', { by: failure.theirs.updated_by ?? t('class.unknown') })))),
        el('tbody', {}, contested.map(({ column, mine, theirs }) => el('tr', {}, el('th', { scope: 'row' }, labels.get(column)), pick(column, 'mine', mine), pick(column, 'theirs', theirs))),
          others.map(({ column, theirs }) => el('tr', { class: 'is-kept' }, el('th', { scope: 'row' }, labels.get(column)), el('td', { class: 'is-unknown' }, t('clash.untouched')), el('td', {}, shownValue(app, form.fields, column, theirs)))))),
      el('footer', { class: 'dialog-foot' }, button(t('clash.keep_theirs'), () => done({})), button(t('clash.save'), () => done(Object.fromEntries(contested.filter(({ column }) => choice[column] === 'mine').map(({ column, mine }) => [column, mine]))), { class: 'primary' })))
    document.body.append(dialog)
    dialog.showModal()
  })
}

// One version of the outline, the other one faint behind it.
function sketch(outlines, at) {
  const drawn = sketchOf(outlines)
  if (!drawn) return null
  return svg('svg', { viewBox: drawn.box, class: 'clash-sketch', 'aria-hidden': 'true' },
    svg('path', { d: drawn.paths[1 - at], class: 'sketch-other' }), svg('path', { d: drawn.paths[at], class: 'sketch-own' }))
}
