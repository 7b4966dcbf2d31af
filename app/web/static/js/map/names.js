// Names on the map: page elements above the tiles, placed anew when the map comes to rest.

import L from './library.js'
import { placeLabels, textWidth, upright } from '../model/labels.js'
import { metresPerPixel, project, unproject } from './mercator.js'

const NAMED = [
  { layer: 'township', minZoom: 0, maxZoom: 22, weight: 4, size: 15 },
  { layer: 'community', minZoom: 14, maxZoom: 22, weight: 3, size: 12.5 },
  { layer: 'service', minZoom: 17, maxZoom: 22, weight: 2, size: 11 },
  { layer: 'building', minZoom: 17, maxZoom: 22, weight: 1, size: 11 },
  { layer: 'pipe', minZoom: 19, maxZoom: 22, weight: 0, size: 10.5, along: true },
]
const MOST_CANDIDATES = 1500

/** `textOf(candidate)` gives what is written, or null. */
export function createNames(map, link, { textOf, isOn, townshipsTo }) {
  const pane = map.createPane('names')
  let turn = 0
  map.on('zoomstart', () => pane.classList.add('is-away'))
  return { place }

  async function place() {
    turn += 1
    const mine = turn, zoom = map.getZoom()
    const bounds = map.getBounds().pad(0.25)
    const box = [...project([bounds.getWest(), bounds.getSouth()]), ...project([bounds.getEast(), bounds.getNorth()])]
    const wanted = NAMED.filter(({ layer }) => isOn(layer)).map(range)
    const found = await link.ask('labels', { box, zoom, wanted, most: MOST_CANDIDATES })
    if (mine !== turn) return
    pane.replaceChildren(...placeLabels(found.flatMap((one) => candidate(one, zoom))).map(element))
    pane.classList.remove('is-away')
  }

  // Communities are named once their townships no longer carry the theme: two levels of names are none.
  function range({ layer, minZoom, maxZoom, along }) {
    if (along) return { layer, minZoom, maxZoom, along }
    if (layer === 'township') return { layer, minZoom, maxZoom: Math.max(13, townshipsTo()) }
    return { layer, minZoom: layer === 'community' ? Math.max(minZoom, townshipsTo() + 1) : minZoom, maxZoom }
  }

  function candidate(one, zoom) {
    const text = textOf(one)
    const style = NAMED.find(({ layer }) => layer === one.layer)
    const pixels = Math.sqrt(one.size) / metresPerPixel(zoom)
    if (!text || (one.layer === 'building' && pixels < 16)) return []
    const [lon, lat] = unproject([one.x, one.y])
    const point = map.latLngToLayerPoint([lat, lon])
    if (style.along) return alongLine(one, text, style, point, zoom)
    const y = one.layer === 'service' ? point.y - 11 : point.y
    return [{ text, layer: one.layer, x: point.x, y, weight: style.weight + Math.min(0.9, pixels / 2000), size: style.size }]
  }

  // Written on the line itself, as between the pieces of a contour: beside it, it would stand on its neighbour.
  function alongLine(one, text, { weight, size }, point, zoom) {
    const length = one.length / metresPerPixel(zoom)
    if (length < textWidth(text, size) + 6) return []
    const angle = upright(-one.angle)
    return [{ text, layer: one.layer, x: point.x, y: point.y, weight: weight + Math.min(0.9, length / 5000), size, angle }]
  }

  function element({ text, layer, x, y, angle }) {
    const label = L.DomUtil.create('span', `map-name map-name-${layer}`)
    label.textContent = text
    label.setAttribute('aria-hidden', 'true')
    L.DomUtil.setPosition(label, L.point(Math.round(x), Math.round(y)))
    if (angle) label.style.transform += ` rotate(${angle.toFixed(4)}rad)`
    return label
  }
}
