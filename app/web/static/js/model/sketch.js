// Outlines in one small common frame, so that two versions of a geometry can be seen beside each other.

/** `{box, paths}`: a viewBox and one path per GeoJSON geometry, to one scale; null where there is nothing. */
export function sketchOf(geometries, size = 100) {
  const all = geometries.map((one) => (one ? linesOf(one) : []))
  const points = all.flat(2)
  if (!points.length) return null
  const narrow = Math.cos((points[0][1] * Math.PI) / 180)
  const flat = points.map(([x, y]) => [x * narrow, -y])
  const [west, north] = [0, 1].map((i) => Math.min(...flat.map((one) => one[i])))
  const [east, south] = [0, 1].map((i) => Math.max(...flat.map((one) => one[i])))
  const scale = size / Math.max(east - west, south - north, 1e-9)
  const place = ([x, y]) => `${((x * narrow - west) * scale).toFixed(1)} ${((-y - north) * scale).toFixed(1)}`
  const margin = size / 12
  const box = [-margin, -margin, (east - west) * scale + 2 * margin, (south - north) * scale + 2 * margin].map((n) => n.toFixed(1)).join(' ')
  return { box, paths: all.map((lines) => lines.map((line) => (line.length > 1 ? `M${line.map(place).join('L')}` : `M${place(line[0])}m-2 0h4m-2 -2v4`)).join('')) }
}

function linesOf({ type, coordinates }) {
  if (type === 'Point') return [[coordinates]]
  if (type === 'LineString') return [coordinates]
  if (type === 'MultiPoint') return coordinates.map((point) => [point])
  if (type === 'Polygon' || type === 'MultiLineString') return coordinates
  return type === 'MultiPolygon' ? coordinates.flat() : []
}
