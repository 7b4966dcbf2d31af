// Web Mercator as the tiles use it: metres from the origin of EPSG:3857.

export const HALF_WORLD_M = 20037508.342789244
const RADIUS_M = 6378137

export function metresPerPixel(zoom) {
  return (2 * HALF_WORLD_M) / (256 * 2 ** zoom)
}

export function project([lon, lat]) {
  const rad = Math.PI / 180
  return [RADIUS_M * lon * rad, RADIUS_M * Math.log(Math.tan(Math.PI / 4 + (lat * rad) / 2))]
}

export function unproject([x, y]) {
  const deg = 180 / Math.PI
  return [(x / RADIUS_M) * deg, (2 * Math.atan(Math.exp(y / RADIUS_M)) - Math.PI / 2) * deg]
}
