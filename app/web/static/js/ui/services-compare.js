// Two scenarios side by side: who walks to what in each, who gains and who loses, on the map as well.

import { count } from '../model/format.js'
import { button, el } from './dom.js'
import { LEVELS, percent } from './services-panels.js'

const MINUTES = ['5min', '10min', '15min']

export function createCompare(desk) {
  const { app, api, overlay } = desk
  let known = null, left = '', right = null, answer = null
  return { panel, again }

  function panel() {
    const { t } = app
    return el('details', { class: 'block compare', open: known ? true : null, ontoggle: opened },
      el('summary', { 'data-key': 'services-compare' }, t('services.compare')),
      el('p', { class: 'note' }, t('services.compare_says')),
      known ? choice() : null, answer ? [sums(), circles(), kinds(), communities()] : null)
  }

  async function opened({ target }) {
    if (!target.open) {
      if (known) forget()
      return
    }
    if (known) return
    const found = await app.notices.during(app.t('loading'), () => app.api.scenarios())
    if (!found) return
    known = found.scenarios.filter(({ state }) => state === 'open')
    right ??= app.state().scenario ?? known[0]?.id ?? null
    desk.render()
    if (right) ask()
  }

  function forget() {
    known = null
    answer = null
    overlay.showChanged([])
  }

  function choice() {
    const { t } = app
    if (!known.length) return el('p', { class: 'empty' }, t('services.compare_none'))
    const names = [{ id: '', name: t('scenario.plan') }, ...known]
    const select = (key, value, chosen) => el('label', { class: 'site-field' }, el('span', {}, t(`services.compare.${key}`)), el('select', { 'data-key': `compare-${key}`, onchange: (event) => { chosen(event.target.value); ask() } },
      names.map((one) => el('option', { value: one.id, selected: one.id === value ? true : null }, one.name))))
    return el('div', { class: 'compare-choice' }, select('left', left, (id) => { left = id }), select('right', right, (id) => { right = id }))
  }

  async function ask() {
    const found = await app.notices.during(app.t('services.asking'), () => api.compare(desk.profile(), left, right))
    if (!found) return
    answer = found
    overlay.showChanged(found.doors)
    overlay.fit(found.doors)
    desk.render()
  }

  /** After the walker or the rows changed. */
  async function again() {
    if (answer) await ask()
  }

  function head(...more) {
    return el('thead', {}, el('tr', {}, ['', answer.left.name, answer.right.name, ...more].map((text, i) => el(i ? 'th' : 'td', i ? { scope: 'col', class: 'number' } : {}, text))))
  }

  function sums() {
    const { t } = app
    return el('p', { class: 'answer-sum', role: 'status' }, el('strong', { class: 'gain' }, desk.said('services.gains', { n: count(answer.gained) })), el('strong', { class: answer.lost ? 'loss' : 'note' }, desk.said('services.loses', { n: count(answer.lost) })),
      el('span', { class: 'note' }, t('services.compare_rows', { n: count(answer.changes.length) })))
  }

  function circles() {
    const { t } = app
    return el('table', { class: 'bands compare-kinds' }, el('caption', {}, t('services.cover')), head(), el('tbody', {}, LEVELS.map((level) => el('tr', {}, el('th', { scope: 'row' }, t(`services.level.${level}`)),
      ['left', 'right'].map((side) => el('td', { class: 'number' }, percent(answer[side].cover[level].within, answer[side].cover[level].judged) ?? t('class.unknown')))))))
  }

  function kinds() {
    const { t } = app
    const rows = answer.kinds.filter(({ facilities }) => facilities[0] + facilities[1] > 0)
    const changed = rows.filter(({ gained, lost }) => gained || lost)
    const same = rows.filter(({ gained, lost }) => !gained && !lost)
    return [
      changed.length ? table(changed) : el('p', { class: 'empty' }, t('services.no_change')),
      same.length ? el('details', {}, el('summary', { 'data-key': 'compare-same' }, t('services.compare_same', { n: same.length })), table(same)) : null,
    ]
  }

  /** Four lines a kind: within the standard, then within 5, 10 and 15 minutes on foot. */
  function table(rows) {
    const { t } = app
    const figure = (value) => (value === null ? t('class.unknown') : count(value))
    const line = (name, one, two, first) => el('tr', { class: first ? 'kind-first' : null }, el('th', { scope: 'row' }, name), [one, two].map((value) => el('td', { class: 'number' }, figure(value))),
      el('td', { class: `number ${two > one ? 'gain' : two < one ? 'loss' : ''}` }, one === null || two === null ? t('class.unknown') : two === one ? '0' : `${two > one ? '+' : '−'}${count(Math.abs(two - one))}`))
    return el('table', { class: 'bands compare-kinds' }, el('caption', {}, desk.said('services.compare_kinds')), head(t('services.difference')), rows.map((kind) => el('tbody', {},
      line(button(kind.label, () => desk.chooseKind(kind.rule_id), { class: 'link', 'data-key': `compare-kind-${kind.rule_id}` }), kind.left.within, kind.right.within, true),
      MINUTES.map((level, i) => line(t(`services.level.${level}`), kind.left.minutes[i], kind.right.minutes[i], false)))))
  }

  function communities() {
    const { t } = app
    if (!answer.communities.length) return null
    return el('ul', { class: 'gains' }, answer.communities.slice(0, 20).map((one) => el('li', {}, button(desk.placeName(one.id), () => desk.choosePlace({ layer: 'community', id: one.id }), { class: 'link' }), ' ',
      one.gained ? el('span', { class: 'gain' }, `+${count(one.gained)}`) : null, one.lost ? el('span', { class: 'loss' }, ` −${count(one.lost)}`) : null, desk.counted())))
  }
}
