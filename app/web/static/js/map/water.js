// Water over the map: one picture of depth, the zones of the last run, the point that was asked.

import L from './library.js'

const ZONE_LOOK = { weight: 2, fillOpacity: 0.12, interactive: false }

export function createWater(map) {
  const pane = map.getPane('water') ?? map.createPane('water')
  pane.style.zIndex = 350
  pane.style.pointerEvents = 'none'
  const zones = L.layerGroup().addTo(map), mark = L.layerGroup().addTo(map)
  let picture = null
  return { show, hide, showZones, pin, remove }

  function show({ image, bounds }) {
    if (!picture) picture = L.imageOverlay(image, bounds, { pane: 'water', className: 'water-picture', interactive: false }).addTo(map)
    else { picture.setUrl(image); picture.setBounds(L.latLngBounds(bounds)) }
  }

  function hide() {
    picture?.remove()
    picture = null
  }

  /** `features` is GeoJSON in degrees; `look(class)` gives colour and dash. */
  function showZones(features, look) {
    zones.clearLayers()
    if (!features) return
    zones.addLayer(L.geoJSON(features, { pane: 'water', interactive: false, style: ({ properties }) => ({ ...ZONE_LOOK, ...look(properties.hazard_class) }) }))
  }

  function pin(latlng) {
    mark.clearLayers()
    if (latlng) mark.addLayer(L.circleMarker(latlng, { radius: 6, color: '#ffffff', weight: 2, fillColor: '#111827', fillOpacity: 1, interactive: false }))
  }

  function remove() {
    hide()
    zones.remove()
    mark.remove()
  }
}
