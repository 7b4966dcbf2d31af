import assert from 'node:assert/strict'
import test from 'node:test'

import { answersOf, countsOf, filtered, filtersOf, rowsOf, toggled, weightOf } from '../../app/web/static/js/model/conflicts.js'
import { levelsOf, sceneOf, stepOf, windowOf } from '../../app/web/static/js/model/section.js'

const row = (more) => ({ verdict: 'conflict', check: 'horizontal', severity: 'SV15', a_id: 'R1', a_class: 'RQ', a_owner_id: 'GAS', b_layer: 'pipe', b_id: 'Y1', b_class: 'PS', b_owner_id: 'DRAIN', community_id: '', township_id: 'T1', a_answer: '', b_answer: '', waits: 'GAS,DRAIN', stale: false, ...more })

test('an owner filter finds the owner on either side, and filters hold together', () => {
  const rows = [row({}), row({ a_owner_id: 'WATER' }), row({ b_owner_id: 'WATER', verdict: 'possible' })]
  assert.equal(filtered(rows, filtersOf({ owner: 'WATER' })).length, 2)
  assert.equal(filtered(rows, filtersOf({ owner: 'WATER', verdict: 'possible' })).length, 1)
  assert.equal(filtered(rows, {}).length, 3)
})

test('the counts of a filter are those of the rows that pass all the others', () => {
  const rows = [row({}), row({ verdict: 'possible' }), row({ verdict: 'possible', check: 'vertical' })]
  const counts = countsOf(rows, filtersOf({ verdict: 'conflict', check: 'horizontal' }), 'verdict')
  assert.deepEqual([...counts], [['conflict', 1], ['possible', 1]])
})

test('a conflict waits while one of two owners is silent; a tree never answers', () => {
  assert.deepEqual(answersOf(row({})), ['none', 'open'])
  assert.deepEqual(answersOf(row({ a_answer: 'agree', waits: 'DRAIN' })), ['open', 'agree'])
  assert.deepEqual(answersOf(row({ a_answer: 'agree', b_answer: 'agree', waits: 'GAS', stale: true })), ['open', 'stale', 'agree'])
  assert.deepEqual(answersOf(row({ a_answer: 'agree', b_layer: 'tree', waits: '' })), ['agree'])
  assert.deepEqual(filtered([row({ a_answer: 'agree', waits: 'DRAIN' })], filtersOf({ owner: 'GAS', answer: 'open' })), [])
  assert.equal(filtered([row({ a_answer: 'agree', waits: 'DRAIN' })], filtersOf({ owner: 'DRAIN', answer: 'open' })).length, 1)
})

test('columns become rows, clicks become filters, grave conflicts outweigh', () => {
  assert.deepEqual(rowsOf({ conflict_id: ['a', 'b'], verdict: ['conflict', 'possible'] })[1], { conflict_id: 'b', verdict: 'possible' })
  assert.equal(toggled('a,b', 'a'), 'b')
  assert.equal(toggled('a', 'a'), null)
  assert.equal(toggled(null, 'a'), 'a')
  assert.ok(weightOf(row({ severity_score: 1 })) > weightOf(row({ verdict: 'possible', severity_score: 9 })))
})

const words = { ground: 'g', required: 'r', gap: 'is', height: 'h', depth: 'd', scale: (n) => `x${n}`, obstacle: {} }
const cut = (pipe_id, at_m, axis_m, more = {}) => ({ pipe_id, pipe_class: 'RQ', status: 'existing', at_m, axis_m, axis_depth_m: 10 - axis_m, wide_m: 0.4, high_m: 0.4, gap_m: null, required_m: null, verdict: '', ...more })
const flat = { length_m: 10, ground: [[0, 10], [10, 10]], axis: [], neighbours: [], cuts: [cut('A', 4, 8.5), cut('B', 6, 8)] }
const scene = (profile, more) => sceneOf(profile, { width: 400, colors: { RQ: '#ff00ff', unknown: '#999999' }, words, ...more })
const ellipses = ({ pieces }) => pieces.filter(([tag]) => tag === 'ellipse').map(([, one]) => one)

test('a cross-section is true to scale: circles stay circles and metres are alike both ways', () => {
  const drawn = scene(flat)
  const [a, b] = ellipses(drawn)
  assert.equal(a.rx, a.ry)
  assert.ok(Math.abs((b.cx - a.cx) - 2 * drawn.scale.px) < 0.02)
  assert.ok(Math.abs((b.cy - a.cy) - 0.5 * drawn.scale.py) < 0.02)
  assert.equal(drawn.scale.px, drawn.scale.py)
})

test('a long profile may be drawn higher than long, and says how much', () => {
  const drawn = scene({ ...flat, length_m: 100, ground: [[0, 10], [100, 10]], axis: [[0, 8, 2], [100, 8, 2]] }, { exaggerated: true })
  assert.ok(drawn.scale.factor > 1)
  assert.ok(Math.abs(drawn.scale.py / drawn.scale.px - drawn.scale.factor) < 1e-9)
  assert.ok(drawn.pieces.some(([, , text]) => text?.includes(`x${drawn.scale.factor}`)))
})

test('a pipe of unknown depth is drawn as a question, never at some depth', () => {
  const drawn = scene({ ...flat, cuts: [cut('A', 4, 8.5, { axis_m: null, axis_depth_m: null })] })
  assert.equal(ellipses(drawn).length, 0)
  assert.ok(drawn.pieces.some(([, , text]) => text === '?'))
})

test('without ground heights the depths hang under a flat ground', () => {
  const levels = levelsOf({ ...flat, ground: [[0, null], [10, null]] })
  assert.equal(levels.isKnown, false)
  assert.equal(levels.ofCut(cut('A', 4, 8.5)), -1.5)
})

test('the required band begins at the wall of the first pipe and is as wide as the rule asks', () => {
  const drawn = scene(flat, { focus: { check: 'horizontal', verdict: 'conflict', a_id: 'A', b_id: 'B', gap_m: 1.6, required_m: 2, at_m: 4 } })
  const [, band] = drawn.pieces.find(([tag, one]) => tag === 'rect' && one['stroke-dasharray'])
  assert.ok(Math.abs(band.width - 2 * drawn.scale.px) < 0.02)
  assert.ok(Math.abs(band.x - drawn.scale.x(4.2)) < 0.02)
  assert.ok(drawn.pieces.some(([, , text]) => text === 'is 1.60 m'))
})

test('rulers count in round steps', () => {
  assert.equal(stepOf(5, 10), 2)
  assert.equal(stepOf(8, 3.1), 0.5)
})

test('a section shows where its pipes lie, and all of it where there is none', () => {
  assert.deepEqual(windowOf(flat), [2, 8])
  assert.deepEqual(windowOf({ ...flat, cuts: [] }), [0, 10])
})
