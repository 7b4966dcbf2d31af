// Lines and areas that a theme lays over the map, each set under its own name.

import L from './library.js'

export function createOverlay(map) {
  const groups = new Map()
  return { lines, clear, remove, goToAll }

  /** `parts` are lists of [lon, lat]; `look` is a Leaflet style; a casing keeps it off the ground. */
  function lines(name, parts, look, { onclick = null, label = '', add = false } = {}) {
    if (!add) clear(name)
    const group = groups.get(name) ?? L.layerGroup().addTo(map)
    groups.set(name, group)
    for (const part of parts) {
      const path = part.map(([lon, lat]) => [lat, lon])
      if (look.casing) group.addLayer(L.polyline(path, { color: look.casing, weight: look.weight + 4, opacity: 0.95, interactive: false }))
      const line = L.polyline(path, { ...look, interactive: Boolean(onclick) })
      if (onclick) line.on('click', (event) => { L.DomEvent.stop(event); onclick() })
      if (label) line.bindTooltip(label, { sticky: true })
      group.addLayer(line)
    }
  }

  function clear(name) {
    groups.get(name)?.clearLayers()
  }

  function goToAll(parts) {
    const points = parts.flat().map(([lon, lat]) => [lat, lon])
    if (points.length) map.fitBounds(L.latLngBounds(points).pad(0.2), { maxZoom: 20, animate: false })
  }

  function remove() {
    for (const group of groups.values()) group.remove()
    groups.clear()
  }
}
