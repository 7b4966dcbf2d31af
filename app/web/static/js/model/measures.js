// Measures against water while they are drawn: what a click adds, when a shape is whole, figures of before and after.

/** GeoJSON of what was clicked so far for a way of drawing; null while there is too little of it. */
export function drawnShape(way, points) {
  if (way === 'Point') return points.length ? { type: 'Point', coordinates: points[0] } : null
  if (way === 'LineString') return points.length > 1 ? { type: 'LineString', coordinates: points } : null
  return points.length > 2 ? { type: 'Polygon', coordinates: [[...points, points[0]]] } : null
}

/** The wish for the server: the figure that a kind asks for, and a cost in yuan where one was typed in 万元. */
export function measureWish(kind, shape, typed) {
  const wish = { kind: kind.kind, geometry: shape }
  if (kind.ask) wish[kind.ask] = Number(typed.figure)
  if (typed.cost !== '' && typed.cost !== undefined && Number.isFinite(Number(typed.cost))) wish.cost_yuan = Number(typed.cost) * 10000
  return wish
}

/** Whether a figure that a kind asks for is there. */
export function isFilled(kind, typed) {
  return !kind.ask || (Number.isFinite(Number(typed.figure)) && Number(typed.figure) > 0)
}

/** Rank of a hazard class from 0 (mildest) to 1 (gravest) among the classes of its scheme. */
export function hazardRank(name, classes) {
  const at = classes.indexOf(name)
  return at < 0 || classes.length < 2 ? 1 : at / (classes.length - 1)
}
