// The frame of the page: bar, panels that fold, the phone's sheet, tools over the map.

import { choice } from './filters-panel.js'
import { programmeName } from '../model/summary.js'
import { button, el, replace, svg } from './dom.js'
import { KEYS } from './keys.js'
import { emptyPlan } from './plan-panel.js'

const HEIGHTS = ['peek', 'half', 'full']
const at = (id) => document.getElementById(id)

/** Builds the frame in the language of the page; `render` may be called again in another. */
export function createShell(app) {
  const slots = { search: el('div', { class: 'search-slot', role: 'search' }), theme: el('div', { class: 'theme-slot' }), layers: el('div', {}), filters: el('div', { hidden: true }) }
  const foot = { date: el('span'), coordinates: el('span', { class: 'coordinates' }), attribution: el('span', { class: 'attribution' }) }
  const banner = el('div', { class: 'map-theme' })
  const empty = el('div', { class: 'map-empty', hidden: true })
  const tip = el('div', { class: 'map-tip', hidden: true })
  const ruler = el('div', { class: 'measure-box', hidden: true, role: 'status' })
  const tools = el('div', { class: 'map-tools' })
  const help = el('dialog', { class: 'help', 'aria-labelledby': 'help-title' })
  const tabs = el('div', { class: 'tabs', role: 'tablist' })
  const body = at('body')
  let tab = 'layers'
  body.dataset.sheet = 'peek'
  at('map-area').append(banner, tools, el('div', { class: 'map-foot' }, foot.date, foot.coordinates, el('span', { class: 'spacer' }), foot.attribution), empty, tip, ruler, ...folds())
  document.body.append(help)
  sheet()
  return { slots, render, renderState, point, showTip, showMeasure, toggleLeft, sheetTo, covered, openHelp: () => help.showModal() }

  function render() {
    const { t, words, meta } = app
    const lang = words.language()
    const { plan } = meta
    const title = (lang === 'en' && plan.title_en) || plan.title
    document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en'
    document.title = `${title} · ${t('app.name')}`
    at('skip').textContent = t('skip')
    at('left').setAttribute('aria-label', t('left.label'))
    at('right').setAttribute('aria-label', t('right.label'))
    at('map-area').setAttribute('aria-label', t('map.label'))
    at('map').setAttribute('aria-label', t('map.keys'))
    replace(at('bar'),
      button(icon('M3 6h18M3 12h18M3 18h18'), () => toggleLeft(), { class: 'icon-button phone-only', 'aria-label': t('layers.open') }),
      el('h1', { title }, plan.is_demo ? title.replace(/\s*[（(](演示数据|demonstration( data)?)[）)]$/i, '') : title), plan.is_demo ? el('span', { class: 'badge badge-demo' }, t('demo')) : null,
      slots.search, el('span', { class: 'spacer' }),
      app.scenarios.button(), app.work.links(),
      pageLinks(),
      button(lang === 'zh' ? 'English' : '中文', () => app.store.set({ lang: lang === 'zh' ? 'en' : 'zh' }), { lang: lang === 'zh' ? 'en' : 'zh-CN', 'data-key': 'language' }),
      button('?', () => help.showModal(), { class: 'icon-button help-button', 'aria-label': t('keys.help') }),
      button(app.actorName(), () => app.actions.actor(), { class: 'actor', 'data-key': 'actor', title: t('actor.change'), 'aria-label': t('actor.now', { actor: app.actorName() }) }))
    empty.hidden = !app.isEmpty()
    if (!empty.hidden) replace(empty, emptyPlan(app))
    left()
    mapTools()
    renderHelp()
    foot.attribution.textContent = plan.attribution ? `© ${plan.attribution.replace(/^©\s*/, '')}` : t('attribution.none')
    foot.attribution.title = plan.attribution ?? ''
    foot.date.textContent = app.dataState()
    const handle = at('handle').querySelector('button')
    handle.setAttribute('aria-label', t('sheet.handle'))
    renderState()
  }

  function left() {
    const { t } = app
    const mine = (name, text) => el('button', {
      type: 'button', role: 'tab', id: `tab-${name}`, 'aria-selected': String(tab === name), 'aria-controls': `panel-${name}`, tabindex: tab === name ? 0 : -1, 'data-key': `tab-${name}`,
      onclick: () => choose(name), onkeydown: (event) => { if (['ArrowLeft', 'ArrowRight'].includes(event.key)) { choose(name === 'layers' ? 'filters' : 'layers'); at(`tab-${tab}`).focus() } },
    }, text)
    for (const name of ['layers', 'filters']) {
      const slot = slots[name]
      slot.id = `panel-${name}`
      slot.setAttribute('role', 'tabpanel')
      slot.setAttribute('aria-labelledby', `tab-${name}`)
      slot.setAttribute('class', 'tab-body')
      slot.tabIndex = 0
      slot.hidden = tab !== name
    }
    replace(tabs, mine('layers', t('tab.layers')), mine('filters', t('tab.filters')))
    tabs.setAttribute('aria-label', t('left.label'))
    if (!slots.theme.isConnected) at('left').append(el('div', { class: 'side-head' }), slots.theme, tabs, slots.layers, slots.filters)
    replace(at('left').querySelector('.side-head'), el('nav', { class: 'page-links', 'aria-label': t('pages.label') }, pageLinks(), ['runs', 'upload'].map((page) => el('a', { class: 'button', href: `${page}?lang=${app.words.language()}` }, t(`${page}.short`)))), button('×', () => toggleLeft(false), { class: 'icon-button', 'aria-label': t('action.close') }))
  }

  /** The pages beside the map; on a phone they are in the panel, the bar has no room for them. */
  function pageLinks() {
    const { t, words } = app
    return ['readiness', 'rules'].map((page) => el('a', { class: 'button page-link', href: `${page}?lang=${words.language()}` }, t(page === 'rules' ? 'rules.short' : 'ready.short')))
  }

  function choose(name) {
    tab = name
    left()
  }

  /** What follows the state: theme choice, banner, folded panels. */
  function renderState() {
    const { t, state } = app
    body.classList.toggle('fold-left', state().folded.includes('left'))
    body.classList.toggle('fold-right', state().folded.includes('right'))
    replace(slots.theme, choice(app, 'measure', t('filters.measure'), app.measures().map((name) => [name, t(`measure.${name}`)]), false))
    slots.theme.hidden = !app.themes.isScope()
    replace(banner, app.meta.plan.is_demo ? el('span', { class: 'badge badge-demo phone-only' }, t('demo')) : null, shownNow())
    foot.date.textContent = app.dataState()
    for (const side of ['left', 'right']) {
      const fold = document.querySelector(`.fold-of-${side}`)
      const isFolded = state().folded.includes(side)
      fold.textContent = (side === 'left') === isFolded ? '›' : '‹'
      fold.setAttribute('aria-expanded', String(!isFolded))
      fold.setAttribute('aria-label', t(`fold.${side}`))
    }
  }

  /** What the map shows, in one line. */
  function shownNow() {
    const { t, state } = app
    if (!app.themes.isScope()) return el('strong', {}, t(app.themes.current().label))
    const programme = app.summary()?.programme
    return [el('strong', {}, t(`measure.${state().measure}`)), ` ${t(`theme.by_${app.level()}`)}`,
      programme ? ` · ${programmeName(programme, t, app.words.language())}` : '', app.isFiltered() ? ` · ${t('filters.short')}` : '']
  }

  function folds() {
    return ['left', 'right'].map((side) => button('‹', () => {
      const { folded } = app.state()
      app.store.set({ folded: folded.includes(side) ? folded.filter((one) => one !== side) : [...folded, side] })
    }, { class: `fold fold-of-${side}` }))
  }

  function mapTools() {
    const { t, actions } = app
    const tool = (label, content, go, more = {}) => button(content, go, { 'aria-label': label, title: label, ...more })
    replace(tools, tool(t('tool.in'), '+', () => actions.zoom(1)), tool(t('tool.out'), '−', () => actions.zoom(-1)),
      tool(t('tool.all'), icon('M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5'), actions.all),
      tool(t('tool.measure'), icon('M3 16 16 3l5 5L8 21zM7 12l2 2M10 9l2 2M13 6l2 2'), actions.measure, { 'data-key': 'measure', 'aria-pressed': 'false' }),
      tool(t('tool.table'), icon('M3 5h18v14H3zM3 10h18M3 15h18M9 5v14'), actions.table))
  }

  function renderHelp() {
    const { t } = app
    replace(help, el('h2', { id: 'help-title' }, t('keys.title')), el('dl', { class: 'key-list' }, KEYS.flatMap(([key, text]) => [el('dt', {}, key), el('dd', {}, t(text))])),
      el('p', { class: 'hint' }, t('keys.legend')), button(t('action.close'), () => help.close(), { autofocus: true }))
  }

  function point({ lng, lat }) {
    foot.coordinates.textContent = `${Math.abs(lat).toFixed(5)}°${lat >= 0 ? 'N' : 'S'} ${Math.abs(lng).toFixed(5)}°${lng >= 0 ? 'E' : 'W'}`
  }

  function showTip(content, where) {
    tip.hidden = !content
    if (!content) return
    replace(tip, el('strong', {}, content.name), content.figure ? el('span', { class: 'tip-figure' }, content.figure) : null)
    const { clientWidth, clientHeight } = at('map-area')
    tip.style.left = `${Math.min(where.x + 14, clientWidth - tip.offsetWidth - 8)}px`
    tip.style.top = `${Math.min(where.y + 16, clientHeight - tip.offsetHeight - 30)}px`
  }

  function showMeasure(text, on) {
    ruler.hidden = !on
    tools.querySelector('[data-key="measure"]')?.setAttribute('aria-pressed', String(on))
    if (on) replace(ruler, el('span', {}, text), el('span', { class: 'hint' }, app.t('measure.how')), button(app.t('measure.end'), app.actions.measure))
  }

  function toggleLeft(on = !body.classList.contains('show-left')) {
    body.classList.toggle('show-left', on)
    if (on) at(`tab-${tab}`)?.focus()
  }

  function sheetTo(height) {
    body.dataset.sheet = height
  }

  /** Pixels of the map under the phone's sheet; none where panels stand beside the map. */
  function covered() {
    if (!globalThis.matchMedia('(max-width: 720px)').matches) return 0
    return { peek: 112, half: body.offsetHeight * 0.46, full: body.offsetHeight * 0.46 }[body.dataset.sheet] + 24
  }

  // A tap goes to the next height; a drag follows the thumb and settles at the nearest.
  function sheet() {
    const handle = button('', () => {})
    let from = null, moved = false
    handle.addEventListener('pointerdown', (event) => { from = event.clientY; moved = false; handle.setPointerCapture(event.pointerId) })
    handle.addEventListener('pointermove', (event) => {
      if (from === null) return
      if (Math.abs(event.clientY - from) > 6) moved = true
      if (moved) at('right').style.height = `${Math.max(100, body.getBoundingClientRect().bottom - event.clientY)}px`
    })
    handle.addEventListener('pointerup', () => {
      const share = at('right').offsetHeight / body.offsetHeight
      if (moved) sheetTo(share < 0.3 ? 'peek' : share < 0.72 ? 'half' : 'full')
      at('right').style.removeProperty('height')
      from = null
    })
    handle.addEventListener('click', () => {
      if (!moved) sheetTo(HEIGHTS[(HEIGHTS.indexOf(body.dataset.sheet) + 1) % 3])
      moved = false
    })
    at('handle').append(handle)
  }
}

function icon(path) {
  return svg('svg', { viewBox: '0 0 24 24', width: 19, height: 19, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.7, 'aria-hidden': 'true' }, svg('path', { d: path }))
}
