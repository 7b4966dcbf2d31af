// The map as the page uses it: one object that shows a state and reports what people do on it.

import L from './library.js'
import { metresPerPixel, project } from './mercator.js'
import { createHighlight } from './highlight.js'
import { createNames } from './names.js'
import { createRuler } from './ruler.js'
import { createSwipe } from './swipe.js'
import { WorkerTiles } from './tiles.js'

const HOVER_EVERY_MS = 60

/**
 * `on` receives `moved({z, lat, lon})`, `clicked(hits, latlng)`, `hovered(hits, point)`,
 * `pointed(latlng)`, `measured(result)`, `loaded(layer, n)`, `failed(layer, message)`;
 * `busy()` says whether clicks belong to somebody who draws. `covered()` is how
 * many pixels of the map's foot lie under the phone's sheet.
 */
export function createView(element, link, { bounds, state, words, textOf, isOn, townshipsTo, covered, on }) {
  const reduced = globalThis.matchMedia('(prefers-reduced-motion: reduce)').matches
  const map = L.map(element, {
    zoomControl: false, attributionControl: false, keyboard: true, minZoom: 3, maxZoom: 21,
    zoomAnimation: !reduced, fadeAnimation: false, inertia: !reduced, zoomSnap: 1, wheelPxPerZoomLevel: 100,
  })
  const extent = L.latLngBounds([bounds[1], bounds[0]], [bounds[3], bounds[2]])
  const tiles = new WorkerTiles(link)
  const highlight = createHighlight(map, link)
  const names = createNames(map, link, { textOf, isOn, townshipsTo })
  const ruler = createRuler(map, on.measured)
  const swipe = createSwipe(map, tiles)
  let settled = null

  if (state.z === null || state.lat === null) map.fitBounds(extent, { animate: false, paddingBottomRight: [0, covered()] })
  else map.setView([state.lat, state.lon], state.z, { animate: false })
  L.control.scale({ imperial: false, maxWidth: 140, position: 'bottomleft' }).addTo(map)
  tiles.addTo(map)
  listen()
  tiles.on('load', () => performance.mark('tiles-painted'))
  link.on('loaded', ({ layer, n }) => {
    repaintSoon()
    on.loaded(layer, n)
  })
  link.on('failed', ({ layer, message }) => on.failed(layer, message))

  return {
    setPlan(plan) { link.setPlan(plan); repaintSoon() },
    choose: (feature, label) => highlight.show('chosen', feature, label),
    hover: (feature) => highlight.show('hovered', feature),
    goTo, goToAll: () => map.fitBounds(extent, { ...motion(), paddingBottomRight: [0, covered()] }),
    setView: ({ z, lat, lon }) => map.setView([lat, lon], z, { animate: false }),
    zoomOfAll: () => map.getBoundsZoom(extent, false, L.point(0, covered())),
    zoomBy: (step) => map.setZoom(map.getZoom() + step, motion()),
    resize: () => map.invalidateSize({ animate: false }),
    refreshNames: () => names.place(),
    ruler,
    swipe,
    focus: () => element.focus(),
    map,
  }

  function motion() {
    return { animate: !reduced }
  }

  async function goTo(feature, { maxZoom = 18 } = {}) {
    const box = feature.bounds
      ? L.latLngBounds([feature.bounds[1], feature.bounds[0]], [feature.bounds[3], feature.bounds[2]])
      : await highlight.boundsOf(feature)
    if (!box) return false
    map.fitBounds(box, { maxZoom, paddingTopLeft: [30, 50], paddingBottomRight: [50, 40 + covered()], ...motion() })
    return true
  }

  function repaintSoon() {
    clearTimeout(settled)
    settled = setTimeout(() => { tiles.repaint(); names.place() }, 30)
  }

  function listen() {
    element.setAttribute('role', 'application')
    element.setAttribute('aria-label', words('map.label'))
    map.on('moveend', () => {
      const { lat, lng } = map.getCenter()
      on.moved({ z: map.getZoom(), lat, lon: lng })
      names.place()
    })
    map.on('click', async (event) => {
      if (!ruler.isOn() && !on.busy()) on.clicked(await hitsAt(event.latlng), event.latlng)
    })
    let last = 0
    map.on('mousemove', async (event) => {
      on.pointed(event.latlng)
      if (event.originalEvent.timeStamp - last < HOVER_EVERY_MS || map.dragging.moving() || ruler.isOn() || on.busy()) return
      last = event.originalEvent.timeStamp
      on.hovered(await hitsAt(event.latlng), event.containerPoint, event.latlng)
    })
    map.on('mouseout', () => on.hovered([], null))
    map.on('dragstart', () => on.hovered([], null))
  }

  function hitsAt({ lng, lat }) {
    const [x, y] = project([lng, lat])
    return link.ask('pick', { x, y, zoom: map.getZoom() })
  }
}

export { metresPerPixel }
