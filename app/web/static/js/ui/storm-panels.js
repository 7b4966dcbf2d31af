// Panels of the storm theme: the rain slider with its balance, the last run, the curve at a point.

import { area, count, decimal } from '../model/format.js'
import { moment } from '../model/runs.js'
import { hazardRank } from '../model/measures.js'
import { curvePoints, depthClasses, periodOf, shares } from '../model/water.js'
import { button, el, section, svg } from './dom.js'

const MOST_MM = 150
const ZONE_LOOKS = {
  low: { color: '#b7791f', dashArray: '2 4' }, medium: { color: '#c05621', dashArray: '6 4' }, high: { color: '#9b1c1c', dashArray: null },
}
// Schemes with other names: from the mildest to the gravest of their classes.
const RAMP = [{ color: '#b7791f', dashArray: '2 4' }, { color: '#b7791f', dashArray: '6 4' }, { color: '#c05621', dashArray: '6 4' }, { color: '#c05621', dashArray: null }, { color: '#9b1c1c', dashArray: '6 4' }, { color: '#9b1c1c', dashArray: null }]
const volume = (m3) => `${decimal(m3, m3 < 100 ? 1 : 0)} m³`

/** How a zone of a class is drawn, by its place among the classes of its scheme. */
export function zoneLook(classes) {
  return (name) => {
    const look = ZONE_LOOKS[name] ?? RAMP[Math.round(hazardRank(name, classes) * (RAMP.length - 1))]
    return { fillColor: look.color, ...look }
  }
}

export function pourPanel(desk, told) {
  const { app } = desk
  const { t } = app
  const shown = el('output', { class: 'rain-mm', for: 'rain' }, said(t, told, desk.mm()))
  const input = el('input', { id: 'rain', type: 'range', min: 0, max: MOST_MM, step: 0.5, value: desk.mm(), oninput: () => { shown.textContent = said(t, told, Number(input.value)); desk.slide(Number(input.value)) }, 'data-key': 'rain' })
  input.value = desk.mm()
  const go = (mm) => { input.value = mm; shown.textContent = said(t, told, mm); desk.slide(mm) }
  desk.facts = (found) => facts(app, found)
  return el('div', {},
    el('label', { class: 'rain-label', for: 'rain' }, t('storm.rain')), shown, input,
    el('div', { class: 'rain-periods', role: 'group', 'aria-label': t('storm.periods', { n: told.duration_min }) }, told.rain.map((one) => button(t('storm.period', { n: one.period_a }), () => go(one.mm), { class: one.note ? 'chip is-beyond' : 'chip', title: one.note || `${one.mm} mm`, 'data-key': `period-${one.period_a}` }))),
    el('p', { class: 'note' }, t('storm.periods_say', { n: told.duration_min })),
    desk.poured() ? facts(app, desk.poured()) : el('div', { class: 'pour-facts' }),
    legend(app, told), el('p', { class: 'note' }, t('storm.pour_limits')))
}

function said(t, told, mm) {
  const period = periodOf(told.rain, mm)
  return period ? t('storm.mm_period', { mm: decimal(mm, 1), n: period.period_a, beyond: period.note ? t('storm.beyond') : '' }) : t('storm.mm', { mm: decimal(mm, 1) })
}

function facts(app, found) {
  const { t } = app
  return el('div', { class: 'pour-facts', 'aria-live': 'polite' },
    el('dl', { class: 'figure-line' }, [['wet', area(found.wet_m2, app.words.language())], ['deepest', `${decimal(found.deepest_m, 2)} m`], ['stored', volume(found.stored_m3)]].map(([name, value]) => el('div', { class: 'figure-box' }, el('dt', {}, t(`storm.${name}`)), el('dd', {}, value)))),
    el('span', { class: 'water-bar', role: 'img', 'aria-label': t('storm.balance') }, shares(found).map(({ name, share }) => el('span', { class: `water-${name}`, style: { width: `${100 * share}%` } }))),
    el('p', { class: 'note' }, t('storm.balance_line', { rain: volume(found.rain_m3), soaked: volume(found.infiltrated_m3), stored: volume(found.stored_m3), left: volume(found.left_m3), error: found.error.toExponential(0) })))
}

export function legend({ t }, told) {
  return section(t('legend.water_depth'), el('ul', { class: 'depth-legend' }, depthClasses(told.depths).map(({ from_m: from, to_m: to, colour }) => el('li', {}, el('span', { class: 'swatch', style: { background: colour } }), to === null ? `≥ ${from.toFixed(2)} m` : `${from.toFixed(2)}–${to.toFixed(2)} m`))))
}

export function runPanel(desk, told, exposure) {
  const { app } = desk
  const { t } = app
  const ask = section(t('storm.ask'), runForm(desk, told))
  if (!told.run) return el('div', {}, el('p', { class: 'empty' }, t('storm.no_run')), ask)
  const { run } = told
  return el('div', {},
    el('p', { class: 'age' }, moment(run.finished_at), ' · ', el('span', { class: `state state-${run.state}` }, t(`run.state.${run.state}`))),
    el('p', { class: 'balance' }, run.notes[0]),
    timeLine(desk, told),
    section(t('storm.zones'), zoneTable(app, run)),
    exposure ? exposureTable(app, exposure) : null,
    legend(app, told),
    el('details', {}, el('summary', {}, t('storm.notes')), el('ul', { class: 'reasons' }, run.notes.slice(1).map((note) => el('li', {}, note)))),
    ask)
}

function timeLine(desk, { run }) {
  const { t } = desk.app
  if (!run.minutes.length) return null
  const text = (minute) => (minute === null ? t('storm.greatest') : t('storm.minute', { n: minute }))
  const shown = el('output', { for: 'storm-time' }, text(desk.minute()))
  const input = el('input', { id: 'storm-time', type: 'range', min: -1, max: run.minutes.length - 1, step: 1, 'aria-label': t('storm.time'), oninput: () => desk.showMinute(Number(input.value) < 0 ? null : run.minutes[Number(input.value)]), 'data-key': 'storm-time' })
  input.value = run.minutes.indexOf(desk.minute())
  desk.timeShown = (minute) => { shown.textContent = text(minute); input.value = minute === null ? -1 : run.minutes.indexOf(minute) }
  return el('div', { class: 'time-line' }, button(desk.isPlaying() ? '❚❚' : '▶', desk.play, { 'aria-label': t(desk.isPlaying() ? 'storm.pause' : 'storm.play'), 'data-key': 'storm-play' }), input, shown,
    button(t('storm.greatest'), () => desk.showMinute(null), { class: 'link' }))
}

function zoneTable({ t, words }, { counts, classes, scheme }) {
  const names = [...classes].reverse().filter((name) => `${name}_m2` in counts)
  if (!names.length) return el('p', { class: 'empty' }, t('storm.no_zone'))
  const look = zoneLook(classes)
  return el('div', {}, el('p', { class: 'note' }, scheme), el('table', { class: 'plain' }, el('thead', {}, el('tr', {}, ['class', 'parts', 'area'].map((name) => el('th', { scope: 'col' }, t(`storm.zone.${name}`))))),
    el('tbody', {}, names.map((name) => el('tr', {}, el('th', { scope: 'row' }, el('span', { class: 'swatch', style: { background: look(name).color } }), className(t, words, name)), el('td', {}, count(counts[name])), el('td', {}, area(counts[`${name}_m2`], words.language())))))))
}

function className(t, words, name) {
  return words.has(`storm.class.${name}`) ? t(`storm.class.${name}`) : name
}

function exposureTable({ t }, exposure) {
  const kinds = Object.entries(exposure.kinds)
  return section(t('storm.exposed'), el('p', { class: 'exposed-homes' }, t('storm.exposed_homes', { n: count(exposure.households), buildings: count(exposure.buildings) })),
    exposure.unknown ? el('p', { class: 'note is-unknown' }, t('storm.exposed_unknown', { n: exposure.unknown })) : null,
    kinds.length ? el('ul', { class: 'reasons' }, kinds.map(([name, n]) => el('li', {}, `${t(`storm.kind.${name}`)} ${count(n)}`))) : null,
    exposure.communities.length ? el('table', { class: 'plain' }, el('thead', {}, el('tr', {}, ['community', 'homes', 'houses'].map((name) => el('th', { scope: 'col' }, t(`storm.exposed.${name}`))))),
      el('tbody', {}, exposure.communities.map((one) => el('tr', {}, el('th', { scope: 'row' }, one.name ?? t('storm.no_community')), el('td', {}, count(one.households)), el('td', {}, count(one.buildings)))))) : null)
}

function runForm(desk, told) {
  const { t } = desk.app
  const last = told.run?.parameters ?? {}
  const select = (id, options, value) => {
    const made = el('select', { id }, options.map(([code, label]) => el('option', { value: code }, label)))
    made.value = value ?? options[0][0]
    return made
  }
  const number = (id, value, least, most) => {
    const made = el('input', { id, type: 'number', min: least, max: most, step: 'any' })
    made.value = value
    return made
  }
  const mode = select('storm-mode', ['record', 'slider', 'full'].map((one) => [one, t(`storm.mode.${one}`)]), last.mode)
  const period = number('storm-period', last.return_period_a ?? 20, 0.25, 1000), mm = number('storm-mm', last.rain_mm || '', 0, 1000), minutes = number('storm-minutes', last.duration_min ?? 120, 5, 1440)
  const scheme = select('storm-scheme', told.schemes.map(({ code, label }) => [code, label]), last.scheme)
  const walls = el('input', { type: 'checkbox', id: 'storm-walls' })
  walls.checked = last.walls ?? true
  mm.placeholder = t('storm.by_period')
  const row = (label, control) => el('label', {}, t(label), control)
  return el('div', { class: 'storm-form' }, row('storm.mode', mode), row('storm.return_period', period),
    el('details', {}, el('summary', {}, t('storm.more')), row('storm.mm_total', mm), row('storm.duration', minutes), row('storm.scheme', scheme), el('label', { class: 'check-line' }, walls, t('storm.walls'))),
    button(t('storm.go'), () => desk.run({ mode: mode.value, return_period_a: period.value, duration_min: minutes.value, scheme: scheme.value, walls: walls.checked, ...(Number(mm.value) > 0 ? { rain_mm: mm.value } : {}) }), { class: 'primary', 'data-key': 'storm-go' }))
}

function zoneLine(t, words, zone) {
  return el('p', { class: 'zone-line' }, el('strong', {}, className(t, words, zone.hazard_class)), ' ', t('storm.zone_says', { area: area(zone.area_m2, words.language()), depth: decimal(zone.depth_max_m, 2), speed: decimal(zone.velocity_max_ms ?? 0, 2) }),
    ' ', zone.duration_min === null ? t('storm.zone_no_time') : t('storm.zone_time', { n: decimal(zone.duration_min, 0) }))
}

export function pointPanel(desk, point) {
  const { t } = desk.app
  if (!point.inside) return section(t('storm.point'), el('p', { class: 'empty' }, t('storm.point_none')))
  const size = { width: 300, height: 90 }
  const { points, top, last } = curvePoints(point.minutes, point.depth_m, size)
  const line = points.map(([x, y]) => `${(x + 34).toFixed(1)},${(y + 8).toFixed(1)}`).join(' ')
  return section(t('storm.point'),
    el('p', {}, t('storm.point_says', { depth: decimal(point.deepest_m, 2), speed: decimal(point.speed_ms ?? 0, 2), wet: point.wet_min === null ? t('class.unknown') : decimal(point.wet_min, 0) })),
    point.zone ? zoneLine(t, desk.app.words, point.zone) : el('p', { class: 'note' }, t('storm.zone_none')),
    point.minutes.length > 1 ? svg('svg', { class: 'depth-curve', viewBox: '0 0 344 120', role: 'img', 'aria-label': t('storm.curve') },
      svg('polyline', { points: '34,8 34,98 334,98', class: 'axis' }), svg('polyline', { points: line, class: 'curve' }),
      svg('text', { x: 30, y: 14, 'text-anchor': 'end' }, `${top.toFixed(1)} m`), svg('text', { x: 30, y: 101, 'text-anchor': 'end' }, '0'),
      svg('text', { x: 334, y: 114, 'text-anchor': 'end' }, t('storm.minute', { n: last }))) : null)
}
