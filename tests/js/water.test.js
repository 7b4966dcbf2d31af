import assert from 'node:assert/strict'
import test from 'node:test'

import { curvePoints, depthClasses, periodOf, shares } from '../../app/web/static/js/model/water.js'

test('a class of depth ends where the next begins, and the deepest has no end', () => {
  assert.deepEqual(depthClasses([{ from_m: 0.15 }, { from_m: 0.5 }]), [{ from_m: 0.15, to_m: 0.5 }, { from_m: 0.5, to_m: null }])
})

test('a curve keeps its axis at zero and rises to the box', () => {
  const { points, top, last } = curvePoints([0, 60, 120], [0, 0.35, 0.1], { width: 120, height: 40 })
  assert.deepEqual([top, last], [0.4, 120])
  assert.deepEqual(points[0], [0, 40])
  assert.equal(points[1][0], 60)
})

test('a rain is named by the period that it reaches', () => {
  const rain = [{ period_a: 1, mm: 17.8 }, { period_a: 10, mm: 32.5 }]
  assert.equal(periodOf(rain, 10), null)
  assert.equal(periodOf(rain, 32.5).period_a, 10)
})

test('the parts of a balance are shares of the rain; no rain has none', () => {
  assert.deepEqual(shares({ rain_m3: 10, infiltrated_m3: 5, stored_m3: 3, left_m3: 2 }).map(({ name, share }) => [name, share]), [['stored', 0.3], ['soaked', 0.5], ['left', 0.2]])
  assert.deepEqual(shares({ rain_m3: 0, infiltrated_m3: 0, stored_m3: 0, left_m3: 0 }), [])
})
