// The load of the drains over the map: lines and dots by verdict; what is free is thin.

import L from './library.js'
import { DRAIN_LOOKS } from '../model/drains.js'

export function createDrains(map) {
  const pane = map.getPane('drains') ?? map.createPane('drains')
  pane.style.zIndex = 360
  pane.style.pointerEvents = 'none'
  const renderer = L.canvas({ pane: 'drains' })
  const group = L.layerGroup().addTo(map), chosen = L.layerGroup().addTo(map)
  return { show, choose, flyTo, hide, remove, reach: () => 12 * (map.getBounds().getNorth() - map.getBounds().getSouth()) / Math.max(map.getSize().y, 1) }

  function show(rows, hidden) {
    group.clearLayers()
    for (const row of [...rows].reverse()) if (!hidden.has(row.verdict)) group.addLayer(shape(row))
  }

  function shape({ points, verdict }) {
    const { color, weight, dash } = DRAIN_LOOKS[verdict]
    const places = points.map(([lng, lat]) => [lat, lng])
    if (places.length > 1) return L.polyline(places, { renderer, pane: 'drains', interactive: false, color, weight, dashArray: dash })
    return L.circleMarker(places[0], { renderer, pane: 'drains', interactive: false, radius: verdict === 'free' ? 1.5 : weight, color: '#ffffff', weight: 1, fillColor: color, fillOpacity: 1 })
  }

  function choose(row) {
    chosen.clearLayers()
    if (!row) return
    const places = row.points.map(([lng, lat]) => [lat, lng])
    chosen.addLayer(places.length > 1 ? L.polyline(places, { color: '#111827', weight: 10, opacity: 0.45, interactive: false }) : L.circleMarker(places[0], { radius: 10, color: '#111827', weight: 3, fill: false, interactive: false }))
  }

  function flyTo(row) {
    map.fitBounds(L.latLngBounds(row.points.map(([lng, lat]) => [lat, lng])), { maxZoom: 18, animate: false })
  }

  function hide() {
    group.clearLayers()
    chosen.clearLayers()
  }

  function remove() {
    group.remove()
    chosen.remove()
  }
}
