// From application to decision: what each community still waits for, its four criteria and score, the opinions.

import { count, decimal } from '../model/format.js'
import { adjustedMark } from './adjusted.js'
import { button, el, section } from './dom.js'

export function selectionPart(desk, told) {
  const { app } = desk
  const { t } = app
  const one = desk.own('community') ? told.rows[0] : null
  return [el('p', { class: 'note' }, t('selection.says')), one ? community(desk, told, one) : ranking(desk, told)]
}

/** Communities by score on one scale; each bar is the weighted sum of its four parts. */
function ranking(desk, told) {
  const { t } = desk.app
  const whole = told.criteria.reduce((sum, row) => sum + row.weight, 0) || 1
  return [el('p', { class: 'legend-line note' }, told.criteria.map((row, at) => el('span', { title: `${row.measure} · ${row.clause} · ${t(`confidence.${row.confidence}`)}` }, el('span', { class: `part-key part-${at}`, 'aria-hidden': 'true' }), `${row.name} ${decimal((100 * row.weight) / whole, 0)} % `, adjustedMark(desk.app, 'selection_criteria', row.code)))),
    el('ol', { class: 'ranking' }, told.rows.map((row) => el('li', {}, button([
      el('span', { class: 'rank-name' }, row.name), el('span', { class: 'rank-state' }, row.state_label ?? t('selection.outside')),
      el('strong', { class: row.score === null ? 'is-unknown' : null }, row.score === null ? t('class.unknown') : decimal(row.score, 1)),
      el('span', { class: 'rank-bar', 'aria-hidden': 'true' }, row.terms.map((term, at) => (term.value === null ? null : el('span', { class: `part-${at}`, style: { width: `${(term.value * told.criteria[at].weight) / whole}%` } })))),
      row.blockers.length ? el('span', { class: 'note is-bad' }, t('selection.waits', { n: row.blockers.length, what: row.blockers[0].message })) : el('span', { class: 'note is-good' }, t('selection.nothing_waits')),
    ], () => desk.keep({ community: row.id }), { class: 'rank-row', 'data-key': `rank-${row.id}` }))))]
}

function community(desk, told, one) {
  const { t } = desk.app
  return [section(t('selection.steps'), el('ol', { class: 'gate-steps' }, told.steps.map((step, at) => stepRow(desk, told, one, step, at))), withdrawal(desk, one)),
    section(t('selection.score', { n: one.score === null ? t('class.unknown') : decimal(one.score, 1) }), criteria(desk, told, one)),
    section(t('selection.opinions'), opinions(desk, told, one))]
}

function stepRow(desk, told, one, step, at) {
  const { app } = desk
  const { t } = app
  const day = one.state === 'withdrawn' ? '' : one.dates[step.code]
  const waits = one.blockers.filter((row) => row.step === step.code)
  const date = el('input', { type: 'date', 'aria-label': t('selection.day_of', { what: step.label }), value: day || null, 'data-key': `step-day-${step.code}` })
  const record = () => (date.value ? desk.send('step', { community: one.id, step: step.code, on: date.value, programme: desk.place().programme }) : date.focus())
  return el('li', { class: day ? 'is-done' : waits.length ? 'is-waiting' : 'is-open' },
    el('div', { class: 'proposal-head' }, el('strong', {}, `${at + 1} ${step.label}`), el('span', { class: 'row-figure' }, day || (waits.length ? t('selection.blocked') : t('selection.ready')))),
    waits.length ? el('ul', { class: 'notes' }, waits.map((row) => el('li', {}, button(row.message, () => app.openTable(row.link.layer, row.link.filter), { class: 'link' })))) : null,
    el('div', { class: 'decide-line' }, date, button(t(day ? 'selection.correct' : 'selection.record'), record, { disabled: waits.length && !day ? true : null, 'data-key': `step-${step.code}` })))
}

function withdrawal(desk, one) {
  const { t } = desk.app
  if (!one.member || one.state === 'withdrawn') return one.state === 'withdrawn' ? el('p', { class: 'is-bad' }, t('selection.withdrawn')) : null
  const reason = el('input', { type: 'text', maxlength: 200, 'aria-label': t('programme.reason'), placeholder: t('programme.reason') })
  return el('details', { class: 'decide' }, el('summary', {}, t('selection.withdraw')), el('div', { class: 'decide-line' }, reason,
    button(t('selection.withdraw'), () => (reason.value.trim() ? desk.send('step', { community: one.id, step: 'withdrawn', reason: reason.value, programme: desk.place().programme }) : reason.focus()), { 'data-key': 'step-withdrawn' })))
}

function criteria(desk, told, one) {
  const { app } = desk
  const { t } = app
  const whole = told.criteria.reduce((sum, row) => sum + row.weight, 0) || 1
  const set = (code, value) => desk.send('criteria', { community: one.id, scores: { [code]: value }, programme: desk.place().programme })
  return [el('table', { class: 'desk-table' }, el('thead', {}, el('tr', {}, ['selection.criterion', 'selection.weight', 'selection.measured', 'selection.value'].map((key) => el('th', { scope: 'col' }, t(key))))),
    el('tbody', {}, told.criteria.map((row, at) => {
      const term = one.terms[at]
      const input = el('input', { type: 'number', min: 0, max: 100, step: 'any', class: 'short', 'aria-label': t('selection.value_of', { what: row.name }), placeholder: term.measured === null ? '?' : decimal(term.measured, 1), disabled: one.member ? null : true, 'data-key': `criterion-${row.code}`, onchange: () => set(row.code, input.value === '' ? null : Number(input.value)) })
      input.value = term.given ? String(term.value) : ''
      return el('tr', {}, el('th', { scope: 'row', title: row.measure }, row.name), el('td', {}, `${decimal((100 * row.weight) / whole, 0)} %`),
        el('td', { class: term.measured === null ? 'is-unknown' : null, title: row.measure }, term.measured === null ? t('class.unknown') : [decimal(term.measured, 1), el('span', { class: 'note' }, ` ${fraction(row.code, term)}`)]),
        el('td', {}, input))
    }))), el('p', { class: 'note' }, t('selection.score_says')), el('ul', { class: 'notes note' }, told.criteria.map((row) => el('li', {}, `${row.name}：${row.measure}（${row.clause}，${t(`confidence.${row.confidence}`)}）`)))]
}

function fraction(code, { part, whole }) {
  const by = code === 'funds' ? 1_000_000 : 1
  return `${count((part ?? 0) / by)}/${count(whole / by)}`
}

function opinions(desk, told, one) {
  const { t } = desk.app
  const asked = new Set(told.opinions.map((row) => row.organisation))
  const rest = told.organisations.filter((row) => !asked.has(row.id))
  const who = el('select', { 'aria-label': t('selection.organisation') }, rest.map((row) => el('option', { value: row.id }, row.name)))
  const day = el('input', { type: 'date', 'aria-label': t('selection.asked_on') })
  return [el('ul', { class: 'opinions' }, told.opinions.map((row) => opinion(desk, told, one, row))),
    rest.length ? el('div', { class: 'decide-line' }, who, day, button(t('selection.ask'), () => (day.value ? desk.send('opinion', { community: one.id, organisation: who.value, asked_on: day.value, programme: desk.place().programme }) : day.focus()), { 'data-key': 'opinion-ask' })) : null]
}

function opinion(desk, told, one, row) {
  const { t } = desk.app
  const answer = el('select', { 'aria-label': t('selection.opinion_of', { who: row.name }), 'data-key': `opinion-${row.organisation}` }, el('option', { value: '' }, t('selection.no_answer')), told.answers.map(({ code, label }) => el('option', { value: code, selected: code === row.opinion }, label)))
  const day = el('input', { type: 'date', 'aria-label': t('selection.answered_on', { who: row.name }), value: row.answered_on || null })
  const save = () => desk.send('opinion', { community: one.id, organisation: row.organisation, opinion: answer.value, answered_on: answer.value ? day.value : '', note: row.note ?? '', programme: desk.place().programme })
  return el('li', { class: row.opinion === 'object' ? 'is-bad' : row.opinion ? null : 'is-silent' }, el('strong', {}, row.name), el('span', { class: 'note' }, t('selection.asked', { day: row.asked_on || '?' })),
    el('div', { class: 'decide-line' }, answer, day, button(t('selection.save'), () => (answer.value && !day.value ? day.focus() : save()), { 'data-key': `opinion-save-${row.organisation}` })))
}
