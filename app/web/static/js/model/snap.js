// Catching a point on what is already drawn: corners first, then edges, within metres on the ground.

import { offset, shifted } from './metres.js'

/** Lines to snap to out of a FeatureCollection, without the row that is being drawn. */
export function candidatesOf({ features }, layer, { without = null } = {}) {
  return features.filter(({ id, geometry }) => geometry && String(id) !== without).flatMap(({ id, geometry }) =>
    linesOf(geometry).map((points) => ({ layer, id: String(id), points })))
}

function linesOf({ type, coordinates }) {
  if (type === 'Point') return [[coordinates]]
  if (type === 'LineString') return [coordinates]
  if (type === 'MultiPoint') return coordinates.map((point) => [point])
  if (type === 'Polygon' || type === 'MultiLineString') return coordinates
  return type === 'MultiPolygon' ? coordinates.flat() : []
}

/**
 * The nearest target within `tolerance_m`: `{point, kind: 'vertex'|'edge', layer, id, distance_m}` or null.
 * A corner within reach wins over an edge that is nearer, because outlines share corners.
 */
export function snap(point, candidates, tolerance_m) {
  let vertex = null, edge = null
  for (const { layer, id, points } of candidates) {
    let from = null
    for (const to of points) {
      const at = offset(point, to)
      vertex = nearer(vertex, { at, kind: 'vertex', layer, id, target: to }, tolerance_m)
      if (from) edge = nearer(edge, { at: footOf(from, at), kind: 'edge', layer, id }, tolerance_m)
      from = at
    }
  }
  const found = vertex ?? edge
  if (!found) return null
  const { at, kind, layer, id, target } = found
  return { point: target ? [target[0], target[1]] : shifted(point, ...at), kind, layer, id, distance_m: Math.hypot(...at) }
}

function nearer(best, one, tolerance_m) {
  const away = Math.hypot(...one.at)
  return away <= tolerance_m && (!best || away < Math.hypot(...best.at)) ? one : best
}

// The foot of the origin on a stretch.
function footOf([ax, ay], [bx, by]) {
  const dx = bx - ax, dy = by - ay
  const length2 = dx * dx + dy * dy
  const t = length2 === 0 ? 0 : Math.min(1, Math.max(0, -(ax * dx + ay * dy) / length2))
  return [ax + t * dx, ay + t * dy]
}
