import assert from 'node:assert/strict'
import test from 'node:test'

import {
  blank, fromGeoJson, isComplete, middleOf, middlesOf, toGeoJson, verticesOf, withAppended, withInserted, withoutLast, withoutVertex, withShift, withVertex,
} from '../../app/web/static/js/model/drawing.js'
import { differing, newId, textOf, valueOf } from '../../app/web/static/js/model/fields.js'
import { offset, pixelsOf, shifted } from '../../app/web/static/js/model/metres.js'
import { candidatesOf, snap } from '../../app/web/static/js/model/snap.js'

const at = (east_m, north_m) => shifted([106.2, 38], east_m, north_m)
const near = (one, two) => assert.ok(Math.hypot(...offset(one, two)) < 0.001, `${one} is not ${two}`)
const square = { type: 'Polygon', coordinates: [[at(0, 0), at(10, 0), at(10, 10), at(0, 10), at(0, 0)]] }
const yard = { type: 'MultiPolygon', coordinates: [[square.coordinates[0], [at(2, 2), at(4, 2), at(4, 4), at(2, 2)]], [[at(20, 0), at(30, 0), at(30, 10), at(20, 0)]]] }

test('an outline that is opened and closed without a change is the same outline', () => {
  const line = { type: 'MultiLineString', coordinates: [[at(0, 0), at(5, 0)], [at(9, 9), at(9, 1)]] }
  for (const geometry of [square, yard, line, { type: 'Point', coordinates: at(1, 1) }, { type: 'LineString', coordinates: [at(0, 0), at(1, 1)] }]) {
    assert.deepEqual(toGeoJson(fromGeoJson(geometry)), geometry)
  }
})

test('heights of a pipe are left to the server: an edited line is drawn in the plane', () => {
  assert.deepEqual(toGeoJson(fromGeoJson({ type: 'LineString', coordinates: [[106, 38, 1100], [106.1, 38, 1101]] })).coordinates, [[106, 38], [106.1, 38]])
})

test('the first corner of a ring moves the closing one with it', () => {
  const moved = toGeoJson(withVertex(fromGeoJson(square), { path: 0, index: 0 }, at(-5, 0)))
  assert.deepEqual(moved.coordinates[0][0], at(-5, 0))
  assert.deepEqual(moved.coordinates[0].at(-1), at(-5, 0))
  assert.deepEqual(square.coordinates[0][0], at(0, 0))
})

test('a ring has a middle on every side, a line none behind its end', () => {
  assert.equal(middlesOf(fromGeoJson(square)).length, 4)
  assert.equal(middlesOf(fromGeoJson({ type: 'LineString', coordinates: [at(0, 0), at(4, 0), at(8, 0)] })).length, 2)
  const [first] = middlesOf(fromGeoJson(square))
  assert.equal(verticesOf(withInserted(fromGeoJson(square), first, first.point)).length, 5)
  near(first.point, at(5, 0))
})

test('a triangle keeps its three corners and a line its two ends', () => {
  const three = withoutVertex(fromGeoJson(square), { path: 0, index: 3 })
  assert.equal(toGeoJson(three).coordinates[0].length, 4)
  assert.equal(withoutVertex(three, { path: 0, index: 0 }), null)
  assert.equal(withoutVertex(fromGeoJson({ type: 'LineString', coordinates: [at(0, 0), at(1, 0)] }), { path: 0, index: 0 }), null)
})

test('a drawing is an outline from its third point on, and a point can be taken back', () => {
  let shape = blank('Polygon')
  for (const point of [at(0, 0), at(4, 0)]) shape = withAppended(shape, point)
  assert.equal(isComplete(shape), false)
  assert.equal(toGeoJson(shape), null)
  shape = withAppended(shape, at(4, 4))
  assert.equal(toGeoJson(shape).coordinates[0].length, 4)
  assert.equal(isComplete(withoutLast(shape)), false)
})

test('moving the whole moves every corner of every part by the same metres', () => {
  const moved = withShift(fromGeoJson(yard), 3, -2)
  verticesOf(fromGeoJson(yard)).forEach(({ point }, n) => {
    const [east, north] = offset(point, verticesOf(moved)[n].point)
    assert.ok(Math.abs(east - 3) < 1e-4 && Math.abs(north + 2) < 1e-4)
  })
  near(middleOf(fromGeoJson(square)), at(5, 5))
})

test('a degree of latitude at 38 degrees north has the length that the ellipsoid gives it', () => {
  const [, north] = offset([106, 37.5], [106, 38.5])
  assert.ok(Math.abs(north - 110_999) < 5, String(north))
  assert.ok(Math.abs(pixelsOf(100, 0, 17) - 83.7) < 0.1)
  assert.ok(pixelsOf(100, 60, 17) / pixelsOf(100, 0, 17) > 1.99)
})

const neighbours = candidatesOf({ features: [{ id: 'B1', geometry: square }, { id: 'B2', geometry: yard }] }, 'building', { without: 'B2' })

test('a corner within the tolerance is caught although an edge is nearer', () => {
  const found = snap(at(9.5, -0.1), neighbours, 1)
  assert.deepEqual([found.kind, found.id, found.layer], ['vertex', 'B1', 'building'])
  assert.deepEqual(found.point, at(10, 0))
})

test('an edge is caught at its nearest point, and nothing beyond the tolerance', () => {
  const found = snap(at(5, -0.8), neighbours, 1)
  assert.equal(found.kind, 'edge')
  near(found.point, at(5, 0))
  assert.ok(Math.abs(found.distance_m - 0.8) < 1e-3)
  assert.equal(snap(at(5, -1.1), neighbours, 1), null)
  assert.equal(snap(at(5, 5), neighbours, 0.5), null)
})

test('the row that is drawn does not catch itself, and an empty neighbourhood catches nothing', () => {
  assert.ok(neighbours.every(({ id }) => id === 'B1'))
  assert.equal(snap(at(0, 0), [], 5), null)
  assert.deepEqual(candidatesOf({ features: [{ id: 'T1', geometry: null }] }, 'tree'), [])
})

const year = { kind: 'int', unit: '' }, cost = { kind: 'int', unit: 'fen' }, known = { kind: 'bool' }, names = { kind: 'json' }, day = { kind: 'date' }

test('an empty field is unknown, never zero; a zero is a zero', () => {
  for (const field of [year, cost, known, names, day]) assert.deepEqual(valueOf(field, '  '), { value: null })
  assert.deepEqual(valueOf(year, '0'), { value: 0 })
  assert.equal(textOf(year, null), '')
  assert.equal(textOf(year, 0), '0')
})

test('money is typed in yuan and kept in whole fen', () => {
  assert.deepEqual(valueOf(cost, '1,234.56'), { value: 123456 })
  assert.deepEqual(valueOf(cost, '0.29'), { value: 29 })
  assert.equal(textOf(cost, 123456), '1234.56')
})

test('what is no number is said, not saved', () => {
  assert.deepEqual(valueOf(year, '九八年'), { wrong: 'number' })
  assert.deepEqual(valueOf(year, '1998.5'), { wrong: 'whole' })
  assert.deepEqual(valueOf({ kind: 'float', unit: 'm' }, '1.25'), { value: 1.25 })
})

test('a list is typed with any of the usual separators, yes and no are words', () => {
  assert.deepEqual(valueOf(names, '朝阳一区、朝阳里，老区'), { value: ['朝阳一区', '朝阳里', '老区'] })
  assert.deepEqual(valueOf(names, '{"a": 1}'), { value: { a: 1 } })
  assert.deepEqual(valueOf(names, '[1'), { wrong: 'list' })
  assert.deepEqual(valueOf(known, 'false'), { value: false })
  assert.equal(textOf(known, false), 'false')
  assert.equal(textOf(day, '2024-09-30T00:00:00'), '2024-09-30')
})

test('a clash lists only the columns that I sent and that differ', () => {
  const mine = { floors: 7, households: 30, year_built: null }, theirs = { floors: 8, households: 30, year_built: 1999, use: 'x' }
  assert.deepEqual(differing(['year_built', 'floors', 'households', 'use'], mine, theirs), [
    { column: 'year_built', mine: null, theirs: 1999 }, { column: 'floors', mine: 7, theirs: 8 },
  ])
})

test('new rows get ids that do not meet', () => {
  assert.match(newId('building'), /^building-[0-9a-f]{16}$/)
  assert.notEqual(newId('building'), newId('building'))
})
