// The theme of stormwater: a rain that is slid, the last run over time, and the curve at a point.

import { stormCalls } from '../api-storm.js'
import { createWater } from '../map/water.js'
import { replace, el, button } from './dom.js'
import { createDrainPart } from './storm-drains.js'
import { createGround } from './storm-ground.js'
import { createMeasures } from './storm-measures.js'
import { pourPanel, pointPanel, runPanel, zoneLook } from './storm-panels.js'

const PARTS = ['pour', 'run', 'drains', 'measures']
const FRAME_MS = 450

export function create(app, slot, view) {
  const api = stormCalls(app.api.calls), water = createWater(view.map)
  const desk = { app, api, water, draw, slide, choose, showMinute, play, isPlaying: () => timer !== null, run, settings, minute: () => minute, mm: () => mm, poured: () => poured }
  const ground = createGround(desk), measures = createMeasures(desk)
  const drains = createDrainPart({ app, map: view.map, redraw: () => { if (told && part() === 'drains') draw() } })
  let told = null, poured = null, zones = null, point = null, exposure = null
  let mm = Number(app.themes.owned().mm) || 30, minute = null, timer = null, asking = false, wanted = null, turn = 0
  return { render, leave, clicked, changed, hovered: () => true, owns: () => false, out }

  function part() {
    const asked = app.themes.owned().part
    return PARTS.includes(asked) ? asked : 'pour'
  }

  async function render() {
    turn += 1
    const mine = turn
    const found = await app.notices.during(app.t('storm.loading'), api.overview)
    if (mine !== turn || !found) return
    told = found
    if (part() === 'drains') await drains.load()
    if (part() === 'measures') await measures.load()
    await ground.forget()
    if (mine !== turn) return
    if (told.run) [zones, exposure] = await Promise.all([app.api.features('storm_zone', { limit: 5000 }).catch(() => null), api.exposure().catch(() => null)])
    if (mine !== turn) return
    draw()
    await paint()
  }

  function draw() {
    const { t } = app
    if (part() === 'drains') return replace(slot, strip(), drains.panel())
    if (!told.has_terrain) return replace(slot, el('p', { class: 'empty' }, t('storm.no_terrain')))
    return replace(slot, strip(), point ? pointPanel(desk, point) : null, partPanel(), part() === 'measures' ? null : ground.panel(), point || part() === 'measures' ? null : el('p', { class: 'note' }, t(told.run ? 'storm.click' : 'storm.click_none')))
  }

  function strip() {
    const { t } = app
    return el('nav', { class: 'segmented', 'aria-label': t('storm.parts') }, PARTS.map((id) => button(t(`storm.part.${id}`), () => choose(id), { 'aria-pressed': String(id === part()), 'data-key': `storm-${id}` })))
  }

  function partPanel() {
    if (part() === 'measures') return measures.panel()
    return part() === 'pour' ? pourPanel(desk, told) : runPanel(desk, told, exposure)
  }

  /** The settings of the run that is shown, so that both sides are asked for alike. */
  function settings() {
    return told.run?.parameters ?? { mode: 'record' }
  }

  function choose(id) {
    stop()
    app.themes.keep({ part: id === 'pour' ? null : id })
  }

  async function paint() {
    if (part() === 'drains') { water.hide(); water.showZones(null); drains.paint(); return }
    drains.hide()
    if (!told?.has_terrain) return
    if (part() === 'pour') { water.showZones(null); await slide(mm, false); return }
    if (!told.run) { water.hide(); return }
    runLook()
    water.showZones(zones, desk.look)
    if (part() === 'measures') { await measures.paint(); return }
    await showMinute(minute)
  }

  /** Only the newest wish is asked for: a slider gives more of them than a server answers. */
  async function slide(value, keep = true) {
    mm = value
    wanted = value
    if (keep) app.store.set({ own: { ...app.themes.owned(), mm: String(value) } })
    if (asking) return
    asking = true
    while (wanted !== null && part() === 'pour') {
      const next = wanted
      wanted = null
      const found = await api.pour(next).catch((failure) => failure)
      if (found instanceof Error) { app.notices.error(found); break }
      poured = found
      if (part() === 'pour' && told) { water.show(found); slot.querySelector('.pour-facts')?.replaceWith(desk.facts(found)) }
    }
    asking = false
  }

  async function showMinute(value) {
    minute = value
    const found = await api.frame(value).catch((failure) => failure)
    if (found instanceof Error) return app.notices.error(found)
    if (minute !== value || part() === 'pour') return null
    water.show(found)
    desk.timeShown?.(value)
    return null
  }

  function play() {
    if (timer) { stop(); draw(); return }
    const { minutes } = told.run
    let at = minutes.indexOf(minute)
    timer = setInterval(() => { at = (at + 1) % minutes.length; showMinute(minutes[at]) }, FRAME_MS)
    draw()
  }

  function stop() {
    if (timer) clearInterval(timer)
    timer = null
  }

  async function run(wanted) {
    await app.notices.during(app.t('storm.asking'), async () => { await app.api.askForRun('storm', wanted); await app.api.askForRun('exposure', {}) })
    app.work.start()
    app.notices.say(app.t('storm.asked'))
  }

  function runLook() {
    desk.look = zoneLook(told.run.classes)
  }

  function clicked(hits, latlng) {
    if (part() === 'drains') { drains.clicked(latlng); return true }
    if (part() === 'measures' && measures.clicked(hits, latlng)) return true
    water.pin(latlng)
    if (!told?.run) return true
    api.point(latlng).then((found) => { point = found; draw(); app.shell.sheetTo('half') }, (failure) => app.notices.error(failure))
    return true
  }

  async function changed(state, before) {
    if (!told || state.own.part === before.own.part) return
    measures.leave()
    water.showDraft([])
    if (part() === 'drains') await drains.load()
    if (part() === 'measures') await measures.load()
    else water.showMeasures([])
    draw()
    await paint()
  }

  function out() {
    if (part() === 'drains') return drains.out()
    if (part() === 'measures' && measures.out()) return true
    if (!point) return false
    point = null
    water.pin(null)
    draw()
    return true
  }

  function leave() {
    turn += 1
    wanted = null
    stop()
    drains.remove()
    measures.leave()
    water.remove()
  }
}
