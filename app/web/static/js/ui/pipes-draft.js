// Drawing on trial: an alignment that is drawn, moved or brought in, and its conflicts while it moves.

import { fromGeoJson, toGeoJson } from '../model/drawing.js'
import { pathLength } from '../model/measure.js'
import { length } from '../model/format.js'
import { weightOf } from '../model/conflicts.js'
import { newId } from '../model/fields.js'
import { tableOfCheck } from '../model/rule-tables.js'
import { adjustedMark } from './adjusted.js'
import { button, el, replace, section } from './dom.js'
import { proposeWay } from './pipes-help.js'
import { classWord, figureOf, metres, verdictMark } from './pipes-parts.js'

const FIELDS = ['pipe_class', 'subclass', 'owner_id', 'nominal_mm', 'outside_mm', 'material', 'laying', 'pressure_mpa', 'voltage_kv', 'depth_ref', 'start_depth_m', 'end_depth_m']
const FIRST = { pipe_class: 'JS', nominal_mm: 200, outside_mm: 222, laying: 'direct', depth_ref: 'crown', start_depth_m: 1.2, end_depth_m: 1.2 }
const WAIT_MS = 60
const MOST_ROWS = 60

export function draftPart(desk) {
  const { app, calls, tool, marks, overlay } = desk
  let fields = null, codes = [], owners = [], values = { ...FIRST }, before = null, moves = '', shape = null, result = null, fault = null
  let timer = null, asking = false, again = false, shownIn = null, answer = null, help = null, left = false
  return { load, render, leave, keeps: () => false, marked: mark, clicked: () => Boolean(shape), tipAt, given: () => { tool.close(); show() }, tool: { drawn, changed, chosen: () => {} } }

  async function load() {
    if (!fields) {
      const asked = await app.notices.during(app.t('draft.loading'), () => Promise.all([app.api.form('pipe'), calls.codes(), app.api.table('organisation', { limit: 500 })]))
      if (!asked) return
      fields = FIELDS.map((name) => asked[0].fields.find((field) => field.name === name)).filter(Boolean)
      codes = asked[1].codes
      owners = asked[2].rows
      warm()
    }
    const wanted = app.themes.owned().moves ?? ''
    if (wanted !== moves) await take(wanted)
  }

  // The first question makes the server read the network; it is put while somebody still aims.
  function warm() {
    const { lng, lat } = desk.view.map.getCenter()
    calls.liveCheck({ geometry: { type: 'LineString', coordinates: [[lng, lat], [lng + 1e-5, lat]] }, attributes: FIRST, replaces: '' }).catch(() => {})
  }

  /** Takes an existing pipe up to be moved; '' puts it back. */
  async function take(id) {
    moves = id
    clear()
    values = { ...FIRST }
    if (!id) return
    const row = await app.notices.during(app.t('draft.loading'), () => app.api.row('pipe', id))
    if (!row || left || moves !== id) return
    before = row
    values = Object.fromEntries(row.values.filter(({ column }) => FIELDS.includes(column)).map(({ column, value }) => [column, value]))
    shape = fromGeoJson(row.geometry)
    tool.goTo(row.geometry)
    tool.open(shape)
    soon(0)
  }

  function clear() {
    tool.close()
    shape = null
    result = null
    fault = null
    before = null
    overlay.clear('help')
    marks.show([])
  }

  // --- the panel ---
  function render(parent) {
    shownIn = parent
    const { t } = app
    if (!fields) return replace(parent, el('p', { class: 'empty' }, t('draft.failed')))
    answer = el('div', { class: 'draft-answer', 'aria-live': 'polite' })
    help = el('div', { class: 'draft-help' })
    replace(parent,
      el('header', { class: 'detail-head' }, el('h2', { tabindex: '-1' }, moves ? t('draft.moving', { id: moves }) : t('draft.title')), el('p', { class: 'hint' }, t(tool.mode() === 'draw' ? 'section.drawing' : shape ? 'draft.drag' : 'draft.how'))),
      actions(), help, answer,
      section(t('draft.attributes'), el('div', { class: 'edit-form' }, fields.map(field))))
    told()
    return null
  }

  function show() {
    if (shownIn && !left) render(shownIn)
  }

  function actions() {
    const { t } = app
    const file = el('input', { type: 'file', class: 'visually-hidden', tabindex: -1, 'aria-label': t('draft.bring'), accept: '.geojson,.json,.gpkg,.zip,.kml,.kmz,.dxf,.shp', onchange: () => bring(file.files[0]) })
    const isDrawing = tool.mode() === 'draw'
    return el('div', { class: 'out-line' },
      isDrawing ? button(t('section.finish'), () => tool.finish(), { class: 'primary', 'data-key': 'finish' }) : button(t(shape && !moves ? 'draft.again' : 'draft.draw'), start, { class: shape ? '' : 'primary', 'data-key': 'draw' }),
      isDrawing ? button(t('draft.step_back'), () => tool.stepBack(), { 'data-key': 'step-back' }) : null,
      button(t('draft.bring'), () => file.click(), { 'data-key': 'bring' }), file,
      shape || moves ? button(t('draft.drop'), drop, { 'data-key': 'drop' }) : null,
      shape && !isDrawing ? button(t(moves ? 'draft.save_move' : 'draft.save'), save, { class: 'primary', 'data-key': 'save' }) : null)
  }

  function field({ name, label, kind, unit, options, minimum, maximum }) {
    const choices = name === 'subclass' ? codes.filter((one) => one.class === values.pipe_class).map((one) => [one.code, one.label])
      : name === 'owner_id' ? owners.map((one) => [one.organisation_id, (app.words.language() === 'en' && one.name_en) || one.name]) : options.map((one) => [one.code, one.label])
    const isNumber = kind === 'int' || kind === 'float'
    const set = () => {
      values = { ...values, [name]: control.value === '' ? null : isNumber ? Number(control.value) : control.value, ...(name === 'pipe_class' ? { subclass: null } : {}) }
      if (name === 'pipe_class') show()
      soon(0)
    }
    const control = choices.length || name === 'subclass'
      ? el('select', { id: `draft-${name}`, onchange: set, 'data-key': `draft-${name}` }, el('option', { value: '' }, app.t('class.unknown')), choices.map(([code, word]) => el('option', { value: code, selected: code === values[name] }, word)))
      : el('input', { id: `draft-${name}`, type: isNumber ? 'number' : 'text', step: 'any', min: minimum, max: maximum, value: values[name] ?? '', placeholder: app.t('class.unknown'), oninput: set, 'data-key': `draft-${name}` })
    return el('div', { class: 'field' }, el('label', { for: `draft-${name}` }, app.words.of(label), unit ? el('span', { class: 'field-unit' }, ` ${unit}`) : null), el('div', { class: 'field-value' }, control))
  }

  // --- the line ---
  function start() {
    clear()
    tool.draw('LineString')
    app.shell.sheetTo('half')
    show()
  }

  function drawn(next) {
    shape = next
    tool.open(shape)
    app.shell.sheetTo('half')
    show()
    soon(0)
  }

  function changed(next) {
    if (tool.mode() === 'draw') {
      const line = toGeoJson(next)
      if (line) { shape = next; soon(WAIT_MS) }
      return
    }
    shape = next
    soon(WAIT_MS)
  }

  function drop() {
    clear()
    if (moves) app.themes.keep({ moves: null })
    moves = ''
    values = { ...FIRST }
    show()
  }

  async function bring(file) {
    if (!file) return
    const form = new FormData()
    form.append('file', file)
    const found = await app.notices.during(app.t('draft.reading'), () => calls.alignment(form))
    if (!found) return
    clear()
    const [first] = found.lines
    shape = fromGeoJson({ type: 'LineString', coordinates: first.coordinates })
    tool.goTo({ coordinates: first.coordinates })
    tool.open(shape)
    if (found.count > 1) app.notices.offer(app.t('draft.longest', { n: found.count }), app.t('action.close'), () => {})
    show()
    soon(0)
  }

  // --- asking while it moves: one question at a time, the last one always asked ---
  function soon(wait) {
    clearTimeout(timer)
    timer = setTimeout(ask, wait)
  }

  async function ask() {
    const geometry = shape && toGeoJson(shape)
    if (!geometry || left) return
    if (asking) { again = true; return }
    asking = true
    try {
      result = await calls.liveCheck({ geometry, attributes: stated(), replaces: moves })
      fault = null
    } catch (failure) {
      fault = failure
    }
    asking = false
    if (left || !shape) return
    mark()
    told()
    if (again) { again = false; ask() }
  }

  /** What differs from the pipe that is moved; of a new one all that is known. */
  function stated() {
    const old = before ? Object.fromEntries(before.values.map(({ column, value }) => [column, value])) : {}
    const changed = Object.entries(values).filter(([name, value]) => (value ?? null) !== (old[name] ?? null))
    return Object.fromEntries(changed)
  }

  function mark() {
    const classes = app.styles.legends.verdict.classes
    marks.show((result?.rows ?? []).map((row) => ({ id: row.conflict_id, lon: row.lon, lat: row.lat, weight: weightOf(row), color: classes[row.verdict].color, shape: classes[row.verdict].shape, row })))
  }

  function tipAt(latlng) {
    const [near] = marks.at(latlng)
    return near ? { name: other(near.row), figure: `${app.t(`verdict.${near.row.verdict}`)} · ${figureOf(app, near.row)}` } : null
  }

  function other(row) {
    const isA = row.a_id === result.pipe_id
    const [layer, id] = isA ? [row.b_layer, row.b_id] : [row.a_layer, row.a_id]
    return id ? `${classWord(app, layer)} ${id}` : app.t('pipes.cover')
  }

  function told() {
    if (!answer) return
    const { t } = app
    const geometry = shape && toGeoJson(shape)
    if (!geometry) return replace(answer)
    const long = el('p', { class: 'hint' }, t('draft.length', { m: length(pathLength(geometry.coordinates)) }), result ? ` · ${t('draft.near', { n: result.pipes_near })}` : '')
    if (fault) return replace(answer, long, el('div', { class: 'error', role: 'alert' }, el('p', {}, fault.message), fault.fix ? el('p', {}, fault.fix) : null))
    if (!result) return replace(answer, long, el('p', { class: 'hint' }, t('draft.checking')))
    const rank = { conflict: 0, possible: 1, unverified: 2 }
    const rows = [...result.rows].sort((a, b) => rank[a.verdict] - rank[b.verdict] || (b.severity_score ?? 0) - (a.severity_score ?? 0) || (b.deficit_m ?? 0) - (a.deficit_m ?? 0))
    return replace(answer, long,
      el('div', { class: 'verdict-bar' }, Object.entries(result.counts).map(([code, n]) => el('div', { class: 'verdict-chip', 'data-verdict': code }, verdictMark(app, code), el('span', { class: 'chip-count' }, String(n)), el('span', {}, t(`verdict.${code}`))))),
      result.counts.conflict + result.counts.possible > 0 && tool.mode() !== 'draw' ? button(t('help.ask'), propose, { 'data-key': 'help-ask' }) : null,
      result.counts.conflict + result.counts.possible + result.counts.unverified === 0 ? el('p', { class: 'membership' }, t('draft.clear')) : null,
      el('ul', { class: 'neighbour-list' }, rows.slice(0, MOST_ROWS).map((row) => el('li', {}, verdictMark(app, row.verdict), ' ',
        button(other(row), () => desk.goTo(row.lon, row.lat), { class: 'link' }), el('span', { class: 'hint' }, ` ${t(`pipes.check.${row.check}`)} · ${row.verdict === 'unverified' ? '' : `${metres(row.gap_m, t)} / ${metres(row.required_m, t)} · `}`), el('span', { class: `row-figure row-${row.verdict}` }, figureOf(app, row)), ' ', adjustedMark(app, tableOfCheck(row.check), row.rule_id)))),
      rows.length > MOST_ROWS ? el('p', { class: 'hint' }, t('why.more_rows', { n: rows.length - MOST_ROWS })) : null)
  }

  function propose() {
    return proposeWay(desk, { geometry: toGeoJson(shape), attributes: stated(), replaces: moves }, help, (geometry, attributes) => {
      shape = fromGeoJson(geometry)
      values = { ...values, ...Object.fromEntries(Object.entries(attributes).filter(([name]) => FIELDS.includes(name))) }
      tool.open(shape)
      show()
      soon(0)
    })
  }

  // --- keeping it ---
  async function save() {
    const { t } = app
    const geometry = toGeoJson(shape)
    const known = Object.fromEntries(Object.entries(stated()).filter(([, value]) => value !== null))
    const edit = moves ? { layer: 'pipe', action: 'update', id: moves, values: stated(), geometry, version: before.version }
      : { layer: 'pipe', action: 'create', id: newId('pipe'), values: { ...known, status: 'planned', quality: 'design' }, geometry }
    const saved = await app.notices.during(t('pipes.saving'), () => app.api.edit([edit], t('draft.note')))
    if (!saved) return
    const id = edit.id
    app.notices.offer(t(app.state().scenario ? 'draft.saved_scenario' : 'draft.saved', { id }), t('edit.undo'), async () => app.actions.refreshed((await app.api.undo('undo')).applied))
    clear()
    moves = ''
    desk.show('conflicts', { moves: null })
    desk.choose({ layer: 'pipe', id })
    await app.actions.refreshed(saved.applied)
  }

  function leave() {
    left = true
    clearTimeout(timer)
    clear()
  }
}
