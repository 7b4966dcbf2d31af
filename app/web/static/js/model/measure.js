// Lengths and areas on the WGS 84 ellipsoid, so that they do not depend on the zoom or the plan's zone.

const A = 6_378_137, F = 1 / 298.257223563, B = A * (1 - F)

/** Metres along the geodesic between two [lon, lat] in degrees (Vincenty 1975, 0.5 mm). */
export function distance([lon1, lat1], [lon2, lat2]) {
  if (lon1 === lon2 && lat1 === lat2) return 0
  const rad = Math.PI / 180
  const l = (lon2 - lon1) * rad
  const u1 = Math.atan((1 - F) * Math.tan(lat1 * rad)), u2 = Math.atan((1 - F) * Math.tan(lat2 * rad))
  const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)]
  let lambda = l, sinSigma, cosSigma, sigma, cosSqAlpha, cos2m
  for (let i = 0; i < 100; i += 1) {
    const sl = Math.sin(lambda), cl = Math.cos(lambda)
    sinSigma = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl)
    if (sinSigma === 0) return 0
    cosSigma = s1 * s2 + c1 * c2 * cl
    sigma = Math.atan2(sinSigma, cosSigma)
    const sinAlpha = (c1 * c2 * sl) / sinSigma
    cosSqAlpha = 1 - sinAlpha ** 2
    cos2m = cosSqAlpha ? cosSigma - (2 * s1 * s2) / cosSqAlpha : 0
    const c = (F / 16) * cosSqAlpha * (4 + F * (4 - 3 * cosSqAlpha))
    const before = lambda
    lambda = l + (1 - c) * F * sinAlpha * (sigma + c * sinSigma * (cos2m + c * cosSigma * (2 * cos2m ** 2 - 1)))
    if (Math.abs(lambda - before) < 1e-12) break
  }
  const u = (cosSqAlpha * (A * A - B * B)) / (B * B)
  const a = 1 + (u / 16384) * (4096 + u * (u * (320 - 175 * u) - 768))
  const b = (u / 1024) * (256 + u * (u * (74 - 47 * u) - 128))
  const ds = b * sinSigma * (cos2m + (b / 4) * (cosSigma * (2 * cos2m ** 2 - 1) - (b / 6) * cos2m * (4 * sinSigma ** 2 - 3) * (4 * cos2m ** 2 - 3)))
  return B * a * (sigma - ds)
}

/** Metres along a path of [lon, lat]. */
export function pathLength(points) {
  return points.slice(1).reduce((sum, point, i) => sum + distance(points[i], point), 0)
}

/** Square metres inside a ring of [lon, lat]: the ring on the sphere of equal area. */
export function ringArea(points) {
  if (points.length < 3) return 0
  const rad = Math.PI / 180
  const radius2 = (A * A) / 2 + (B * B * Math.atanh(Math.sqrt(1 - (B * B) / (A * A)))) / (2 * Math.sqrt(1 - (B * B) / (A * A)))
  const xi = points.map(([, lat]) => authalicSine(Math.sin(lat * rad)))
  let sum = 0
  points.forEach(([lon], i) => {
    const j = (i + 1) % points.length
    sum += (points[j][0] - lon) * rad * (xi[i] + xi[j])
  })
  return (Math.abs(sum) * radius2) / 2
}

function authalicSine(s) {
  const e = Math.sqrt(F * (2 - F))
  const q = (x) => (1 - e * e) * (x / (1 - e * e * x * x) - Math.log((1 - e * x) / (1 + e * x)) / (2 * e))
  return q(s) / q(1)
}
