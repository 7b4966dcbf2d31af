// The tile worker: fetches packed layers itself, paints tiles, answers picks, names and shapes.

import { buildGrid } from '../model/grid.js'
import { boxesOf, unpack, valueAt } from '../model/pack.js'
import { alongOf, anchorOf, coordinatesOf, distanceTo, isInside } from '../model/shapes.js'
import { HALF_WORLD_M, metresPerPixel } from './mercator.js'
import { paintLayer, styleIndexes } from './painter.js'

const layers = new Map() // name -> {pack, boxes, grid, anchors}
let plan = []
let compiled = [] // entries of the plan whose layers are here
const waiting = [] // tiles to paint, newest view first
let painting = false

const answers = { load, take, plan: takePlan, paint, cancel, pick, shape, labels }

self.onmessage = ({ data }) => answers[data.type](data)

async function load({ layer, url }) {
  try {
    const response = await fetch(url, { headers: { Accept: 'application/octet-stream' } })
    if (!response.ok) throw new Error(`${response.status}`)
    take({ layer, buffer: await response.arrayBuffer() })
  } catch (error) {
    self.postMessage({ type: 'failed', layer, message: error.message })
  }
}

/** A pack that somebody fetched already. */
function take({ layer, buffer }) {
  try {
    const pack = unpack(buffer)
    const boxes = boxesOf(pack)
    layers.set(layer, { pack, boxes, grid: buildGrid(boxes), anchors: null })
    compile()
    self.postMessage({ type: 'loaded', layer, n: pack.n, bounds: pack.bounds })
  } catch (error) {
    self.postMessage({ type: 'failed', layer, message: error.message })
  }
}

function takePlan(message) {
  plan = message.plan
  compile()
}

function compile() {
  compiled = plan.filter((entry) => layers.has(entry.layer)).map((entry) => {
    const known = compiled.find((one) => one.entry === entry && one.pack === layers.get(entry.layer).pack)
    return known ?? { ...layers.get(entry.layer), entry, indexes: styleIndexes(entry, layers.get(entry.layer).pack) }
  })
}

function paint(message) {
  waiting.push(message)
  if (!painting) paintNext()
}

function cancel({ id }) {
  const at = waiting.findIndex((one) => one.id === id)
  if (at >= 0) waiting.splice(at, 1)
}

// One tile per turn of the loop, so that picks and cancels are heard between two tiles.
function paintNext() {
  const tile = waiting.shift()
  painting = Boolean(tile)
  if (!tile) return
  const bitmap = paintTile(tile)
  self.postMessage({ type: 'painted', id: tile.id, bitmap }, [bitmap])
  channel.port2.postMessage(0)
}

const channel = new MessageChannel()
channel.port1.onmessage = paintNext

function paintTile({ x, y, z, size }) {
  const canvas = new OffscreenCanvas(size, size)
  const context = canvas.getContext('2d')
  context.lineJoin = 'round'
  context.lineCap = 'butt'
  const span = (2 * HALF_WORLD_M) / 2 ** z
  const x0 = x * span - HALF_WORLD_M, y0 = HALF_WORLD_M - y * span
  const ratio = size / 256
  const view = { zoom: z, x0, y0, scale: size / span, ratio }
  const margin = (8 * ratio) / view.scale
  const box = { minX: x0 - margin, maxX: x0 + span + margin, minY: y0 - span - margin, maxY: y0 + margin }
  for (const loaded of visibleAt(z)) paintLayer(context, loaded, view, box)
  return canvas.transferToImageBitmap()
}

function visibleAt(zoom) {
  return compiled.filter(({ entry }) => zoom >= entry.minZoom && zoom <= entry.maxZoom)
}

/** What is under a point, topmost first: `{layer, id, values}`. */
function pick({ id, x, y, zoom }) {
  const reach = 6 * metresPerPixel(zoom)
  const hits = new Map()
  for (const { pack, grid, entry, indexes } of visibleAt(zoom).reverse()) {
    if (!entry.pick) continue
    const px = x - pack.origin[0], py = y - pack.origin[1]
    let best = null
    grid.query(px - reach, py - reach, px + reach, py + reach, (f) => {
      if (indexes[f] === 255) return
      const away = pack.kind === 'polygon' ? (isInside(pack, f, px, py) ? 0 : Infinity) : distanceTo(pack, f, px, py)
      if (away <= reach && (!best || away < best.away)) best = { f, away }
    })
    if (best) hits.set(`${entry.layer}:${best.f}`, { layer: entry.layer, id: pack.ids[best.f], values: valuesOf(pack, best.f) })
  }
  self.postMessage({ type: 'answer', id, answer: [...hits.values()] })
}

function valuesOf(pack, feature) {
  return Object.fromEntries(Object.keys(pack.columns).map((name) => [name, valueAt(pack, name, feature)]))
}

/** The coordinates of one feature, or null where the layer is not here or has no such row. */
function shape({ id, layer, feature }) {
  const pack = layers.get(layer)?.pack
  const at = pack ? pack.ids.indexOf(feature) : -1
  const answer = at < 0 ? null : { kind: pack.kind, parts: coordinatesOf(pack, at), values: valuesOf(pack, at) }
  self.postMessage({ type: 'answer', id, answer })
}

/** Candidates for names in a box: `{layer, id, values, x, y, size}` in metres; `along` a line also angle and length. */
function labels({ id, box, zoom, wanted, most }) {
  const found = []
  for (const { layer, minZoom, maxZoom, along } of wanted) {
    const loaded = layers.get(layer)
    if (!loaded || zoom < minZoom || zoom > maxZoom) continue
    const { pack, boxes, grid } = loaded
    if (along) {
      found.push(...labelsAlong(layer, pack, grid, box, most))
      continue
    }
    loaded.anchors ??= new Map()
    let left = most
    grid.query(box[0] - pack.origin[0], box[1] - pack.origin[1], box[2] - pack.origin[0], box[3] - pack.origin[1], (f) => {
      if (left <= 0) return
      if (!loaded.anchors.has(f)) loaded.anchors.set(f, anchorOf(pack, f))
      const anchor = loaded.anchors.get(f)
      if (!anchor) return
      left -= 1
      const size = (boxes[4 * f + 2] - boxes[4 * f]) * (boxes[4 * f + 3] - boxes[4 * f + 1])
      found.push({ layer, id: pack.ids[f], values: valuesOf(pack, f), x: anchor[0] + pack.origin[0], y: anchor[1] + pack.origin[1], size })
    })
  }
  self.postMessage({ type: 'answer', id, answer: found })
}

// What the legend hides has no label; what is seen of a line carries it, not its far middle.
function labelsAlong(layer, pack, grid, box, most) {
  const indexes = compiled.find(({ entry }) => entry.layer === layer)?.indexes
  const found = [], [dx, dy] = pack.origin
  const near = [box[0] - dx, box[1] - dy, box[2] - dx, box[3] - dy]
  grid.query(...near, (f) => {
    if (found.length >= most || indexes?.[f] === 255) return
    const seen = alongOf(pack, f, near)
    if (seen) found.push({ layer, id: pack.ids[f], values: valuesOf(pack, f), x: seen.x + dx, y: seen.y + dy, angle: seen.angle, length: seen.length, size: 0 })
  })
  return found
}
