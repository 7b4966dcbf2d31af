// Cross-sections where somebody points or draws.

import { toGeoJson } from '../model/drawing.js'
import { windowOf } from '../model/section.js'
import { button, el, replace, section } from './dom.js'
import { crossings } from './pipes-pipe.js'
import { classWord, metres } from './pipes-parts.js'
import { sectionFigure } from './section-drawing.js'

const LOOK = { color: '#111827', weight: 2.5, dashArray: '6 4', casing: '#ffffff' }

export function sectionPart(desk) {
  const { app, calls, overlay, tool } = desk
  let asked = null, profile = null, shownIn = null
  return { load, render, leave, clicked, given: () => shownIn && render(shownIn), tool: { drawn, changed: () => {} } }

  // The cut is in the address, so that it can be sent to somebody.
  async function load() {
    const { cut } = app.themes.owned()
    if (cut === asked && profile) return
    asked = cut ?? null
    const points = (cut ?? '').split(';').map((pair) => pair.split(',').map(Number)).filter((pair) => pair.length === 2 && pair.every(Number.isFinite))
    profile = points.length ? await app.notices.during(app.t('section.loading'), () => calls.section(points)) : null
  }

  async function render(parent) {
    shownIn = parent
    await load()
    const { t } = app
    overlay.lines('cut', profile ? [profile.line] : [], LOOK)
    replace(parent, el('header', { class: 'detail-head' }, el('h2', { tabindex: '-1' }, t('pipes.part.section'))),
      el('p', { class: 'hint' }, t(tool.isOn() ? 'section.drawing' : 'section.how')),
      el('div', { class: 'out-line' }, tool.isOn() ? button(t('section.finish'), () => tool.finish(), { class: 'primary', 'data-key': 'finish' }) : button(t('section.draw'), start, { 'data-key': 'draw-section' }),
        button(t('section.middle'), atMiddle, { 'data-key': 'middle' })),
      profile ? [
        sectionFigure(app, profile, { title: t('section.title', { m: profile.length_m.toFixed(1) }), window: windowOf(profile) }),
        section(t('section.crossings'), crossings(desk, profile, { gaps: false })),
        beside(),
      ] : el('p', { class: 'empty' }, t('section.teach')))
  }

  function beside() {
    const { t } = app
    const pairs = profile.neighbours.filter((pair) => pair.gap_m !== null)
    if (!pairs.length) return null
    const classOf = Object.fromEntries(profile.cuts.map((cut) => [cut.pipe_id, cut.pipe_class]))
    return section(t('section.beside'), el('div', { class: 'scroll-x' }, el('table', { class: 'townships' }, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('section.pair')), el('th', { scope: 'col', class: 'number' }, t('section.gap_required')))),
      el('tbody', {}, pairs.map((pair) => el('tr', { class: pair.required_m !== null && pair.gap_m < pair.required_m ? 'is-short' : '' }, el('th', { scope: 'row' }, `${classWord(app, classOf[pair.a_id])} ${pair.a_id} – ${classWord(app, classOf[pair.b_id])} ${pair.b_id}`),
        el('td', { class: 'number' }, `${metres(pair.gap_m, t)} / ${pair.required_m === null ? t('section.no_figure') : pair.required_m.toFixed(2)}`)))))))
  }

  function start() {
    tool.draw('LineString')
    if (shownIn) render(shownIn)
  }

  function drawn(shape) {
    cutAlong(toGeoJson(shape).coordinates)
  }

  function atMiddle() {
    const { lng, lat } = desk.view.map.getCenter()
    cutAlong([[lng, lat]])
  }

  function cutAlong(points) {
    app.themes.keep({ cut: points.map((point) => point.map((value) => value.toFixed(7)).join(',')).join(';') })
    app.shell.sheetTo('half')
  }

  function clicked(_, { lng, lat }) {
    cutAlong([[lng, lat]])
    return true
  }

  function leave() {
    overlay.clear('cut')
  }
}
