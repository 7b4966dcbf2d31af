// Puts the page together: one state, one summary, one map; panels read them and nothing else.

import { createApi, loadWords } from './api.js'
import { FIRST_LAYERS, heard, worker } from './early.js'
import { createWords, personName } from './i18n.js'
import { createWorkerLink } from './map/tiles.js'
import { createView } from './map/view.js'
import { nextSelection, stepOut } from './model/choose.js'
import { area, length } from './model/format.js'
import { pipeLabel } from './model/labels.js'
import { isOn, paintPlan, townshipsToZoom } from './model/paintplan.js'
import { FILTERS, filtersOf, fromQuery, isFiltered, MEASURES } from './model/state.js'
import { createStore, differs } from './model/store.js'
import { added, communitiesOf, communityOf, nameOf, themeOf, townshipOf, visibleTownships } from './model/summary.js'
import { followAddress } from './ui/address.js'
import { createDetail } from './ui/detail.js'
import { createFiltersPanel } from './ui/filters-panel.js'
import { hoverText } from './ui/hover.js'
import { listenToKeys } from './ui/keys.js'
import { createLayersPanel } from './ui/layers-panel.js'
import { createNotices } from './ui/notices.js'
import { unknown } from './ui/parts.js'
import { createScenarios } from './ui/scenarios.js'
import { createSearch } from './ui/search.js'
import { createShell } from './ui/shell.js'
import { createTableDrawer } from './ui/table-drawer.js'
import { createThemes, THEMES } from './ui/themes.js'
import { createWhy } from './ui/why.js'
import { createWorkBar } from './ui/work-bar.js'

const { base, static: staticBase, lang } = document.body.dataset
const WHOLE_EARTH = [-180, -60, 180, 70]

const words = createWords()
const store = createStore(fromQuery(globalThis.location.search))
const api = createApi(base, words.language, () => store.get().scenario ?? '')
const app = {
  api, words, store, t: words.t, state: store.get, actions: {},
  summary: () => summary, theme: () => theme, isFiltered: () => isFiltered(store.get()), isEmpty: () => app.meta.layers.every((layer) => layer.rows === 0),
  level: () => ((store.get().z ?? 99) <= switchZoom && app.meta.townships.length ? 'township' : 'community'),
  shownTownships: () => visibleTownships(summary, theme, app.level(), store.get().hidden),
  shownTotals: () => (Object.keys(store.get().hidden).some((key) => key === 'amount' || key === 'stage') ? added(app.shownTownships()).totals : summary.totals),
  measures: () => (summary?.programme ? MEASURES : ['buildings', 'floor_area_m2', 'households', 'communities']),
  actorName, drawn, placeOf: () => chain, nameOfRow, placeName, select, openTable, openMeasure, back, rememberRow, catalogue, dataState, kindName,
  whyScope, unknownLink: (layer, column) => unknown(app, layer, column, columnLabel(layer, column)),
}
let summary = null
let theme = null
let chain = {}
let view = null
let switchZoom = 12 // up to here the theme is that of the townships
let dataDate = null
let summaryTurn = 0
const asked = new Set(FIRST_LAYERS)
const link = createWorkerLink({ worker, heard })

start()

async function start() {
  const language = store.get().lang ?? lang
  words.use({}, language)
  const meta = api.meta().catch((failure) => failure)
  words.use(await loadWords(staticBase, language), language)
  app.notices = createNotices(document.body, app.t)
  app.meta = await meta
  if (app.meta instanceof Error) return app.notices.error(app.meta)
  app.styles = app.meta.styles
  app.meta.domains.service_kind = app.meta.service_kinds
  app.why = createWhy(app)
  app.shell = createShell(app)
  app.work = createWorkBar(app, { changed: async () => { await loadSummary(); await app.themes.render() } })
  app.scenarios = createScenarios(app, { apiOf: (scenario) => createApi(base, words.language, () => scenario), planOf, switched, beside: () => view?.swipe })
  app.layers = createLayersPanel(app.shell.slots.layers, app)
  app.filters = createFiltersPanel(app.shell.slots.filters, app)
  app.detail = createDetail(document.getElementById('detail'), app)
  app.table = createTableDrawer(document.getElementById('table'), app)
  makeActions()
  makeView()
  makeThemes()
  app.shell.render()
  if (store.get().selected) app.shell.sheetTo('half') // an address that names a thing shows it on a phone too
  app.search = createSearch(app.shell.slots.search, app)
  followAddress(store, onReturn)
  store.subscribe(onChange)
  listenToKeys(app.actions)
  sendPlan()
  app.detail.render()
  app.themes.follow()
  await loadSummary()
  await showSelection()
  loadDate()
  app.work.start()
  app.scenarios.start()
  return app.table.render()
}

function makeView() {
  view = createView(document.getElementById('map'), link, {
    bounds: app.meta.plan.bounds ?? WHOLE_EARTH, state: store.get(), words: app.t, textOf: nameOnMap,
    isOn: (layer) => isOn(app.styles, drawn(), layer), townshipsTo: () => switchZoom, covered: app.shell.covered,
    on: {
      moved: (place) => store.set(place), clicked, hovered, pointed: app.shell.point, measured,
      busy: () => app.editor?.isShaping() ?? false,
      loaded: (layer) => { if (store.get().selected?.layer === layer) showSelection() },
      failed: (layer, message) => app.notices.error({ message: app.t('map.layer_failed', { layer: labelOf(layer), message }) }),
    },
  })
  switchZoom = app.meta.townships.length ? townshipsToZoom(view.zoomOfAll()) : 0
  const { lat, lng } = view.map.getCenter()
  store.set({ z: view.map.getZoom(), lat, lon: lng })
  new ResizeObserver(() => view.resize()).observe(document.getElementById('map'))
}

function makeThemes() {
  const at = (id) => document.getElementById(id)
  app.themes = createThemes(app, { strip: at('themes'), slot: at('theme'), detail: at('detail'), view, stylesheets: `${staticBase}css/` })
}

/** The state with the layers that the open theme brings along, under those that the reader chose. */
function drawn() {
  const state = store.get()
  return { ...state, layers: { ...THEMES.find(({ id }) => id === state.theme)?.layers, ...state.layers } }
}

function onChange(state, before) {
  const changed = (...keys) => differs(state, before, keys)
  if (changed('lang')) return changeLanguage(state.lang ?? lang)
  if (changed('theme')) app.themes.follow()
  else app.themes.changed(state, before)
  if (changed(...FILTERS)) loadSummary()
  else if (changed('measure', 'hidden', 'layers', 'theme') || (changed('z') && before.z !== state.z)) retheme()
  if (changed('folded')) requestAnimationFrame(() => view.resize())
  if (changed('folded', 'measure', 'hidden', 'z', 'theme', ...FILTERS)) app.shell.renderState()
  if (changed(...FILTERS, 'hidden')) app.filters.render()
  if (changed('selected')) showSelection()
  if (changed('scenario')) switched()
  if (changed('scenario', 'beside', 'measure', 'layers', 'hidden', ...FILTERS)) app.scenarios.follow()
  if (changed('table', 'rows')) app.table.render()
  return null
}

function retheme() {
  if (!summary) return
  theme = themeOf(summary, store.get().measure)
  sendPlan()
  app.layers.render()
  if (!store.get().selected) app.detail.render()
}

/** The paint plan of another reading of the same plan, in the classes of this one. */
function planOf(other) {
  const names = app.meta.layers.filter((layer) => layer.rows > 0 && layer.geometry.length).map((layer) => layer.name)
  return paintPlan({ styles: app.styles, state: drawn(), names, theme: app.themes.isScope() ? themeOf(other, store.get().measure, theme) : null, switchZoom })
}

/** Everything is read again, through the scenario that was chosen or from the plan. */
async function switched() {
  app.shell.renderState()
  app.work.refresh() // its links lead into the same reading
  works = null
  asked.clear()
  sendPlan()
  await loadSummary()
  await showSelection()
  app.themes.render()
  if (store.get().table) app.table.render()
}

function sendPlan() {
  const state = drawn()
  const present = app.meta.layers.filter((layer) => layer.rows > 0 && layer.geometry.length)
  const plan = paintPlan({ styles: app.styles, state, names: present.map((layer) => layer.name), theme: app.themes.isScope() ? theme : null, switchZoom })
  for (const { layer, minZoom } of plan) if ((state.z ?? 0) >= minZoom - 1) need(layer)
  view.setPlan(plan)
}

function need(name) {
  const layer = app.meta.layers.find((one) => one.name === name)
  if (!layer || layer.rows === 0 || asked.has(name)) return
  asked.add(name)
  link.load(name, api.packUrl(name))
}

async function loadSummary() {
  summaryTurn += 1
  const mine = summaryTurn
  const found = await app.notices.during(app.t('summary.loading'), () => api.summary(filtersOf(store.get())))
  if (!found || mine !== summaryTurn) return
  summary = found
  if (!app.measures().includes(store.get().measure)) store.set({ measure: app.measures()[0] })
  retheme()
  app.shell.renderState()
  app.filters.render()
  app.work.refresh()
  await app.detail.render()
  if (app.isFiltered()) app.notices.say(app.t('summary.said', { n: summary.totals.communities, buildings: summary.totals.buildings }))
}

async function loadDate() {
  const page = await api.table('dataset', { limit: 1, sort: 'delivered_on', desc: 1 }).catch(() => null)
  dataDate = page?.rows[0]?.delivered_on?.slice(0, 10) ?? null
  app.shell.renderState()
}

function dataState() {
  const stale = summary?.attention.filter((one) => one.code === 'stale_result').length ?? 0
  const date = dataDate ? app.t('data.date', { date: dataDate }) : app.t('data.date_unknown')
  return `${date} · ${stale ? app.t('data.stale', { n: stale }) : app.t('data.current')}`
}

/** Chooses one thing (null: nothing); `go` moves the map to it. */
async function select(feature, { go = false, bounds = null } = {}) {
  const selected = feature ? { layer: feature.layer, id: feature.id } : null
  store.set({ selected, ...(go && globalThis.matchMedia('(max-width: 720px)').matches ? { table: null } : {}) })
  if (feature) app.shell.sheetTo('half')
  if (!go || !feature) return
  need(feature.layer)
  const maxZoom = feature.layer === 'building' ? 19 : feature.layer === 'township' ? Math.max(14, switchZoom) : 18
  if (await view.goTo({ ...feature, bounds }, { maxZoom })) return
  const row = await api.row(feature.layer, feature.id).catch(() => null)
  if (row?.bounds) view.goTo({ ...feature, bounds: row.bounds }, { maxZoom })
}

async function showSelection() {
  const { selected } = store.get()
  if (!summary) return
  chain = chainOf(selected)
  if (selected) need(selected.layer)
  view.choose(selected, selected ? selectionName(selected) : '')
  app.table.follow()
  app.editor?.follow()
  await app.detail.render()
  if (selected) app.notices.say(app.t('selection.said', { name: document.querySelector('#detail h2')?.textContent ?? '' }))
}

function chainOf(selected) {
  if (!selected || !summary) return {}
  if (selected.layer === 'township') return { township: selected.id }
  if (selected.layer === 'community') return { community: selected.id, township: communityOf(summary, selected.id)?.township_id }
  return { ...(chain.of === selected.id ? chain : {}), [selected.layer]: selected.id }
}

/** The row of a chosen building tells where it belongs; needed after a link or a reload. */
function rememberRow(row) {
  const community = row.links.find((link) => link.relation === 'to' && link.layer === 'community')?.rows[0]?.id
  chain = { of: row.id, [row.layer]: row.id, community, township: community ? communityOf(summary, community)?.township_id : undefined }
}

function selectionName({ layer, id }) {
  const place = layer === 'township' ? townshipOf(summary, id) : layer === 'community' ? communityOf(summary, id) : null
  return place ? nameOf(place, words.language()) : `${labelOf(layer)} ${id}`
}

function back() {
  const out = stepOut(store.get().selected, chain)
  const place = out && (out.layer === 'township' ? townshipOf(summary, out.id) : communityOf(summary, out.id))
  return { text: place ? nameOf(place, words.language()) : app.t(app.themes.isScope() ? 'detail.to_plan' : app.themes.current().label), go: () => select(out, { go: Boolean(out) }) }
}

function clicked(hits, latlng) {
  if (app.themes.clicked(hits, latlng)) return
  const next = nextSelection(hits, chain, app.level())
  if (next || hits.length === 0) select(next)
  if (!next) app.shell.sheetTo('peek')
  if (next?.layer === 'building') chain = { ...chain, of: next.id }
}

function hovered(hits, where, latlng) {
  if (app.themes?.hovered(hits, latlng, where)) return
  const target = hits.length ? nextSelection(hits, chain, app.level()) : null
  view.hover(target && !(target.layer === store.get().selected?.layer && target.id === store.get().selected?.id) ? target : null)
  const hit = target && hits.find((one) => one.layer === target.layer && one.id === target.id)
  app.shell.showTip(hit && summary ? hoverText(app, hit) : null, where)
}

function nameOnMap({ layer, values }) {
  if (layer === 'service' || layer === 'building') return values.number ?? values.name
  if (layer === 'pipe') return pipeLabel(values, app.t)
  return (words.language() === 'en' && values.name_en) || values.name
}

function measured(result) {
  if (!result) return app.shell.showMeasure('', false)
  const text = result.points < 2 ? app.t('measure.start') : `${app.t('measure.length')} ${length(result.length_m)}${result.area_m2 ? ` · ${app.t('measure.area')} ${area(result.area_m2, words.language())}` : ''}`
  return app.shell.showMeasure(text, true)
}

function openTable(layer, rows = null) {
  store.set({ table: layer, rows })
}

/** What `api/why` is asked for a total as it is shown; null where the legend hides a part of it. */
function whyScope(figure, place = {}) {
  if (Object.keys(store.get().hidden).length && !place.at_community) return null
  return { figure, ...filtersOf(store.get()), ...place }
}

/** The rows behind a tile of the plan, a township or a community. */
function openMeasure(layer, measure, townshipId = null, communityId = null) {
  const programme = summary.programme?.id
  const inside = communityId ? [communityId] : (townshipId ? [townshipOf(summary, townshipId)] : app.isFiltered() ? app.shownTownships() : [])
    .flatMap((township) => (township?.communities ?? []).filter((one) => one.in_programme !== false).map((one) => one.id))
  const rows = inside.length ? { community_id: { in: inside } } : {}
  if (programme) Object.assign(rows, layer === 'community_item' ? { programme_id: { in: [programme] } } : { '@programme': programme })
  openTable(layer, Object.keys(rows).length ? rows : null)
}

/** Edit mode comes with its first use: whoever only looks does not wait for it. */
async function editor() {
  const { createEditor } = await import('./ui/editor.js')
  app.editor ??= createEditor(app, { map: view.map, refresh: refreshAfter })
  return app.editor
}

/** Everything on the page that shows what was saved, asked for anew; what is chosen stays chosen. */
async function refreshAfter(applied) {
  for (const { layer: name, action, revision } of applied) {
    const layer = app.meta.layers.find((one) => one.name === name)
    if (name === 'scenario') app.scenarios.start() // a merge was taken back or brought again
    if (!layer) continue
    Object.assign(layer, { revision, rows: layer.rows + { create: 1, update: 0, delete: -1 }[action] })
    if (name === 'work_item') works = null
    if (asked.delete(name) || layer.rows === 1) need(name)
  }
  const total = loadSummary()
  if (applied.some(({ layer }) => layer === store.get().table)) app.table.refresh()
  app.layers.render()
  app.themes.render()
  await total
}

function actorName() {
  const { actor } = app.meta
  return actor?.name ? `${personName(actor.name, app.t)}${actor.authenticated ? '' : app.t('actor.unverified')}` : app.t('actor.local')
}

let works = null

function catalogue() {
  works ??= api.table('work_item', { limit: 500 }).then((page) => new Map(page.rows.map((row) => [row.work_item_id, row])))
  return works
}

function makeActions() {
  Object.assign(app.actions, {
    search: () => app.search.focus(),
    theme: (n) => { if (THEMES[n]) app.themes.choose(THEMES[n].id) },
    layers: () => {
      if (globalThis.matchMedia('(max-width: 720px)').matches) return app.shell.toggleLeft()
      return store.set({ folded: store.get().folded.includes('left') ? store.get().folded.filter((side) => side !== 'left') : [...store.get().folded, 'left'] })
    },
    table: () => summary && (store.get().table ? store.set({ table: null, rows: null }) : openMeasure(store.get().selected?.layer === 'building' ? 'building' : 'community', 'communities')),
    measure: () => (view.ruler.isOn() ? view.ruler.stop() : view.ruler.start()),
    zoom: (step) => view.zoomBy(step), all: () => view.goToAll(), help: () => app.shell.openHelp(),
    edit: async () => (await editor()).toggle(), create: async (layer) => (await editor()).create(layer), actor: async () => (await editor()).actor(),
    refreshed: refreshAfter,
    history: async (name) => (await editor()).history({ ...store.get().selected, name }),
    takeBack: async (way) => (await editor()).takeBack(way), typing: (control) => app.editor?.isTyping(control) ?? false,
    out: () => {
      if (app.editor?.stop()) return null
      if (view.ruler.isOn()) return view.ruler.stop()
      if (app.themes.out()) return null
      if (document.getElementById('body').classList.contains('show-left')) return app.shell.toggleLeft(false)
      return store.get().selected ? back().go() : store.set({ table: null, rows: null })
    },
  })
}

async function changeLanguage(language) {
  words.use(await loadWords(staticBase, language), language)
  document.cookie = `lang=${language};path=/;max-age=31536000;samesite=lax`
  app.shell.render()
  app.search = createSearch(app.shell.slots.search, app)
  await loadSummary()
  view.refreshNames()
  app.editor?.render()
  app.themes.render()
  await app.table.render()
  document.querySelector('[data-key="language"]')?.focus()
}

function onReturn(state) {
  if (state.z !== null && state.lat !== null) view.setView(state)
}

function columnLabel(layer, column) {
  return words.of(app.meta.layers.find((one) => one.name === layer)?.columns.find((one) => one.name === column)?.label ?? column)
}

/** The name of a township or community by its id, where the page knows it. */
function nameOfRow(layer, id) {
  const place = !summary ? null : layer === 'township' ? townshipOf(summary, id) : layer === 'community' ? communityOf(summary, id) : null
  return place ? nameOf(place, words.language()) : null
}

/** A township or community by its Chinese name, in the language of the page. */
function placeName(name) {
  const place = summary && [...summary.townships, ...communitiesOf(summary)].find((one) => one.name === name)
  return place ? nameOf(place, words.language()) : null
}

function labelOf(layer) {
  return words.of(app.meta.layers.find((one) => one.name === layer)?.label ?? layer)
}

function kindName(code) {
  const found = app.meta.service_kinds.codes.find((one) => one.code === code)
  return found ? words.of(found.label) : app.t('class.unknown')
}
