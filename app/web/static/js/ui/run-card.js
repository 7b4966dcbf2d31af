// One analysis: what it answers, how old its answer is, its counts, and the form that asks anew.

import { personName } from '../i18n.js'
import { count, money } from '../model/format.js'
import { ageLine, duration, editions, faultOf, moment, settingsOf } from '../model/runs.js'
import { button, el, replace } from './dom.js'

const MONEY = new Set(['cost_fen'])

/** `ask(analysis, settings)` queues a run. `adjusted(rules)` tells what the plan changed in them. The card's `update(analysis)` leaves the form as it is. */
export function createRunCard(page, first, { labelOf, ask, adjusted }) {
  const { t } = page
  const head = el('div', { class: 'run-head' })
  const answer = el('div', { class: 'run-answer' })
  const controls = new Map()
  const form = el('details', { class: 'run-form' }, el('summary', {}, t('run.settings', { n: first.parameter_fields.length })),
    el('div', { class: 'run-fields' }, first.parameter_fields.map((field) => fieldRow(page, field, controls))))
  const go = button(t('run.go'), send, { class: 'primary', 'data-key': `go-${first.analysis}` })
  const card = el('article', { class: 'run-card', 'data-analysis': first.analysis, 'aria-label': first.label },
    head, answer, first.parameter_fields.length ? form : null, el('div', { class: 'run-foot' }, go))
  update(first)
  return { card, update }

  function update(analysis) {
    replace(head, el('h2', {}, page.words.of(analysis.label)), el('span', { class: `state state-${analysis.state}` }, t(`run.state.${analysis.state}`)))
    replace(answer, el('p', { class: 'hint' }, page.words.of(analysis.summary)), el('p', { class: 'age' }, ageLine(analysis, { t, labelOf })),
      analysis.reasons.length ? el('ul', { class: 'reasons' }, analysis.reasons.map((reason) => el('li', {}, reason))) : null,
      counts(page, analysis), adjusted(Object.keys(analysis.rules)), results(page, analysis, labelOf), behind(page, analysis, labelOf))
    go.textContent = t(analysis.state === 'never_run' ? 'run.go' : 'run.again')
  }

  async function send() {
    const values = Object.fromEntries([...controls].map(([name, { read }]) => [name, read()]))
    const wrong = first.parameter_fields.filter((field) => !controls.get(field.name).check())
    if (wrong.length) { form.open = true; controls.get(wrong[0].name).input.focus(); return }
    go.disabled = true
    await ask(first.analysis, settingsOf(first.parameter_fields, values))
    go.disabled = false
  }
}

function fieldRow({ t, words }, field, controls) {
  const id = `set-${field.name}`
  const input = control({ t }, field, id)
  const fault = el('span', { class: 'fault', id: `${id}-fault`, role: 'alert' })
  const read = () => (field.kind === 'bool' ? input.checked : input.value)
  const bounds = field.minimum === null && field.maximum === null ? '' : t('run.bounds', { low: field.minimum ?? '−∞', high: field.maximum ?? '∞' })
  const check = () => {
    const wrong = faultOf(field, read())
    fault.textContent = wrong ? t(wrong, { low: field.minimum ?? '', high: field.maximum ?? '' }) : ''
    input.setAttribute('aria-invalid', String(Boolean(wrong)))
    return !wrong
  }
  input.addEventListener('input', check)
  input.setAttribute('aria-describedby', `${id}-fault ${id}-help`)
  controls.set(field.name, { input, read, check })
  return el('div', { class: 'run-field' }, el('label', { for: id }, words.of(field.label)),
    el('span', { class: 'run-value' }, input, field.unit ? el('span', { class: 'unit' }, field.unit) : null), fault,
    el('span', { class: 'hint', id: `${id}-help` }, [field.help, bounds].filter(Boolean).join(' · ')))
}

function control({ t }, field, id) {
  if (field.kind === 'bool') {
    const box = el('input', { type: 'checkbox', id })
    box.checked = field.default
    return box
  }
  if (field.choices.length) {
    const select = el('select', { id }, field.choices.map(({ code, label }) => el('option', { value: code }, label)))
    select.value = field.default
    return select
  }
  const isNumber = field.kind === 'int' || field.kind === 'float'
  const input = el('input', { id, type: isNumber ? 'number' : 'text', step: field.kind === 'int' ? 1 : 'any', min: field.minimum, max: field.maximum })
  input.value = field.default ?? ''
  return input
}

function counts({ t, words }, { counts: all }) {
  const shown = Object.entries(all)
  if (!shown.length) return null
  return el('dl', { class: 'run-counts' }, shown.map(([code, value]) => el('div', { class: `count-${code}` }, el('dt', {}, words.has(`count.${code}`) ? t(`count.${code}`) : code.replaceAll('_', ' ')),
    el('dd', {}, MONEY.has(code) ? money(value, words.language()) : count(value)))))
}

function results({ t, mapUrl }, analysis, labelOf) {
  if (!analysis.run_id) return null
  return el('p', { class: 'run-links' }, analysis.outputs.map((layer) => el('a', { href: mapUrl({ table: layer }) }, t('run.rows', { layer: labelOf(layer) }))))
}

/** What the number rests on: inputs with their versions, settings, rules, who and how long. */
function behind({ t, words }, analysis, labelOf) {
  if (!analysis.run_id) return null
  const fields = new Map(analysis.parameter_fields.map((field) => [field.name, field]))
  const facts = [
    [t('run.by'), `${personName(analysis.run_by, t)} · ${moment(analysis.finished_at)} · ${duration(analysis.seconds, t)}`],
    [t('run.inputs'), Object.entries(analysis.inputs).map(([name, version]) => `${labelOf(name)} v${version}`).join('，')],
    [t('run.parameters'), Object.entries(analysis.parameters).map(([name, value]) => `${words.of(fields.get(name)?.label ?? name)} = ${said(value, t, fields.get(name))}`).join('；') || t('run.none')],
    [t('run.rules'), editions(analysis.rules).join('；') || t('run.none')],
  ]
  return el('details', { class: 'run-behind' }, el('summary', {}, t('run.behind')), el('dl', { class: 'facts' }, facts.flatMap(([name, text]) => [el('dt', {}, name), el('dd', {}, text)])))
}

function said(value, t, field) {
  if (typeof value === 'boolean') return t(value ? 'word.yes' : 'word.no')
  return value === '' ? t('run.default') : field?.choices.find((one) => one.code === value)?.label ?? value
}
