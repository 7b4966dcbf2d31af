import assert from 'node:assert/strict'
import test from 'node:test'

import { ageLine, duration, editions, faultOf, progressOf, settingsOf } from '../../app/web/static/js/model/runs.js'

const t = (key, values = {}) => `${key}${Object.values(values).length ? ` ${Object.values(values).join('|')}` : ''}`
const labelOf = (name) => ({ pipe: '管线' })[name] ?? name

test('a result says when, from what, by which standard and what changed since', () => {
  const line = ageLine({
    run_id: 'r', finished_at: '2024-03-02T14:05:00', inputs: { pipe: 12 }, rules: { clearance: 'GB 50289-2016 #00ff' },
    state: 'stale', reasons: ['a', 'b', 'c'],
  }, { t, labelOf })
  assert.equal(line, '2024-03-02 14:05 · 管线 v12 · GB 50289-2016 · run.stale_inputs 3')
})

test('an analysis that never ran says so and nothing else', () => {
  assert.equal(ageLine({ run_id: null }, { t, labelOf }), 'run.never')
})

test('standards are named once and without the hash of their table', () => {
  assert.deepEqual(editions({ a: 'GB 50289-2016; GB 50015-2019 #ab12', b: 'GB 50289-2016 #cd34' }), ['GB 50289-2016', 'GB 50015-2019'])
})

test('a bar comes after one second, time left and cancel after three', () => {
  const job = (running_s) => ({ state: 'running', running_s, left_s: 4 })
  assert.deepEqual(progressOf(job(0.5)), { bar: false, left: false, cancel: false })
  assert.deepEqual(progressOf(job(1)), { bar: true, left: false, cancel: false })
  assert.deepEqual(progressOf(job(3)), { bar: true, left: true, cancel: true })
  assert.equal(progressOf({ state: 'queued', running_s: 0 }).cancel, true)
})

test('time left is rounded up and has two units at most', () => {
  assert.equal(duration(0.2, t), 'time.seconds 1')
  assert.equal(duration(61, t), 'time.minutes 1|1')
  assert.equal(duration(7260, t), 'time.hours 2|1')
})

test('a form sends typed values and only those that differ from the defaults', () => {
  const fields = [{ name: 'gap', kind: 'float', default: 1 }, { name: 'strict', kind: 'bool', default: false }, { name: 'who', kind: 'str', default: '' }]
  assert.deepEqual(settingsOf(fields, { gap: '1.5', strict: false, who: '' }), { gap: 1.5 })
  assert.deepEqual(settingsOf(fields, { gap: '1', strict: true, who: 'a' }), { strict: true, who: 'a' })
})

test('a value out of bounds, empty or of the wrong kind is told before it is sent', () => {
  const field = { kind: 'float', minimum: 5, maximum: 90 }
  assert.deepEqual(['4', '', 'x', '30'].map((value) => faultOf(field, value)), ['run.fault_range', 'run.fault_empty', 'run.fault_number', null])
  assert.equal(faultOf({ kind: 'int', minimum: null, maximum: null }, '1.5'), 'run.fault_whole')
})
