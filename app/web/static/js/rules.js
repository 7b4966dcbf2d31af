// The page of all rules: what each says, by which clause, and how sure the figure is.

import { createApi, loadWords } from './api.js'
import { createWords } from './i18n.js'
import { count } from './model/format.js'
import { byTable, chosenRules } from './model/rule-list.js'
import { confidenceMark } from './ui/confidence-mark.js'
import { button, el, replace } from './ui/dom.js'
import { createNotices } from './ui/notices.js'
import { ruleFigure } from './ui/rule-figure.js'

const MOST = 300
const ASKED = ['table', 'confidence', 'text']
const { base, static: staticBase, lang } = document.body.dataset
const words = createWords()
const { t } = words
const api = createApi(base, words.language)
const query = new URLSearchParams(globalThis.location.search)
const asked = Object.fromEntries(ASKED.map((key) => [key, query.get(key) ?? '']))
let answer = null
let styles = null
let all = false
const app = { api, t, words, after }

start()

async function start() {
  await speak(query.get('lang') ?? lang)
  app.notices = createNotices(document.body, t)
  const found = await app.notices.during(t('loading'), () => Promise.all([api.rules(), api.meta()]))
  if (!found) return
  ;[answer, { styles }] = found
  build()
}

/** Does `act` if there is one, reads the rules again and says what happened. */
async function after(act, text) {
  const found = await app.notices.during(t('rules.saving'), async () => {
    if (act) await act()
    return api.rules()
  })
  if (!found) return
  answer = found
  show()
  app.notices.say(text)
}

async function speak(language) {
  words.use(await loadWords(staticBase, language), language)
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  document.title = `${t('rules.title')} · ${t('app.name')}`
  document.getElementById('skip').textContent = t('skip')
  replace(document.getElementById('bar'),
    el('a', { class: 'button', href: `./?lang=${language}` }, `‹ ${t('rules.back')}`), el('h1', {}, t('rules.title')), el('span', { class: 'spacer' }),
    button(language === 'zh' ? 'English' : '中文', changeLanguage, { lang: language === 'zh' ? 'en' : 'zh-CN', 'data-key': 'language' }))
}

async function changeLanguage() {
  const language = words.language() === 'zh' ? 'en' : 'zh'
  document.cookie = `lang=${language};path=/;max-age=31536000;samesite=lax`
  await speak(language)
  answer = await api.rules()
  build()
  document.querySelector('[data-key="language"]').focus()
}

function build() {
  const search = el('input', { type: 'search', 'aria-label': t('rules.search'), placeholder: t('rules.search'), oninput: () => ask({ text: search.value }) })
  search.value = asked.text
  const table = el('select', { 'aria-label': t('rules.table'), onchange: () => ask({ table: table.value }) },
    el('option', { value: '' }, t('rules.all_tables')), answer.tables.map(({ name, label, rows }) => el('option', { value: name }, `${label} ${rows}`)))
  table.value = asked.table
  replace(document.getElementById('rules'), el('p', { class: 'hint' }, t('rules.hint')),
    el('div', { class: 'rules-head', role: 'search' }, search, table, el('div', { class: 'confidence-filter', role: 'group', 'aria-label': t('rules.confidence') })),
    el('p', { id: 'rules-count', role: 'status' }), el('div', { class: 'rule-tables', id: 'rule-tables', tabindex: 0, role: 'region', 'aria-label': t('rules.title') }))
  show()
}

function ask(change) {
  Object.assign(asked, change)
  all = false
  const kept = new URLSearchParams(Object.entries({ ...asked, lang: words.language() }).filter(([, value]) => value))
  history.replaceState(null, '', `?${kept}`)
  show()
}

function show() {
  const rules = chosenRules(answer.rules, asked)
  replace(document.querySelector('.confidence-filter'), Object.entries(answer.confidences).map(([code, { rows }]) => el('button', {
    type: 'button', 'aria-pressed': String(asked.confidence === code), 'data-key': `confidence-${code}`, onclick: () => ask({ confidence: asked.confidence === code ? '' : code }),
  }, confidenceMark({ t, styles }, code), ` ${rows}`)))
  document.getElementById('rules-count').textContent = t('rules.count', { n: count(rules.length), all: count(answer.rules.length) })
  const shown = all ? rules : rules.slice(0, MOST)
  replace(document.getElementById('rule-tables'), rules.length ? byTable(shown).map(ruleTable) : el('p', { class: 'empty' }, t('rules.none')),
    shown.length < rules.length ? button(t('rules.more', { n: rules.length - shown.length }), () => { all = true; show() }, { class: 'wide' }) : null)
}

function ruleTable({ label, rules }) {
  const head = ['id', 'what', 'value', 'edition', 'clause', 'confidence', 'source', 'note'].map((key) => el('th', { scope: 'col' }, t(`rules.${key}`)))
  return el('table', { class: 'rule-table' }, el('caption', {}, label), el('thead', {}, el('tr', {}, head)), el('tbody', {}, rules.map(ruleRow)))
}

function ruleRow(rule) {
  const figure = [rule.figure, rule.unit].filter(Boolean).join(' ')
  return el('tr', { class: `is-${rule.confidence}` }, el('th', { scope: 'row', class: 'rule-id' }, rule.rule_id),
    el('td', { class: 'rule-what' }, rule.says), el('td', {}, figure ? confidenceMark({ t, styles }, rule.confidence, { figure, source: rule.source }) : null,
      ruleFigure(app, rule)),
    el('td', {}, rule.standard || ''), el('td', {}, rule.clause || t('rules.no_clause')), el('td', {}, confidenceMark({ t, styles }, rule.confidence)),
    el('td', {}, rule.source_text ? el('span', { title: rule.source }, rule.source_text) : rule.source || ''), el('td', {}, rule.note || ''))
}
