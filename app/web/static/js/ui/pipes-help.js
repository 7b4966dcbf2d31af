// A way out for a line in conflict: proposed beside what was drawn, taken over only when somebody says so.

import { length } from '../model/format.js'
import { button, el } from './dom.js'
import { metres } from './pipes-parts.js'

const LOOK = { color: '#2f855a', weight: 4, dashArray: '8 5', casing: '#ffffff' }
const SHORT_LOOK = { ...LOOK, color: '#8a4b00', weight: 3, dashArray: '3 5' } // a way that clears not everything

/** Asks for the nearest way that clears all rules and shows it in `into`; `take(geometry, attributes)` accepts it. */
export async function proposeWay(desk, draft, into, take) {
  const { app, calls, overlay } = desk
  const { t } = app
  into.replaceChildren(el('p', { class: 'hint', role: 'status' }, t('help.searching')))
  const told = await app.notices.during(t('help.searching'), () => calls.designHelp(draft))
  const away = () => { overlay.clear('help'); into.replaceChildren() }
  if (!told) return away()
  overlay.lines('help', told.geometry ? [told.geometry.coordinates] : [], told.found ? LOOK : SHORT_LOOK)
  const accept = () => { away(); take(told.geometry, told.attributes) }
  into.replaceChildren(el('div', { class: told.found ? 'help-card' : 'help-card is-short', role: 'status' },
    el('strong', {}, t(told.found ? 'help.found' : told.geometry ? 'help.nearest' : 'help.none')),
    told.geometry ? [
      el('p', {}, [sideways(told, t), deeper(told, t)].filter(Boolean).join('；') || t('help.as_drawn')),
      el('p', {}, t('help.cost', { cost: metres(told.cost_m, t), added: length(Math.max(0, told.added_m)) })),
      el('p', {}, t('help.counts', { before: told.before.conflict, after: told.after.conflict, possible: told.after.possible })),
    ] : null,
    told.notes.map((note) => el('p', { class: 'hint' }, app.words.of(note))),
    el('p', { class: 'hint' }, t(told.complete ? 'help.tried' : 'help.tried_part', { n: told.tried })),
    el('div', { class: 'out-line' }, told.geometry ? button(t('help.take'), accept, { class: told.found ? 'primary' : '', 'data-key': 'help-take' }) : null, button(t('help.leave'), away, { 'data-key': 'help-leave' }))))
  return told
}

function sideways({ sideways_m: by, from_m: from, to_m: to }, t) {
  return by ? t('help.sideways', { m: Math.abs(by).toFixed(2), from: from.toFixed(1), to: to.toFixed(1) }) : ''
}

function deeper({ deeper_m: by }, t) {
  if (!by) return ''
  return t(by > 0 ? 'help.deeper' : 'help.shallower', { m: Math.abs(by).toFixed(2) })
}
