import assert from 'node:assert/strict'
import test from 'node:test'

import { drawnShape, hazardRank, isFilled, measureWish } from '../../app/web/static/js/model/measures.js'

const A = [106.1, 38], B = [106.2, 38], C = [106.2, 38.1]

test('a shape is whole once it has enough corners', () => {
  assert.equal(drawnShape('Point', []), null)
  assert.deepEqual(drawnShape('Point', [A]), { type: 'Point', coordinates: A })
  assert.equal(drawnShape('LineString', [A]), null)
  assert.equal(drawnShape('Polygon', [A, B]), null)
  assert.deepEqual(drawnShape('Polygon', [A, B, C]).coordinates, [[A, B, C, A]])
})

test('a wish carries the figure of its kind and a cost in yuan only where one was typed', () => {
  const tank = { kind: 'tank', ask: 'volume_m3' }
  assert.deepEqual(measureWish(tank, 'shape', { figure: '50', cost: '12.5' }), { kind: 'tank', geometry: 'shape', volume_m3: 50, cost_yuan: 125000 })
  assert.deepEqual(measureWish({ kind: 'permeable', ask: null }, 'shape', {}), { kind: 'permeable', geometry: 'shape' })
  assert.equal(isFilled(tank, {}), false)
  assert.equal(isFilled(tank, { figure: '-1' }), false)
  assert.equal(isFilled({ ask: null }, {}), true)
})

test('classes of any scheme are ranked from the mildest to the gravest', () => {
  assert.equal(hazardRank('H1', ['H1', 'H2', 'H3']), 0)
  assert.equal(hazardRank('H3', ['H1', 'H2', 'H3']), 1)
  assert.equal(hazardRank('?', ['H1', 'H2', 'H3']), 1)
})
