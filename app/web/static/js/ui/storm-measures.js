// 措施前后: measures drawn in a scenario, both sides run, households out of risk for the money; money and risk apart.

import { count, decimal, money } from '../model/format.js'
import { drawnShape, isFilled, measureWish } from '../model/measures.js'
import { adjustedMark } from './adjusted.js'
import { button, el, section } from './dom.js'

const SIDES = ['before', 'after']

export function createMeasures(desk) {
  const { app, api, water } = desk
  let told = null, kind = null, points = [], pipe = null, typed = {}, shown = 'after'
  return { panel, load, clicked, out, leave, paint, shows: () => shown }

  async function load() {
    told = await app.notices.during(app.t('storm.loading'), api.measures)
    water.showMeasures(told?.measures ?? [])
    if (!told?.compare.ready && shown === 'difference') shown = 'after'
  }

  /** The picture that belongs to what is being looked at. */
  async function paint() {
    if (told?.compare.ready) {
      const found = await api.difference().catch(() => null)
      if (found) return water.show(found)
    }
    return desk.showMinute(null)
  }

  function panel() {
    const { t } = app
    if (!told) return el('p', { class: 'loading' }, t('loading'))
    return el('div', {}, el('p', { class: 'note' }, t('storm.measures_say')),
      app.state().scenario ? el('div', {}, answer(), tools(), drafts(), list(), rerun()) : starter(), moneyPanel())
  }

  // --- drawing ---
  function starter() {
    const { t } = app
    return el('form', { class: 'keep', onsubmit: begin }, el('p', {}, t('storm.scenario_first')),
      el('input', { name: 'name', required: true, maxlength: 60, placeholder: t('storm.scenario_name'), 'aria-label': t('storm.scenario_name'), 'data-key': 'storm-scenario-name' }),
      button(t('storm.scenario_start'), null, { type: 'submit', class: 'primary', 'data-key': 'storm-scenario' }))
  }

  async function begin(event) {
    event.preventDefault()
    const name = new FormData(event.target).get('name')
    const made = await app.notices.during(app.t('storm.loading'), () => app.api.startScenario(name))
    if (!made) return
    await app.scenarios.start()
    app.store.set({ scenario: made.id })
  }

  function tools() {
    const { t } = app
    return section(t('storm.draw'), el('div', { class: 'tools', role: 'group', 'aria-label': t('storm.draw') }, told.kinds.map((one) =>
      button(one.label, () => choose(kind === one ? null : one), { class: 'chip', 'aria-pressed': String(kind === one), 'data-key': `measure-${one.kind}` }))))
  }

  function drafts() {
    const { t } = app
    if (!kind) return null
    const shape = whole()
    const ask = kind.ask ?? (kind.kind === 'bigger_pipe' ? 'nominal_mm' : null)
    const figure = ask ? el('label', {}, t(`storm.ask.${ask}`), el('input', { type: 'number', min: 0, step: 'any', required: true, value: typed.figure ?? '', oninput: (event) => { typed.figure = event.target.value }, 'data-key': 'measure-figure' })) : null
    return el('form', { class: 'storm-form measure-form', onsubmit: add },
      el('p', { class: 'tool-hint', role: 'status' }, t(`storm.hint.${kind.kind === 'bigger_pipe' ? 'pipe' : kind.draw}`), pipe ? ` ${t('storm.pipe_chosen', { id: pipe })}` : ''),
      figure, adjustedMark(app, 'storm_measure_cost', kind.kind), el('label', {}, t('storm.cost'), el('input', { type: 'number', min: 0, step: 'any', placeholder: t('storm.cost_usual', { price: count(kind.unit_cost_yuan), unit: t(`storm.unit.${kind.unit}`) }), value: typed.cost ?? '', oninput: (event) => { typed.cost = event.target.value }, 'data-key': 'measure-cost' })),
      el('div', { class: 'tools' }, button(t('storm.add'), null, { type: 'submit', class: 'primary', disabled: !shape, 'data-key': 'measure-add' }), points.length ? button(t('storm.corner_back'), () => { points = points.slice(0, -1); redraw() }, { 'data-key': 'measure-back' }) : null))
  }

  function whole() {
    return kind.kind === 'bigger_pipe' ? pipe : drawnShape(kind.draw, points)
  }

  function choose(one) {
    kind = one
    points = []
    pipe = null
    typed = {}
    water.map.getContainer().classList.toggle('is-placing', Boolean(kind))
    if (kind?.kind === 'bigger_pipe' && !app.state().layers.pipe) app.store.set({ layers: { ...app.state().layers, pipe: true } })
    redraw()
  }

  function redraw() {
    water.showDraft(points)
    desk.draw()
  }

  function clicked(hits, latlng) {
    if (!kind) return false
    const at = [latlng.lng, latlng.lat]
    if (kind.kind === 'bigger_pipe') pipe = hits.find(({ layer }) => layer === 'pipe')?.id ?? pipe
    else points = kind.draw === 'Point' ? [at] : [...points, at]
    redraw()
    return true
  }

  async function add(event) {
    event.preventDefault()
    const ready = kind.kind === 'bigger_pipe' ? Number(typed.figure) > 0 : isFilled(kind, typed)
    if (!whole() || !ready) return app.notices.error({ message: app.t('storm.figure_missing'), fix: '' })
    const wish = measureWish(kind, kind.kind === 'bigger_pipe' ? undefined : whole(), typed)
    if (kind.kind === 'bigger_pipe') Object.assign(wish, { pipe, nominal_mm: Number(typed.figure) })
    const made = await app.notices.during(app.t('storm.adding'), () => api.addMeasure(wish))
    if (!made) return null
    const again = kind
    await load()
    return choose(again)
  }

  function list() {
    const { t } = app
    if (!told.measures.length) return el('p', { class: 'empty' }, t('storm.no_measure'))
    return el('details', { class: 'block', open: told.measures.length < 7 || !told.compare.ready ? true : null }, el('summary', {}, t('storm.drawn', { n: told.measures.length })), el('ol', { class: 'drafts measures' }, told.measures.map((one) => el('li', {},
      button([el('strong', {}, one.label), ` ${sizeOf(one)} `, el('span', { class: 'note' }, one.cost_fen === null ? t('class.unknown') : money(one.cost_fen, app.words.language()))], () => water.flyTo(one.geometry), { class: 'link' }),
      one.mine ? button('×', () => drop(one), { class: 'close', 'aria-label': t('storm.take_away', { what: one.label }), 'data-key': `drop-${one.id}` }) : null))))
  }

  function sizeOf(one) {
    const unit = told.kinds.find((each) => each.kind === one.kind)?.unit
    return unit && unit !== 'each' ? `${count(Math.round(one.size))} ${app.t(`storm.unit.${unit}`)}` : ''
  }

  async function drop(one) {
    await app.notices.during(app.t('storm.adding'), () => app.api.edit([{ layer: 'storm_measure', action: 'delete', id: one.id, version: one.version }]))
    await load()
    desk.draw()
  }

  // --- before and after ---
  function rerun() {
    const { t } = app
    return el('div', { class: 'tools' }, told.measures.some((one) => one.kind === 'bigger_pipe') ? el('p', { class: 'note' }, t('storm.both_coupled')) : null, button(t('storm.run_both'), async () => {
      const job = await app.notices.during(t('storm.asking'), () => api.runBoth(desk.settings()))
      if (!job) return
      app.work.start()
      app.notices.say(t('storm.asked_both'))
    }, { class: 'primary', disabled: !told.measures.some((one) => one.mine), 'data-key': 'storm-both' }))
  }

  function answer() {
    const { t, words } = app
    const found = told.compare
    if (!found.ready) return el('p', { class: 'note' }, t(`storm.why.${found.why}`))
    const net = found.out.households - found.into.households
    return section(t('storm.result'),
      found.stale.length ? el('p', { class: 'note is-unknown' }, t('storm.both_stale')) : null,
      el('p', { class: 'exposed-homes', role: 'status' }, net >= 0 ? t('storm.out_of_risk', { n: count(net) }) : t('storm.into_risk', { n: count(-net) })),
      el('p', {}, found.per_10k === null ? t('storm.per_unknown') : t('storm.per_10k', { n: decimal(found.per_10k, 2), cost: money(found.cost_fen, words.language()) })),
      el('table', { class: 'plain' }, el('thead', {}, el('tr', {}, ['', 'homes', 'houses', 'zone'].map((key) => el('th', { scope: 'col' }, key ? t(`storm.side.${key}`) : '')))),
        el('tbody', {}, SIDES.map((side) => el('tr', {}, el('th', { scope: 'row' }, t(`storm.${side}`)), el('td', {}, count(found[side].households)), el('td', {}, count(found[side].buildings)), el('td', {}, `${count(found[side].zone_m2)} m²`))))),
      changeLegend(found.steps),
      houses('out', found.out.buildings), houses('into', found.into.buildings))
  }

  function changeLegend(steps) {
    const { t } = app
    const row = (name) => el('li', {}, t(`storm.${name}`), ' ', steps.map((one) => el('span', { class: 'swatch', style: { background: one[name] }, title: `≥ ${one.from_m} m` })))
    return el('div', {}, el('p', { class: 'note' }, t('storm.change_steps', { steps: steps.map((one) => one.from_m).join(' / ') })), el('ul', { class: 'change-legend' }, row('better'), row('worse')))
  }

  function houses(name, rows) {
    if (!rows.length) return null
    return el('details', { open: rows.length < 9 ? true : null }, el('summary', {}, app.t(`storm.${name}_list`, { n: rows.length })), el('ul', { class: 'reasons' }, rows.map((one) => el('li', {}, button(one.name, () => app.store.set({ selected: { layer: 'building', id: one.id } }), { class: 'link' }), ' ', one.households === null ? app.t('class.unknown') : app.t('storm.homes', { n: count(one.households) })))))
  }

  // --- money ---
  function moneyPanel() {
    const { t, words } = app
    const found = told.money
    if (!found) return section(t('storm.money'), el('p', { class: 'empty' }, t('storm.money_none')))
    const place = (layer, id, text) => button(text, () => app.store.set({ selected: { layer, id } }), { class: 'link' })
    return section(t('storm.money'),
      el('p', {}, t('storm.money_outside', { n: found.outside.length, all: found.items, cost: money(found.outside_fen, words.language()) })),
      found.outside.length ? el('details', {}, el('summary', {}, t('storm.money_list')), el('ul', { class: 'reasons' }, found.outside.map((one) => el('li', {}, place('community_item', one.id, `${one.community} ${one.item}`), ' ', one.cost_fen === null ? t('class.unknown') : money(one.cost_fen, words.language()))))) : null,
      el('p', {}, t('storm.money_uncovered', { n: count(found.uncovered_households), places: found.uncovered.length })),
      found.uncovered.length ? el('details', {}, el('summary', {}, t('storm.money_list')), el('ul', { class: 'reasons' }, found.uncovered.map((one) => el('li', {}, one.id ? place('community', one.id, one.community || one.id) : t('storm.no_community'), ' ', t('storm.homes', { n: count(one.households) }), `，${decimal(one.deepest_m, 2)} m`)))) : null)
  }

  function out() {
    if (kind && points.length) { points = points.slice(0, -1); redraw(); return true }
    if (kind) { choose(null); return true }
    return false
  }

  function leave() {
    kind = null
    water.map.getContainer().classList.remove('is-placing')
  }
}
