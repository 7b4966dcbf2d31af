// Nothing chosen: the programme in five tiles, townships as bars with sums, what needs attention.

import { amount, exactMoney, millions } from '../model/format.js'
import { nameOf, programmeName, totalsOf, valueOf } from '../model/summary.js'
import { el, section } from './dom.js'
import { bar, categoryKey, programmeLinks, schematicMark, tiles } from './parts.js'
import { whyFigure } from './why.js'

export function planPanel(app) {
  const { t, words, summary, meta, isFiltered } = app
  const lang = words.language()
  const data = summary()
  const { programme } = data
  const title = programme ? programmeName(programme, t, lang) : (lang === 'en' && meta.plan.title_en ? meta.plan.title_en : meta.plan.title)
  return [
    el('header', { class: 'detail-head' }, el('p', { class: 'kind' }, t(programme ? 'plan.programme' : 'plan.whole')),
      el('h2', { tabindex: '-1' }, title),
      programme?.name && programme.name !== title ? el('p', { class: 'hint', lang: 'zh-CN' }, programme.name) : null,
      isFiltered() ? el('p', { class: 'filtered', role: 'note' }, t('filters.on')) : null,
      programme ? null : el('p', { class: 'hint' }, t('plan.no_programme'))),
    tiles(app, app.shownTotals(), { open: app.openMeasure }),
    app.isEmpty() ? emptyPlan(app) : null,
    section(t('plan.townships'), programme ? categoryKey(app) : null, townshipTable(app, data)),
    stages(app),
    attention(app, data),
    programmeLinks(app, {}),
  ]
}

function townshipTable(app, data) {
  const { t, words, state, select, shownTotals, shownTownships } = app
  const lang = words.language()
  const townships = shownTownships()
  if (!townships.length) return el('p', { class: 'empty' }, t('plan.no_townships'))
  const longest = Math.max(...townships.map((one) => totalsOf(one).cost_fen ?? 0))
  const hasCost = longest > 0
  const second = hasCost ? 'cost_fen' : 'floor_area_m2'
  const cell = (totals, measure, place = null) => {
    const value = valueOf({ totals }, measure)
    return value === null ? el('td', { class: 'number unknown' }, t('class.unknown'))
      : el('td', { class: 'number', title: measure === 'cost_fen' ? exactMoney(value, lang) : null }, figure(measure === 'cost_fen' && lang === 'en' ? millions(value) : amount(value, measure, lang), measure, place))
  }
  const figure = (text, measure, place) => {
    const scope = place && app.whyScope(measure, place.id ? { at_township: place.id } : {})
    return scope ? whyFigure(app, scope, text, [place.name, t(`measure.${measure}`)].filter(Boolean).join(' ')) : text
  }
  const total = shownTotals()
  return el('table', { class: 'townships' },
    el('caption', { class: 'visually-hidden' }, t('plan.townships')),
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('layer.township')), el('th', { scope: 'col', class: 'number' }, t('measure.communities')),
      el('th', { scope: 'col', class: 'number' }, t('measure.buildings')), el('th', { scope: 'col', class: 'number' }, second === 'cost_fen' ? t('measure.cost_column') : t(`measure.${second}`)))),
    townships.map((one) => el('tbody', {},
      el('tr', { class: state().township === one.id ? 'is-chosen' : '' },
        el('th', { scope: 'row' }, el('button', { type: 'button', class: 'link', 'data-key': `township-${one.id}`, onclick: () => select({ layer: 'township', id: one.id }, { go: true }) }, nameOf(one, lang)), ' ', schematicMark(app, one)),
        ...['communities', 'buildings', second].map((measure) => cell(totalsOf(one), measure, { id: one.id, name: nameOf(one, lang) }))),
      hasCost ? el('tr', { class: 'bar-row' }, el('td', { colspan: 4 }, bar(app, one.categories, longest))) : null)),
    data.unassigned && isPlain(app) && hasAmounts(data.unassigned) ? el('tbody', {}, el('tr', {}, el('th', { scope: 'row' }, t('plan.unassigned')),
      cell(data.unassigned.totals, 'communities'), cell(data.unassigned.totals, 'buildings'), cell(data.unassigned.totals, second))) : null,
    el('tfoot', {}, el('tr', {}, el('th', { scope: 'row' }, t('table.sum')), ...['communities', 'buildings', second].map((measure) => cell(total, measure, {})))))
}

/** What belongs in a plan that holds nothing yet, and the way to bring it. */
export function emptyPlan({ t, words }) {
  return el('div', { class: 'empty' }, el('p', {}, t('plan.empty')),
    el('a', { class: 'button primary', href: `upload?lang=${words.language()}` }, t('plan.bring')))
}

function hasAmounts(place) {
  const { unknown: missing = {}, ...known } = totalsOf(place)
  return [...Object.values(known), ...Object.values(missing)].some((n) => n > 0)
}

function isPlain(app) {
  return Object.keys(app.state().hidden).length === 0
}

function stages(app) {
  const { t, meta, words, store, state, theme } = app
  const counts = theme()?.stageCounts ?? {}
  const known = meta.stages.filter(({ code }) => counts[code] > 0)
  if (!known.length) return null
  return section(t('plan.stages'), el('ul', { class: 'chips' }, known.map(({ code, label }) => el('li', {}, el('button', {
    type: 'button', class: 'chip', 'aria-pressed': String(state().stage === code), 'data-key': `stage-${code}`,
    onclick: () => store.set({ stage: state().stage === code ? null : code }),
  }, `${words.of(label)} ${counts[code]}`)))))
}

function attention(app, data) {
  const { t } = app
  if (!data.attention.length) return section(t('plan.attention'), el('p', { class: 'hint' }, t('plan.attention_none')))
  return section(t('plan.attention'), el('ul', { class: 'attention' }, data.attention.map((one) => el('li', { class: `severity-${one.severity}` }, attentionLine(app, one, 'link'),
    one.parts?.length ? el('ul', { class: 'chips' }, one.parts.map((part) => el('li', {}, attentionLine(app, part, 'chip')))) : null))))
}

/** A line opens its rows in the table, or in the theme that shows them. */
function attentionLine({ openTable, store, shell }, { code, message, link }, look) {
  const open = () => (link.theme ? (store.set({ theme: link.theme, own: link.own, selected: null }), shell.sheetTo('half')) : openTable(link.layer, link.filter))
  return el('button', { type: 'button', class: look, 'data-key': `attention-${code}`, onclick: open }, message)
}
