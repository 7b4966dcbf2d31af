// Hitting and labelling one feature of a packed layer; all coordinates relative to its origin.

/** Whether the point is inside the polygon, holes out (even-odd over all rings). */
export function isInside(pack, feature, x, y) {
  let inside = false
  forEachPart(pack, feature, (from, to) => {
    for (let v = from, w = to - 1; v < to; w = v, v += 1) {
      const xv = pack.xy[2 * v], yv = pack.xy[2 * v + 1], xw = pack.xy[2 * w], yw = pack.xy[2 * w + 1]
      if (yv > y !== yw > y && x < ((xw - xv) * (y - yv)) / (yw - yv) + xv) inside = !inside
    }
  })
  return inside
}

/** Distance from the point to the lines (or single points) of the feature. */
export function distanceTo(pack, feature, x, y) {
  let least = Infinity
  forEachPart(pack, feature, (from, to) => {
    if (to - from === 1) least = Math.min(least, Math.hypot(pack.xy[2 * from] - x, pack.xy[2 * from + 1] - y))
    for (let v = from; v + 1 < to; v += 1) {
      least = Math.min(least, toSegment(x, y, pack.xy[2 * v], pack.xy[2 * v + 1], pack.xy[2 * v + 2], pack.xy[2 * v + 3]))
    }
  })
  return least
}

/** Where a name is written: inside the largest part of a polygon, in the middle of a line. */
export function anchorOf(pack, feature) {
  let best = null
  forEachPart(pack, feature, (from, to) => {
    const size = pack.kind === 'polygon' ? Math.abs(ringArea(pack.xy, from, to)) : to - from
    if (!best || size > best.size) best = { from, to, size }
  })
  if (!best) return null
  const { from, to } = best
  if (pack.kind !== 'polygon') {
    const middle = from + ((to - from) >> 1)
    if (to - from === 2) {
      return [(pack.xy[2 * from] + pack.xy[2 * from + 2]) / 2, (pack.xy[2 * from + 1] + pack.xy[2 * from + 3]) / 2]
    }
    return [pack.xy[2 * middle], pack.xy[2 * middle + 1]]
  }
  const [x, y] = ringCentroid(pack.xy, from, to)
  return isInside(pack, feature, x, y) ? [x, y] : [widestInside(pack, feature, y) ?? x, y]
}

/** Middle, angle (radians, counter-clockwise from east) and length of the longest straight piece in the box; null for none. */
export function alongOf(pack, feature, box) {
  let best = null
  forEachPart(pack, feature, (from, to) => {
    for (let v = from; v + 1 < to; v += 1) {
      const piece = clipped(pack.xy[2 * v], pack.xy[2 * v + 1], pack.xy[2 * v + 2], pack.xy[2 * v + 3], box)
      if (!piece) continue
      const [ax, ay, bx, by] = piece
      const length = Math.hypot(bx - ax, by - ay)
      if (length > (best?.length ?? 0)) best = { x: (ax + bx) / 2, y: (ay + by) / 2, angle: Math.atan2(by - ay, bx - ax), length }
    }
  })
  return best
}

// Liang and Barsky: the part of a segment inside a box.
function clipped(ax, ay, bx, by, [minX, minY, maxX, maxY]) {
  const dx = bx - ax, dy = by - ay
  let from = 0, to = 1
  for (const [step, room] of [[-dx, ax - minX], [dx, maxX - ax], [-dy, ay - minY], [dy, maxY - ay]]) {
    if (step === 0 && room < 0) return null
    if (step < 0) from = Math.max(from, room / step)
    else if (step > 0) to = Math.min(to, room / step)
  }
  return from < to ? [ax + from * dx, ay + from * dy, ax + to * dx, ay + to * dy] : null
}

/** Rings or lines of a feature in metres of the map: `[[[x, y], ...], ...]`. */
export function coordinatesOf(pack, feature) {
  const parts = []
  forEachPart(pack, feature, (from, to) => {
    const part = []
    for (let v = from; v < to; v += 1) part.push([pack.xy[2 * v] + pack.origin[0], pack.xy[2 * v + 1] + pack.origin[1]])
    parts.push(part)
  })
  return parts
}

function forEachPart({ partStart, featureStart }, feature, visit) {
  for (let p = featureStart[feature]; p < featureStart[feature + 1]; p += 1) visit(partStart[p], partStart[p + 1])
}

function toSegment(x, y, ax, ay, bx, by) {
  const dx = bx - ax, dy = by - ay
  const squared = dx * dx + dy * dy
  const t = squared ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / squared)) : 0
  return Math.hypot(x - ax - t * dx, y - ay - t * dy)
}

function ringArea(xy, from, to) {
  let twice = 0
  for (let v = from, w = to - 1; v < to; w = v, v += 1) twice += xy[2 * w] * xy[2 * v + 1] - xy[2 * v] * xy[2 * w + 1]
  return twice / 2
}

function ringCentroid(xy, from, to) {
  // Relative to the first vertex: products of far coordinates would lose the metres.
  const x0 = xy[2 * from], y0 = xy[2 * from + 1]
  let cx = 0, cy = 0, twice = 0
  for (let v = from, w = to - 1; v < to; w = v, v += 1) {
    const ax = xy[2 * w] - x0, ay = xy[2 * w + 1] - y0, bx = xy[2 * v] - x0, by = xy[2 * v + 1] - y0
    const cross = ax * by - bx * ay
    twice += cross
    cx += (ax + bx) * cross
    cy += (ay + by) * cross
  }
  return twice ? [x0 + cx / (3 * twice), y0 + cy / (3 * twice)] : [x0, y0]
}

function widestInside(pack, feature, y) {
  const crossings = []
  forEachPart(pack, feature, (from, to) => {
    for (let v = from, w = to - 1; v < to; w = v, v += 1) {
      const xv = pack.xy[2 * v], yv = pack.xy[2 * v + 1], xw = pack.xy[2 * w], yw = pack.xy[2 * w + 1]
      if (yv > y !== yw > y) crossings.push(((xw - xv) * (y - yv)) / (yw - yv) + xv)
    }
  })
  crossings.sort((a, b) => a - b)
  let best = null
  for (let i = 0; i + 1 < crossings.length; i += 2) {
    const width = crossings[i + 1] - crossings[i]
    if (!best || width > best.width) best = { width, x: (crossings[i] + crossings[i + 1]) / 2 }
  }
  return best ? best.x : null
}
