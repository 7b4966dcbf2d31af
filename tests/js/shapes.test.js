import assert from 'node:assert/strict'
import test from 'node:test'

import { buildGrid } from '../../app/web/static/js/model/grid.js'
import { boxesOf, unpack, valueAt } from '../../app/web/static/js/model/pack.js'
import { paintPlan } from '../../app/web/static/js/model/paintplan.js'
import { alongOf, anchorOf, coordinatesOf, distanceTo, isInside } from '../../app/web/static/js/model/shapes.js'
import styles from '../../app/schema/styles.json' with { type: 'json' }

/** A pack as app/report/pack.py writes it, from rings of [x, y]. */
function packed(features, { kind = 'polygon', columns = {} } = {}) {
  const parts = features.flat()
  const xy = Float32Array.from(parts.flat(2))
  const partStart = Uint32Array.from([0, ...parts.map((part, i) => parts.slice(0, i + 1).reduce((sum, one) => sum + one.length, 0))])
  const featureStart = Uint32Array.from([0, ...features.map((_, i) => features.slice(0, i + 1).flat().length)])
  const arrays = { xy, part_start: partStart, feature_start: featureStart, ...columns.arrays }
  const types = { Float32Array: 'f32', Uint32Array: 'u32', Uint8Array: 'u8' }
  let offset = 0
  const listed = Object.entries(arrays).map(([name, array]) => {
    const one = { name, type: types[array.constructor.name], offset, length: array.length }
    offset += array.byteLength + ((4 - (array.byteLength % 4)) % 4)
    return one
  })
  let text = JSON.stringify({ format: 1, layer: 'building', kind, n: features.length, origin: [1000, 2000], bounds: [], ids: features.map((_, i) => `B${i}`), columns: columns.described ?? {}, arrays: listed })
  text += ' '.repeat((4 - (new TextEncoder().encode(text).length % 4)) % 4)
  const head = new TextEncoder().encode(text)
  const bytes = new Uint8Array(4 + head.length + offset)
  new DataView(bytes.buffer).setUint32(0, head.length, true)
  bytes.set(head, 4)
  for (const { name, offset: from } of listed) {
    const array = arrays[name]
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), 4 + head.length + from)
  }
  return unpack(bytes.buffer)
}

const square = (x, y, side) => [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]

test('a packed layer is read back with unknown kept apart', () => {
  const pack = packed([[square(0, 0, 10)], [square(20, 0, 10)]], {
    columns: {
      arrays: { 'column:use': Uint8Array.of(1, 0), 'column:floors': Float32Array.of(6, NaN) },
      described: { use: { type: 'code', codes: ['住宅'] }, floors: { type: 'number' } },
    },
  })
  assert.deepEqual([0, 1].map((f) => valueAt(pack, 'use', f)), ['住宅', null])
  assert.deepEqual([0, 1].map((f) => valueAt(pack, 'floors', f)), [6, null])
  assert.equal(valueAt(pack, 'nothing', 0), null)
  assert.deepEqual([...boxesOf(pack)], [0, 0, 10, 10, 20, 0, 30, 10])
  assert.deepEqual(coordinatesOf(pack, 1)[0][0], [1020, 2000])
})

test('another format is refused, not guessed', () => {
  const head = new TextEncoder().encode('{"format":2,"arrays":[]}')
  const bytes = new Uint8Array(4 + head.length)
  new DataView(bytes.buffer).setUint32(0, head.length, true)
  bytes.set(head, 4)
  assert.throws(() => unpack(bytes.buffer), /Unknown pack format: 2/)
})

test('a courtyard is not part of its building', () => {
  const pack = packed([[square(0, 0, 30), square(10, 10, 10)]])
  assert.equal(isInside(pack, 0, 5, 5), true)
  assert.equal(isInside(pack, 0, 15, 15), false)
  assert.equal(isInside(pack, 0, 31, 5), false)
})

test('the name of a U-shaped building is written on the building', () => {
  const u = [[0, 0], [30, 0], [30, 30], [20, 30], [20, 5], [10, 5], [10, 30], [0, 30], [0, 0]]
  const pack = packed([[u]])
  const [x, y] = anchorOf(pack, 0)
  assert.equal(isInside(pack, 0, x, y), true)
})

test('the distance to a pipe is that to its nearest stretch', () => {
  const pack = packed([[[[0, 0], [10, 0], [10, 10]]]], { kind: 'line' })
  assert.equal(distanceTo(pack, 0, 5, 3), 3)
  assert.equal(distanceTo(pack, 0, 13, 14), 5)
})

test('the grid finds exactly what an overlap test finds, each once', () => {
  let seed = 7
  const random = () => { seed = (seed * 16807) % 2147483647; return seed / 2147483647 }
  const boxes = new Float32Array(4 * 500)
  for (let i = 0; i < 500; i += 1) {
    const x = random() * 1000, y = random() * 800
    boxes.set([x, y, x + random() * (i % 50 ? 20 : 400), y + random() * 20], 4 * i)
  }
  const grid = buildGrid(boxes)
  for (let turn = 0; turn < 60; turn += 1) {
    const x = random() * 1100 - 50, y = random() * 900 - 50, w = random() * 200
    const found = []
    grid.query(x, y, x + w, y + w, (f) => found.push(f))
    const expected = []
    for (let f = 0; f < 500; f += 1) if (boxes[4 * f] <= x + w && boxes[4 * f + 2] >= x && boxes[4 * f + 1] <= y + w && boxes[4 * f + 3] >= y) expected.push(f)
    assert.deepEqual(found.sort((a, b) => a - b), expected)
  }
})

test('an empty layer has a grid in which nothing is found', () => {
  buildGrid(new Float32Array(0)).query(-1, -1, 1, 1, () => assert.fail('something was found'))
})

const names = Object.keys(styles.layers)
const untouched = { layers: {}, hidden: {} }
const theme = {
  township: { values: new Map([['T1', 5]]), classes: [{ code: '3', from: 5, to: 5, count: 1 }] },
  community: { values: new Map([['C1', 5], ['C2', null]]), classes: [{ code: '3', from: 5, to: 5, count: 1 }], stages: new Map([['C1', 'works'], ['C2', 'survey']]) },
}

test('layers are painted in the order of the style table, those that are off not at all', () => {
  const plan = paintPlan({ styles, state: untouched, names, theme })
  const order = plan.map((entry) => entry.layer)
  assert.ok(order.indexOf('landcover') < order.indexOf('building') && order.indexOf('building') < order.lastIndexOf('township'))
  assert.equal(order.includes('pipe'), false)
  assert.equal(paintPlan({ styles, state: { layers: { pipe: true }, hidden: {} }, names, theme }).some((entry) => entry.layer === 'pipe'), true)
})

test('an unknown amount is hatched and never filled', () => {
  const fill = paintPlan({ styles, state: untouched, names, theme }).findLast((entry) => entry.layer === 'community')
  const unknown = fill.styles[fill.by.ids.C2], known = fill.styles[fill.by.ids.C1]
  assert.deepEqual([unknown.fill, unknown.hatch], [null, styles.legends.amount.classes.unknown.color])
  assert.deepEqual([known.fill, known.stroke], [styles.legends.amount.classes['3'].color, styles.legends.stage.classes.works.color])
})

test('a hidden class is not painted', () => {
  const plan = paintPlan({ styles, state: { layers: {}, hidden: { stage: ['works'] } }, names, theme }).findLast((entry) => entry.layer === 'community')
  assert.equal(plan.styles[plan.by.ids.C1].off, true)
  assert.equal(plan.styles[plan.by.ids.C2].off, false)
})

test('an abandoned pipe is grey and dotted whatever it carried, a planned one keeps its colour', () => {
  const [pipe] = paintPlan({ styles, state: { layers: { pipe: true }, hidden: {} }, names: ['pipe'], theme })
  const [[, classes], [, statuses]] = pipe.by.columns
  const style = (code, status, width = 0) => pipe.styles[classes[code] + statuses[status] + width]
  assert.equal(style('JS', 'planned').stroke, styles.legends.pipe_class.classes.JS.color)
  assert.deepEqual(style('JS', 'abandoned').stroke, style('RQ', 'abandoned').stroke)
  assert.equal(style('JS', 'abandoned').casing, null)
  assert.ok(style('JS', 'existing', 0).width < style('JS', 'existing', 2).width)
  assert.equal(style('JS', 'existing', 3).casing, null)
  assert.ok(style('JS', 'planned').dash.length > 0 && style('JS', 'existing').dash.length === 0)
})

test('of a line that leaves the picture the piece that is seen is labelled', () => {
  const pipe = packed([[[[0, 0], [100, 0], [100, 30]]]], { kind: 'line' })
  assert.deepEqual(alongOf(pipe, 0, [40, -10, 80, 10]), { x: 60, y: 0, angle: 0, length: 40 })
  assert.equal(alongOf(pipe, 0, [90, 5, 110, 30]).angle, Math.PI / 2)
  assert.equal(alongOf(pipe, 0, [200, 200, 300, 300]), null)
})

test('a gate is painted with the sign of its state, unknown with its own, a hidden state not at all', () => {
  const state = { layers: {}, hidden: { gate_state: ['closed'] } }
  const [gate] = paintPlan({ styles, state, names: ['gate'], theme: null })
  const [[column, codes, unknown]] = gate.by.columns
  assert.equal(column, 'state')
  assert.deepEqual(['open', 'closed', 'residents', 'timed'].map((code) => gate.styles[codes[code]].symbol), ['ring', 'bar', 'dot', 'clock'])
  assert.equal(gate.styles[unknown].symbol, 'question')
  assert.deepEqual(gate.styles.map(({ off }) => off), [false, true, false, false, false])
})

test('a plan of buildings alone shows them from afar, where places would stand for them it does not', () => {
  const state = { layers: {}, hidden: {} }
  const from = (names) => paintPlan({ styles, state, names, theme: null }).find(({ layer }) => layer === 'building').minZoom
  assert.equal(from(['building', 'road']), 0)
  assert.equal(from(['building', 'community']), styles.layers.building.min_zoom)
})

test('what hangs in the air is thin, ticked and without a casing', () => {
  const [pipe] = paintPlan({ styles, state: { layers: { pipe: true }, hidden: {} }, names: ['pipe'], theme: null })
  const overhead = pipe.styles.filter(({ ticks }) => ticks)
  assert.equal(overhead.length, pipe.styles.length / 4)
  assert.ok(overhead.every(({ casing, width }) => casing === null && width <= 1))
})
