// A small map that shows where the rows of a delivery would lie among the communities of the plan.

import L from './library.js'

const KNOWN = { color: '#6b7280', weight: 1, fillColor: '#e4e0d8', fillOpacity: 0.6, interactive: false }
const NEW = { color: '#6d28d9', weight: 2, fillColor: '#6d28d9', fillOpacity: 0.25, radius: 5, interactive: false }

/** `show(shapes)` draws GeoJSON geometries over the `known` features and goes to them. */
export function createPreview(element, known, bounds) {
  const map = L.map(element, { attributionControl: false, zoomControl: true })
  L.control.scale({ imperial: false }).addTo(map)
  L.geoJSON(known, { style: KNOWN, pointToLayer: (_, at) => L.circleMarker(at, KNOWN) }).addTo(map)
  const drawn = L.geoJSON(null, { style: NEW, pointToLayer: (_, at) => L.circleMarker(at, NEW) }).addTo(map)
  if (bounds) map.fitBounds([[bounds[1], bounds[0]], [bounds[3], bounds[2]]], { animate: false })
  else map.setView([0, 0], 2)
  return {
    show(shapes) {
      drawn.clearLayers()
      for (const shape of shapes) drawn.addData(shape)
      const box = drawn.getBounds()
      if (box.isValid()) map.fitBounds(box.pad(0.3), { animate: false, maxZoom: 18 })
    },
    remove: () => map.remove(),
  }
}
