// Drawing and reshaping one outline on the map, by mouse, touch and keyboard.

import L from './library.js'
import {
  blank, isComplete, leastPoints, middleOf, middlesOf, verticesOf, withAppended, withInserted, withoutLast, withoutVertex, withShift, withVertex,
} from '../model/drawing.js'
import { offset, pixelsOf, shifted } from '../model/metres.js'
import { snap } from '../model/snap.js'

const LOOK = { color: '#7c2d12', weight: 2.5, dashArray: '5 4', interactive: false, fill: false }
const CASING = { color: '#ffffff', weight: 6, interactive: false, fill: false }
const MOST_HANDLES = 400
const SAME_PX = 5
const SMALL_PX = 160
const APART_PX = 32
const ARROWS = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }

/** Metres to the east and north that an arrow key asks for: 1, with Shift 10, with Alt 0.1. */
export function stepOf(event) {
  const way = ARROWS[event.key]
  if (!way || event.ctrlKey || event.metaKey) return null
  const length_m = event.shiftKey ? 10 : event.altKey ? 0.1 : 1
  return way.map((one) => one * length_m)
}

/**
 * `on` receives `changed(shape, settled)` after every change (settled: the hand let go), `chosen(ref)` when a
 * vertex is chosen, `snapped(target|null)`, `drawn(shape)` when a drawing ends and `left()` when it is given up.
 * `covered()` is how
 * many pixels of the map's foot the phone's sheet hides; `label(ref, n)` names a vertex for those who hear it.
 */
export function createGeometryEditor(map, { on, covered, label, moveLabel, middleLabel }) {
  const group = L.layerGroup()
  const lines = L.layerGroup().addTo(group), handles = L.layerGroup().addTo(group)
  const target = L.layerGroup().addTo(group)
  const container = map.getContainer()
  if (!map.getPane('handles')) map.createPane('handles') // above the names
  let mode = null, shape = null, chosen = null, candidates = [], tolerance_m = 0, pointer = null, dragging = false

  return {
    draw, open, close, finish, stepBack, isOn: () => mode !== null, mode: () => mode, shape: () => shape, chosen: () => chosen,
    choose, move, nudge, remove, insertAfter, goTo, addTyped,
    snapTo(lines, metres) { candidates = lines; tolerance_m = metres },
  }

  function begin(next, drawn) {
    close()
    mode = next
    shape = drawn
    chosen = null
    group.addTo(map)
    map.on('moveend', redrawHandles)
    container.classList.add('is-shaping')
    redraw()
  }

  /** A new outline of `type`, point by point. */
  function draw(type) {
    begin('draw', blank(type))
    container.classList.add('is-measuring')
    map.doubleClickZoom.disable()
    map.on('click', addPoint)
    map.on('mousemove', follow)
    map.on('dblclick', finish)
    container.addEventListener('keydown', drawKeys)
    container.focus({ preventScroll: true })
  }

  /** An outline that exists, to be reshaped. */
  function open(existing) {
    begin('shape', existing)
  }

  function close() {
    if (!mode) return
    mode = null
    shape = null
    pointer = null
    for (const one of [lines, handles, target]) one.clearLayers()
    group.remove()
    map.off('moveend', redrawHandles).off('click', addPoint).off('mousemove', follow).off('dblclick', finish)
    map.doubleClickZoom.enable()
    container.removeEventListener('keydown', drawKeys)
    container.classList.remove('is-shaping', 'is-measuring')
    on.snapped(null)
  }

  // --- drawing ---
  function addPoint({ latlng }) {
    add(caught([latlng.lng, latlng.lat]))
  }

  /** A point known by its numbers: taken as it is, however close to the others, and brought into view. */
  function addTyped(point) {
    if (mode !== 'draw') return
    if (!map.getBounds().pad(-0.1).contains(latLng(point))) map.panTo(latLng(point), { animate: false })
    append(point)
  }

  function add(point) {
    const points = shape.paths[0].points
    const isSame = (other) => other && pixels(other).distanceTo(pixels(point)) < SAME_PX
    if (isSame(points.at(-1))) return null
    if (points.length >= leastPoints(shape.type) && shape.type === 'Polygon' && isSame(points[0])) return finish()
    return append(point)
  }

  function append(point) {
    shape = withAppended(shape, point)
    if (shape.type === 'Point') return finish()
    redraw()
    return on.changed(shape, false)
  }

  function follow({ latlng }) {
    pointer = caught([latlng.lng, latlng.lat])
    redrawLines()
  }

  function finish() {
    if (mode !== 'draw') return null
    if (!isComplete(shape)) return on.changed(shape, false)
    const drawn = shape
    close()
    return on.drawn(drawn)
  }

  function stepBack() {
    if (mode !== 'draw' || !shape.paths[0].points.length) return
    shape = withoutLast(shape)
    redraw()
    on.changed(shape, false)
  }

  function drawKeys(event) {
    const { lng, lat } = map.getCenter()
    const act = { ' ': () => add(caught([lng, lat])), Enter: finish, Backspace: stepBack }[event.key]
    if (!act || event.target !== container) return
    event.preventDefault()
    event.stopPropagation()
    act()
  }

  // --- reshaping ---
  function choose(ref) {
    chosen = ref
    mark()
    on.chosen(ref)
  }

  // In place: a handle that is being dragged must not be made anew.
  function mark() {
    const key = chosen && `v${chosen.path}-${chosen.index}`
    handles.eachLayer((marker) => marker.getElement()?.classList.toggle('is-chosen', marker.getElement().dataset.handle === key))
  }

  function change(next, settled) {
    shape = next
    redrawLines()
    if (!dragging) redrawHandles()
    on.changed(shape, settled)
  }

  /** Puts a vertex elsewhere; the caller says whether the hand has let go. */
  function move(ref, point, settled = true) {
    change(withVertex(shape, ref, point), settled)
  }

  function nudge({ path, index }, [east_m, north_m]) {
    move({ path, index }, shifted(shape.paths[path].points[index], east_m, north_m))
  }

  function moveAll(east_m, north_m, settled = true) {
    change(withShift(shape, east_m, north_m), settled)
  }

  function remove(ref) {
    const next = withoutVertex(shape, ref)
    if (!next) return false
    chosen = null
    change(next, true)
    return true
  }

  /** A new vertex halfway to the next one. */
  function insertAfter(ref) {
    const middle = middlesOf(shape).find((one) => one.path === ref.path && one.index === ref.index + 1)
    if (!middle) return
    chosen = { path: middle.path, index: middle.index }
    change(withInserted(shape, middle, middle.point), true)
  }

  /** Brings an outline into view where it is out of sight or too small for a hand. */
  function goTo({ coordinates }) {
    const flat = coordinates.flat(Infinity)
    const box = L.latLngBounds(flat.flatMap((_, at) => (at % 2 ? [] : [latLng([flat[at], flat[at + 1]])])))
    const size = pixels([box.getEast(), box.getSouth()]).distanceTo(pixels([box.getWest(), box.getNorth()]))
    const foot = covered()
    const isSeen = map.getBounds().contains(box) && pixels([box.getWest(), box.getSouth()]).y < map.getSize().y - foot
    if (isSeen && size > SMALL_PX) return
    const margin = Math.min(80, map.getSize().x / 8)
    map.fitBounds(box, { maxZoom: 21, paddingTopLeft: [margin, margin], paddingBottomRight: [margin, margin / 2 + foot], animate: false })
  }

  // --- catching ---
  function caught(point) {
    const found = tolerance_m > 0 ? snap(point, candidates, tolerance_m) : null
    target.clearLayers()
    on.snapped(found)
    if (!found) return point
    const at = L.latLng(found.point[1], found.point[0])
    const radius = Math.max(7, Math.min(40, pixelsOf(tolerance_m, at.lat, map.getZoom())))
    target.addLayer(L.circleMarker(at, { radius, color: '#7c2d12', weight: 1, fillOpacity: 0.08, interactive: false }))
    target.addLayer(L.circleMarker(at, { radius: found.kind === 'vertex' ? 5 : 3, color: '#7c2d12', weight: 2, fillColor: '#facc15', fillOpacity: 1, interactive: false }))
    return found.point
  }

  function pixels([lon, lat]) {
    return map.latLngToContainerPoint([lat, lon])
  }

  // --- on the map ---
  function redraw() {
    redrawLines()
    redrawHandles()
  }

  function redrawLines() {
    lines.clearLayers()
    for (const { points, closed } of shape.paths) {
      const along = (mode === 'draw' && pointer ? [...points, pointer] : points).map(latLng)
      if (!along.length) continue
      const path = closed && along.length > 2 ? L.polygon : L.polyline
      lines.addLayer(path(along, CASING)).addLayer(path(along, { ...LOOK, fill: closed, fillOpacity: 0.12 }))
    }
  }

  function redrawHandles() {
    if (!mode) return
    const focused = document.activeElement?.dataset?.handle
    handles.clearLayers()
    const view = map.getBounds().pad(0.1)
    const seen = (one) => view.contains(latLng(one.point))
    if (mode === 'shape') {
      for (const middle of middlesOf(shape).filter((one) => seen(one) && isRoomAt(one)).slice(0, MOST_HANDLES)) handles.addLayer(middleHandle(middle))
      if (verticesOf(shape).length > 1 && verticesOf(shape).every(({ point }) => isApart(point, middleOf(shape)))) handles.addLayer(wholeHandle())
    }
    for (const vertex of verticesOf(shape).filter(seen).slice(0, MOST_HANDLES)) handles.addLayer(vertexHandle(vertex))
    mark()
    if (focused) container.querySelector(`[data-handle="${focused}"]`)?.focus({ preventScroll: true })
  }

  // Handles that lie on one another could not be told apart by a thumb.
  function isApart(one, other) {
    return pixels(one).distanceTo(pixels(other)) > APART_PX
  }

  function isRoomAt({ path, index, point }) {
    return isApart(point, shape.paths[path].points[index - 1])
  }

  function handle(point, kind, { name, key, draggable = mode === 'shape', focusable = draggable }) {
    const icon = L.divIcon({ className: `edit-handle edit-${kind}`, iconSize: [26, 26] })
    const marker = L.marker(latLng(point), { icon, pane: 'handles', draggable, keyboard: focusable, interactive: draggable, title: '', alt: name, zIndexOffset: kind === 'middle' ? 0 : 500 })
    marker.on('add', () => {
      const element = marker.getElement()
      element.dataset.handle = key
      if (focusable) element.setAttribute('aria-label', name)
      else element.setAttribute('aria-hidden', 'true')
    })
    marker.on('dragstart', () => { dragging = true })
    return marker
  }

  function vertexHandle({ path, index, point }) {
    const ref = { path, index }
    const marker = handle(point, 'vertex', { name: label(ref, shape.paths[path].points.length), key: `v${path}-${index}` })
    if (mode !== 'shape') return marker
    marker.on('drag', () => marker.setLatLng(latLng(follows(ref, marker.getLatLng()))))
    marker.on('dragend', () => settle(ref))
    marker.on('click', () => choose(ref))
    marker.on('add', () => {
      const element = marker.getElement()
      element.addEventListener('focus', () => choose(ref))
      element.addEventListener('keydown', (event) => keysOn(event, (...step) => nudge(ref, step), () => remove(ref)))
    })
    return marker
  }

  function follows(ref, { lng, lat }) {
    const point = caught([lng, lat])
    change(withVertex(shape, ref, point), false)
    return point
  }

  function settle(ref) {
    dragging = false
    target.clearLayers()
    on.snapped(null)
    chosen = ref
    on.chosen(ref)
    change(shape, true)
  }

  function middleHandle({ path, index, point }) {
    const ref = { path, index }
    const marker = handle(point, 'middle', { name: middleLabel, key: `m${path}-${index}`, focusable: false })
    marker.on('dragstart', () => { shape = withInserted(shape, ref, point) })
    marker.on('drag', () => marker.setLatLng(latLng(follows(ref, marker.getLatLng()))))
    marker.on('dragend', () => settle(ref))
    marker.on('click', () => { chosen = ref; change(withInserted(shape, ref, point), true) })
    return marker
  }

  function wholeHandle() {
    const from = middleOf(shape)
    const before = shape
    const marker = handle(from, 'whole', { name: moveLabel, key: 'whole' })
    marker.on('drag', () => {
      const { lng, lat } = marker.getLatLng()
      change(withShift(before, ...offset(from, [lng, lat])), false)
    })
    marker.on('dragend', () => { dragging = false; change(shape, true) })
    marker.on('add', () => marker.getElement().addEventListener('keydown', (event) => keysOn(event, moveAll, null)))
    return marker
  }

  function keysOn(event, go, gone) {
    const step = stepOf(event)
    if (!step && !(gone && ['Delete', 'Backspace'].includes(event.key))) return
    event.preventDefault()
    event.stopPropagation()
    if (step) go(...step)
    else gone()
  }
}

function latLng([lon, lat]) {
  return L.latLng(lat, lon)
}
