// What is wrong with the walking network: each fault with its places, the pieces that are cut off on the map.

import { count, length } from '../model/format.js'
import { button, el } from './dom.js'

export function createNetwork(desk) {
  const { app, api, overlay } = desk
  let told = null, asked = '', shown = false
  return { panel, away }

  /** Asked for when it is opened, so that a network without faults costs nothing. */
  function panel(notes) {
    if (!notes.length) return null
    const { t } = app
    return el('details', { class: 'block network', open: shown ? true : null, ontoggle: turned },
      el('summary', { 'data-key': 'network' }, t('services.network', { n: notes.length })),
      el('p', { class: 'note' }, t('services.network_says')),
      told ? faults() : el('ul', { class: 'notes' }, notes.map((note) => el('li', {}, note))))
  }

  async function turned({ target }) {
    if (target.open === shown) return
    shown = target.open
    if (!shown) return overlay.showPieces([])
    const profile = desk.profile()
    if (!told || asked !== profile) {
      const found = await app.notices.during(app.t('services.loading'), () => api.network(profile))
      if (!found) return
      told = found
      asked = profile
    }
    if (!shown) return
    overlay.showPieces(told.pieces)
    desk.render()
  }

  function faults() {
    const { t } = app
    return [
      told.pieces.length ? el('div', { class: 'fault' }, el('h4', {}, t('services.pieces', { n: told.pieces.length })), el('ul', { class: 'faults' }, told.pieces.map((one) => el('li', {}, button([
        el('span', { class: 'piece-mark' }), el('span', {}, t('services.piece', { m: length(one.length_m), doors: count(one.doors), services: count(one.services) })),
      ], () => overlay.fitShape(one.geometry), { class: 'fault-row', 'data-key': `piece-${one.number}` }))))) : null,
      told.faults.filter(({ code }) => code !== 'pieces' || !told.pieces.length).map((fault) => (fault.rows.length
        ? el('details', { class: 'fault' }, el('summary', { 'data-key': `fault-${fault.code}` }, fault.says),
          el('ul', { class: 'faults' }, fault.rows.map((row) => el('li', {}, button([el('span', {}, row.name), row.metres === undefined ? null : el('span', { class: 'fault-far' }, length(row.metres))], () => go(row), { class: 'fault-row', 'data-key': `fault-${fault.code}-${row.id}` })))),
          fault.total > fault.rows.length ? el('p', { class: 'note' }, t('services.fault_more', { n: count(fault.total - fault.rows.length) })) : null)
        : el('p', { class: 'fault' }, fault.says))),
    ]
  }

  /** The place on the map, and the row itself with all its fields. */
  function go(row) {
    if (row.lat !== undefined) overlay.markFault(row)
    if (row.layer) app.select({ layer: row.layer, id: row.id }, { go: row.lat === undefined })
  }

  function away() {
    shown = false
    overlay.showPieces([])
  }
}
