// The fields of one row, built from the schema; what is typed is checked before it is saved.

import { capital } from '../i18n.js'
import { textOf, valueOf } from '../model/fields.js'
import { unitOf } from '../model/format.js'
import { el } from './dom.js'
import { createReferenceField } from './reference-field.js'

const CHECK_AFTER_MS = 350
// Said by the delivery, not by a hand; they stand last and folded.
const ABOUT = ['dataset_id']

/**
 * `{element, show(values), faults(findings), isTyping(control)}`. `check(values)` gives findings for what is typed;
 * `save(column, value)` is called once a field is left with another value than it had.
 */
export function createEditForm(app, form, { values, check, save }) {
  const { t } = app
  const held = { ...values }
  const fields = form.fields.map((field) => makeField(field))
  const main = fields.filter(({ field }) => !ABOUT.includes(field.name)), about = fields.filter(({ field }) => ABOUT.includes(field.name))
  const element = el('form', { class: 'edit-form', novalidate: true, onsubmit: (event) => event.preventDefault() }, main.map((one) => one.row),
    about.length ? el('details', {}, el('summary', {}, t('edit.about')), about.map((one) => one.row)) : null)
  return { element, show, faults, isTyping }

  function show(next) {
    for (const one of fields) {
      held[one.field.name] = next[one.field.name] ?? null
      one.show(held[one.field.name])
      one.fault('')
    }
  }

  /** Whether a control holds something that is not saved yet. */
  function isTyping(control) {
    return fields.some((one) => one.control === control && one.isTyped())
  }

  /** Says each finding beside its field; returns those that have none. */
  function faults(findings) {
    const by = new Map(fields.map((one) => [one.field.name, one]))
    for (const { column, message, fix } of findings) by.get(column)?.fault([message, fix].filter(Boolean).join('；'))
    element.querySelector('[aria-invalid="true"]')?.focus()
    return findings.filter(({ column }) => !by.has(column))
  }

  function makeField(field) {
    const id = `edit-${field.name}`
    let timer = null, turn = 0
    const error = el('p', { class: 'field-error', id: `${id}-error`, role: 'alert', hidden: true })
    const note = el('span', { class: 'field-unknown is-unknown' })
    const attributes = { id, name: field.name, 'data-key': id, 'aria-describedby': `${id}-error`, 'aria-required': field.required ? 'true' : null }
    const reference = field.references && !field.options.length ? createReferenceField(app, field.references, { ...attributes, onpick: (value) => settle(value) }) : null
    const control = reference?.input ?? (field.options.length || field.kind === 'bool' ? choices() : typed())
    if (!reference) {
      control.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(look, CHECK_AFTER_MS) })
      control.addEventListener('change', leave)
    }
    const unit = field.unit === 'fen' ? t('unit.yuan') : unitOf(field.unit, app.words.language())
    const row = el('div', { class: 'field' }, el('label', { for: id }, capital(field.label), field.required ? el('span', { class: 'required', title: t('edit.required') }, ' *') : null, unit ? el('span', { class: 'field-unit' }, ` ${unit}`) : null),
      el('div', { class: 'field-value' }, reference?.element ?? control, note), error)
    const one = { field, row, control, show: shown, fault, isTyped: () => control.value !== textOf(field, held[field.name] ?? null) }
    shown(held[field.name] ?? null)
    return one

    function choices() {
      const options = field.kind === 'bool' ? [['true', t('yes')], ['false', t('no')]] : field.options.map(({ code, label }) => [code, label])
      return el('select', attributes, el('option', { value: '' }, t('class.unknown')), options.map(([value, text]) => el('option', { value }, text)))
    }

    function typed() {
      if (field.kind === 'date') return el('input', { ...attributes, type: 'date' })
      const isNumber = ['int', 'float'].includes(field.kind)
      return el('input', { ...attributes, type: 'text', inputmode: isNumber ? 'decimal' : null, autocomplete: 'off', class: isNumber ? 'is-number' : null })
    }

    function shown(value) {
      if (reference) reference.show(value)
      else control.value = textOf(field, value)
      mark(value)
    }

    function mark(value) {
      const isSelect = control.tagName === 'SELECT'
      note.textContent = value === null && !isSelect ? t('class.unknown') : ''
      row.classList.toggle('is-empty', value === null)
    }

    function fault(text) {
      error.textContent = text
      error.hidden = !text
      if (text) control.setAttribute('aria-invalid', 'true')
      else control.removeAttribute('aria-invalid')
    }

    function read() {
      const { value, wrong } = valueOf(field, control.value)
      if (wrong) fault(t(`edit.wrong.${wrong}`))
      return wrong ? undefined : value
    }

    async function look() {
      turn += 1
      const mine = turn, value = read()
      if (value === undefined) return
      mark(value)
      const found = await check({ [field.name]: value }).catch(() => [])
      if (mine !== turn) return
      const mineOnly = found.filter((finding) => finding.column === field.name)
      fault(mineOnly.map(({ message, fix }) => [message, fix].filter(Boolean).join('；')).join(' '))
    }

    function leave() {
      clearTimeout(timer)
      const value = read()
      if (value !== undefined) settle(value)
    }

    async function settle(value) {
      if (JSON.stringify(value) === JSON.stringify(held[field.name] ?? null)) return fault('')
      const before = held[field.name] ?? null
      held[field.name] = value
      mark(value)
      turn += 1
      const findings = await save(field.name, value)
      if (findings === null) { fault(''); return null }
      // Refused: what was typed stays in sight with its fault, what is saved is as before.
      held[field.name] = before
      return findings.length ? faults(findings) : null
    }
  }
}
