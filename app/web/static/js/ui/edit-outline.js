// The outline of the row that is edited: draw, reshape, its corners as numbers, what it snaps to.

import { fromGeoJson, isComplete, toGeoJson } from '../model/drawing.js'
import { pathLength, ringArea } from '../model/measure.js'
import { area, length } from '../model/format.js'
import { candidatesOf } from '../model/snap.js'
import { createCornerList } from './corner-list.js'
import { button, el, replace, section } from './dom.js'

const SAVE_AFTER_MS = 700
const MOST_TARGETS = 3000
const kept = { on: true, tolerance_m: 1, layers: null } // what this person snaps to, for as long as the page is open

/**
 * The section of the editor for one row; `save(geometry)` resolves to null when it is saved, else to
 * findings. `tool` is the map's geometry editor, `box()` the map's bounds as `w,s,e,n`,
 * `goTo(geometry)` brings it into view large enough for a hand.
 */
export function createOutline(app, form, { row, tool, box, goTo, save }) {
  const { t } = app
  const element = el('div', { class: 'edit-outline' })
  let geometry = row.geometry ?? null
  let timer = null, message = '', targets = ''
  const corners = createCornerList(app, { tool, isPoint: () => geometry?.type?.endsWith('Point'), tooFew: () => { message = t('edit.too_few'); render() }, again: render })
  render()
  return { element, render, reset, leave, handlers: { changed, chosen: markChosen, drawn, snapped }, geometry: () => geometry }

  function types() {
    return form.geometry.filter((type) => !type.startsWith('Multi'))
  }

  function reset(next) {
    geometry = next
    message = ''
    if (tool.mode() === 'shape' && next) tool.open(fromGeoJson(next))
    else if (tool.isOn()) tool.close()
    render()
  }

  /** Ends drawing; a shape that still waits to be saved is saved now. */
  function leave() {
    if (timer) settle()
    tool.close()
    render()
  }

  async function start(type) {
    message = ''
    if (type) tool.draw(type)
    else { goTo(geometry); tool.open(fromGeoJson(geometry)) }
    render()
    await loadTargets()
  }

  // --- what is drawn ---
  function changed(shape, settled) {
    if (tool.mode() === 'shape') {
      clearTimeout(timer)
      timer = null
      geometry = toGeoJson(shape)
      if (settled) timer = setTimeout(settle, SAVE_AFTER_MS)
    }
    if (settled || tool.mode() === 'draw') render()
  }

  function drawn(shape) {
    geometry = toGeoJson(shape)
    render()
    settle()
  }

  async function settle() {
    clearTimeout(timer)
    timer = null
    if (!geometry) return
    const findings = await save(geometry)
    message = findings?.length ? findings.map((one) => [one.message, one.fix].filter(Boolean).join('；')).join(' ') : ''
    render()
  }

  function snapped(target) {
    const place = element.querySelector('.snap-target')
    if (!place) return
    const label = target && app.words.of(app.meta.layers.find((one) => one.name === target.layer)?.label ?? target.layer)
    place.textContent = target ? t(`snap.${target.kind}`, { layer: label, distance: target.distance_m.toFixed(2) }) : ''
  }

  // In place, so that a field that is just being entered stays the same one.
  function markChosen(ref) {
    const rows = [...element.querySelectorAll('[data-corner]')]
    const row = ref && rows.find((one) => one.dataset.corner === `${ref.path}-${ref.index}`)
    if (ref && !row) return render()
    for (const one of rows) one.classList.toggle('is-chosen', one === row)
    return row?.scrollIntoView?.({ block: 'nearest' })
  }

  // --- what it catches on ---
  async function loadTargets() {
    const bounds = box()
    const key = JSON.stringify([bounds, kept.layers, kept.on])
    if (key !== targets) {
      targets = key
      const found = kept.on ? await Promise.all(snapLayers().map(async (layer) => candidatesOf(
        await app.api.features(layer, { bbox: bounds, limit: MOST_TARGETS }).catch(() => ({ features: [] })), layer, { without: layer === form.layer ? row.id : null }))) : []
      row.targets = found.flat()
    }
    tool.snapTo(row.targets ?? [], kept.on ? kept.tolerance_m : 0)
  }

  function snapLayers() {
    kept.layers ??= ['community', 'building']
    return [...new Set([form.layer, ...kept.layers])].filter((name) => app.meta.layers.some((one) => one.name === name && one.rows > 0))
  }

  // --- on the page ---
  function render() {
    const isOn = tool.isOn()
    replace(element, section(t('edit.geometry'), measures(), isOn ? busy() : idle(), message ? el('p', { class: 'field-error', role: 'alert' }, message) : null, isOn ? [snapping(), corners.element()] : null))
  }

  function measures() {
    if (!geometry) return el('p', { class: 'is-unknown' }, t('edit.no_geometry'))
    const { paths } = fromGeoJson(geometry)
    const n = t('history.geometry', { n: paths.reduce((sum, { points }) => sum + points.length, 0) })
    const size = geometry.type.endsWith('Polygon')
      ? area(paths.reduce((sum, { points }, at) => sum + (at && paths[at - 1].part === paths[at].part ? -1 : 1) * ringArea(points), 0), app.words.language())
      : geometry.type.endsWith('LineString') ? length(paths.reduce((sum, { points }) => sum + pathLength(points), 0)) : null
    return el('p', {}, [size, n].filter(Boolean).join(' · '))
  }

  function idle() {
    return el('div', { class: 'edit-buttons' }, geometry ? button(t('edit.reshape'), () => start(null), { 'data-key': 'edit-reshape' }) : null,
      types().map((type) => button(t(geometry ? `edit.redraw.${type}` : `edit.draw.${type}`), () => start(type), { 'data-key': `edit-draw-${type}` })))
  }

  function busy() {
    const isDrawing = tool.mode() === 'draw'
    return el('div', {}, el('p', { class: 'hint' }, t(isDrawing ? 'edit.how_draw' : 'edit.how_shape')),
      el('div', { class: 'edit-buttons' },
        isDrawing ? button(t('edit.finish'), tool.finish, { class: 'primary', disabled: !isComplete(tool.shape()), 'data-key': 'edit-finish' }) : button(t('edit.done_shape'), leave, { class: 'primary', 'data-key': 'edit-finish' }),
        isDrawing ? button(t('edit.step_back'), tool.stepBack, { 'data-key': 'edit-back' }) : null,
        isDrawing ? button(t('action.cancel'), () => { geometry = row.geometry ?? null; tool.close(); render() }, { 'data-key': 'edit-cancel' }) : null))
  }

  function snapping() {
    const drawnLayers = app.meta.layers.filter((one) => one.geometry.length && one.rows > 0 && one.group !== 'result')
    const again = (change) => { change(); render(); loadTargets() }
    const tolerance = el('input', { id: 'snap-tolerance', type: 'number', min: 0.1, max: 50, step: 0.1, value: kept.tolerance_m, 'data-key': 'snap-tolerance', onchange: (event) => again(() => { kept.tolerance_m = Math.min(50, Math.max(0.1, Number(event.target.value) || 1)) }) })
    return el('details', { class: 'snap', open: true }, el('summary', {}, t('snap.title')),
      el('label', { class: 'check' }, el('input', { type: 'checkbox', checked: kept.on, 'data-key': 'snap-on', onchange: () => again(() => { kept.on = !kept.on }) }), t('snap.on')),
      el('label', { class: 'check', for: 'snap-tolerance' }, t('snap.tolerance'), tolerance, ' m'),
      el('select', { 'aria-label': t('snap.add'), 'data-key': 'snap-add', onchange: (event) => again(() => kept.layers.push(event.target.value)) }, el('option', { value: '' }, t('snap.add')),
        drawnLayers.filter((one) => !snapLayers().includes(one.name)).map((one) => el('option', { value: one.name }, app.words.of(one.label)))),
      el('ul', { class: 'chips' }, snapLayers().map((name) => el('li', {}, name === form.layer ? el('span', { class: 'chip is-fixed' }, app.words.of(app.meta.layers.find((one) => one.name === name).label))
        : button(`${app.words.of(app.meta.layers.find((one) => one.name === name).label)} ×`, () => again(() => { kept.layers = kept.layers.filter((one) => one !== name) }), { class: 'chip', 'aria-label': t('snap.remove', { layer: app.words.of(app.meta.layers.find((one) => one.name === name).label) }) })))),
      el('p', { class: 'snap-target hint', role: 'status' }))
  }
}
