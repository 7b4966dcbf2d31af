// What is done: the items of the catalogue with what the rules say, the decision on each, and who agreed.

import { count, decimal } from '../model/format.js'
import { adjustedMark } from './adjusted.js'
import { button, el, section } from './dom.js'
import { stateBanner } from './pipes-parts.js'

const CATEGORIES = ['basic', 'improved', 'upgraded']

export function scopePart(desk, told) {
  const { app } = desk
  const { t } = app
  const state = stateBanner(desk, told.states.scope, 'scope')
  if (told.states.scope.state === 'never_run') return [state]
  return [state, el('p', { class: 'note' }, t('programme.scope_says')), CATEGORIES.map((category) => {
    const items = told.scope.filter((item) => item.category === category)
    return section(t(`category.${category}`), el('table', { class: 'desk-table' },
      el('thead', {}, el('tr', {}, [t('programme.item'), t('programme.yes'), t('programme.unknown'), t('programme.decided')].map((word) => el('th', { scope: 'col' }, word)))),
      el('tbody', {}, items.map((item) => {
        const decided = item.decided.confirmed + item.decided.changed
        return el('tr', {}, el('th', { scope: 'row' }, button(item.name, () => desk.show({ item: item.code }), { class: 'link', 'data-key': `item-${item.code}` })),
          el('td', {}, item.yes ? count(item.yes) : '0'), el('td', { class: item.unknown ? 'is-unknown' : null }, count(item.unknown)),
          el('td', {}, decided ? count(decided) : '0', item.decided.rejected ? el('span', { class: 'note' }, ` ${t('programme.rejected_n', { n: item.decided.rejected })}`) : null))
      }))))
  })]
}

export function proposalsPart(desk, told, found) {
  const { app } = desk
  const { t } = app
  const item = told.scope.find(({ code }) => code === desk.own('item'))
  const rows = found?.rows ?? []
  return [button(`‹ ${t('programme.all_items')}`, () => desk.show({ item: null }), { class: 'back', 'data-key': 'all-items' }),
    section(item?.name ?? desk.own('item'),
      rows.length ? el('ul', { class: 'proposals' }, rows.map((row) => proposal(desk, row))) : el('p', { class: 'empty' }, t('programme.none')),
      found && found.total > rows.length ? el('p', { class: 'note' }, t('programme.more', { n: found.total - rows.length })) : null)]
}

function proposal(desk, row) {
  const { app } = desk
  const { t } = app
  const amount = row.quantity === null ? t('class.unknown') : `${decimal(row.quantity, 1)} ${row.unit}`
  const open = () => app.select({ layer: row.target.layer, id: row.target.id })
  return el('li', { class: `proposal proposal-${row.verdict}` },
    el('div', { class: 'proposal-head' }, button(`${row.community.name} ${row.target.layer === 'community' ? '' : row.target.id}`.trim(), open, { class: 'link', 'data-key': `target-${row.id}` }),
      el('span', { class: `verdict-word verdict-${row.verdict}` }, row.verdict_label), el('span', { class: 'row-figure' }, row.verdict === 'yes' ? amount : '')),
    el('p', {}, row.reason, ' ', adjustedMark(app, 'scope_rules', row.rule_id)),
    row.missing.length && row.verdict === 'unknown' ? el('p', { class: 'is-unknown' }, t('programme.missing', { what: row.missing.map(({ label }) => label).join('、') })) : null,
    row.evidence.length ? el('details', {}, el('summary', {}, t('programme.evidence', { n: row.evidence.length, rule: row.rule_id })),
      el('ul', { class: 'evidence' }, row.evidence.map((fact) => el('li', {}, button(fact.id, () => app.select({ layer: fact.layer, id: fact.id }), { class: 'link' }), ` ${fact.value ?? ''}`)))) : null,
    row.decision ? el('p', { class: 'decided' }, t('programme.decision', { what: row.decision_label }), ' ',
      button(row.item_id, () => app.select({ layer: 'community_item', id: row.item_id }), { class: 'link' })) : null,
    row.verdict === 'no' ? null : decisionForm(desk, row))
}

function decisionForm(desk, row) {
  const { t } = desk.app
  const reason = el('input', { type: 'text', 'aria-label': t('programme.reason'), placeholder: t('programme.reason'), maxlength: 200, 'data-key': `reason-${row.id}` })
  const quantity = el('input', { type: 'number', min: 0, step: 'any', class: 'short', 'aria-label': t('programme.quantity'), placeholder: t('programme.quantity') })
  const send = (decision) => {
    const value = quantity.value === '' ? null : Number(quantity.value)
    const asked = decision === 'confirmed' && value !== null ? 'changed' : decision
    if (asked !== 'confirmed' && !reason.value.trim()) {
      reason.setAttribute('aria-invalid', 'true')
      reason.focus()
      return desk.app.notices.say(t('programme.needs_reason'))
    }
    return desk.decide({ proposal: row.id, decision: asked, quantity: value, reason: reason.value })
  }
  return el('details', { class: 'decide', open: !row.decision && row.verdict === 'yes' ? false : null }, el('summary', {}, t(row.decision ? 'programme.decide_again' : 'programme.decide')),
    el('div', { class: 'decide-line' }, quantity, reason),
    el('div', { class: 'decide-line' }, button(t('programme.confirm'), () => send('confirmed'), { class: 'primary', 'data-key': `confirm-${row.id}` }),
      button(t('programme.reject'), () => send('rejected'), { 'data-key': `reject-${row.id}` })))
}

export function consentPart(desk, told, found) {
  const { app } = desk
  const { t } = app
  const rows = found?.rows ?? []
  const state = stateBanner(desk, told.states.consent, 'consent')
  if (told.states.consent.state === 'never_run') return [state]
  return [state, el('p', { class: 'note' }, t('programme.consent_says')),
    el('p', { class: 'sums' }, t('programme.consent_sums', told.consent)),
    el('ul', { class: 'proposals' }, rows.map((row) => el('li', { class: `proposal proposal-${row.verdict}` },
      el('div', { class: 'proposal-head' }, button(`${row.item.name} · ${row.body.id}`, () => app.select({ layer: row.body.layer, id: row.body.id }), { class: 'link' }),
        el('span', { class: `verdict-word verdict-${row.verdict}` }, row.verdict_label),
        el('span', { class: 'row-figure' }, row.votes_short ? t('programme.votes_short', { n: row.votes_short }) : '')),
      el('p', {}, row.reason), row.clause ? el('p', { class: 'note' }, row.clause) : null)))]
}
