// 已调整: figures of rules that the plan changed, said where they are used.

import { tablesOf } from '../model/rule-tables.js'
import { el } from './dom.js'
import { changed } from './why.js'

/** A short mark beside a figure that rests on this rule; null where the plan left it as it is. */
export function adjustedMark(app, table, ruleId) {
  const found = (app.meta.adjusted ?? []).filter((one) => one.table === table && one.rule_id === ruleId)
  if (!found.length) return null
  const says = found.map((one) => `${one.label} ${one.old} → ${one.value} ${one.unit}`.trim()).join('; ')
  return el('span', { class: 'badge badge-changed', title: `${says} · ${found.map((one) => `${one.reason} · ${one.author} · ${one.date}`).join('; ')}` }, app.t('rules.changed'))
}

/** Everything that the plan changed in some rules, to stand above what rests on them. */
export function adjustedNote(app, rules, meta = app.meta) {
  const tables = tablesOf(rules)
  const found = (meta.adjusted ?? []).filter((one) => tables.has(one.table))
  if (!found.length) return null
  return el('details', { class: 'adjusted-note' }, el('summary', {}, app.t('rules.adjusted_here', { n: found.length })),
    found.map((one) => [changed(app, one), el('a', { class: 'link', href: `rules?table=${encodeURIComponent(one.table)}&text=${encodeURIComponent(one.rule_id)}&lang=${app.words.language()}` }, `${one.rule_id} · ${app.t('why.to_rule')}`)]))
}
