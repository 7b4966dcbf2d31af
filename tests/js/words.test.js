import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import test from 'node:test'
import { fileURLToPath } from 'node:url'

import { personName } from '../../app/web/static/js/i18n.js'

const STATIC = new URL('../../app/web/static/', import.meta.url)
const read = (path) => readFileSync(new URL(path, STATIC), 'utf8')
const [zh, en] = ['zh', 'en'].map((lang) => JSON.parse(read(`i18n/${lang}.json`)))
const scripts = readdirSync(fileURLToPath(new URL('js/', STATIC)), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
  .map((entry) => readFileSync(`${entry.parentPath ?? entry.path}/${entry.name}`, 'utf8'))

test('both catalogues have the same keys and no empty word', () => {
  assert.deepEqual(Object.keys(zh), Object.keys(en))
  for (const words of [zh, en]) for (const [key, text] of Object.entries(words)) assert.ok(text.trim(), key)
})

test('both languages fill the same blanks', () => {
  const blanks = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()
  for (const key of Object.keys(zh)) assert.deepEqual(blanks(zh[key]), blanks(en[key]), key)
})

test('every word that a script asks for is in the catalogue', () => {
  const asked = scripts.flatMap((text) => [...text.matchAll(/\bt\('([a-z_.]+)'/g)].map(([, key]) => key))
  assert.ok(asked.length > 100)
  assert.deepEqual(asked.filter((key) => !(key in zh)), [])
})

test('no script puts markup into the page or reaches out of the house', () => {
  for (const text of scripts) {
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/)
    assert.doesNotMatch(text, /['"`](https?:)?\/\/(?!www\.w3\.org)/)
  }
})

test('the page asks at once for every module that the map imports', () => {
  const seen = new Set()
  const walk = (url) => {
    if (seen.has(url.href)) return
    seen.add(url.href)
    for (const [, path] of readFileSync(url, 'utf8').matchAll(/^import .* from '(\.[^']+)'/gm)) walk(new URL(path, url))
  }
  walk(new URL('js/main.js', STATIC))
  const base = new URL('js/', STATIC).href
  const imported = [...seen].map((href) => href.slice(base.length).replace(/\.js$/, '')).filter((name) => name !== 'main').sort()
  const page = readFileSync(new URL('../templates/shell.html', STATIC), 'utf8')
  const list = page.slice(page.indexOf('{% for module in ['), page.indexOf('] %}'))
  assert.deepEqual([...list.matchAll(/'([\w/-]+)'/g)].map(([, name]) => name).sort(), imported)
})

test('who did something is said in the language of the page, the mark of an unchecked name too', () => {
  const t = (key) => en[key]
  assert.equal(personName('本机用户', t), 'Local user')
  assert.equal(personName('本机用户（未认证）', t), 'Local user (not verified)')
  assert.equal(personName('张三 · 住建局（未认证）', t), '张三 · 住建局 (not verified)')
})
