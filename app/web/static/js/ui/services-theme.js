// The theme of nearby services: who walks how far to what, and what a change would bring.

import { servicesCalls } from '../api-services.js'
import { createServicesOverlay } from '../map/services-overlay.js'
import { length } from '../model/format.js'
import { button, el, replace } from './dom.js'
import { createCompare } from './services-compare.js'
import { createIndicators } from './services-indicators.js'
import { createNetwork } from './services-network.js'
import { bandsPanel, colourOf, kindPanel, kindsPanel, LEVELS, percent, placesPanel, summaryPanel, wayPanel } from './services-panels.js'
import { createSiting } from './services-siting.js'
import { createWhatIf } from './services-whatif.js'

const MOST_PLACES = 5000
const PROFILES = ['adult', 'older', 'child']

export function create(app, slot, view) {
  const api = servicesCalls(app.api.calls), overlay = createServicesOverlay(view.map)
  const desk = { app, api, overlay, own, said, counted, told: () => told, place, profile, choosePlace, chooseKind, chooseHome, showBands, render: draw, title, kinds: () => told?.kinds ?? [], level, placeName }
  const whatIf = createWhatIf(desk), siting = createSiting(desk), network = createNetwork(desk)
  const compare = createCompare(desk), indicators = createIndicators(desk)
  let told = null, ground = null, homes = null, chosen = null, way = null, bands = null, turn = 0
  return { render, leave, clicked, hovered, out, changed, owns: () => false }

  function own(key) {
    return app.themes.owned()[key]
  }

  function profile() {
    return PROFILES.includes(own('profile')) ? own('profile') : 'adult'
  }

  function place() {
    if (own('community')) return { layer: 'community', id: own('community') }
    return own('township') ? { layer: 'township', id: own('township') } : null
  }

  /** The life circle that the map is coloured by. */
  function level() {
    return LEVELS.includes(own('level')) ? own('level') : '15min'
  }

  /** Words about people: households, or homes where the plan knows no households at all. */
  function said(key, values) {
    return app.t(told?.unit === 'homes' ? `${key}.homes` : key, values)
  }

  function counted() {
    return app.t(told?.unit === 'homes' ? 'services.homes_unit' : 'services.households')
  }

  function placeName(id) {
    return told?.communities.find((one) => one.id === id)?.name ?? id
  }

  async function render() {
    turn += 1
    const mine = turn
    const found = await app.notices.during(app.t('services.loading'), () => api.overview(profile()))
    if (mine !== turn || !found) return
    told = found
    await load()
    if (mine !== turn) return
    draw()
    compare.again()
    ground ??= (await app.api.features('community', { limit: MOST_PLACES }).catch(() => null))?.features ?? []
    if (mine === turn) colour()
  }

  /** Communities by the share of what their households reach, where no kind is chosen. */
  function colour() {
    if (!told || !ground) return
    const at = place()
    const of = new Map(told.communities.filter((one) => !at || one.township_id === at.id || one.id === at.id).map((one) => [one.id, one.cover[level()]]))
    overlay.showPlaces(own('kind') ? [] : ground.filter(({ properties, id }) => of.has(properties.community_id ?? id)).map((feature) => ({ geometry: feature.geometry, color: colourOf(app, of.get(feature.properties.community_id ?? feature.id)) })))
  }

  /** The homes of the chosen kind and place. */
  async function load() {
    homes = own('kind') ? await app.notices.during(app.t('services.loading'), () => api.homes(profile(), own('kind'), place())) : null
    overlay.showHomes(homes?.rows ?? [])
    overlay.showServices(homes?.services ?? [])
    chosen = null
    way = null
    overlay.showWay(null)
  }

  function changed(state, before) {
    if (state.own === before.own) return
    if (['kind', 'community', 'township'].some((key) => state.own[key] !== before.own[key])) load().then(draw)
    else if (state.own.level !== before.own.level) draw()
    if (state.own.profile !== before.own.profile) render()
  }

  function draw() {
    if (!told) return
    indicators.load()
    colour()
    const at = place()
    const one = at ? told[at.layer === 'community' ? 'communities' : 'townships'].find(({ id }) => id === at.id) ?? { ...told.total, name: at.id, empty: true } : told.total
    const kind = told.kinds.find((entry) => entry.rule_id === own('kind')) ?? null
    replace(slot,
      el('header', { class: 'detail-head' },
        kind ? button(`‹ ${app.t('services.all_kinds')}`, () => chooseKind(null), { class: 'back', 'data-key': 'services-kinds' })
          : at ? button(`‹ ${app.t('services.all_places')}`, () => choosePlace(null), { class: 'back', 'data-key': 'services-places' }) : null,
        el('p', { class: 'kind' }, at ? one.name : app.t('services.whole')),
        el('h2', { tabindex: '-1' }, kind ? kind.label : title())),
      el('div', { class: 'segmented', role: 'group', 'aria-label': app.t('services.profile') }, PROFILES.map((name) =>
        button(app.t(`services.profile.${name}`), () => app.themes.keep({ profile: name === 'adult' ? null : name }), { 'aria-pressed': String(name === profile()), 'data-key': `profile-${name}` }))),
      way ? wayPanel(desk, way, () => { chosen = null; way = null; overlay.showWay(null); draw() }) : null,
      kind ? kindPanel(desk, kind, homes, one) : summaryPanel(desk, one, told),
      kind ? null : indicators.panel(),
      whatIf.panel(told),
      compare.panel(),
      siting.panel(told),
      kind ? null : kindsPanel(desk, told, one, at),
      bands ? bandsPanel(desk, bands, () => { bands = null; overlay.showBands([]); draw() }) : null,
      kind || at?.layer === 'community' ? null : placesPanel(desk, told, at),
      kind || at ? null : network.panel(told.network.notes))
  }

  function title() {
    return app.t('services.title')
  }

  function choosePlace(next) {
    app.themes.keep({ community: next?.layer === 'community' ? next.id : null, township: next?.layer === 'township' ? next.id : null })
    if (next) view.goTo({ layer: next.layer, id: next.id }, { maxZoom: 17 })
  }

  function chooseKind(rule) {
    app.themes.keep({ kind: rule })
    slot.closest('.side-right, [data-sheet]')?.scrollTo?.({ top: 0 })
  }

  async function chooseHome(row) {
    chosen = row
    const mine = row
    const found = await app.notices.during(app.t('services.loading'), () => api.way(profile(), own('kind'), { building: row.building_id, door: row.door }))
    if (!found || mine !== chosen) return
    way = found
    overlay.showWay(found.parts)
    overlay.showHomeChosen(row)
    overlay.fit([row, ...(homes?.services ?? []).filter(({ id }) => id === (found.walked_to ?? found.nearest)?.id)])
    app.shell.sheetTo('half')
    draw()
    slot.querySelector('.way')?.scrollIntoView({ block: 'nearest' })
  }

  async function showBands(origin) {
    const found = await app.notices.during(app.t('services.bands_loading'), () => api.bands(profile(), origin))
    if (!found) return
    bands = found
    overlay.showBands(found.bands)
    draw()
  }

  function clicked(hits, latlng) {
    if (whatIf.clicked(latlng, hits) || siting.clicked(latlng)) return true
    const row = homes ? overlay.homeAt(latlng) : null
    if (row) {
      chooseHome(row)
      return true
    }
    const community = hits.find(({ layer }) => layer === 'community') ?? hits.find(({ layer }) => layer === 'township')
    if (community && !(place()?.id === community.id)) choosePlace(community)
    return true
  }

  function hovered(hits, latlng, where) {
    const row = latlng && homes ? overlay.homeAt(latlng) : null
    const hit = hits.find(({ layer }) => layer === 'community'), one = hit && told?.communities.find(({ id }) => id === hit.id)
    const cover = one?.cover[level()]
    app.shell.showTip(row ? { name: `${row.building}${row.door ? ` · ${row.door}` : ''}`, figure: row.walk_m === null ? app.t('services.no_way') : app.t('services.walks', { m: length(row.walk_m) }) }
      : one ? { name: one.name, figure: `${app.t(`services.level.${level()}`)} ${percent(cover.within, cover.judged) ?? app.t('class.unknown')}` } : null, where)
    return true
  }

  function out() {
    if (whatIf.out()) return true
    if (way) { way = null; chosen = null; overlay.showWay(null); draw(); return true }
    if (own('kind')) { chooseKind(null); return true }
    if (place()) { choosePlace(null); return true }
    return false
  }

  function leave() {
    turn += 1
    whatIf.leave()
    app.shell.showTip(null)
    overlay.remove()
  }
}
