// What a person pastes and chooses about a delivery.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { changedClasses, pairsOf } from '../../app/web/static/js/model/upload.js'

test('control points are pasted with or without names, headings left out', () => {
  const text = '点号\tx\ty\tX\tY\nK1\t3000\t5000\t4203000.1\t605000\n\n3100, 5100, 4203100, 605100\n'
  assert.deepEqual(pairsOf(text), { names: ['K1', '2'], pairs: [[3000, 5000, 4203000.1, 605000], [3100, 5100, 4203100, 605100]], faulty: [] })
})

test('a line that is no pair is named by its number', () => {
  assert.deepEqual(pairsOf('K1 1 2 3 4\nK2 1 2 3').faulty, [2])
  assert.deepEqual(pairsOf('1 2 3').faulty, [1])
})

test('only classes that differ from what the import found are said', () => {
  const drawing = [{ layer: '0', class: '', how: '' }, { layer: 'WS', class: 'WS', how: 'word' }, { layer: 'A', class: 'JS', how: 'chosen' }]
  assert.deepEqual(changedClasses(drawing, { 0: 'RQ', WS: 'WS', A: 'JS', gone: 'JS' }), { 0: 'RQ', A: 'JS' })
})
