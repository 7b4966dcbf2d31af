// Degrees and metres around one place; good to a millimetre over the few hundred metres of an edit.

const DEGREE = Math.PI / 180
const A = 6378137, E2 = 0.00669437999014

/** Metres in one degree of longitude and of latitude, on the ellipsoid. */
export function metresPerDegree(lat) {
  const w = Math.sqrt(1 - E2 * Math.sin(lat * DEGREE) ** 2)
  return [(A / w) * Math.cos(lat * DEGREE) * DEGREE, ((A * (1 - E2)) / w ** 3) * DEGREE]
}

export function shifted([lon, lat], east_m, north_m) {
  const [x, y] = metresPerDegree(lat)
  return [lon + east_m / x, lat + north_m / y]
}

/** Metres to the east and north from one place to another. */
export function offset(from, to) {
  const [x, y] = metresPerDegree((from[1] + to[1]) / 2)
  return [(to[0] - from[0]) * x, (to[1] - from[1]) * y]
}

/** Pixels on a Web Mercator map for metres on the ground. */
export function pixelsOf(length_m, lat, zoom) {
  return (length_m * 256 * 2 ** zoom) / (2 * Math.PI * A * Math.cos(lat * DEGREE))
}
