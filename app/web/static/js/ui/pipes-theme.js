// The theme of the pipes: conflicts, cuts through the ground, joint digs, trial pits, and drawing on trial.

import { pipeCalls } from '../api-pipes.js'
import { createGeometryEditor } from '../map/edit-geometry.js'
import { createMarks } from '../map/marks.js'
import { createOverlay } from '../map/overlay.js'
import { button, el, replace } from './dom.js'
import { conflictPanel } from './pipes-conflict.js'
import { conflictsPart } from './pipes-conflicts.js'
import { digsPart } from './pipes-digs.js'
import { draftPart } from './pipes-draft.js'
import { pipePanel } from './pipes-pipe.js'
import { pitsPart } from './pipes-pits.js'
import { sectionPart } from './pipes-section.js'

const PARTS = { conflicts: conflictsPart, section: sectionPart, digs: digsPart, pits: pitsPart, draft: draftPart }
const OWNED = new Set(['conflict', 'pipe', 'corridor', 'trial_pit'])
const CLOSE_ZOOM = 20

export function create(app, slot, view) {
  const marks = createMarks(view.map), overlay = createOverlay(view.map)
  const heard = (name) => (...news) => part?.tool?.[name]?.(...news)
  const tool = createGeometryEditor(view.map, {
    on: { changed: heard('changed'), chosen: heard('chosen'), drawn: heard('drawn'), snapped: () => {} },
    covered: () => app.shell.covered(), label: ({ index }, n) => app.t('edit.corner', { n: index + 1, of: n }), moveLabel: () => app.t('edit.move_whole'), middleLabel: '',
  })
  const content = el('div', { class: 'pipes-content' }), strip = el('nav', { class: 'pipes-parts' })
  const desk = { app, view, marks, overlay, tool, calls: pipeCalls(app.api.calls), scroller: slot.parentElement, goTo, choose, show, refresh, has: (id) => id in PARTS }
  let part = null, name = null, turn = 0
  slot.replaceChildren(strip, content)
  return { render, leave, changed, owns: ({ layer }) => OWNED.has(layer), clicked, hovered, out }

  function chosenPart() {
    const { part: asked } = app.themes.owned()
    return PARTS[asked] ? asked : 'conflicts'
  }

  async function render() {
    renderStrip()
    if (!mayRead()) return replace(content, el('p', { class: 'empty' }, app.t('pipes.no_rights')))
    if (name !== chosenPart()) {
      part?.leave()
      name = chosenPart()
      part = PARTS[name](desk)
    }
    await part.load()
    return draw()
  }

  function mayRead() {
    return app.meta.layers.some((layer) => layer.name === 'conflict')
  }

  /** The chosen thing, or the part with nothing chosen. */
  async function draw() {
    turn += 1
    const mine = turn, { selected } = app.state()
    const panel = { conflict: conflictPanel, pipe: pipePanel }[selected?.layer]
    marks.choose(selected?.id ?? null)
    part.marked?.(selected)
    if (!panel || part.keeps?.(selected)) return part.render(content, selected)
    content.classList.add('is-loading')
    if (!content.childElementCount) replace(content, el('p', { class: 'loading' }, app.t('loading')))
    const shown = await app.notices.during(app.t('pipes.loading'), () => panel(desk, selected.id, part))
    if (mine !== turn) return null
    content.classList.remove('is-loading')
    replace(content, shown ?? button(app.t('pipes.back'), () => choose(null)))
    desk.scroller.scrollTop = 0
    return null
  }

  function changed(state, before) {
    if (!part) return
    if (state.own.part !== before.own.part) render()
    else if (JSON.stringify([state.own, state.selected]) !== JSON.stringify([before.own, before.selected])) draw()
  }

  function renderStrip() {
    strip.setAttribute('aria-label', app.t('pipes.parts'))
    replace(strip, Object.keys(PARTS).map((id) => button(app.t(`pipes.part.${id}`), () => show(id), { 'data-key': `part-${id}`, 'aria-current': id === chosenPart() ? 'true' : null })))
  }

  /** Opens a part; `own` is what it is told. */
  function show(id, own = {}) {
    tool.close()
    app.store.set({ selected: null })
    app.themes.keep({ part: id === 'conflicts' ? null : id, ...own })
    renderStrip()
  }

  function choose(feature) {
    app.store.set({ selected: feature ? { layer: feature.layer, id: feature.id } : null })
    if (feature) app.shell.sheetTo('half')
  }

  function goTo(lon, lat, zoom = CLOSE_ZOOM) {
    view.goTo({ layer: '', id: '', bounds: [lon, lat, lon, lat] }, { maxZoom: zoom })
  }

  /** The server's answers are others now (an answer was kept, a pipe saved). */
  async function refresh() {
    await part.load(true)
    return draw()
  }

  function clicked(hits, latlng) {
    if (!part || tool.isOn()) return true
    if (part.clicked?.(hits, latlng)) return true
    const pipe = hits.find((hit) => hit.layer === 'pipe')
    choose(pipe ?? null)
    return true
  }

  function hovered(hits, latlng, where) {
    const tip = latlng && !tool.isOn() ? part?.tipAt?.(latlng) : null
    if (tip) app.shell.showTip(tip, where)
    return Boolean(tip) || tool.isOn()
  }

  function out() {
    if (tool.isOn()) { tool.close(); part.given?.(); return true }
    if (!app.state().selected) return false
    choose(null)
    return true
  }

  function leave() {
    part?.leave()
    tool.close()
    marks.remove()
    overlay.remove()
    app.shell.showTip(null)
  }
}
