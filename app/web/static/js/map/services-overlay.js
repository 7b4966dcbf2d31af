// What the services theme draws over the map: homes by verdict, facilities, a way, bands, drafted changes.

import L from './library.js'

const LOOK = {
  path: { color: '#111827', weight: 4, opacity: 0.95, interactive: false },
  halo: { color: '#ffffff', weight: 8, opacity: 0.9, interactive: false },
  leg: { color: '#111827', weight: 2, dashArray: '2 5', interactive: false },
  straight: { color: '#1f5c99', weight: 2, dashArray: '8 6', interactive: false },
  piece: { color: '#b3261e', weight: 5, opacity: 0.9, dashArray: '2 7', interactive: false },
  fault: { color: '#b3261e', weight: 4, fill: false, interactive: false },
  advised: { color: '#6d28d9', weight: 7, opacity: 0.75, interactive: false },
  draft: { color: '#6d28d9', weight: 4, dashArray: '6 5', interactive: false },
}
const VERDICT = {
  within: { fillColor: '#2f855a', color: '#ffffff', fillOpacity: 0.95, weight: 1 },
  beyond: { fillColor: '#9ca3af', color: '#374151', fillOpacity: 0.95, weight: 1 },
  unknown: { fillColor: '#ffffff', color: '#6b7280', fillOpacity: 1, weight: 2, dashArray: '2 2' },
}
const BANDS = ['#1d6b40', '#2f855a', '#68a67f', '#a9cdb7', '#d4e6da', '#e9f2ec']
const NEAR_PX = 14
const CLOSE_FROM_ZOOM = 17

export function createServicesOverlay(map) {
  const pane = map.getPane('services') ?? map.createPane('services')
  pane.style.zIndex = 620
  pane.style.pointerEvents = 'none'
  const renderer = L.canvas({ pane: 'services', padding: 0.3 })
  const ground = map.getPane('services-ground') ?? map.createPane('services-ground')
  ground.style.zIndex = 350
  ground.style.pointerEvents = 'none'
  const below = L.canvas({ pane: 'services-ground', padding: 0.3 })
  const groups = Object.fromEntries(['places', 'bands', 'homes', 'services', 'way', 'drafts', 'changed', 'sites', 'pieces', 'fault', 'advice'].map((name) => [name, L.layerGroup().addTo(map)]))
  let homes = [], facilities = [], sites = [], doors = [], far = null
  map.on('zoomend', resized)
  return { map, showPlaces, showHomes, showServices, showWay, showBands, showDrafts, showChanged, showSites, showAdvice, showPieces, markFault, showHomeChosen, homeAt, serviceAt, siteAt, fit, fitShape, remove }

  /** Communities in the colour of their share; unknown ones hatched, never the lightest. */
  function showPlaces(places) {
    groups.places.clearLayers()
    for (const { geometry, color } of places) groups.places.addLayer(L.geoJSON(geometry, { style: { renderer: below, stroke: true, color: '#ffffff', weight: 1, fillColor: color ?? hatch(), fillOpacity: color ? 0.72 : 1, interactive: false } }))
  }

  function showHomes(rows) {
    homes = rows
    far = isFar()
    groups.homes.clearLayers()
    for (const row of rows) groups.homes.addLayer(L.circleMarker([row.lat, row.lon], { renderer, interactive: false, ...VERDICT[row.verdict], ...(far ? { radius: 2.5, weight: row.verdict === 'unknown' ? 1 : 0 } : { radius: 5 }) }))
  }

  function isFar() {
    return map.getZoom() < CLOSE_FROM_ZOOM
  }

  // Seen from afar, homes are small, so that they don't hide each other.
  function resized() {
    if (isFar() === far) return
    far = isFar()
    if (homes.length) showHomes(homes)
    if (doors.length) showChanged(doors)
  }

  function showServices(rows) {
    facilities = rows
    groups.services.clearLayers()
    for (const row of rows) groups.services.addLayer(mark(row, 'service-mark', row.name))
  }

  function mark({ lat, lon }, name, label) {
    return L.marker([lat, lon], { interactive: false, keyboard: false, title: label, icon: L.divIcon({ className: name, iconSize: [16, 16] }) })
  }

  /** The walked way with its legs, and the straight line beside it. */
  function showWay(parts) {
    groups.way.clearLayers()
    if (!parts) return
    const line = (geometry, style) => geometry && groups.way.addLayer(L.geoJSON(geometry, { style: { renderer, ...style }, pointToLayer: (_, at) => L.circleMarker(at, { renderer, radius: 3, ...style }) }))
    line(parts.straight, LOOK.straight)
    line(parts.path, LOOK.halo)
    for (const leg of [parts.door, parts.entrance]) line(leg, LOOK.leg)
    line(parts.path, LOOK.path)
  }

  function showHomeChosen(row) {
    if (row) groups.way.addLayer(L.circleMarker([row.lat, row.lon], { renderer, radius: 9, color: '#111827', weight: 3, fill: false, interactive: false }))
  }

  /** The widest first, so that the nearer ones lie on it. */
  function showBands(bands) {
    groups.bands.clearLayers()
    bands.map((band, i) => ({ band, color: BANDS[Math.min(i, BANDS.length - 1)] })).reverse()
      .forEach(({ band, color }) => groups.bands.addLayer(L.geoJSON(band.geometry, { style: { renderer, color, weight: 1.5, fillColor: color, fillOpacity: 0.35, interactive: false } })))
  }

  function showDrafts(drafts) {
    groups.drafts.clearLayers()
    for (const { kind, at, line, label } of drafts) {
      if (line) groups.drafts.addLayer(L.polyline(line.map(([lon, lat]) => [lat, lon]), { renderer, ...LOOK.draft }))
      else if (at) groups.drafts.addLayer(mark({ lon: at[0], lat: at[1] }, `draft-mark draft-${kind}`, label))
    }
  }

  /** Homes that reach more kinds (green, a plus) or fewer (brown, a minus) than before. */
  function showChanged(rows) {
    doors = rows
    far = isFar()
    const size = far ? { radius: 3, weight: 1.5 } : { radius: 7, weight: 3 }
    groups.changed.clearLayers()
    for (const { lat, lon, more, fewer } of doors) {
      const color = more >= fewer ? '#1d6b40' : '#b45309'
      groups.changed.addLayer(L.circleMarker([lat, lon], { renderer, ...size, color, fillColor: far ? color : '#ffffff', fillOpacity: 0.9, interactive: false }))
    }
  }

  /** Suggested sites, numbered in the order of the list. */
  function showSites(rows) {
    sites = rows
    groups.sites.clearLayers()
    rows.forEach(({ lat, lon, name, off }, i) => groups.sites.addLayer(L.marker([lat, lon], { interactive: false, keyboard: false, title: name, icon: L.divIcon({ className: `site-mark${off ? ' is-off' : ''}`, html: String(i + 1), iconSize: [24, 24] }) })))
  }

  /** Gates and stretches of walls worth opening, numbered in the order of the list. */
  function showAdvice(rows) {
    groups.advice.clearLayers()
    rows.forEach(({ lat, lon, line, name }, i) => {
      if (line?.length > 1) groups.advice.addLayer(L.polyline(line.map(([x, y]) => [y, x]), { renderer, ...LOOK.advised }))
      groups.advice.addLayer(L.marker([lat, lon], { interactive: false, keyboard: false, title: name, icon: L.divIcon({ className: 'site-mark advice-mark', html: String(i + 1), iconSize: [24, 24] }) }))
    })
  }

  /** Ways that nothing joins to the main network. */
  function showPieces(pieces) {
    groups.pieces.clearLayers()
    groups.fault.clearLayers()
    for (const { geometry } of pieces) groups.pieces.addLayer(L.geoJSON(geometry, { style: { renderer, ...LOOK.piece } }))
  }

  function markFault({ lat, lon }) {
    groups.fault.clearLayers()
    groups.fault.addLayer(L.circleMarker([lat, lon], { renderer, radius: 14, ...LOOK.fault }))
    map.setView([lat, lon], Math.max(map.getZoom(), 18), { animate: false })
  }

  function fitShape(geometry) {
    map.fitBounds(L.geoJSON(geometry).getBounds(), { animate: false, padding: [60, 60], maxZoom: 18 })
  }

  function siteAt(latlng) {
    return nearest(sites, latlng)
  }

  function homeAt(latlng) {
    return nearest(homes, latlng)
  }

  function serviceAt(latlng) {
    return nearest(facilities, latlng)
  }

  function nearest(rows, latlng) {
    const point = map.latLngToLayerPoint(latlng)
    let best = null, least = NEAR_PX
    for (const row of rows) {
      const far = map.latLngToLayerPoint([row.lat, row.lon]).distanceTo(point)
      if (far < least) { best = row; least = far }
    }
    return best
  }

  /** Goes to these places if any of them lies outside of the view. */
  function fit(rows) {
    if (!rows.length) return
    const box = L.latLngBounds(rows.map(({ lat, lon }) => [lat, lon]))
    if (!map.getBounds().pad(-0.05).contains(box)) map.fitBounds(box, { animate: false, padding: [60, 60], maxZoom: 18 })
  }

  function remove() {
    map.off('zoomend', resized)
    for (const group of Object.values(groups)) group.remove()
    renderer.remove()
    below.remove()
  }
}

/** Diagonal lines on paper: a canvas takes the pattern in place of a colour. */
function hatch() {
  const tile = document.createElement('canvas')
  tile.width = 8
  tile.height = 8
  const pen = tile.getContext('2d')
  pen.strokeStyle = '#7b8794'
  pen.lineWidth = 1.5
  pen.beginPath()
  for (const x of [-8, 0, 8]) { pen.moveTo(x, 8); pen.lineTo(x + 8, 0) }
  pen.stroke()
  return pen.createPattern(tile, 'repeat')
}
