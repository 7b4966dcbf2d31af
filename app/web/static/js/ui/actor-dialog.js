// Who is working here: said by the person, checked by nobody in local mode, marked 未认证.

import { personName } from '../i18n.js'
import { button, el, replace } from './dom.js'

/** Opens the dialog; resolves to the actor as the server knows it now, or null. */
export async function openActorDialog(app) {
  const { t } = app
  const known = await app.notices.during(t('loading'), () => app.api.actor())
  if (!known) return null
  const shownName = personName(known.name, t)
  return new Promise((resolve) => {
    let answer = null
    const field = (name, text, value, required) => el('div', { class: 'field' }, el('label', { for: `actor-${name}` }, text), el('input', { id: `actor-${name}`, value: value ?? '', maxlength: 60, required, autocomplete: 'off' }))
    const role = el('select', { id: 'actor-role' }, known.roles.map((one) => el('option', { value: one, selected: one === known.role }, t(`role.${one}`))))
    const fault = el('p', { class: 'field-error', role: 'alert', hidden: true })
    const dialog = el('dialog', { class: 'actor-dialog', 'aria-labelledby': 'actor-title', onclose: () => { dialog.remove(); resolve(answer) } })
    const form = el('form', { class: 'edit-form', onsubmit: save },
      field('name', t('actor.name'), shownName, true), field('organisation', t('actor.organisation'), known.organisation, false),
      el('div', { class: 'field' }, el('label', { for: 'actor-role' }, t('actor.role')), role), fault,
      el('footer', { class: 'dialog-foot' }, button(t('action.cancel'), () => dialog.close()), el('button', { type: 'submit', class: 'primary' }, t('actor.use'))))
    replace(dialog, el('h2', { id: 'actor-title' }, t('actor.title')), el('p', { class: 'hint' }, t('actor.why')), form)
    document.body.append(dialog)
    dialog.showModal()

    async function save(event) {
      event.preventDefault()
      const value = (name) => form.querySelector(`#actor-${name}`).value.trim()
      try {
        answer = await app.api.chooseActor({ name: value('name') === shownName ? known.name : value('name'), organisation: value('organisation'), role: role.value })
        dialog.close()
      } catch (failure) {
        fault.textContent = [failure.message, failure.fix].filter(Boolean).join(' ')
        fault.hidden = false
      }
    }
  })
}
