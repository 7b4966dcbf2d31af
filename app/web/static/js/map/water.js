// Water over the map: one picture of depth, what was changed in the ground, zones, measures, the point that was asked.

import L from './library.js'

const ZONE_LOOK = { weight: 2, fillOpacity: 0.12, interactive: false }
const MEASURE_LOOK = { color: '#0f766e', weight: 3, fillColor: '#5eead4', fillOpacity: 0.45, interactive: false }
const DRAFT_LOOK = { color: '#111827', weight: 3, dashArray: '6 4', fillColor: '#5eead4', fillOpacity: 0.3, interactive: false }

export function createWater(map) {
  const pane = map.getPane('water') ?? map.createPane('water')
  pane.style.zIndex = 350
  pane.style.pointerEvents = 'none'
  const zones = L.layerGroup().addTo(map), mark = L.layerGroup().addTo(map), drawn = L.layerGroup().addTo(map), draft = L.layerGroup().addTo(map)
  let picture = null, marks = null
  return { map, show, hide, showMarks, showZones, showMeasures, showDraft, pin, flyTo, remove }

  function show({ image, bounds }) {
    if (!picture) picture = L.imageOverlay(image, bounds, { pane: 'water', className: 'water-picture', interactive: false }).addTo(map)
    else { picture.setUrl(image); picture.setBounds(L.latLngBounds(bounds)) }
  }

  function hide() {
    picture?.remove()
    picture = null
  }

  /** What was changed in the terrain, over or in place of the water; null takes it away. */
  function showMarks(found) {
    marks?.remove()
    marks = found ? L.imageOverlay(found.image, found.bounds, { pane: 'water', className: 'water-picture', interactive: false }).addTo(map) : null
  }

  /** `features` is GeoJSON in degrees; `look(class)` gives colour and dash. */
  function showZones(features, look) {
    zones.clearLayers()
    if (!features) return
    zones.addLayer(L.geoJSON(features, { pane: 'water', interactive: false, style: ({ properties }) => ({ ...ZONE_LOOK, ...look(properties.hazard_class) }) }))
  }

  function showMeasures(measures) {
    drawn.clearLayers()
    for (const { geometry } of measures) drawn.addLayer(L.geoJSON(geometry, { interactive: false, style: MEASURE_LOOK, pointToLayer: (_, latlng) => L.circleMarker(latlng, { ...MEASURE_LOOK, radius: 7 }) }))
  }

  /** The corners clicked so far as [lon, lat]. */
  function showDraft(points) {
    draft.clearLayers()
    const corners = points.map(([lon, lat]) => [lat, lon])
    if (corners.length > 2) draft.addLayer(L.polygon(corners, DRAFT_LOOK))
    else if (corners.length > 1) draft.addLayer(L.polyline(corners, DRAFT_LOOK))
    for (const corner of corners) draft.addLayer(L.circleMarker(corner, { radius: 5, color: '#ffffff', weight: 2, fillColor: '#111827', fillOpacity: 1, interactive: false }))
  }

  function pin(latlng) {
    mark.clearLayers()
    if (latlng) mark.addLayer(L.circleMarker(latlng, { radius: 6, color: '#ffffff', weight: 2, fillColor: '#111827', fillOpacity: 1, interactive: false }))
  }

  function flyTo(geometry) {
    const bounds = L.geoJSON(geometry).getBounds()
    if (bounds.isValid()) map.fitBounds(bounds, { maxZoom: 18, animate: false })
  }

  function remove() {
    hide()
    showMarks(null)
    for (const group of [zones, mark, drawn, draft]) group.remove()
  }
}
