// The report of conflicts: what a meeting has on paper, sections and profiles included.

import { pipeCalls } from './api-pipes.js'
import { VERDICTS } from './model/conflicts.js'
import { count } from './model/format.js'
import { button, el, replace } from './ui/dom.js'
import { openPage } from './ui/page.js'
import { classWord, figureOf, metres, pairWords, verdictMark } from './ui/pipes-parts.js'
import { drawn } from './ui/section-drawing.js'

const NUMBERS = [10, 30, 60, 120]
const FILTERS = ['verdict', 'check', 'severity', 'owner', 'pipe_class', 'township', 'community', 'pipe']
const WIDTH = 700, HEIGHT = 300
const MOST_PROFILES = 12, AT_ONCE = 5

openPage({ title: 'report.title', draw })

async function draw(page) {
  const { t, api, notices } = page
  const calls = pipeCalls(api.calls)
  const query = new URLSearchParams(globalThis.location.search)
  const filter = Object.fromEntries(FILTERS.filter((name) => query.get(name)).map((name) => [name, query.get(name)]))
  const most = NUMBERS.includes(Number(query.get('most'))) ? Number(query.get('most')) : 30
  const found = await notices.during(t('loading'), () => Promise.all([api.meta(), calls.report(filter, most), calls.stamp()]))
  if (!found) return
  const [meta, listed, stamp] = found
  const app = { ...page, meta, styles: meta.styles }
  const body = el('article', { class: 'report' }, head(app, stamp, listed, filter), table(app, listed))
  const status = el('span', { class: 'hint', role: 'status' })
  replace(document.getElementById('report'), tools(app, most, query, status), body)
  await items(app, calls, listed, filter, body, status)
  status.textContent = t('report.ready')
  document.body.dataset.ready = 'true'
}

function tools({ t }, most, query, status) {
  const select = el('select', { 'aria-label': t('report.most'), onchange: () => { query.set('most', select.value); globalThis.location.search = query } },
    NUMBERS.map((n) => el('option', { value: n, selected: n === most }, t('report.first', { n }))))
  return el('div', { class: 'report-tools' }, button(t('report.print'), () => globalThis.print(), { class: 'primary' }), select, status)
}

function head({ t, words }, stamp, listed, filter) {
  const { owner, owner_name: name, verdicts, total } = listed
  return [el('h2', {}, [words.of(stamp.title), t('report.title')].join(' · ')),
    el('p', { class: 'report-stamp' }, stamp.lines.map((line, i) => [i ? ' · ' : '', el(i ? 'span' : 'strong', {}, line)])),
    el('p', {}, [name ?? t('report.all_owners'), VERDICTS.map((code) => `${t(`verdict.${code}`)} ${count(verdicts[code])}`).join('，')].join(' · ')),
    owner ? el('p', { class: 'hint' }, t('report.closed')) : null,
    Object.keys(filter).filter((one) => one !== 'owner').length ? el('p', { class: 'filtered' }, t('report.filtered', { n: count(total) })) : null]
}

function table(app, { rows, owners, owner }) {
  const { t } = app
  const name = (id) => owners.find((one) => one.id === id)?.name ?? ''
  const columns = [owner ? 'report.reference' : 'report.no', 'legend.verdict', 'report.pair', 'pipes.filter.check', 'section.gap', 'section.required', 'pipes.deficit', 'report.owners', 'pipes.filter.answer']
  return el('div', { class: 'scroll-x', tabindex: 0, role: 'region', 'aria-label': t('pipes.list') }, el('table', { class: 'report-table' }, el('caption', { class: 'visually-hidden' }, t('pipes.list')), el('thead', {}, el('tr', {}, columns.map((key) => el('th', { scope: 'col' }, t(key))))),
    el('tbody', {}, rows.map((row, i) => el('tr', {}, el('td', { class: owner ? '' : 'number' }, owner ? row.conflict_id : String(i + 1)), el('td', {}, verdictMark(app, row.verdict), ` ${t(`verdict.${row.verdict}`)}`), el('th', { scope: 'row' }, pairWords(app, row)), el('td', {}, t(`pipes.check.${row.check}`)),
      el('td', { class: 'number' }, metres(row.gap_m, t)), el('td', { class: 'number' }, metres(row.required_m, t)), el('td', { class: 'number' }, figureOf(app, row)),
      el('td', {}, [name(row.a_owner_id), name(row.b_owner_id)].filter(Boolean).join(' – ')),
      el('td', {}, [row.stale ? t('state.stale') : '', ...['a', 'b'].map((side) => row[`${side}_answer`] && t(`pipes.answer.${row[`${side}_answer`]}`))].filter(Boolean).join(' / ') || t('pipes.unanswered')))))))
}

async function items(app, calls, { rows, planned, owner }, filter, body, status) {
  const { t } = app
  for (let first = 0; first < rows.length; first += AT_ONCE) {
    status.textContent = t('report.drawing', { n: first + 1, of: rows.length })
    const told = await app.notices.during(status.textContent, () => calls.reportItems(filter, first, Math.min(AT_ONCE, rows.length - first)))
    if (!told) return
    told.items.forEach((one, k) => body.append(item(app, rows[first + k], one, first + k + 1, owner)))
  }
  for (const id of planned.slice(0, MOST_PROFILES)) {
    const profile = await calls.reportProfile(id, owner).catch(() => null)
    if (!profile) continue
    const title = t('pipes.profile_of', { id })
    body.append(el('section', { class: 'report-item' }, el('h3', {}, title), drawn(app, profile, { title, width: WIDTH, most: HEIGHT, exaggerated: true })))
  }
}

function item(app, row, told, n, owner) {
  const { t } = app
  const { drawing } = told
  const focus = drawing && { check: row.check, verdict: row.verdict, a_id: row.a_id, b_id: row.b_id, gap_m: row.gap_m, required_m: row.required_m, at_m: drawing.focus_m, obstacle: drawing.obstacle }
  const window = drawing?.kind === 'profile' ? [Math.min(Math.max(0, drawing.focus_m - 8), drawing.focus_m - 1), Math.max(Math.min(drawing.length_m, drawing.focus_m + 8), drawing.focus_m + 1)] : null
  const side = told.sides.find((one) => one?.yields)
  const line = (label, value) => [el('dt', {}, label), el('dd', {}, value)]
  return el('section', { class: 'report-item' }, el('h3', {}, verdictMark(app, row.verdict), ` ${n}. ${owner ? `${row.conflict_id} · ` : ''}${pairWords(app, row)} · ${t(`pipes.check.${row.check}`)} · ${figureOf(app, row)}`),
    drawing ? drawn(app, drawing, { title: pairWords(app, row), width: WIDTH, most: HEIGHT, focus, window }) : null,
    el('dl', {}, line(t('why.clause'), told.rule ? [told.rule.standard, told.rule.clause, told.rule.says, told.rule.confidence_label, ...told.rule.changes.map((one) => `${t('rules.changed')} ${one.label} ${one.old} → ${one.value} ${one.unit}（${one.reason} · ${one.author} · ${one.date}）`)].filter(Boolean).join(' · ') : told.row.clause || t('class.unknown')),
      side ? line(t('report.yields'), [`${classWord(app, side.pipe_class)} ${side.id}`, told.yield_rule?.says].filter(Boolean).join(' · ')) : null,
      line(t('pipes.go_to'), `${told.go_to.x.toFixed(3)}, ${told.go_to.y.toFixed(3)}（${told.go_to.crs}） · ${told.go_to.lat.toFixed(6)}, ${told.go_to.lon.toFixed(6)}`),
      told.sides.filter((one) => one?.layer === 'pipe').map((one) => line(one.owner ?? t('pipes.owner_unknown'), one.reply ? [t(`pipes.answer.${one.reply.answer}`), one.reply.note, one.reply.stale ? t('state.stale') : '', one.reply.answered_on].filter(Boolean).join(' · ') : t('pipes.unanswered')))))
}
