// The six phases: bars by community, the day that a slider chooses, the gates before each date, what is late.

import { barOf, dayNumber, dayText, monthsOf, phaseOn, rangeOf, stageOn } from '../model/phases.js'
import { button, el, section, svg } from './dom.js'

const ROW = 22, LEFT = 96, WIDTH = 344
const STATES = ['done', 'done_late', 'running', 'overdue', 'open', 'unknown']

export function stepsPart(desk, told) {
  const { app } = desk
  const { t } = app
  const range = rangeOf(told.rows)
  if (!range) return [el('p', { class: 'empty' }, t('steps.none'))]
  const today = Math.floor(Date.now() / 86_400_000)
  const day = clamp(dayNumber(desk.own('day')) ?? today, range)
  const summary = el('p', { class: 'sums', role: 'status' })
  const chart = el('div', { class: 'wide' })
  const label = el('output', {}, dayText(day))
  const slider = el('input', { type: 'range', min: range[0], max: range[1], value: day, 'aria-label': t('steps.day'), 'data-key': 'steps-day', oninput: () => show(Number(slider.value)), onchange: () => desk.keep({ day: dayText(Number(slider.value)) }) })
  slider.value = String(day)
  const show = (at) => {
    label.textContent = dayText(at)
    slider.setAttribute('aria-valuetext', dayText(at))
    const states = new Map(told.rows.map((row) => [row.community.id, stageOn(row, told.stages, at)]))
    const late = [...states.values()].filter(({ state }) => state === 'overdue').length
    summary.textContent = t('steps.sums', { n: told.rows.length, late })
    summary.classList.toggle('is-bad', late > 0)
    chart.replaceChildren(gantt(desk, told, range, at))
    desk.paintPhases(new Map([...states].map(([id, { state }]) => [id, state])))
  }
  show(day)
  return [el('p', { class: 'note' }, t('steps.says')), el('label', { class: 'day-slider' }, t('steps.day'), ' ', label, slider), summary,
    el('p', { class: 'note legend-line' }, STATES.map((state) => el('span', {}, el('span', { class: `step step-${state}`, 'aria-hidden': 'true' }), t(`steps.state.${state}`)))),
    chart, papers(desk), desk.own('community') ? gates(desk, told) : el('p', { class: 'note' }, t('steps.choose'))]
}

function clamp(value, [low, high]) {
  return Math.min(high, Math.max(low, value))
}

function gantt({ app, keep }, told, range, day) {
  const { t } = app
  const x = (at) => LEFT + ((WIDTH - LEFT - 4) * (at - range[0])) / (range[1] - range[0])
  const height = 18 + ROW * told.rows.length
  const rows = told.rows.map((row, at) => bars(t, told.stages, row, 18 + at * ROW, x, range, day))
  return el('figure', { class: 'gantt' }, svg('svg', { viewBox: `0 0 ${WIDTH} ${height}`, role: 'group', 'aria-label': t('steps.chart', { n: told.rows.length }) },
    monthsOf(range).map((at) => [svg('line', { x1: x(at), x2: x(at), y1: 14, y2: height, class: 'month' }), dayText(at).slice(5, 7) % 3 === 1 ? svg('text', { x: x(at), y: 10, class: 'tick', 'text-anchor': 'middle' }, dayText(at).slice(2, 7)) : null]),
    rows, svg('line', { x1: x(day), x2: x(day), y1: 12, y2: height, class: 'today' }),
    told.rows.map((row, at) => name(row, 18 + at * ROW, () => keep({ community: row.community.id })))))
}

function name(row, y, open) {
  const text = row.community.name.length > 8 ? `${row.community.name.slice(0, 12)}` : row.community.name
  return svg('text', { x: 2, y: y + 14, class: 'gantt-name', role: 'button', tabindex: 0, 'data-key': `gantt-${row.community.id}`, onclick: open, onkeydown: (event) => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); open() } } }, text, svg('title', {}, row.community.name))
}

function bars(t, stages, row, y, x, range, day) {
  let before = null
  return stages.map((stage) => {
    const phase = row.stages[stage.code]
    if (!phase) return null
    const { planned, actual } = barOf(phase, before, range)
    before = dayNumber(phase.due)
    const { state, late } = phaseOn(phase, day, stage.due_kind)
    const words = `${stage.label}：${t(`steps.state.${state}`)}${late ? ` ${t('programme.late', { n: late })}` : ''} · ${t('programme.due', { day: phase.due ?? '?' })}`
    const wide = (from, to) => Math.max(2, x(to) - x(from) - 1)
    const end = actual && clamp(actual[1] ?? day, [actual[0], range[1]])
    return svg('g', {}, svg('title', {}, words),
      svg('rect', { x: x(planned[0]), y: y + 4, width: wide(planned[0], planned[1]), height: ROW - 10, class: `bar-planned bar-${state}` }),
      actual && actual[0] <= day ? svg('rect', { x: x(actual[0]), y: y + 7, width: wide(actual[0], Math.min(end, day)), height: ROW - 16, class: `bar-actual bar-${state}` }) : null,
      state === 'overdue' ? svg('text', { x: x(planned[1]) + 2, y: y + 14, class: 'gantt-late' }, `+${late}`) : null)
  })
}

/** One community: each phase with its gates and the dates that may be recorded. */
function gates(desk, told) {
  const { t } = desk.app
  const row = told.rows[0]
  if (!row) return null
  return section(t('steps.gates', { name: row.community.name }), el('ol', { class: 'gate-steps' }, told.stages.map((stage) => {
    const phase = row.stages[stage.code]
    const own = told.gates.filter((gate) => gate.stage === stage.code)
    const bad = own.some((gate) => row.gates[gate.code].verdict !== 'met')
    return el('li', { class: phase?.done ? 'is-done' : bad ? 'is-waiting' : 'is-open' },
      el('div', { class: 'proposal-head' }, el('strong', {}, stage.label), el('span', { class: 'row-figure' }, phase ? t(stage.due_kind === 'by' ? 'programme.due' : 'steps.from', { day: phase.due ?? '?' }) : t('class.unknown'))),
      el('ul', { class: 'gates' }, own.map((gate) => gateLine(desk, gate, row.gates[gate.code]))),
      phase ? dates(desk, stage, phase) : null)
  })))
}

function gateLine({ app }, gate, state) {
  const { t } = app
  const mark = { met: ['is-good', '✓'], open: ['is-bad', '✕'], unknown: ['is-unknown', '?'] }[state.verdict]
  const open = state.ids.length ? button(t('steps.rows', { n: state.open }), () => app.openTable(state.layer, { [`${state.layer}_id`]: { in: state.ids } }), { class: 'link' }) : null
  return el('li', {}, el('span', { class: mark[0], 'aria-hidden': 'true' }, mark[1]), ' ', gate.label, el('span', { class: 'visually-hidden' }, t(`steps.gate.${state.verdict}`)),
    state.verdict === 'unknown' ? el('span', { class: 'note' }, ` ${t('steps.gate.unknown')}`) : null,
    state.wanting.length ? el('span', { class: 'note is-bad' }, ` ${t('steps.wanting', { what: state.wanting.join(t('services.comma')) })}`) : null, open ? [' ', open] : null)
}

function dates(desk, stage, phase) {
  const { t } = desk.app
  const field = (key, value) => { const input = el('input', { type: 'date', 'aria-label': `${stage.label} ${t(`steps.${key}`)}`, 'data-key': `phase-${stage.code}-${key}` }); input.value = value ?? ''; return input }
  const began = field('started', phase.started), done = field('done', phase.done)
  const note = el('input', { type: 'text', maxlength: 200, placeholder: t('steps.note'), 'aria-label': `${stage.label} ${t('steps.note')}` })
  const save = () => desk.send('phase', { phase: phase.id, started_on: began.value, done_on: done.value, note: note.value })
  return el('details', { class: 'decide' }, el('summary', { 'data-key': `phase-${stage.code}` }, [phase.started ? t('steps.since', { day: phase.started }) : t('steps.not_started'), phase.done ? t('steps.until', { day: phase.done }) : null].filter(Boolean).join(' · ')),
    el('div', { class: 'decide-line' }, el('label', {}, t('steps.started'), began), el('label', {}, t('steps.done'), done)), el('div', { class: 'decide-line' }, note, button(t('selection.save'), save, { class: 'primary', 'data-key': `phase-save-${stage.code}` })))
}

/** The weekly return and the notice, made from the rows. */
function papers(desk) {
  const { app } = desk
  const { t } = app
  const place = desk.place()
  const kinds = place.community ? ['notice'] : ['weekly']
  return section(t('steps.papers'), kinds.map((kind) => el('p', { class: 'paper-line' }, t(`steps.paper.${kind}`), ' ', ['docx', 'xlsx', 'html'].map((format) => el('a', {
    class: 'button', download: '', 'data-key': `paper-${kind}-${format}`, href: app.api.exportUrl(kind, { ...place, format, until: kind === 'weekly' ? desk.own('day') : '' }),
  }, format)))))
}
