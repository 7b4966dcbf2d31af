// What was changed in the terrain before water ran over it: reasons with their areas, and the marks on the map.

import { area } from '../model/format.js'
import { el, section } from './dom.js'

export function createGround(desk) {
  const { app, api, water } = desk
  let told = null, on = false
  return { panel, forget }

  function panel() {
    const { t } = app
    const box = el('input', { type: 'checkbox', 'data-key': 'ground-on', onchange: () => toggle(box.checked) })
    box.checked = on
    return section(t('storm.ground'), el('label', { class: 'check-line' }, box, t('storm.ground_show')),
      on && told ? el('div', {},
        told.reasons.length ? el('ul', { class: 'ground-legend' }, told.reasons.map((one) => el('li', {}, el('span', { class: 'swatch', style: { background: one.colour } }), `${one.label} `, el('span', { class: 'note' }, area(one.area_m2, app.words.language()))))) : el('p', { class: 'empty' }, t('storm.ground_none')),
        el('details', {}, el('summary', {}, t('storm.ground_report')), el('ul', { class: 'reasons' }, told.report.map((line) => el('li', {}, line))))) : null)
  }

  async function toggle(wanted) {
    on = wanted
    if (on) {
      told = await app.notices.during(app.t('storm.loading'), api.ground)
      if (!told) on = false
    }
    water.showMarks(on ? told : null)
    desk.draw()
  }

  /** Other rows now: what is shown is asked for again. */
  async function forget() {
    if (on) await toggle(true)
    else told = null
  }
}
