// The themes of the map page: which there are, and the one that is open; its module comes with its first use.

import { adjustedNote } from './adjusted.js'
import { button, el, replace } from './dom.js'

/**
 * In the order of the strip and of the keys 1–9. `load` brings a module that exports `create(app, slot, view)`
 * (see CONTRIBUTING); `css` is its style sheet; `layers` are on or off while the theme is open, unless the
 * reader said otherwise; `rules` are the tables that it judges by. Without `load` the theme is that of the panels that are always here.
 */
export const THEMES = [
  { id: 'scope', label: 'themes.scope' },
  { id: 'pipes', label: 'themes.pipes', css: 'pipes', layers: { pipe: true }, rules: ['clearance', 'dig_saving'], load: () => import('./pipes-theme.js') },
  { id: 'services', label: 'themes.services', css: 'services', layers: { gate: true, wall: true, walkway: true, service: true }, rules: ['facilities', 'life_circle', 'complete_community'], load: () => import('./services-theme.js') },
  { id: 'storm', label: 'themes.storm', css: 'storm', layers: {}, rules: ['rainstorm', 'storm_surfaces', 'storm_terms', 'storm_measure_cost', 'stormwater_design', 'flood_hazard_classes', 'roughness', 'runoff_coefficients'], load: () => import('./storm-theme.js') },
  { id: 'programme', label: 'themes.programme', css: 'programme', rules: ['check_rules', 'consent_thresholds', 'cost_rates', 'eligibility_rules', 'funding_sources', 'item_benefit', 'item_consent', 'item_unit_cost', 'phases', 'scope_items', 'scope_rules', 'selection_criteria', 'unit_costs'], load: () => import('./programme-theme.js') },
]

const SHARED = ['community', 'township'] // places that a theme takes over as its own filter

/** `strip`, `slot` and `detail` are elements of the shell; the open theme draws into `slot` and on `view`. */
export function createThemes(app, { strip, slot, detail, view, stylesheets }) {
  let open = null // { id, theme }
  let turn = 0
  return { follow, render, changed, choose, owned, keep, current, isScope, clicked, hovered, out, covers }

  function current() {
    return THEMES.find(({ id }) => id === app.state().theme) ?? THEMES[0]
  }

  function isScope() {
    return !current().load
  }

  /** Opens a theme; the place that is chosen becomes its filter. */
  function choose(id) {
    if (!THEMES.some((one) => one.id === id) || id === current().id) return
    const { selected } = app.state()
    const own = SHARED.includes(selected?.layer) && id !== THEMES[0].id ? { [selected.layer]: selected.id } : {}
    app.store.set({ theme: id, own, selected: id === THEMES[0].id ? selected : null })
    app.shell.sheetTo('half')
  }

  /** What the open theme keeps in the address: its own short texts by name. */
  function owned() {
    return app.state().own
  }

  /** Puts some of them there; null takes one away. */
  function keep(patch) {
    const own = Object.fromEntries(Object.entries({ ...app.state().own, ...patch }).filter(([, value]) => value !== null && value !== undefined && value !== ''))
    app.store.set({ own })
  }

  /** After the theme of the address changed: the one before goes with everything it drew. */
  async function follow() {
    turn += 1
    const mine = turn, wanted = current()
    open?.theme.leave()
    open = null
    slot.replaceChildren()
    renderStrip()
    covers()
    if (!wanted.load) return
    app.shell.sheetTo('half')
    const room = el('div', { class: `theme theme-${wanted.id}` }, el('p', { class: 'loading' }, app.t('loading')))
    slot.append(...[adjustedNote(app, wanted.rules ?? []), room].filter(Boolean))
    if (wanted.css) dress(wanted.css)
    const module = await app.notices.during(app.t(wanted.label), wanted.load)
    if (mine !== turn || !module) return
    open = { id: wanted.id, theme: module.create(app, room, view) }
    covers()
    await open.theme.render()
  }

  /** Language, scenario or rows are others now: everything is told and asked for anew. */
  async function render() {
    renderStrip()
    await open?.theme.render()
  }

  function changed(state, before) {
    covers()
    open?.theme.changed?.(state, before)
  }

  /** Shows the theme's panel or the detail: whose the chosen thing is, theirs is the side. */
  function covers() {
    const { selected } = app.state()
    const isTheme = !isScope() && (!selected || !open || Boolean(open.theme.owns?.(selected)))
    const wasTheme = detail.classList.contains('is-covered')
    slot.hidden = !isTheme
    detail.classList.toggle('is-covered', isTheme)
    if (isTheme) detail.replaceChildren()
    else if (wasTheme) app.detail.render()
    return isTheme
  }

  function clicked(hits, latlng) {
    return Boolean(open?.theme.clicked?.(hits, latlng))
  }

  function hovered(hits, latlng, where) {
    return Boolean(open?.theme.hovered?.(hits, latlng, where))
  }

  function out() {
    return Boolean(open?.theme.out?.())
  }

  function renderStrip() {
    strip.setAttribute('aria-label', app.t('themes.label'))
    replace(strip, THEMES.map(({ id, label }, i) => button([app.t(label), el('kbd', { 'aria-hidden': 'true' }, String(i + 1))], () => choose(id), {
      class: 'theme-tab', 'data-key': `theme-${id}`, 'aria-current': id === current().id ? 'true' : null, 'aria-keyshortcuts': String(i + 1),
    })))
  }

  function dress(name) {
    if (document.getElementById(`css-${name}`)) return
    document.head.append(el('link', { id: `css-${name}`, rel: 'stylesheet', href: `${stylesheets}${name}.css` }))
  }
}
