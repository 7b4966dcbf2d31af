// 数据体检: what can be answered now, which missing field unlocks most, the workbook out and back in.

import { createApi, loadWords } from './api.js'
import { createWords } from './i18n.js'
import { rowsLink } from './model/links.js'
import { button, el, replace, section } from './ui/dom.js'
import { runButton, runCounts } from './ui/eligibility.js'
import { createGapReturn } from './ui/gap-return.js'
import { createNotices } from './ui/notices.js'
import { createWhy, stateLine } from './ui/why.js'

const { base, static: staticBase, lang } = document.body.dataset
const MOST_GAPS = 12
const words = createWords()
const { t } = words
const api = createApi(base, words.language)
const query = new URLSearchParams(globalThis.location.search)
const asked = { township: query.get('township') ?? '', everywhere: query.get('everywhere') ?? '', programme: query.get('programme') ?? '' }
const app = { api, words, t, detail: { render: load }, openTable: (layer, filter) => { globalThis.location.href = rowsLink(app, layer, filter) } }
const page = document.getElementById('readiness')
let answer = null

start()

async function start() {
  await speak(query.get('lang') ?? lang)
  app.notices = createNotices(document.body, t)
  app.why = createWhy(app)
  app.gaps = createGapReturn(app, load)
  app.meta = await app.notices.during(t('loading'), () => api.meta())
  if (!app.meta) return
  app.styles = app.meta.styles
  await load()
}

async function load() {
  const found = await app.notices.during(t('ready.loading'), () => api.readiness(asked))
  if (!found) return
  answer = found
  build()
}

async function speak(language) {
  words.use(await loadWords(staticBase, language), language)
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  document.title = `${t('ready.title')} · ${t('app.name')}`
  document.getElementById('skip').textContent = t('skip')
  replace(document.getElementById('bar'),
    el('a', { class: 'button', href: `./?lang=${language}` }, `‹ ${t('rules.back')}`), el('h1', {}, t('ready.title')), el('span', { class: 'spacer' }),
    button(language === 'zh' ? 'English' : '中文', changeLanguage, { lang: language === 'zh' ? 'en' : 'zh-CN', 'data-key': 'language' }))
}

async function changeLanguage() {
  const language = words.language() === 'zh' ? 'en' : 'zh'
  document.cookie = `lang=${language};path=/;max-age=31536000;samesite=lax`
  await speak(language)
  await load()
}

function ask(change) {
  Object.assign(asked, change)
  const kept = new URLSearchParams(Object.entries({ ...asked, lang: words.language() }).filter(([, value]) => value))
  history.replaceState(null, '', `?${kept}`)
  load()
}

function build() {
  const unknown = answer.analyses.reduce((sum, one) => sum + one.rows - one.ready, 0)
  replace(page, el('p', { class: 'ready-lead' }, t(unknown || answer.absent.length ? 'ready.lead' : 'ready.lead_none', { n: unknown.toLocaleString('en-US') })),
    scope(), el('div', { class: 'ready-cards' }, answer.analyses.map(card)), gaps(), app.gaps.section(asked), communities())
}

function scope() {
  const township = el('select', { 'data-key': 'scope-township', onchange: () => ask({ township: township.value }) },
    el('option', { value: '' }, t('filters.all')), app.meta.townships.map((one) => el('option', { value: one.id }, (words.language() === 'en' && one.name_en) || one.name)))
  township.value = asked.township
  const whole = el('input', { type: 'checkbox', 'data-key': 'scope-everywhere', onchange: () => ask({ everywhere: whole.checked ? '1' : '' }) })
  whole.checked = asked.everywhere === '1'
  return el('div', { class: 'rules-head', role: 'search' }, el('label', { class: 'ready-scope' }, t('filters.township'), township),
    app.meta.programmes.length ? el('label', { class: 'ready-scope' }, whole, t('ready.everywhere')) : null)
}

function card(one) {
  const share = one.rows ? Math.round((100 * one.ready) / one.rows) : 0
  const counts = Object.entries(one.result.counts).map(([name, value]) => ({ name, value, label: countLabel(one.name, name) })).filter(({ label }) => label)
  return el('section', { class: 'ready-card' }, el('h2', {}, words.of(one.label)),
    el('p', {}, one.rows ? t('ready.rows', { ready: one.ready.toLocaleString('en-US'), rows: one.rows.toLocaleString('en-US'), share }) : t('ready.nothing')),
    el('span', { class: 'ready-bar', 'aria-hidden': 'true' }, el('span', { style: { width: `${share}%` } })),
    el('p', { class: 'hint' }, one.layers.map((layer) => `${words.of(layer.label)} ${layer.ready} / ${layer.rows}`).join(' · ')),
    answer.absent.filter(({ analysis }) => analysis === one.name).map(({ message }) => el('p', { class: 'filtered' }, message)),
    stateLine(app, one.result), counts.length ? runCounts(app, one.name, counts) : null,
    one.result.state === 'current' ? null : runButton(app, one.name, load))
}

// Counts by verdict have words; counts of work done (pairs compared) are of no interest here.
function countLabel(analysis, name) {
  const of = (domain, code) => words.of(app.meta.domains[domain]?.codes.find((one) => one.code === code)?.label ?? '')
  if (analysis === 'eligibility') {
    const [layer] = name.split('_')
    const label = app.meta.layers.find((one) => one.name === layer)?.label
    return label ? `${words.of(label)}${words.language() === 'en' ? ': ' : ''}${of('rule_verdict', name.slice(layer.length + 1))}` : ''
  }
  return ['conflict', 'possible', 'unverified'].includes(name) ? of('clearance_verdict', name) : ''
}

function gaps() {
  const head = ['ready.field', 'ready.where', 'ready.unlocks', 'ready.n_rows', 'ready.n_households', 'ready.n_communities', 'ready.go']
  const shown = answer.gaps.slice(0, MOST_GAPS)
  return section(t('ready.gaps'), el('p', { class: 'hint' }, t('ready.gaps_how')), shown.length ? el('div', { class: 'scroller', tabindex: 0, role: 'region', 'aria-label': t('ready.gaps') },
    el('table', { class: 'rule-table ready-gaps' }, el('thead', {}, el('tr', {}, head.map((key) => el('th', { scope: 'col' }, t(key))))),
      el('tbody', {}, shown.map((gap) => el('tr', {},
        el('th', { scope: 'row' }, gap.fields.map((field) => words.of(field.label)).join(' + ')), el('td', {}, words.of(gap.layer_label)), el('td', {}, words.of(gap.analysis_label)),
        el('td', { class: 'number' }, gap.rows.toLocaleString('en-US')), el('td', { class: 'number' }, gap.households ? gap.households.toLocaleString('en-US') : t('class.unknown')),
        el('td', { class: 'number' }, String(gap.communities)),
        el('td', {}, el('a', { class: 'link', href: rowsLink(app, gap.link.layer, gap.link.filter), 'aria-label': `${t('ready.open')} ${gap.fields.map((field) => words.of(field.label)).join(' + ')}` }, t('ready.open')))))))) : el('p', { class: 'empty' }, t('ready.gaps_none')),
  answer.gaps.length > MOST_GAPS ? el('p', { class: 'hint' }, t('ready.gaps_more', { n: answer.gaps.length - MOST_GAPS })) : null)
}

function communities() {
  const names = answer.analyses
  return section(t('ready.communities', { n: answer.communities.length }), answer.communities.length ? el('div', { class: 'scroller', tabindex: 0, role: 'region', 'aria-label': t('ready.communities', { n: answer.communities.length }) },
    el('table', { class: 'rule-table' }, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('layer.community')), el('th', { scope: 'col' }, t('layer.township')), names.map((one) => el('th', { scope: 'col' }, words.of(one.label))))),
      el('tbody', {}, answer.communities.map((line) => el('tr', {},
        el('th', { scope: 'row' }, el('a', { class: 'link', href: rowsLink(app, null, null, { layer: 'community', id: line.id }) }, (words.language() === 'en' && line.name_en) || line.name)),
        el('td', {}, line.township ?? t('class.unknown')), names.map((one) => cell(line.cells[one.name]))))))) : el('p', { class: 'empty' }, t('ready.communities_none')),
  Object.values(answer.elsewhere).some(Boolean) ? el('p', { class: 'hint' }, t('ready.elsewhere', { n: Object.values(answer.elsewhere).reduce((sum, n) => sum + n, 0) })) : null)
}

function cell(one) {
  return el('td', { class: `ready-cell is-${one.state}` }, el('span', { class: 'ready-state' }, t(`ready.state_${one.state}`), one.rows ? ` ${one.ready} / ${one.rows}` : ''),
    one.missing.map((field) => el('a', { class: 'link', href: rowsLink(app, field.link.layer, field.link.filter) }, t('ready.missing', { field: words.of(field.label), n: field.rows }))))
}
