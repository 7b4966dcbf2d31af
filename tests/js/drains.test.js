// Drains on the page: what a click means, and where a profile draws what.

import assert from 'node:assert/strict'
import test from 'node:test'

import { nearestDrain, profileScene } from '../../app/web/static/js/model/drains.js'

const ROWS = [
  { id: 'P', layer: 'pipe', points: [[106, 38], [106.001, 38]] },
  { id: 'N', layer: 'pipe_node', points: [[106, 38]] },
]

test('a click near the end of a pipe means its manhole, in its middle the pipe, far away nothing', () => {
  assert.equal(nearestDrain(ROWS, { lng: 106.00001, lat: 38 }, 0.0001).id, 'N')
  assert.equal(nearestDrain(ROWS, { lng: 106.0005, lat: 38.00005 }, 0.0001).id, 'P')
  assert.equal(nearestDrain(ROWS, { lng: 106.0005, lat: 38.0005 }, 0.0001), null)
})

test('higher levels are drawn higher, and a pipe without inverts is left out', () => {
  const pipe = { id: '1', verdict: 'full', chosen: true, from_m: 0, to_m: 50, upper_m: 10, lower_m: 9.8, height_m: 0.4, upper_level_m: 11, lower_level_m: 10.5 }
  const scene = profileScene({ length_m: 100, nodes: [{ at_m: 0, ground_m: 12, invert_m: 10 }, { at_m: 50, ground_m: null, invert_m: 9.8 }], pipes: [pipe, { ...pipe, id: '2', from_m: 50, to_m: 100, upper_m: null, upper_level_m: null }] }, { width: 300, height: 150 })
  assert.ok(scene.y(12) < scene.y(11) && scene.y(11) < scene.y(10))
  assert.deepEqual(scene.pipes.map(({ id }) => id), ['1'])
  assert.equal(scene.water.length, 1)
  assert.equal(scene.ground.length, 1)
})
