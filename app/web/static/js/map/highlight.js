// The chosen and the hovered thing as ordinary Leaflet vectors above the tiles.

import L from './library.js'
import { unproject } from './mercator.js'

const LOOK = {
  chosen: { outer: { color: '#ffffff', weight: 7, opacity: 0.95 }, inner: { color: '#111827', weight: 3, opacity: 1 } },
  hovered: { outer: { color: '#ffffff', weight: 4, opacity: 0.8 }, inner: { color: '#374151', weight: 1.6, opacity: 1 } },
}

export function createHighlight(map, link) {
  const groups = { chosen: L.layerGroup().addTo(map), hovered: L.layerGroup().addTo(map) }
  const turns = { chosen: 0, hovered: 0 }
  return { show, boundsOf }

  /** Draws one feature (or nothing); resolves to whether the worker knows its shape. */
  async function show(which, feature, label = '') {
    turns[which] += 1
    const mine = turns[which]
    if (!feature) {
      groups[which].clearLayers()
      return true
    }
    const shape = await link.ask('shape', { layer: feature.layer, feature: feature.id })
    if (mine !== turns[which]) return true
    groups[which].clearLayers()
    if (!shape) return false
    for (const style of [LOOK[which].outer, LOOK[which].inner]) groups[which].addLayer(vector(shape, style))
    if (label && which === 'chosen') name(groups[which], label)
    return true
  }

  async function boundsOf(feature) {
    const shape = await link.ask('shape', { layer: feature.layer, feature: feature.id })
    return shape ? L.latLngBounds(latLngs(shape).flat()) : null
  }
}

function latLngs({ parts }) {
  return parts.map((part) => part.map((point) => { const [lon, lat] = unproject(point); return [lat, lon] }))
}

function vector(shape, style) {
  const options = { ...style, fill: false, interactive: false, lineJoin: 'round' }
  const lines = latLngs(shape)
  if (shape.kind === 'point') return L.circleMarker(lines[0][0], { ...options, radius: 8 })
  return shape.kind === 'polygon' ? L.polygon(lines, options) : L.polyline(lines, options)
}

function name(group, label) {
  const path = group.getLayers().at(-1)?.getElement()
  path?.setAttribute('role', 'img')
  path?.setAttribute('aria-label', label)
}
