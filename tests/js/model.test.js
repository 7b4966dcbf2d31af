import assert from 'node:assert/strict'
import test from 'node:test'

import { nextSelection, stepOut } from '../../app/web/static/js/model/choose.js'
import { classOf, legendOf, quantileClasses } from '../../app/web/static/js/model/classes.js'
import * as format from '../../app/web/static/js/model/format.js'
import { pipeLabel, placeLabels, upright } from '../../app/web/static/js/model/labels.js'
import { distance, pathLength, ringArea } from '../../app/web/static/js/model/measure.js'
import { itemCost, sumKnown } from '../../app/web/static/js/model/scope.js'
import { createStore } from '../../app/web/static/js/model/store.js'
import { added, byWhatIsWrong, themeOf, valueOf, visibleTownships } from '../../app/web/static/js/model/summary.js'
import { conditionOf } from '../../app/web/static/js/model/table-filter.js'
import * as state from '../../app/web/static/js/model/state.js'

const near = (actual, expected, tolerance) => assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not near ${expected}`)

test('ten amounts fall into five classes of two, each limit met by an amount', () => {
  const classes = quantileClasses([10, 20, 30, 40, 50, 60, 70, 80, 90, 100])
  assert.deepEqual(classes.map(({ from, to, count }) => [from, to, count]), [[10, 20, 2], [30, 40, 2], [50, 60, 2], [70, 80, 2], [90, 100, 2]])
})

test('equal amounts are never parted by a class limit', () => {
  const classes = quantileClasses([5, 5, 5, 5, 5, 5, 9])
  assert.deepEqual(classes.map(({ from, to, count }) => [from, to, count]), [[5, 5, 6], [9, 9, 1]])
})

test('zero and unknown are classes of their own and never the lightest shade', () => {
  const values = [0, 0, null, 100, 200]
  const classes = quantileClasses(values)
  assert.deepEqual(values.map((value) => classOf(value, classes)), ['zero', 'zero', 'unknown', '2', '4'])
  assert.deepEqual(legendOf(values, classes).map(({ code, count }) => [code, count]), [['zero', 2], ['2', 1], ['4', 1], ['unknown', 1]])
})

test('an amount on a limit belongs to the class that ends there', () => {
  const classes = quantileClasses([1, 2, 3, 4])
  assert.equal(classOf(2, classes), classes[1].code)
})

test('the address holds the whole state and gives it back', () => {
  const full = {
    ...state.DEFAULTS, z: 15, lat: 37.98, lon: 106.2, measure: 'households', programme: 'P2024', township: 'T1', stage: 'works,unknown', theme: 'pipes', own: { verdict: 'conflict', owner: 'O 1&2' },
    year_from: 1980, layers: { pipe: true, wall: false }, hidden: { amount: ['1', 'unknown'], pipe_class: ['JS'] },
    selected: { layer: 'community', id: 'C:7' }, table: 'building', rows: { year_built: { unknown: true } }, folded: ['left'], lang: 'en',
  }
  assert.deepEqual(state.fromQuery(state.toQuery(full)), full)
})

test('an untouched state needs no address', () => {
  assert.equal(state.toQuery(state.DEFAULTS), '')
})

test('an address that nobody wrote is read as far as it makes sense', () => {
  const read = state.fromQuery('z=x&measure=gold&sel=nothing&rows=%5B1%5D&table=building&folded=top&hidden=.')
  assert.deepEqual(read, { ...state.DEFAULTS, table: 'building' })
})

test('moving the map is no step back, choosing something is', () => {
  const here = { ...state.DEFAULTS, z: 12, lat: 38, lon: 106 }
  assert.equal(state.isStep(here, { ...here, z: 14 }), false)
  assert.equal(state.isStep(here, { ...here, selected: { layer: 'township', id: 'T1' } }), true)
})

test('a click hides a class, a double click keeps only it, and again brings all back', () => {
  const all = ['1', '2', 'unknown']
  assert.deepEqual(state.withToggled({}, 'amount', '2'), { amount: ['2'] })
  assert.deepEqual(state.withToggled({ amount: ['2'] }, 'amount', '2'), {})
  const only = state.withOnly({}, 'amount', '2', all)
  assert.deepEqual(only, { amount: ['1', 'unknown'] })
  assert.deepEqual(state.withOnly(only, 'amount', '2', all), {})
})

test('a patch that changes nothing wakes nobody', () => {
  const store = createStore({ a: 1, b: { c: 2 } })
  let calls = 0
  store.subscribe(() => { calls += 1 })
  store.set({ b: { c: 2 } })
  store.set({ a: 3 })
  assert.equal(calls, 1)
})

const totals = (cost, households, unknown = {}) => ({ communities: 1, buildings: 2, floor_area_m2: 100, households, cost_fen: cost, unknown })
const community = (id, cost, more = {}) => ({ id, name: id, in_programme: true, stage: 'works', totals: totals(cost, 10), categories: { basic: cost }, ...more })
const summary = {
  townships: [
    { id: 'T1', name: '金星镇', ...added([community('A', 100), community('B', 300)]), communities: [community('A', 100), community('B', 300, { stage: 'survey' })] },
    { id: 'T2', name: '古城镇', ...added([community('C', 900)]), communities: [community('C', 900), { ...community('D', 0), in_programme: false }] },
  ],
}

test('a community outside the programme has no class at all', () => {
  const theme = themeOf(summary, 'cost_fen')
  assert.equal(theme.community.values.has('D'), false)
  assert.deepEqual(theme.stageCounts, { works: 2, survey: 1 })
})

test('hiding a stage takes its communities out of the sums', () => {
  const shown = visibleTownships(summary, themeOf(summary, 'cost_fen'), 'community', { stage: ['survey'] })
  assert.deepEqual(added(shown).totals.cost_fen, 1000)
  assert.deepEqual(shown.map((one) => one.totals.communities), [1, 1])
})

test('hiding a class at the level of townships takes the township away', () => {
  const theme = themeOf(summary, 'cost_fen')
  const shown = visibleTownships(summary, theme, 'township', { amount: [theme.township.classes.at(-1).code] })
  assert.deepEqual(shown.map((one) => one.id), ['T1'])
})

test('a total of zero with nothing known behind it is unknown', () => {
  assert.equal(valueOf({ totals: totals(0, 0, { households: 2 }) }, 'households'), null)
  assert.equal(valueOf({ totals: totals(0, 0, { households: 0 }) }, 'households'), 0)
})

test('the community with most that is unknown comes first', () => {
  const listed = byWhatIsWrong([community('A', 900), community('B', 1, { totals: totals(1, 1, { year_built: 3 }) })])
  assert.deepEqual(listed.map((one) => one.id), ['B', 'A'])
})

test('an item costs its works rounded half up plus fees and contingency', () => {
  assert.equal(itemCost({ quantity: 2.5, unit_cost_fen: 3, other_fees_fen: 10, contingency_fen: 1 }), 19)
  assert.equal(itemCost({ quantity: null, unit_cost_fen: 3, other_fees_fen: 10, contingency_fen: 1 }), null)
  assert.deepEqual(sumKnown([5, null, 7]), { sum: 12, unknown: 1 })
})

test('a class of amounts names its unit once, in the order of the language', () => {
  assert.equal(format.range(69_220_000, 129_090_000, 'cost_fen', 'zh'), '69.22 – 129.09\u00a0万元')
  assert.equal(format.range(69_220_000, 129_090_000, 'cost_fen', 'en'), 'CNY\u00a00.692 – 1.291\u00a0million')
})

test('money reads in 万元 with two decimals and exactly in 元', () => {
  assert.equal(format.money(4_552_000_000, 'zh'), '4,552.00\u00a0万元')
  assert.equal(format.exactMoney(4_552_000_001, 'zh'), '45,520,000.01\u00a0元')
  assert.equal(format.money(4_552_000_000, 'en'), 'CNY\u00a045.520\u00a0million')
  assert.equal(format.share(1204, 2004, 'zh'), '1,204 / 2,004（60.1\u00a0%）')
})

test('a click goes to the community first and into its building at the second', () => {
  const hits = [{ layer: 'building', id: 'B1' }, { layer: 'community', id: 'C1' }, { layer: 'township', id: 'T1' }]
  assert.deepEqual(nextSelection(hits, {}), { layer: 'community', id: 'C1' })
  assert.deepEqual(nextSelection(hits, { community: 'C1' }), { layer: 'building', id: 'B1' })
  assert.deepEqual(nextSelection(hits.slice(0, 1), {}), { layer: 'building', id: 'B1' })
  assert.deepEqual(nextSelection([{ layer: 'pipe', id: 'P' }, ...hits], {}), { layer: 'pipe', id: 'P' })
  assert.equal(nextSelection([], {}), null)
})

test('while the map shows townships the first click chooses one, the second goes in', () => {
  const hits = [{ layer: 'community', id: 'C1' }, { layer: 'township', id: 'T1' }]
  assert.deepEqual(nextSelection(hits, {}, 'township'), { layer: 'township', id: 'T1' })
  assert.deepEqual(nextSelection(hits, { township: 'T1' }, 'township'), { layer: 'community', id: 'C1' })
})

test('stepping out goes building, community, township, plan', () => {
  const chain = { building: 'B1', community: 'C1', township: 'T1' }
  assert.deepEqual(stepOut({ layer: 'building', id: 'B1' }, chain), { layer: 'community', id: 'C1' })
  assert.deepEqual(stepOut({ layer: 'community', id: 'C1' }, chain), { layer: 'township', id: 'T1' })
  assert.equal(stepOut({ layer: 'township', id: 'T1' }, chain), null)
})

test('names never overlap and the weightier one stays', () => {
  const label = (text, x, weight) => ({ text, x, y: 0, weight, size: 12 })
  const placed = placeLabels([label('一号楼', 10, 1), label('阳光骄子北院', 0, 3), label('远处', 200, 1)])
  assert.deepEqual(placed.map((one) => one.text), ['阳光骄子北院', '远处'])
})

test('distances and areas are those of the ellipsoid', () => {
  // One degree of latitude from 38° N and of longitude on 38° N on WGS 84.
  near(distance([106, 38], [106, 39]), 110_996, 10)
  near(distance([106, 38], [107, 38]), 87_831, 20)
  near(distance([106.2, 37.98], [106.2, 37.98]), 0, 0)
  near(pathLength([[106, 38], [106, 39], [106, 38]]), 2 * distance([106, 38], [106, 39]), 1e-6)
  const side = 0.01
  const ring = [[106, 38], [106 + side, 38], [106 + side, 38 + side], [106, 38 + side]]
  near(ringArea(ring) / (distance(ring[0], ring[1]) * distance(ring[1], ring[2])), 1, 2e-4)
})

test('what is typed above a column becomes the condition that is meant', () => {
  const number = { name: 'households', kind: 'int', unit: '户' }
  assert.deepEqual(conditionOf(number, '>2,000'), { min: 2000 })
  assert.deepEqual(conditionOf(number, '10–20'), { min: 10, max: 20 })
  assert.deepEqual(conditionOf(number, '未知'), { unknown: true })
  assert.deepEqual(conditionOf({ name: 'unit_cost_fen', kind: 'int', unit: 'fen' }, '≤12.5'), { max: 1250 })
  assert.deepEqual(conditionOf({ name: 'name', kind: 'text' }, '朝阳'), { contains: '朝阳' })
  assert.deepEqual(conditionOf({ name: 'opened_on', kind: 'date' }, '2024'), { min: '2024-01-01', max: '2024-12-31' })
  assert.deepEqual(conditionOf({ name: 'stage', kind: 'text', domain: 'stage' }, 'works', () => [['works', '全面改造']]), { in: ['works'] })
  assert.equal(conditionOf(number, 'many'), null)
})

test('a label at an angle keeps the room that it takes', () => {
  const along = (angle) => ({ text: 'DN300 · 2.00 m', x: 100, y: 100, weight: 0, size: 10, angle })
  const name = { text: '朝阳', x: 100, y: 140, weight: 1, size: 10 }
  assert.equal(placeLabels([along(0), name]).length, 2)
  assert.deepEqual(placeLabels([along(Math.PI / 2), name]).map(({ text }) => text), ['朝阳'])
})

test('what is written along a line is never upside down', () => {
  for (const angle of [0, 1, 2, 3, -1, -2, -3, Math.PI / 2, -Math.PI / 2]) {
    assert.ok(Math.cos(upright(angle)) > -1e-9, String(angle))
    assert.ok(Math.abs(Math.sin(upright(angle) - angle)) < 1e-9, String(angle))
  }
})

test('a pipe says size and depth, and what nobody knows', () => {
  const t = (key, values = {}) => ({ 'pipe_label.depth': `埋深 ${values.depth} m`, 'pipe_label.depth_unknown': '埋深未知', 'pipe_label.size_unknown': '管径未知', 'pipe_label.overhead': '架空', 'class.unknown': '未知' })[key]
  const pipe = (known) => pipeLabel({ nominal_mm: null, width_mm: null, height_mm: null, voltage_kv: null, laying: 'direct', start_depth_m: null, end_depth_m: null, ...known }, t)
  assert.equal(pipe({ nominal_mm: 300, start_depth_m: 2.05, end_depth_m: 1.8 }), 'DN300 · 埋深 1.80–2.05 m')
  assert.equal(pipe({ nominal_mm: 100, start_depth_m: 1.6, end_depth_m: 1.6 }), 'DN100 · 埋深 1.60 m')
  assert.equal(pipe({ width_mm: 300, height_mm: 220, start_depth_m: 9.5, end_depth_m: 10.25 }), '300×220 · 埋深 9.50–10.25 m')
  assert.equal(pipe({}), '管径未知 · 埋深未知')
  assert.equal(pipe({ nominal_mm: 100, end_depth_m: 1.6 }), 'DN100 · 埋深 1.60–未知 m')
  assert.equal(pipe({ voltage_kv: Math.fround(0.4), laying: 'overhead' }), '0.4 kV · 架空')
})
