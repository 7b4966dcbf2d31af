import assert from 'node:assert/strict'
import test from 'node:test'

import { barOf, dayNumber, dayText, monthsOf, phaseOn, rangeOf, stageOn } from '../../app/web/static/js/model/phases.js'

const day = dayNumber
const STAGES = [{ code: 'survey', due_kind: 'by' }, { code: 'works', due_kind: 'by' }, { code: 'long_term', due_kind: 'from' }]
const ROW = { stages: {
  survey: { due: '2023-10-31', started: '2023-10-08', done: '2023-11-02' },
  works: { due: '2024-09-30', started: '2024-04-12', done: null },
  long_term: { due: '2024-12-31', started: null, done: null },
} }

test('a phase done after its date is late by the days between', () => {
  assert.deepEqual(phaseOn(ROW.stages.survey, day('2024-01-01')), { state: 'done_late', late: 2 })
})

test('before the day of its end a phase is not done yet, and past its date it is overdue', () => {
  assert.equal(phaseOn(ROW.stages.survey, day('2023-10-31')).state, 'running')
  assert.deepEqual(phaseOn(ROW.stages.survey, day('2023-11-01')), { state: 'overdue', late: 1 })
})

test('what is not begun is open, what has no date at all is unknown', () => {
  assert.equal(phaseOn(ROW.stages.works, day('2024-04-01')).state, 'open')
  assert.equal(phaseOn({ due: null, started: null, done: null }, 0).state, 'unknown')
  assert.equal(phaseOn(undefined, 0).state, 'unknown')
})

test('the last phase begins from its date and is never late', () => {
  assert.equal(phaseOn(ROW.stages.long_term, day('2026-01-01'), 'from').state, 'open')
})

test('a community is in the first phase that is not done', () => {
  assert.equal(stageOn(ROW, STAGES, day('2024-05-01')).stage, 'works')
  assert.deepEqual(stageOn(ROW, STAGES, day('2024-10-02')), { stage: 'works', state: 'overdue', late: 2 })
})

test('the range holds every date, and the axis its months', () => {
  const range = rangeOf([ROW])
  assert.ok(range[0] < day('2023-10-08') && range[1] > day('2024-12-31'))
  assert.deepEqual(monthsOf([day('2023-12-15'), day('2024-02-15')]).map(dayText), ['2024-01-01', '2024-02-01'])
  assert.equal(rangeOf([{ stages: {} }]), null)
})

test('a bar reaches from the date before to its own, and the actual one as far as it is known', () => {
  const { planned, actual } = barOf(ROW.stages.works, day('2024-03-31'), [0, 1])
  assert.deepEqual(planned.map(dayText), ['2024-03-31', '2024-09-30'])
  assert.deepEqual(actual, [day('2024-04-12'), null])
})
