// The conflicts of the plan: verdicts with counts, filters that hold together, a list beside the map.

import { count } from '../model/format.js'
import { countsOf, filtered, FILTERS, filtersOf, rowsOf, toggled, VERDICTS, weightOf } from '../model/conflicts.js'
import { button, el, replace } from './dom.js'
import { classWord, figureOf, metres, pairWords, stateBanner, verdictMark } from './pipes-parts.js'
import { createVirtualList } from './virtual-list.js'

const ROW_PX = 62
const WARM_AFTER_MS = 400
const SELECTS = ['owner', 'cls', 'severity', 'township', 'community', 'check', 'answer']
const SERVER = { cls: 'pipe_class' }

export function conflictsPart(desk) {
  const { app, calls, marks } = desk
  let data = null, rows = [], shown = [], askedFor = null, list = null, last = null
  return { load, render, leave, clicked, tipAt, nextTo, marked: mark }

  async function load(again = true) {
    const filter = data && data.total > rows.length ? serverFilter() : {}
    const key = JSON.stringify(filter)
    if (data && !again && key === askedFor) return
    askedFor = key
    data = await app.notices.during(app.t('pipes.loading'), () => calls.conflicts(filter))
    if (!rows.length && data?.total) warm(data.columns.conflict_id[0])
    rows = data ? rowsOf(data.columns) : []
    if (data?.mine && !FILTERS.some((name) => app.themes.owned()[name]) && data.owners.some(({ id }) => id === data.mine)) app.themes.keep({ owner: data.mine })
  }

  // The first section makes the server read the network; it is asked for while the list is read.
  function warm(id) {
    setTimeout(() => calls.conflict(id).catch(() => {}), WARM_AFTER_MS)
  }

  // A list that does not fit is filtered where all of it is.
  function serverFilter() {
    const own = app.themes.owned()
    return Object.fromEntries(FILTERS.filter((name) => own[name] && name !== 'answer').map((name) => [SERVER[name] ?? name, own[name]]))
  }

  function filters() {
    return filtersOf(app.themes.owned())
  }

  async function render(parent) {
    if (!data) return replace(parent, el('p', { class: 'empty' }, app.t('pipes.failed')))
    if (data.total > rows.length) { await load(false); mark() }
    const { t } = app
    list?.remove()
    list = createVirtualList(desk.scroller, { height: ROW_PX, label: t('pipes.list'), row: rowView, open: (row) => open(row) })
    const isNew = data.state.state === 'never_run'
    replace(parent, el('header', { class: 'detail-head' }, el('h2', { tabindex: '-1', class: 'visually-hidden' }, t('pipes.part.conflicts'))),
      stateBanner(desk, data.state, 'conflicts'),
      isNew ? el('p', { class: 'empty' }, t('pipes.teach')) : [
        verdictBar(), filterBar(), outLine(),
        data.total > rows.length ? el('p', { class: 'filtered' }, t('pipes.cut_off', { n: count(rows.length), total: count(data.total) })) : null,
        shown.length ? list.element : el('p', { class: 'empty' }, t(rows.length ? 'pipes.filtered_away' : 'pipes.none')),
      ])
    list.show(shown, (row) => row.conflict_id)
    if (last) list.reveal(last)
    last = null
    return null
  }

  function mark(selected = null) {
    if (selected?.layer === 'conflict') last = selected.id
    shown = filtered(rows, filters())
    marks.show(shown.map((row) => ({ id: row.conflict_id, lon: row.lon, lat: row.lat, weight: weightOf(row), ...lookOf(row.verdict), row })))
  }

  function lookOf(verdict) {
    const { color, shape } = app.styles.legends.verdict.classes[verdict]
    return { color, shape }
  }

  // --- above the list ---
  function verdictBar() {
    const { t } = app
    const counts = countsOf(rows, filters(), 'verdict'), own = app.themes.owned()
    return el('div', { class: 'verdict-bar', role: 'group', 'aria-label': t('legend.verdict') }, VERDICTS.map((code) => el('button', {
      type: 'button', class: `verdict-chip verdict-${code}`, 'data-key': `verdict-${code}`, 'aria-pressed': String((own.verdict ?? '').split(',').includes(code)),
      onclick: () => app.themes.keep({ verdict: toggled(own.verdict, code) }),
    }, verdictMark(app, code), el('span', { class: 'chip-count' }, count(counts.get(code) ?? 0)), el('span', {}, t(`verdict.${code}`)))))
  }

  function filterBar() {
    const { t } = app
    const own = app.themes.owned()
    const set = SELECTS.filter((name) => own[name])
    const rest = SELECTS.slice(1)
    const more = el('details', { class: 'pipes-filters' }, el('summary', {}, t('pipes.more_filters'), rest.some((name) => own[name]) ? ` (${rest.filter((name) => own[name]).length})` : ''), rest.map((name) => choice(name)))
    more.open = rest.some((name) => own[name])
    return el('div', {}, choice('owner'), more,
      set.length || own.pipe || own.verdict ? el('p', { class: 'filtered' }, t('pipes.shown_of', { n: count(shown.length), total: count(data.total) }), ' ',
        own.pipe ? el('span', {}, `${t('pipes.of_pipe', { id: own.pipe })} `) : null,
        button(t('pipes.clear'), () => app.themes.keep(Object.fromEntries(FILTERS.map((one) => [one, null]))), { class: 'link', 'data-key': 'clear-filters' })) : null)
  }

  function choice(name) {
    const { t } = app
    const counts = countsOf(rows, filters(), name), own = app.themes.owned()[name] ?? ''
    const codes = [...new Set([...counts.keys(), ...own.split(',').filter(Boolean)])].map((code) => [code, wordOf(name, code)]).sort(orderOf(name))
    const select = el('select', { 'data-key': `filter-${name}`, onchange: () => app.themes.keep({ [name]: select.value || null }) },
      el('option', { value: '' }, t('pipes.all')), codes.map(([code, word]) => el('option', { value: code, selected: code === own }, `${word}（${count(counts.get(code) ?? 0)}）`)))
    return el('label', { class: 'field' }, el('span', {}, t(`pipes.filter.${name}`)), select)
  }

  function orderOf(name) {
    const level = (code) => -(data.severities.find((one) => one.code === code)?.level ?? 0)
    return ([a, one], [b, two]) => (name === 'severity' ? level(a) - level(b) : one.localeCompare(two, 'zh'))
  }

  function wordOf(name, code) {
    const { t } = app
    if (code === 'unknown' && !['cls'].includes(name)) return t(name === 'township' || name === 'community' ? 'pipes.outside' : 'class.unknown')
    if (name === 'owner') return data.owners.find(({ id }) => id === code)?.name ?? code
    if (name === 'cls') return classWord(app, code) || t('class.unknown')
    if (name === 'severity') return data.severities.find((one) => one.code === code)?.label ?? code
    if (name === 'township' || name === 'community') return app.nameOfRow(name, code) ?? code
    return t(`pipes.${name}.${code}`)
  }

  function outLine() {
    const { t } = app
    const own = app.themes.owned()
    const asked = { ...Object.fromEntries(FILTERS.filter((name) => own[name] && name !== 'answer').map((name) => [SERVER[name] ?? name, own[name]])) }
    const link = (text, href) => el('a', { class: 'button', href }, text)
    return el('div', { class: 'out-line' }, el('span', { class: 'hint' }, t('pipes.out')), link('XLSX', calls.exportUrl('conflicts', { ...asked, format: 'xlsx' })), link('GeoPackage', calls.exportUrl('conflicts', { ...asked, format: 'gpkg' })),
      el('a', { class: 'button', href: calls.reportUrl(asked), target: '_blank', rel: 'noopener' }, t('pipes.report')),
      el('span', { class: 'hint' }, t('pipes.survey_out')), ['xlsx', 'dxf'].map((format) => el('a', { class: 'button', href: calls.exportUrl('pipes', { owner: own.owner, format }), 'aria-label': `${t('pipes.survey_out')} ${format.toUpperCase()}` }, format.toUpperCase())))
  }

  // --- one row ---
  function rowView(row) {
    const { t } = app
    const owner = (id) => data.owners.find((one) => one.id === id)?.name
    const answers = ['a', 'b'].filter((side) => row[`${side}_answer`]).map((side) => t(`pipes.answer.${row[`${side}_answer`]}`))
    return [verdictMark(app, row.verdict),
      el('span', { class: 'row-name' }, el('span', { class: 'visually-hidden' }, `${t(`verdict.${row.verdict}`)} `), pairWords(app, row)),
      el('span', { class: `row-figure row-${row.verdict}` }, figureOf(app, row)),
      el('span', { class: 'row-line' }, [t(`pipes.check.${row.check}`), row.verdict === 'unverified' ? null : `${metres(row.gap_m, t)} / ${metres(row.required_m, t)}`,
        [owner(row.a_owner_id), owner(row.b_owner_id)].filter((name, i, all) => name && all.indexOf(name) === i).join(' – ')].filter(Boolean).join(' · ')),
      el('span', { class: 'row-tail' }, row.stale ? el('span', { class: 'badge badge-stale' }, t('state.stale')) : answers.length ? answers.join(' / ') : data.severities.find((one) => one.code === row.severity)?.label ?? '')]
  }

  function open(row) {
    desk.choose({ layer: 'conflict', id: row.conflict_id })
    desk.goTo(row.lon, row.lat)
  }

  /** The rows before and after one, in the order of the list. */
  function nextTo(id) {
    const at = shown.findIndex((row) => row.conflict_id === id)
    return { at, of: shown.length, before: at > 0 ? shown[at - 1] : null, after: at >= 0 && at < shown.length - 1 ? shown[at + 1] : null, open }
  }

  // --- the map ---
  function clicked(hits, latlng) {
    const near = marks.at(latlng)
    if (!near.length) return false
    const at = near.findIndex(({ id }) => id === app.state().selected?.id)
    desk.choose({ layer: 'conflict', id: near[(at + 1) % near.length].id })
    return true
  }

  function tipAt(latlng) {
    const near = marks.at(latlng)
    if (!near.length) return null
    return { name: pairWords(app, near[0].row), figure: [app.t(`verdict.${near[0].row.verdict}`), figureOf(app, near[0].row), near.length > 1 ? app.t('pipes.more_here', { n: near.length - 1 }) : ''].filter(Boolean).join(' · ') }
  }

  function leave() {
    list?.remove()
    marks.show([])
  }
}
