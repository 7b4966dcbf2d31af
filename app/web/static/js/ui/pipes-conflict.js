// One conflict: how near, how near it may be, by which clause, who gives way, what both sides say.

import { confidenceMark } from './confidence-mark.js'
import { button, el, section } from './dom.js'
import { classWord, metres, pairWords, verdictMark } from './pipes-parts.js'
import { sectionFigure } from './section-drawing.js'
import { clauseLine } from './why.js'

const ANSWERS = ['agree', 'object', 'will_move', 'note']
const ALONG_M = 8

export async function conflictPanel(desk, id, part) {
  const { app, calls } = desk
  const told = await calls.conflict(id)
  const { t } = app
  const { row } = told
  const classes = { a_class: told.sides[0]?.pipe_class ?? told.sides[0]?.layer, b_class: told.sides[1]?.pipe_class ?? told.sides[1]?.layer }
  drawCut(desk, told.drawing)
  return [
    head(desk, id, part),
    el('header', { class: 'detail-head' },
      el('p', { class: 'kind' }, verdictMark(app, row.verdict), ` ${t(`verdict.${row.verdict}`)} · ${t(`pipes.check.${row.check}`)}`, told.severity ? ` · ${told.severity.label}（${row.severity_score}）` : ''),
      el('h2', { tabindex: '-1' }, pairWords(app, { ...row, ...classes }))),
    figures(app, told),
    told.drawing ? sectionFigure(app, told.drawing, cutOf(told)) : el('p', { class: 'empty' }, t('section.none')),
    ruleSection(app, told),
    section(t('pipes.sides'), told.sides.filter(Boolean).map((side) => sideCard(desk, told, side))),
    goTo(desk, told),
    neighbours(desk, told),
  ]
}

function head(desk, id, part) {
  const { t } = desk.app
  const beside = part.nextTo?.(id)
  const step = (row, text, label) => button(text, () => beside.open(row), { class: 'icon-button', disabled: !row, 'aria-label': label, title: label, 'data-key': `step-${label}` })
  return el('div', { class: 'step-line' }, button(`‹ ${t(part.nextTo ? 'pipes.to_list' : 'pipes.back')}`, () => desk.choose(null), { class: 'back', 'data-key': 'back' }),
    beside && beside.at >= 0 ? [el('span', { class: 'hint' }, `${beside.at + 1} / ${beside.of}`), step(beside.before, '↑', t('pipes.before')), step(beside.after, '↓', t('pipes.after'))] : null)
}

function figures({ t }, { row, missing }) {
  const one = (label, value, more = '') => el('div', { class: `figure-box ${more}` }, el('dt', {}, label), el('dd', {}, value))
  const short = row.verdict === 'unverified' ? one(t('pipes.missing'), missing.map(({ label }) => label).map((label) => label.zh && document.documentElement.lang.startsWith('en') ? label.en : label.zh).join('、') || t('class.unknown'), 'is-unknown')
    : one(t('pipes.deficit'), row.deficit_m ? metres(row.deficit_m, t) : t('pipes.within_error'), `is-${row.verdict}`)
  return [el('dl', { class: 'figure-line' }, one(t('section.gap'), metres(row.gap_m, t)), one(t('section.required'), metres(row.required_m, t)), short),
    row.length_short_m ? el('p', { class: 'hint' }, t('pipes.length_short', { m: row.length_short_m.toFixed(1) })) : null,
    row.reason ? el('p', { class: 'hint' }, t(`pipes.reason.${row.reason}`)) : null]
}

function cutOf({ row, drawing }) {
  const { focus_m: at, kind, length_m: length } = drawing
  const window = kind === 'profile' ? [Math.min(Math.max(0, at - ALONG_M), at - 1), Math.max(Math.min(length, at + ALONG_M), at + 1)] : null
  return { title: row.conflict_id, exaggerated: false, window, focus: { check: row.check, verdict: row.verdict, a_id: row.a_id, b_id: row.b_id, gap_m: row.gap_m, required_m: row.required_m, at_m: at, obstacle: drawing.obstacle } }
}

function drawCut({ overlay }, drawing) {
  overlay.lines('cut', drawing?.kind === 'section' ? [drawing.line] : [], { color: '#111827', weight: 2, dashArray: '6 4', casing: '#ffffff' })
}

function ruleSection(app, told) {
  const { t } = app
  const side = told.sides.find((one) => one?.yields)
  return section(t('why.clause'), el('ul', { class: 'why-list' },
    told.rule ? clauseLine(app, told.rule) : el('li', {}, told.row.clause || t('class.unknown'), ' ', told.row.confidence ? confidenceMark(app, told.row.confidence) : null),
    told.other_rule ? [el('li', { class: 'hint' }, t('pipes.beside', { m: metres(told.row.other_required_m, t) })), clauseLine(app, told.other_rule)] : null),
  side || told.yield_rule ? el('div', { class: 'yields' }, el('strong', {}, side ? t('pipes.yields', { who: `${classWord(app, side.pipe_class)} ${side.id}` }) : t('pipes.yields_open')),
    told.yield_rule ? el('ul', { class: 'why-list' }, clauseLine(app, told.yield_rule)) : null) : null)
}

// --- the sides and what they say ---
function sideCard(desk, told, side) {
  const { app } = desk
  const { t, words } = app
  const color = side.pipe_class ? app.styles.legends.pipe_class.classes[side.pipe_class]?.color : null
  const known = side.facts.filter((fact) => !fact.unknown), missing = side.facts.filter((fact) => fact.unknown && ['outside_mm', 'start_depth_m', 'quality'].includes(fact.column))
  return el('div', { class: 'side-card' },
    el('p', { class: 'side-head-line' }, color ? el('span', { class: 'dot dot-pipe', style: { background: color } }) : null,
      el('strong', {}, side.pipe_class ? classWord(app, side.pipe_class) : words.of(side.layer_label), ' '), button(side.name, () => (side.layer === 'pipe' ? desk.choose({ layer: 'pipe', id: side.id }) : app.select({ layer: side.layer, id: side.id }, { go: true })), { class: 'link' }),
      el('span', { class: 'side-owner' }, side.owner ?? (side.layer === 'pipe' ? t('pipes.owner_unknown') : ''))),
    el('p', { class: 'row-line' }, known.map((fact) => `${words.of(fact.label)} ${fact.shown}${fact.unit ? ` ${fact.unit}` : ''}`).join(' · '),
      missing.length ? el('span', { class: 'is-unknown' }, ` · ${t('pipes.lacks', { field: missing.map((fact) => words.of(fact.label)).join('、') })}`) : null),
    side.layer === 'pipe' ? replyOf(desk, told, side) : null)
}

function replyOf(desk, told, side) {
  const { app } = desk
  const { t } = app
  const { reply } = side
  const line = reply ? el('p', { class: `reply reply-${reply.answer}` }, el('strong', {}, t(`pipes.answer.${reply.answer}`)), reply.stale ? [' ', el('span', { class: 'badge badge-stale' }, t('state.stale'))] : null,
    reply.note ? el('span', {}, ` ${reply.note}`) : null, el('span', { class: 'hint' }, ` ${reply.answered_on} · ${reply.by} `),
    button(t('history.open'), () => historyOf(desk, reply.reply_id), { class: 'link' }))
    : el('p', { class: 'reply hint' }, t('pipes.unanswered'))
  return el('div', { class: 'reply-box' }, line, reply?.stale ? el('p', { class: 'filtered' }, t('pipes.reply_stale')) : null, side.may_answer ? answerForm(desk, told, side) : null)
}

function answerForm(desk, told, side) {
  const { app, calls } = desk
  const { t } = app
  const note = el('input', { type: 'text', maxlength: 1000, placeholder: t('pipes.note'), 'aria-label': t('pipes.note_of', { who: side.owner }), value: side.reply?.note ?? '', 'data-key': `note-${side.side}` })
  const keep = async (answer) => {
    const saved = await app.notices.during(t('pipes.saving'), () => calls.reply(told.row.conflict_id, { organisation_id: side.owner_id, answer, note: note.value }))
    if (!saved) return
    app.notices.offer(t('pipes.answered', { who: side.owner, answer: t(`pipes.answer.${answer}`) }), t('edit.undo'), async () => { await app.api.takeBack(saved.change_ids); desk.refresh() })
    await desk.refresh()
  }
  return el('div', { class: 'answer-form', role: 'group', 'aria-label': t('pipes.answer_of', { who: side.owner }) }, note,
    el('div', { class: 'answer-buttons' }, ANSWERS.map((code) => button(t(`pipes.answer.${code}`), () => keep(code), { 'data-key': `answer-${side.side}-${code}`, 'aria-pressed': String(side.reply?.answer === code), class: `chip answer-${code}` }))))
}

async function historyOf({ app, refresh }, id) {
  const { openHistory } = await import('./history.js')
  return openHistory(app, { layer: 'reply', id, name: id }, async (change) => {
    if (await app.notices.during(app.t('pipes.saving'), () => app.api.restore({ layer: 'reply', id, change_id: change }))) refresh()
  })
}

// --- where ---
function goTo(desk, { go_to: place }) {
  const { t, notices } = desk.app
  const plain = `${place.x.toFixed(3)}, ${place.y.toFixed(3)}`, degrees = `${place.lat.toFixed(7)}, ${place.lon.toFixed(7)}`
  const copy = (text) => button(t('pipes.copy'), async () => { await navigator.clipboard?.writeText(text).catch(() => {}); notices.say(t('pipes.copied')) }, { class: 'link', 'aria-label': `${t('pipes.copy')} ${text}` })
  return section(t('pipes.go_to'), el('dl', { class: 'facts' }, el('dt', {}, `${place.crs} ${t('pipes.xy')}`), el('dd', {}, plain, ' ', copy(plain)), el('dt', {}, t('pipes.degrees')), el('dd', {}, degrees, ' ', copy(degrees))),
    button(t('pipes.show_place'), () => desk.goTo(place.lon, place.lat), { 'data-key': 'show-place' }))
}

function neighbours(desk, { neighbours: near }) {
  const { app } = desk
  if (!near.length) return null
  return section(app.t('pipes.neighbours', { n: near.length }), el('ul', { class: 'neighbour-list' }, near.map((row) => el('li', {}, verdictMark(app, row.verdict), ' ',
    button(pairWords(app, row), () => desk.choose({ layer: 'conflict', id: row.conflict_id }), { class: 'link' }), el('span', { class: 'hint' }, ` ${app.t(`pipes.check.${row.check}`)} · ${row.away_m} m`)))))
}
