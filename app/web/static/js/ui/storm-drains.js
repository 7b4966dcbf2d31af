// The drains in the storm theme: their load by verdict, the worst of them, the profile of a line.

import { createDrains } from '../map/drains.js'
import { count, decimal } from '../model/format.js'
import { DRAIN_LOOKS, nearestDrain, profileScene } from '../model/drains.js'
import { moment } from '../model/runs.js'
import { button, el, section, svg } from './dom.js'
import { createUpsizing } from './storm-upsizing.js'

const SIZE = { width: 344, height: 190 }
const RESULTS = ['drainage', 'storm', 'upsizing']
const ORDER = ['flooded', 'surcharged', 'bottleneck', 'full', 'free', 'unknown']

/** `redraw` draws the theme's panel again; `run` asks for an analysis with settings. */
export function createDrainPart({ app, map, redraw }) {
  const drains = createDrains(map), { get } = app.api.calls
  const hidden = new Set(), wider = createUpsizing({ app, drains, redraw })
  let told = null, chosen = null, profile = null, facts = null, failed = null
  return { load, panel, paint, hide, clicked, out, remove: drains.remove }

  async function load() {
    failed = null
    if (of() === 'upsizing') { told = null; await wider.load(); return }
    told = await get('api/storm/drains', { of: of() }).catch((failure) => { failed = failure; return null })
  }

  /** Which result is shown: drains alone, together with the surface, or wider pipes compared. */
  function of() {
    const { of: asked } = app.themes.owned()
    return RESULTS.includes(asked) ? asked : RESULTS[0]
  }

  async function show(name) {
    app.themes.keep({ of: name === RESULTS[0] ? null : name })
    chosen = profile = facts = null
    await load()
    paint()
    redraw()
  }

  function paint() {
    if (of() === 'upsizing') { wider.paint(); return }
    drains.show(told?.run ? told.rows : [], hidden)
    drains.choose(chosen)
  }

  function hide() {
    drains.hide()
  }

  function clicked(latlng) {
    if (!told?.run) return
    choose(nearestDrain(told.rows, latlng, drains.reach()))
  }

  async function choose(row, fly = false) {
    chosen = row
    profile = facts = null
    drains.choose(row)
    if (row && fly) drains.flyTo(row)
    redraw()
    if (!row) return
    const pipe = row.layer === 'pipe' ? row.id : pipeAt(row)
    if (!pipe) return
    const [found, said] = await Promise.all([get('api/storm/drains/profile', { pipe, of: of() }).catch(() => null), get('api/storm/drains/facts', { layer: row.layer, id: row.id, of: of() }).catch(() => null)])
    if (chosen !== row) return
    profile = found
    facts = said
    redraw()
    app.shell.sheetTo('half')
  }

  /** A pipe that ends where a manhole stands. */
  function pipeAt({ points: [[lng, lat]] }) {
    const near = ([x, y]) => Math.abs(x - lng) < 2e-6 && Math.abs(y - lat) < 2e-6
    return told.rows.find(({ layer, points }) => layer === 'pipe' && (near(points[0]) || near(points.at(-1))))?.id
  }

  function out() {
    if (!chosen) return false
    choose(null)
    return true
  }

  function panel() {
    const { t } = app
    if (of() === 'upsizing') return el('div', {}, sides(), wider.panel())
    if (failed) return el('p', { class: 'empty' }, failed.message)
    const ask = section(t(of() === 'storm' ? 'drains.ask_coupled' : 'drains.ask'), form())
    if (!told?.run) return el('div', {}, sides(), el('p', { class: 'empty' }, t(of() === 'storm' ? 'drains.no_coupled' : 'drains.no_run')), ask)
    const { run } = told
    return el('div', {}, sides(),
      el('p', { class: 'age' }, moment(run.finished_at), ' · ', el('span', { class: `state state-${run.state}` }, t(`run.state.${run.state}`)), ' · ', t('storm.period', { n: run.parameters.return_period_a })),
      chosen ? chosenPanel() : el('p', { class: 'note' }, t('drains.click')),
      legend(), el('p', { class: 'balance' }, run.notes[0]), worst(),
      el('details', {}, el('summary', {}, t('storm.notes')), el('ul', { class: 'reasons' }, run.notes.slice(1).map((note) => el('li', {}, note)))),
      ask)
  }

  function sides() {
    const { t } = app
    return el('div', { class: 'segmented', role: 'group', 'aria-label': t('drains.of') }, RESULTS.map((name) => button(t(`drains.of.${name}`), () => show(name), { 'aria-pressed': String(of() === name), 'data-key': `drains-${name}` })))
  }

  function legend() {
    const { t } = app
    const of = (verdict, layer) => told.rows.filter((row) => row.verdict === verdict && row.layer === layer).length
    return el('ul', { class: 'drain-legend', 'aria-label': t('drains.legend') }, ORDER.map((verdict) => {
      const pipes = of(verdict, 'pipe'), nodes = of(verdict, 'pipe_node')
      const words = [pipes ? t('drains.pipes', { n: count(pipes) }) : '', nodes ? t('drains.nodes', { n: count(nodes) }) : ''].filter(Boolean).join(' · ') || '0'
      return el('li', {}, button([el('span', { class: 'drain-line', style: { 'border-top': `${Math.min(DRAIN_LOOKS[verdict].weight, 5)}px ${DRAIN_LOOKS[verdict].dash ? 'dashed' : 'solid'} ${DRAIN_LOOKS[verdict].color}` } }), `${t(`drains.verdict.${verdict}`)}  ${words}`], () => { if (!hidden.delete(verdict)) hidden.add(verdict); paint(); redraw() }, { 'aria-pressed': String(!hidden.has(verdict)), class: 'link', 'data-key': `drain-${verdict}` }))
    }))
  }

  function worst() {
    const { t } = app
    if (!told.worst.length) return el('p', { class: 'note' }, t('drains.none_worst'))
    return section(t('drains.worst'), el('ul', { class: 'drain-worst' }, told.worst.map((row) => el('li', {}, button(`${row.id}  ${said(row)}`, () => choose(row, true), { class: 'link', 'data-key': `worst-${row.id}` })))))
  }

  function said(row) {
    const { t } = app
    if (row.verdict === 'unknown') return t('drains.says_unknown', { missing: row.missing === 'no_outfall' ? t('drains.no_outfall') : row.missing })
    if (row.layer === 'pipe') return t('drains.says_pipe', { flow: decimal(row.flow_max_m3_per_s ?? 0, 3), able: decimal(row.capacity_m3_per_s ?? 0, 3), n: decimal(row.limited_min ?? 0, 0) })
    return row.verdict === 'flooded' ? t('drains.says_flood', { m3: decimal(row.flood_m3, 1) }) : t('drains.says_node', { m: decimal(row.surcharge_m ?? 0, 2) })
  }

  function chosenPanel() {
    const { t } = app
    return section(`${t(`drains.kind.${chosen.layer}`)} ${chosen.id}`,
      el('p', {}, el('strong', {}, t(`drains.verdict.${chosen.verdict}`)), ' · ', said(chosen)),
      chosen.layer === 'pipe' && chosen.fullness !== null ? el('p', {}, t('drains.bears', { fill: decimal(100 * chosen.fullness, 0), full: decimal(chosen.full_min ?? 0, 0), speed: decimal(chosen.velocity_max_m_per_s ?? 0, 2) })) : null,
      chosen.clause ? el('p', { class: 'note' }, t('drains.clause', { clause: chosen.clause })) : null,
      facts?.length ? el('details', {}, el('summary', {}, t('drains.facts')), el('ul', { class: 'reasons' }, facts.map((one) => el('li', {}, one)))) : null,
      chosen.stood_in ? el('p', { class: 'note is-unknown' }, t('drains.stood_in', { columns: chosen.stood_in })) : null,
      profile ? drawing() : null)
  }

  function drawing() {
    const { t } = app
    const scene = profileScene(profile, SIZE)
    const path = (points) => points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
    return el('figure', { class: 'drain-profile' }, svg('svg', { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: 'img', 'aria-label': t('drains.profile', { n: decimal(profile.length_m, 0) }) },
      scene.shafts.map(([x, top, low]) => svg('line', { x1: x, x2: x, y1: top, y2: low, class: 'shaft' })),
      scene.pipes.map(({ corners, verdict, chosen: own }) => svg('polygon', { points: path(corners), class: own ? 'pipe is-chosen' : 'pipe', fill: DRAIN_LOOKS[verdict].color, 'fill-opacity': verdict === 'free' ? 0.25 : 0.5 })),
      svg('polyline', { points: path(scene.ground), class: 'ground' }),
      scene.water.map((line) => svg('polyline', { points: path(line), class: 'level' })),
      svg('text', { x: 38, y: 16, 'text-anchor': 'end' }, scene.high.toFixed(1)), svg('text', { x: 38, y: SIZE.height - 22, 'text-anchor': 'end' }, scene.low.toFixed(1)),
      svg('text', { x: SIZE.width - 8, y: SIZE.height - 6, 'text-anchor': 'end' }, `${decimal(profile.length_m, 0)} m`)),
    el('figcaption', {}, el('span', { class: 'key-ground' }, t('drains.ground')), el('span', { class: 'key-level' }, t('drains.level'))))
  }

  function form() {
    const { t } = app
    const period = el('input', { id: 'drain-period', type: 'number', min: 0.25, max: 1000, step: 'any' })
    period.value = told?.run?.parameters.return_period_a ?? (of() === 'storm' ? 20 : 3)
    return el('div', { class: 'storm-form' }, el('label', {}, t('storm.return_period'), period), button(t('drains.go'), () => ask({ return_period_a: period.value }), { class: 'primary', 'data-key': 'drains-go' }))
  }

  async function ask(settings) {
    const wish = of() === 'storm' ? { ...told?.run?.parameters, ...settings, mode: 'record', drains: 'coupled' } : settings
    await app.notices.during(app.t('storm.asking'), () => app.api.askForRun(of(), wish))
    app.work.refresh?.()
    app.notices.say(app.t('storm.asked'))
  }
}
