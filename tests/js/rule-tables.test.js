import assert from 'node:assert/strict'
import test from 'node:test'

import { tableOfCheck, tablesOf } from '../../app/web/static/js/model/rule-tables.js'

test('clearance stands for all the tables that a check of pipes reads', () => {
  const tables = tablesOf(['clearance', 'dig_saving'])
  for (const name of ['clearance_horizontal', 'cover_depth', 'survey_accuracy', 'dig_saving']) assert.ok(tables.has(name))
  assert.ok(!tables.has('clearance'))
  assert.equal(tableOfCheck('vertical'), 'clearance_vertical')
  assert.equal(tableOfCheck('duplicate'), '')
})
