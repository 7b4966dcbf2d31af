import assert from 'node:assert/strict'
import test from 'node:test'

import { sketchOf } from '../../app/web/static/js/model/sketch.js'

const square = (side) => ({ type: 'Polygon', coordinates: [[[0, 0], [side, 0], [side, side], [0, side], [0, 0]]] })

test('two versions of an outline are drawn to one scale, north up', () => {
  const { paths } = sketchOf([square(0.001), square(0.002)])
  assert.equal(paths[0], 'M0.0 100.0L50.0 100.0L50.0 50.0L0.0 50.0L0.0 100.0')
  assert.equal(paths[1], 'M0.0 100.0L100.0 100.0L100.0 0.0L0.0 0.0L0.0 100.0')
})

test('a point is a small cross and nothing is nothing', () => {
  assert.equal(sketchOf([{ type: 'Point', coordinates: [106, 38] }, null]).paths[1], '')
  assert.equal(sketchOf([null, null]), null)
})
