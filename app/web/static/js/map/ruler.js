// Measuring on the map: click to add points, double click or Enter to end, Esc to leave.

import L from './library.js'
import { pathLength, ringArea } from '../model/measure.js'

/** `onChange({length_m, area_m2, points} | null)` after every point. */
export function createRuler(map, onChange) {
  const group = L.layerGroup()
  let points = []
  let on = false
  return { start, stop, isOn: () => on }

  function start() {
    on = true
    points = []
    group.addTo(map)
    map.doubleClickZoom.disable()
    map.getContainer().classList.add('is-measuring')
    map.on('click', add)
    map.on('dblclick', end)
    draw()
  }

  function stop() {
    if (!on) return
    end()
    on = false
    group.clearLayers().remove()
    map.doubleClickZoom.enable()
    map.getContainer().classList.remove('is-measuring')
    onChange(null)
  }

  function add({ latlng }) {
    const last = points.at(-1)
    if (last && map.latLngToLayerPoint(last).distanceTo(map.latLngToLayerPoint(latlng)) < 4) return
    points.push(latlng)
    draw()
  }

  function end() {
    map.off('click', add)
    map.off('dblclick', end)
  }

  function draw() {
    group.clearLayers()
    L.polyline(points, { color: '#ffffff', weight: 6, interactive: false }).addTo(group)
    L.polyline(points, { color: '#111827', weight: 2.5, dashArray: '6 4', interactive: false }).addTo(group)
    for (const point of points) L.circleMarker(point, { radius: 4, color: '#111827', fillColor: '#ffffff', fillOpacity: 1, weight: 2, interactive: false }).addTo(group)
    const path = points.map(({ lng, lat }) => [lng, lat])
    onChange({ points: points.length, length_m: pathLength(path), area_m2: points.length > 2 ? ringArea(path) : null })
  }
}
