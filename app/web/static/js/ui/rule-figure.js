// Changing a figure of a rule in the plan's name: new figure, reason; withdrawn with one click.

import { button, el, replace } from './dom.js'
import { changed } from './why.js'

/** The cell's controls: what the plan changed, and the way to change it. */
export function ruleFigure(app, rule) {
  const { t } = app
  return [
    ...(rule.changes ?? []).map((change) => [changed(app, change),
      button(t('rules.withdraw'), () => app.after(() => app.api.withdraw(change.override_id), t('rules.withdrawn', { id: rule.rule_id })), { class: 'link', 'aria-label': `${t('rules.withdraw')} ${rule.rule_id}` })]),
    rule.figures?.length ? button(t('rules.adjust'), () => ask(app, rule), { class: 'link rule-adjust', 'aria-label': `${t('rules.adjust')} ${rule.rule_id}`, 'data-key': `adjust-${rule.table}-${rule.rule_id}` }) : null,
  ]
}

function ask(app, rule) {
  const { t } = app
  const dialog = el('dialog', { class: 'why', 'aria-labelledby': 'adjust-title' })
  const column = el('select', { id: 'adjust-column' }, rule.figures.map((one) => el('option', { value: one.column }, `${one.label}${one.unit ? `（${one.unit}）` : ''} ${one.shipped}`)))
  const value = el('input', { id: 'adjust-value', required: true, autocomplete: 'off', inputmode: 'decimal' })
  const reason = el('textarea', { id: 'adjust-reason', required: true, rows: 3, maxlength: 500 })
  const fault = el('p', { class: 'filtered', role: 'alert', hidden: true })
  const form = el('form', { class: 'adjust' }, field(t('rules.figure'), column), field(t('rules.new_value'), value), field(t('rules.reason'), reason),
    el('p', { class: 'hint' }, t('rules.adjust_how')), fault,
    el('div', { class: 'gap-tools' }, el('button', { type: 'submit', class: 'primary' }, t('rules.keep')), button(t('action.close'), () => dialog.close())))
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    try {
      await app.api.override({ table: rule.table, rule_id: rule.rule_id, column: column.value, value: value.value, reason: reason.value })
    } catch (failure) {
      fault.hidden = false
      fault.textContent = [failure.message, failure.fix].filter(Boolean).join(' ')
      return
    }
    dialog.close()
    app.after(null, t('rules.kept', { id: rule.rule_id }))
  })
  replace(dialog, el('h2', { id: 'adjust-title' }, `${t('rules.adjust')} ${rule.rule_id}`), el('p', {}, rule.says), form)
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
  value.focus()
}

function field(label, control) {
  return el('label', { class: 'adjust-field', for: control.id }, el('span', {}, label), control)
}
