// Paints packed layers on a canvas context; runs in the worker and knows neither page nor Leaflet.

import { valueAt } from '../model/pack.js'
import { SYMBOLS } from '../model/symbols.js'

const RECTANGLES_TO_ZOOM = 14
const RECTANGLE_PX = 2.5
const SMALL_PART_PX = 0.7

/** The style index of every feature of a layer, as a plan's entry asks; 255 is not painted. */
export function styleIndexes(entry, pack) {
  const indexes = new Uint8Array(pack.n)
  for (let f = 0; f < pack.n; f += 1) {
    const index = indexOf(entry.by, pack, f)
    indexes[f] = index < 0 || entry.styles[index].off ? 255 : index
  }
  return indexes
}

function indexOf(by, pack, feature) {
  if (!by) return 0
  if (by.ids) return by.ids[pack.ids[feature]] ?? by.missing
  let sum = 0
  for (const [column, indexes, unknown, exception] of by.columns) {
    const value = valueAt(pack, column, feature)
    let index = (indexes.limits ? stepOf(indexes, value) : indexes[value]) ?? unknown
    if (exception && valueAt(pack, exception[0], feature) === exception[1]) index = exception[2]
    if (index < 0) return -1
    sum += index
  }
  return sum
}

function stepOf({ limits, step }, value) {
  return value === null ? null : step * limits.filter((limit) => value > limit).length
}

/** Paints one layer; `view` is `{zoom, x0, y0, scale}`: tile corner in metres and pixels per metre. */
export function paintLayer(context, loaded, view, { minX, minY, maxX, maxY }) {
  const { pack, grid, entry, indexes } = loaded
  const byStyle = new Map()
  grid.query(minX - pack.origin[0], minY - pack.origin[1], maxX - pack.origin[0], maxY - pack.origin[1], (f) => {
    if (indexes[f] === 255) return
    const list = byStyle.get(indexes[f])
    if (list) list.push(f)
    else byStyle.set(indexes[f], [f])
  })
  for (const [index, features] of byStyle) paintFeatures(context, loaded, entry.styles[index], features, view)
}

function paintFeatures(context, loaded, style, features, view) {
  if (loaded.pack.kind === 'point') return paintPoints(context, loaded.pack, style, features, view)
  if (loaded.pack.layer === 'building' && view.zoom <= RECTANGLES_TO_ZOOM) {
    return paintRectangles(context, loaded, style, features, view)
  }
  const path = pathOf(loaded, features, view)
  if (style.fill) {
    context.globalAlpha = style.alpha ?? 1
    context.fillStyle = style.fill
    context.fill(path)
  }
  if (style.hatch) {
    context.globalAlpha = 1
    context.fillStyle = hatchOf(context, style.hatch, view)
    context.fill(path)
  }
  context.globalAlpha = 1
  if (style.casing) strokePath(context, path, style.casing, (style.width + 1.6) * view.ratio, [])
  if (style.stroke) strokePath(context, path, style.stroke, style.width * view.ratio, style.dash ?? [], view.ratio)
  if (style.ticks) strokePath(context, ticksOf(loaded.pack, features, view), style.stroke, style.width * view.ratio, [])
}

const TICK_EVERY_PX = 26, TICK_PX = 3.5

// Counted from the start of each line, so that neighbouring tiles agree.
function ticksOf({ xy, partStart, featureStart, origin }, features, view) {
  const path = new Path2D(), half = TICK_PX * view.ratio, every = TICK_EVERY_PX * view.ratio
  const at = (v) => [(xy[2 * v] + origin[0] - view.x0) * view.scale, (view.y0 - xy[2 * v + 1] - origin[1]) * view.scale]
  for (const f of features) {
    for (let p = featureStart[f]; p < featureStart[f + 1]; p += 1) {
      let next = every / 2
      for (let v = partStart[p]; v + 1 < partStart[p + 1]; v += 1) {
        const [ax, ay] = at(v), [bx, by] = at(v + 1)
        const long = Math.hypot(bx - ax, by - ay)
        const ux = (bx - ax) / long, uy = (by - ay) / long
        for (; next < long; next += every) {
          const x = ax + ux * next, y = ay + uy * next
          path.moveTo(x - uy * half, y + ux * half)
          path.lineTo(x + uy * half, y - ux * half)
        }
        next -= long
      }
    }
  }
  return path
}

function strokePath(context, path, color, width, dash, ratio = 1) {
  context.strokeStyle = color
  context.lineWidth = width
  context.setLineDash(dash.map((one) => one * ratio))
  context.stroke(path)
  context.setLineDash([])
}

function pathOf({ pack, boxes }, features, view) {
  const { xy, partStart, featureStart, kind } = pack
  const path = new Path2D()
  const ox = (pack.origin[0] - view.x0) * view.scale, oy = (view.y0 - pack.origin[1]) * view.scale
  const { scale } = view
  for (const f of features) {
    const small = (boxes[4 * f + 2] - boxes[4 * f]) * scale < SMALL_PART_PX && (boxes[4 * f + 3] - boxes[4 * f + 1]) * scale < SMALL_PART_PX
    if (small) continue
    for (let p = featureStart[f]; p < featureStart[f + 1]; p += 1) {
      let lastX = Infinity, lastY = Infinity
      for (let v = partStart[p], end = partStart[p + 1]; v < end; v += 1) {
        const x = ox + xy[2 * v] * scale, y = oy - xy[2 * v + 1] * scale
        const isEnd = v === partStart[p] || v === end - 1
        // Vertices closer than half a pixel cannot be seen.
        if (!isEnd && Math.abs(x - lastX) < 0.5 && Math.abs(y - lastY) < 0.5) continue
        if (v === partStart[p]) path.moveTo(x, y)
        else path.lineTo(x, y)
        lastX = x
        lastY = y
      }
      if (kind === 'polygon') path.closePath()
    }
  }
  return path
}

// At small scales a building is smaller than its outline: a dot of equal ink reads as a town.
function paintRectangles(context, { pack, boxes }, style, features, view) {
  const ox = (pack.origin[0] - view.x0) * view.scale, oy = (view.y0 - pack.origin[1]) * view.scale
  const least = RECTANGLE_PX * view.ratio
  context.fillStyle = style.stroke ?? style.fill
  for (const f of features) {
    const width = Math.max(least, (boxes[4 * f + 2] - boxes[4 * f]) * view.scale * 0.8)
    const height = Math.max(least, (boxes[4 * f + 3] - boxes[4 * f + 1]) * view.scale * 0.8)
    context.fillRect(ox + boxes[4 * f] * view.scale, oy - boxes[4 * f + 3] * view.scale, width, height)
  }
}

function paintPoints(context, pack, style, features, view) {
  if (style.symbol) return paintSymbols(context, pack, style, features, view)
  const { xy, partStart, featureStart, origin } = pack
  const radius = style.radius * view.ratio * (view.zoom < 16 ? 0.7 : 1)
  context.fillStyle = style.fill
  context.strokeStyle = style.stroke
  context.lineWidth = style.width * view.ratio
  context.beginPath()
  for (const f of features) {
    for (let v = partStart[featureStart[f]]; v < partStart[featureStart[f + 1]]; v += 1) {
      const x = (xy[2 * v] + origin[0] - view.x0) * view.scale, y = (view.y0 - xy[2 * v + 1] - origin[1]) * view.scale
      context.moveTo(x + radius, y)
      context.arc(x, y, radius, 0, 7)
    }
  }
  if (style.fill) context.fill()
  if (style.stroke) context.stroke()
}

function paintSymbols(context, { xy, partStart, featureStart, origin }, style, features, view) {
  const { solid, mark, filled } = SYMBOLS[style.symbol]
  const radius = style.radius * view.ratio * (view.zoom < 18 ? 0.75 : 1)
  const sign = mark ? new Path2D(mark) : null
  for (const f of features) {
    const v = partStart[featureStart[f]]
    context.save()
    context.translate((xy[2 * v] + origin[0] - view.x0) * view.scale, (view.y0 - xy[2 * v + 1] - origin[1]) * view.scale)
    context.scale(radius, radius)
    context.lineWidth = (style.width * view.ratio) / radius
    context.strokeStyle = style.stroke
    context.fillStyle = solid ? style.stroke : style.fill
    context.beginPath()
    context.arc(0, 0, 1, 0, 7)
    context.fill()
    context.stroke()
    context.fillStyle = style.stroke
    if (solid) context.strokeStyle = style.fill
    if (sign && filled) context.fill(sign)
    else if (sign) context.stroke(sign)
    context.restore()
  }
}

const hatches = new Map()

function hatchOf(context, color, view) {
  const key = `${color}${view.ratio}`
  if (!hatches.has(key)) {
    const size = Math.round(8 * view.ratio)
    const cell = new OffscreenCanvas(size, size)
    const ink = cell.getContext('2d')
    ink.strokeStyle = color
    ink.lineWidth = 1.2 * view.ratio
    ink.beginPath()
    for (const shift of [-size, 0, size]) {
      ink.moveTo(shift, size)
      ink.lineTo(shift + size, 0)
    }
    ink.stroke()
    hatches.set(key, context.createPattern(cell, 'repeat'))
  }
  return hatches.get(key)
}
