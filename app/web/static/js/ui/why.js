// Why this number: one dialog that opens any figure to its rows, formula, clause, inputs and run.

import { personName } from '../i18n.js'
import { decimal, exactMoney, money } from '../model/format.js'
import { rowsLink } from '../model/links.js'
import { moment } from '../model/runs.js'
import { confidenceMark } from './confidence-mark.js'
import { button, el, replace, section } from './dom.js'

const VERDICT_MARKS = { pass: '✓', outside_priority: '!', unknown: '?', fail: '✕' }

/** `why(params)` asks `api/why` and shows the answer; the focus goes back to what opened it. */
export function createWhy(app) {
  const dialog = el('dialog', { class: 'why', 'aria-labelledby': 'why-title' })
  document.body.append(dialog)
  // A click beside the box closes it, like Esc.
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close() })
  return async (params) => {
    const answer = await app.notices.during(app.t('why.loading'), () => app.api.why(params))
    if (!answer) return
    replace(dialog, ...content(app, answer, dialog))
    if (!dialog.open) dialog.showModal()
    dialog.scrollTop = 0
    dialog.querySelector('h2').focus()
  }
}

/** The small button beside a figure. */
export function whyButton(app, params, figure) {
  return button(app.t('why.short'), () => app.why(params), {
    class: 'why-button', 'aria-label': app.t('why.of', { figure }), title: app.t('why.of', { figure }), 'data-key': `why-${Object.values(params).join('-')}`,
  })
}

/** A figure that is a button itself, as in a table of figures. */
export function whyFigure(app, params, text, label) {
  return button(text, () => app.why(params), { class: 'why-figure', 'aria-label': `${label} ${text}，${app.t('why.short')}`, title: app.t('why.of', { figure: label }) })
}

function content(app, answer, dialog) {
  const { t } = app
  return [
    el('header', { class: 'why-head' }, el('div', {}, el('p', { class: 'kind' }, t('why.title')), el('h2', { id: 'why-title', tabindex: '-1' }, answer.title)),
      button('×', () => dialog.close(), { class: 'icon-button', 'aria-label': t('action.close') })),
    el('p', { class: 'why-value' }, valueOf(app, answer), ...unknownOf(app, answer)),
    stateLine(app, answer.state),
    section(t(answer.verdict ? 'why.reason' : 'why.formula'), el('p', {}, answer.formula || t('class.unknown')), answer.notes.map((note) => el('p', { class: 'filtered' }, note))),
    answer.stated ? stated(app, answer) : null,
    answer.missing?.length ? missing(app, answer.missing, dialog) : null,
    answer.evidence?.length ? evidence(app, answer.evidence, dialog) : null,
    answer.rows ? rows(app, answer, dialog) : null,
    answer.bases?.length ? bases(app, answer.bases) : null,
    answer.clauses.length ? section(t('why.clause'), el('ul', { class: 'why-list' }, answer.clauses.map((one) => clauseLine(app, one)))) : null,
    inputs(app, answer.inputs),
  ]
}

function valueOf({ t, words }, answer) {
  const lang = words.language()
  if (answer.verdict) return [el('span', { class: `verdict verdict-${answer.verdict}` }, el('span', { class: 'verdict-mark', 'aria-hidden': 'true' }, VERDICT_MARKS[answer.verdict]), words.of(answer.verdict_label))]
  if (answer.shown) return [el('strong', {}, answer.shown)]
  if (answer.value === null || answer.value === undefined) return [el('span', { class: 'is-unknown' }, t('class.unknown'))]
  if (answer.is_money) return [el('strong', {}, money(answer.value, lang)), el('span', { class: 'hint' }, exactMoney(answer.value, lang))]
  return [el('strong', {}, [decimal(answer.value, Number.isInteger(answer.value) ? 0 : 2), answer.unit].filter(Boolean).join(' '))]
}

function unknownOf({ t }, { known, unknown }) {
  if (known === undefined) return []
  return [el('span', { class: unknown ? 'is-unknown' : 'hint' }, unknown ? t('why.known_unknown', { known, unknown }) : t('why.known', { known }))]
}

/** One line: live, current, 待复核 with its reason, or never run. */
export function stateLine({ t }, state) {
  if (state.state === 'live') return el('p', { class: 'result-state result-current' }, t('state.live'))
  if (state.state === 'never_run') return el('p', { class: 'result-state result-never_run' }, t('state.never_run'))
  return el('p', { class: `result-state result-${state.state}` }, el('strong', {}, t(`state.${state.state}`)), ` ${moment(state.finished_at)} · ${personName(state.run_by, t) ?? ''}`, state.reason ? el('span', { class: 'result-reason' }, state.reason) : null)
}

function stated({ t, words }, { stated: one, is_money: isMoney, unit }) {
  const tell = (value) => (isMoney ? money(value, words.language()) : `${decimal(value, Number.isInteger(value) ? 0 : 2)} ${unit}`.trim())
  return section(t('why.stated'), el('p', {}, one.document ? `${one.document}：` : '', tell(one.value)),
    el('p', { class: one.difference ? 'filtered' : 'hint' }, one.difference ? t('why.differs', { n: tell(one.difference) }) : t('why.agrees')))
}

function missing(app, fields, dialog) {
  return section(app.t('why.missing'), el('ul', { class: 'why-list' }, fields.map((field) => el('li', {},
    field.column ? go(app, app.words.of(field.label), dialog, () => app.openTable(field.layer, { [field.column]: { unknown: true } }), rowsLink(app, field.layer, { [field.column]: { unknown: true } })) : app.words.of(field.label)))))
}

function evidence(app, facts, dialog) {
  const { words, t } = app
  return section(t('why.evidence'), el('ul', { class: 'why-list' }, facts.map((fact) => el('li', {},
    el('span', {}, fact.id ? go(app, `${words.of(fact.layer_label)} ${fact.name}`, dialog, () => app.select({ layer: fact.layer, id: fact.id }, { go: true }), rowsLink(app, null, null, { layer: fact.layer, id: fact.id })) : words.of(fact.layer_label)),
    el('span', { class: fact.unknown ? 'is-unknown' : '' }, `${words.of(fact.label)}：${fact.shown || t('class.unknown')}`)))))
}

function rows(app, { rows: behind, is_money: isMoney, unit }, dialog) {
  const { t, words } = app
  const lang = words.language()
  const tell = (row) => (row.unknown ? t('class.unknown') : row.value === null ? '' : isMoney ? money(row.value, lang) : `${decimal(row.value, Number.isInteger(row.value) ? 0 : 2)} ${unit}`.trim())
  const all = behind.link ? go(app, t('why.all_rows', { n: behind.total.toLocaleString('en-US') }), dialog, () => app.openTable(behind.link.layer, behind.link.filter), rowsLink(app, behind.link.layer, behind.link.filter)) : null
  return section(t('why.rows', { layer: words.of(behind.label), n: behind.total.toLocaleString('en-US') }), all,
    el('ul', { class: 'why-rows' }, behind.shown.map((row) => el('li', {},
      el('span', {}, go(app, row.name, dialog, () => app.select({ layer: behind.layer, id: row.id }, { go: true }), rowsLink(app, null, null, { layer: behind.layer, id: row.id }))),
      el('span', { class: row.unknown ? 'number is-unknown' : 'number', title: isMoney && row.value !== null ? exactMoney(row.value, lang) : null }, tell(row)),
      row.how ? el('span', { class: 'why-how' }, row.how) : null))),
    behind.shown.length && behind.shown.length < behind.total ? el('p', { class: 'hint' }, t('why.more_rows', { n: behind.total - behind.shown.length })) : null)
}

function bases({ t, words }, all) {
  return section(t('why.bases'), el('ul', { class: 'why-list' }, all.slice(0, 12).map((one) => el('li', {}, el('span', {}, words.of(one.label)),
    el('span', { class: one.basis ? '' : 'is-unknown' }, `${one.basis || t('class.unknown')} · ${t('table.rows', { n: one.rows })}`)))))
}

/** A clause with how sure it is, and the figures that this plan changed. */
export function clauseLine(app, rule) {
  const { t } = app
  return el('li', {}, el('span', {}, [rule.rule_id, rule.standard, rule.clause].filter(Boolean).join(' · ') || rule.table_label,
    rule.confidence ? [' ', confidenceMark(app, rule.confidence, { source: rule.source })] : null),
  rule.says ? el('span', {}, rule.says) : null,
  rule.rule_id ? el('a', { class: 'link', href: `rules?table=${encodeURIComponent(rule.table)}&text=${encodeURIComponent(rule.rule_id)}&lang=${app.words.language()}` }, t('why.to_rule')) : null,
  (rule.changes ?? []).map((change) => changed(app, change)))
}

/** 已调整: what it was, what it is, why, who, when. */
export function changed({ t }, change) {
  const unit = change.unit ? ` ${change.unit}` : ''
  return el('p', { class: 'rule-changed' }, el('strong', { class: 'badge badge-changed' }, t('rules.changed')),
    ` ${change.label} ${change.old}${unit} → ${change.value}${unit}`, el('span', { class: 'hint' }, ` ${change.reason} · ${change.author} · ${change.date}`))
}

function inputs({ t }, layers) {
  return section(t('why.inputs'), el('ul', { class: 'why-inputs' }, layers.map((one) => {
    const moved = one.revision_now !== undefined && one.revision_now !== one.revision
    return el('li', { class: moved ? 'is-moved' : '' }, t(moved ? 'why.input_moved' : 'why.input', { layer: one.label, revision: one.revision, now: one.revision_now, n: one.rows.toLocaleString('en-US') }))
  })))
}

// On the map a link acts at once; on another page it is the address of the map in that state.
function go(app, text, dialog, act, address) {
  if (!app.store) return el('a', { class: 'link', href: address }, text)
  return button(text, () => { dialog.close(); act() }, { class: 'link' })
}
