// Communities on the map by where they stand on the chosen day; what is late is red and hatched by a thick dash.

import L from './library.js'

export const LOOKS = {
  done: { color: '#1d6b40', fillColor: '#2f855a', fillOpacity: 0.55, weight: 2 },
  done_late: { color: '#8a5a00', fillColor: '#b7791f', fillOpacity: 0.5, weight: 2 },
  running: { color: '#1f5c99', fillColor: '#2b6cb0', fillOpacity: 0.5, weight: 2 },
  overdue: { color: '#8c1d18', fillColor: '#b3261e', fillOpacity: 0.6, weight: 4, dashArray: '8 4' },
  open: { color: '#4b5563', fillColor: '#ffffff', fillOpacity: 0.55, weight: 2 },
  unknown: { color: '#6b7280', fillColor: '#e5e7eb', fillOpacity: 0.6, weight: 2, dashArray: '2 4' },
}

export function createPhasesOverlay(map) {
  const pane = map.getPane('phases') ?? map.createPane('phases')
  pane.style.zIndex = 610
  pane.style.pointerEvents = 'none'
  const renderer = L.canvas({ pane: 'phases', padding: 0.3 })
  const group = L.layerGroup().addTo(map)
  const shapes = new Map()
  return { put, show, remove }

  /** The outlines, once; `show` only colours them. */
  function put(features) {
    group.clearLayers()
    shapes.clear()
    for (const feature of features) {
      const shape = L.geoJSON(feature, { style: { renderer, interactive: false, ...LOOKS.unknown } })
      shapes.set(feature.id ?? feature.properties.community_id, shape)
      group.addLayer(shape)
    }
  }

  function show(states) {
    for (const [id, shape] of shapes) shape.setStyle({ dashArray: null, ...LOOKS[states.get(id) ?? 'unknown'] })
  }

  function remove() {
    group.remove()
    shapes.clear()
  }
}
