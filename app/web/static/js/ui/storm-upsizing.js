// 扩径比选: the worst drains in a wider size, run again, and the chosen ones put into a scenario.

import { count, decimal, money } from '../model/format.js'
import { moment } from '../model/runs.js'
import { button, el, section } from './dom.js'

const SIDES = [['homes', 'homes_before', 'homes_after', 0], ['pressed', 'pressed_before', 'pressed_after', 0], ['came_up', 'came_up_before_m3', 'came_up_after_m3', 1], ['zone', 'zone_before_m2', 'zone_after_m2', 0]]

/** `drains` draws rows on the map; `redraw` draws the theme's panel again. */
export function createUpsizing({ app, drains, redraw }) {
  let told = null, failed = null, ticked = null
  return { load, panel, paint }

  async function load() {
    failed = null
    told = await app.api.calls.get('api/storm/upsizing').catch((failure) => { failed = failure; return null })
    ticked = new Set(told?.rows.filter(({ verdict }) => verdict === 'helps' || verdict === 'not_run').map(({ id }) => id))
  }

  function paint() {
    drains.show((told?.rows ?? []).map((row) => ({ ...row, layer: 'pipe' })), new Set())
    drains.choose(null)
  }

  function panel() {
    const { t } = app
    if (failed) return el('p', { class: 'empty' }, failed.message)
    if (!told?.run) return el('div', {}, el('p', { class: 'empty' }, t('upsizing.no_run')), section(t('upsizing.ask'), form()))
    const { run } = told
    return el('div', {},
      el('p', { class: 'age' }, moment(run.finished_at), ' · ', el('span', { class: `state state-${run.state}` }, t(`run.state.${run.state}`)), ' · ', t('storm.period', { n: run.parameters.return_period_a })),
      told.together ? together() : null,
      told.rows.length ? section(t('upsizing.list'), el('ol', { class: 'upsizing-list' }, told.rows.map(line)), keep()) : el('p', { class: 'note' }, t('upsizing.none')),
      el('ul', { class: 'reasons note' }, run.notes.map((note) => el('li', {}, note))),
      section(t('upsizing.ask'), form()))
  }

  function together() {
    const { t, words } = app
    const all = told.together
    return section(t('upsizing.together', { n: told.rows.filter((row) => row.to_mm !== null).length }),
      el('p', { class: 'exposed-homes', role: 'status' }, headline(all)),
      el('table', { class: 'plain' }, el('thead', {}, el('tr', {}, ['', 'before', 'after'].map((key) => el('th', { scope: 'col' }, key ? t(`upsizing.${key}`) : '')))),
        el('tbody', {}, SIDES.filter(([, before]) => all[before] !== null).map(([name, before, after, digits]) => el('tr', {}, el('th', { scope: 'row' }, t(`upsizing.${name}`)), el('td', {}, decimal(all[before], digits)), el('td', {}, decimal(all[after], digits)))))),
      el('p', {}, t('upsizing.cost', { cost: money(all.cost_fen, words.language()), m: count(Math.round(all.length_m)) })))
  }

  /** One sentence: people first, then manholes. */
  function headline(row) {
    const { t } = app
    if (row.homes_before !== null && row.homes_before !== row.homes_after) return t(row.homes_after < row.homes_before ? 'storm.out_of_risk' : 'storm.into_risk', { n: count(Math.abs(row.homes_before - row.homes_after)) })
    return t('upsizing.relieved', { before: count(row.pressed_before), after: count(row.pressed_after) })
  }

  function line(row) {
    const { t, words } = app
    const size = row.to_mm === null ? `DN${row.from_mm}` : `DN${row.from_mm} → DN${row.to_mm}`
    const tick = row.to_mm === null ? null : el('input', { type: 'checkbox', checked: ticked.has(row.id) ? true : null, 'aria-label': t('upsizing.tick', { id: row.id }), onchange: () => { if (!ticked.delete(row.id)) ticked.add(row.id); redraw() }, 'data-key': `tick-${row.id}` })
    return el('li', {}, tick ?? el('span', {}), el('div', {},
      button(`${row.id}  ${size}`, () => { drains.choose(row); drains.flyTo(row) }, { class: 'link', 'data-key': `upsizing-${row.id}` }),
      el('span', { class: `effect effect-${row.verdict}` }, row.verdict_label),
      el('div', { class: 'note' }, [gains(row), row.cost_fen === null ? '' : money(row.cost_fen, words.language()), row.reason].filter(Boolean).join(' · '))))
  }

  function gains(row) {
    const { t } = app
    return SIDES.slice(0, 3).filter(([, before, after]) => row[after] !== null && row[before] !== row[after]).map(([name, before, after, digits]) => `${t(`upsizing.${name}`)} ${decimal(row[before], digits)} → ${decimal(row[after], digits)}`).join('，')
  }

  function keep() {
    const { t, words } = app
    const chosen = told.rows.filter(({ id }) => ticked.has(id))
    const cost = chosen.reduce((sum, row) => sum + (row.cost_fen ?? 0), 0)
    return el('form', { class: 'keep', onsubmit: put }, el('p', {}, t('upsizing.chosen', { n: chosen.length, cost: money(cost, words.language()) })),
      el('input', { name: 'name', required: true, maxlength: 60, value: t('upsizing.name', { n: chosen.length }), 'aria-label': t('storm.scenario_name'), 'data-key': 'upsizing-name' }),
      button(t('upsizing.put'), null, { type: 'submit', class: 'primary', disabled: !chosen.length, 'data-key': 'upsizing-put' }))
  }

  async function put(event) {
    event.preventDefault()
    const name = new FormData(event.target).get('name')
    const made = await app.notices.during(app.t('storm.adding'), () => app.api.calls.post('api/storm/upsizing', { name, pipes: [...ticked] }))
    if (!made) return
    await app.scenarios.start()
    app.store.set({ scenario: made.id, own: { part: 'measures' } })
    app.notices.say(app.t('upsizing.put_done', { n: made.measures }))
  }

  function form() {
    const { t } = app
    const asked = told?.run?.parameters ?? {}
    const worst = el('input', { type: 'number', min: 1, max: 50, value: asked.worst ?? 10, 'data-key': 'upsizing-worst' })
    const period = el('input', { type: 'number', min: 0.25, max: 1000, step: 'any', value: asked.return_period_a ?? 5 })
    const water = el('select', {}, ['drains', 'coupled'].map((name) => el('option', { value: name, selected: (asked.water ?? 'drains') === name ? true : null }, t(`upsizing.water.${name}`))))
    return el('div', { class: 'storm-form' }, el('label', {}, t('upsizing.worst'), worst), el('label', {}, t('storm.return_period'), period), el('label', {}, t('upsizing.water'), water),
      button(t('upsizing.go'), () => ask({ worst: worst.value, return_period_a: period.value, water: water.value }), { class: 'primary', 'data-key': 'upsizing-go' }))
  }

  async function ask(settings) {
    const asked = told?.run?.parameters ?? {}
    await app.notices.during(app.t('storm.asking'), () => app.api.askForRun('upsizing', { ...asked, ...settings }))
    app.work.refresh?.()
    app.notices.say(app.t('storm.asked'))
  }
}
