// An outline while somebody draws it: paths of points in degrees, never changed in place.

import { shifted } from './metres.js'

/**
 * `{type, paths: [{part, closed, points}]}` of a GeoJSON geometry: one path a point, line or ring; rings
 * lie open (the first point is not repeated) and share the `part` of their polygon, the outer one first.
 */
export function fromGeoJson(geometry) {
  const { type, coordinates } = geometry
  const flat = (points) => points.map(([lon, lat]) => [lon, lat])
  const ring = (points, part) => ({ part, closed: true, points: flat(points).slice(0, -1) })
  const line = (points, part) => ({ part, closed: false, points: flat(points) })
  const paths = {
    Point: () => [line([coordinates], 0)],
    LineString: () => [line(coordinates, 0)],
    MultiLineString: () => coordinates.map(line),
    Polygon: () => coordinates.map((points) => ring(points, 0)),
    MultiPolygon: () => coordinates.flatMap((rings, part) => rings.map((points) => ring(points, part))),
  }[type]
  if (!paths) throw new Error(`Cannot edit a ${type}`)
  return { type, paths: paths() }
}

/** The GeoJSON geometry of a shape, null while it has too few points to be one. */
export function toGeoJson({ type, paths }) {
  if (!isComplete({ type, paths })) return null
  const ring = ({ points }) => [...points, points[0]]
  const parts = [...new Set(paths.map(({ part }) => part))]
  const polygons = () => parts.map((part) => paths.filter((path) => path.part === part).map(ring))
  const coordinates = {
    Point: () => paths[0].points[0],
    LineString: () => paths[0].points,
    MultiLineString: () => paths.map(({ points }) => points),
    Polygon: () => polygons()[0],
    MultiPolygon: polygons,
  }[type]()
  return { type, coordinates }
}

/** An empty shape of a type, to be drawn point by point. */
export function blank(type) {
  return { type, paths: [{ part: 0, closed: type === 'Polygon', points: [] }] }
}

export function leastPoints(type) {
  if (type.endsWith('Polygon')) return 3
  return type.endsWith('LineString') ? 2 : 1
}

export function isComplete({ type, paths }) {
  return paths.length > 0 && paths.every(({ points }) => points.length >= leastPoints(type))
}

/** Every vertex in order: `{path, index, point}`. */
export function verticesOf({ paths }) {
  return paths.flatMap(({ points }, path) => points.map((point, index) => ({ path, index, point })))
}

/** The middles between neighbours, where a vertex can be put in: `{path, index, point}`, before `index`. */
export function middlesOf({ type, paths }) {
  if (type === 'Point') return []
  return paths.flatMap(({ points, closed }, path) => points.flatMap((point, at) => {
    const next = points[at + 1] ?? (closed ? points[0] : null)
    if (!next) return []
    return [{ path, index: at + 1, point: [(point[0] + next[0]) / 2, (point[1] + next[1]) / 2] }]
  }))
}

export function withVertex(shape, { path, index }, point) {
  return withPoints(shape, path, (points) => points.with(index, point))
}

export function withInserted(shape, { path, index }, point) {
  return withPoints(shape, path, (points) => points.toSpliced(index, 0, point))
}

/** The shape without a vertex; null where the path would no longer be one. */
export function withoutVertex(shape, { path, index }) {
  if (shape.paths[path].points.length <= leastPoints(shape.type)) return null
  return withPoints(shape, path, (points) => points.toSpliced(index, 1))
}

export function withAppended(shape, point) {
  return withPoints(shape, shape.paths.length - 1, (points) => [...points, point])
}

export function withoutLast(shape) {
  return withPoints(shape, shape.paths.length - 1, (points) => points.slice(0, -1))
}

/** The whole shape, metres to the east and north. */
export function withShift(shape, east_m, north_m) {
  return { ...shape, paths: shape.paths.map((path) => ({ ...path, points: path.points.map((point) => shifted(point, east_m, north_m)) })) }
}

/** The middle of the box around all vertices: where the handle stands that moves the whole. */
export function middleOf(shape) {
  const points = verticesOf(shape).map(({ point }) => point)
  const middle = (at) => (Math.min(...points.map((point) => point[at])) + Math.max(...points.map((point) => point[at]))) / 2
  return [middle(0), middle(1)]
}

function withPoints(shape, path, change) {
  return { ...shape, paths: shape.paths.map((one, at) => (at === path ? { ...one, points: change(one.points) } : one)) }
}
