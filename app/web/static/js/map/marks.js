// Markers of a theme by the thousand: one canvas over the map, near ones drawn as one with their number.

import L from './library.js'

const SIZE = 9 // half of a marker, px
const REACH = 14
const CELL = 44
const SINGLE_FROM_ZOOM = 19
const PAD = 0.2

/**
 * `show(items)` draws `{id, lat, lon, shape, color, weight}`; of near ones the heaviest is drawn.
 * `choose(id)` rings one; `at(latlng)` tells the items under a point, the heaviest first.
 */
export function createMarks(map, name = 'marks') {
  const pane = map.getPane(name) ?? map.createPane(name)
  pane.style.zIndex = 630
  pane.style.pointerEvents = 'none'
  const canvas = L.DomUtil.create('canvas', `theme-marks ${name}`, pane)
  canvas.setAttribute('aria-hidden', 'true')
  let items = [], drawn = [], chosen = null
  map.on('moveend resize viewreset', draw)
  map.on('zoomstart', away)
  return { show, choose, at, remove, count: () => drawn.length }

  function show(next) {
    items = next
    draw()
  }

  function choose(id) {
    if (chosen === id) return
    chosen = id
    draw()
  }

  function at(latlng) {
    const point = map.latLngToLayerPoint(latlng)
    const near = drawn.filter((one) => Math.abs(one.x - point.x) <= REACH && Math.abs(one.y - point.y) <= REACH)
      .sort((a, b) => (a.x - point.x) ** 2 + (a.y - point.y) ** 2 - (b.x - point.x) ** 2 - (b.y - point.y) ** 2)
    return near[0]?.items ?? []
  }

  function remove() {
    map.off('moveend resize viewreset', draw)
    map.off('zoomstart', away)
    canvas.remove()
  }

  function away() {
    canvas.style.visibility = 'hidden'
  }

  function draw() {
    const size = map.getSize(), ratio = globalThis.devicePixelRatio || 1
    const pad = size.multiplyBy(PAD).round()
    const corner = map.containerPointToLayerPoint([-pad.x, -pad.y])
    const width = size.x + 2 * pad.x, height = size.y + 2 * pad.y
    Object.assign(canvas, { width: width * ratio, height: height * ratio })
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px`, visibility: 'visible' })
    L.DomUtil.setPosition(canvas, corner)
    const context = canvas.getContext('2d')
    context.setTransform(ratio, 0, 0, ratio, -corner.x * ratio, -corner.y * ratio)
    drawn = grouped(corner, width, height)
    for (const one of drawn) paint(context, one)
    const mine = drawn.find((one) => one.items.some(({ id }) => id === chosen))
    if (mine) ring(context, mine)
  }

  // The heaviest of a cell stands for it, at its own place, so that nothing seems to lie where it does not.
  function grouped(corner, width, height) {
    const cells = new Map(), isSingle = map.getZoom() >= SINGLE_FROM_ZOOM
    for (const item of items) {
      const { x, y } = map.latLngToLayerPoint([item.lat, item.lon])
      if (x < corner.x || y < corner.y || x > corner.x + width || y > corner.y + height) continue
      const key = isSingle ? item.id : `${Math.floor(x / CELL)}:${Math.floor(y / CELL)}`
      const cell = cells.get(key)
      if (!cell) cells.set(key, { x, y, top: item, items: [item] })
      else {
        cell.items.push(item)
        if (item.id === chosen || (cell.top.id !== chosen && item.weight > cell.top.weight)) Object.assign(cell, { x, y, top: item })
      }
    }
    for (const cell of cells.values()) cell.items.sort((a, b) => (b.id === chosen) - (a.id === chosen) || b.weight - a.weight)
    return [...cells.values()].sort((a, b) => a.top.weight - b.top.weight)
  }

  function paint(context, { x, y, top, items: near }) {
    SHAPES[top.shape](context, x, y, top.color)
    if (near.length < 2) return
    const text = near.length > 99 ? '99+' : String(near.length)
    context.font = '600 10.5px system-ui, sans-serif'
    const half = Math.max(8, context.measureText(text).width / 2 + 4)
    context.beginPath()
    context.roundRect(x + 4, y - 17, 2 * half, 14, 7)
    context.fillStyle = '#17202c'
    context.fill()
    context.fillStyle = '#ffffff'
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    context.fillText(text, x + 4 + half, y - 9.5)
  }
}

const SHAPES = {
  diamond(context, x, y, color) {
    diamond(context, x, y, SIZE + 2, '#ffffff')
    diamond(context, x, y, SIZE, color)
  },
  'diamond-open'(context, x, y, color) {
    diamond(context, x, y, SIZE + 2, '#ffffff')
    diamond(context, x, y, SIZE - 1, '#ffffff')
    context.lineWidth = 3
    context.strokeStyle = color
    context.stroke()
  },
  question(context, x, y, color) {
    disc(context, x, y, SIZE + 1, '#ffffff', color)
    context.font = '700 13px system-ui, sans-serif'
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    context.fillStyle = color
    context.fillText('?', x, y + 0.5)
  },
  disc(context, x, y, color) {
    disc(context, x, y, SIZE - 1, color, '#ffffff')
  },
}

function diamond(context, x, y, half, color) {
  context.beginPath()
  context.moveTo(x, y - half)
  context.lineTo(x + half, y)
  context.lineTo(x, y + half)
  context.lineTo(x - half, y)
  context.closePath()
  context.fillStyle = color
  context.fill()
}

function disc(context, x, y, radius, fill, stroke) {
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fillStyle = fill
  context.fill()
  context.lineWidth = 2
  context.strokeStyle = stroke
  context.stroke()
}

function ring(context, { x, y }) {
  for (const [width, color] of [[6, '#ffffff'], [3, '#111827']]) {
    context.beginPath()
    context.arc(x, y, SIZE + 6, 0, 2 * Math.PI)
    context.lineWidth = width
    context.strokeStyle = color
    context.stroke()
  }
}
