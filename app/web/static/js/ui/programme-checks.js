// What contradicts the rules, and the best set of items for the money.

import { count, decimal, money } from '../model/format.js'
import { adjustedMark } from './adjusted.js'
import { button, el, section, svg } from './dom.js'
import { stateBanner } from './pipes-parts.js'

const GROUPS = ['money', 'data', 'phase', 'spatial']

export function checksPart(desk, told) {
  const { t } = desk.app
  const state = stateBanner(desk, told.states.checks, 'checks')
  if (told.states.checks.state === 'never_run') return [state]
  return [state, el('p', { class: 'note' }, t('programme.checks_says')), GROUPS.map((group) => section(t(`programme.group.${group}`),
    el('ul', { class: 'checks' }, told.checks.filter((check) => check.group === group).map((check) => el('li', {}, button([
      el('span', { class: check.fail ? 'check-mark is-bad' : check.unknown ? 'check-mark is-unknown' : 'check-mark is-good', 'aria-hidden': 'true' }, check.fail ? '✕' : check.unknown ? '?' : '✓'),
      el('span', {}, check.name),
      el('span', { class: 'row-figure' }, check.fail ? t('programme.fails', { n: check.fail }) : '', check.unknown ? ` ${t('programme.unknowns', { n: check.unknown })}` : '', !check.fail && !check.unknown ? t('programme.sound') : ''),
    ], () => desk.show({ rule: check.rule_id }), { class: 'check-row', 'data-key': `rule-${check.rule_id}` }))))))]
}

export function findingsPart(desk, told, found) {
  const { app } = desk
  const { t } = app
  const check = told.checks.find(({ rule_id: id }) => id === desk.own('rule'))
  const rows = found?.rows ?? []
  return [button(`‹ ${t('programme.all_checks')}`, () => desk.show({ rule: null }), { class: 'back', 'data-key': 'all-checks' }),
    section(check?.name ?? desk.own('rule'), check ? el('p', { class: 'note' }, `${check.rule_id} · ${check.clause} · ${t(`confidence.${check.confidence}`)} `, adjustedMark(app, 'check_rules', check.rule_id)) : null,
      rows.length ? el('ul', { class: 'proposals' }, rows.map((row) => el('li', { class: `proposal proposal-${row.verdict}` },
        el('div', { class: 'proposal-head' }, button([row.community, row.target.id].filter(Boolean).join(' '), () => app.select({ layer: row.target.layer, id: row.target.id }), { class: 'link' }),
          el('span', { class: `verdict-word verdict-${row.verdict}` }, row.verdict_label)),
        el('p', {}, row.reason)))) : el('p', { class: 'empty' }, t('programme.no_findings')))]
}

export function bestPart(desk, told, found) {
  const { app } = desk
  const { t, words } = app
  const lang = words.language()
  const state = stateBanner(desk, told.states.best_set, 'best_set')
  if (told.states.best_set.state === 'never_run') return [state]
  const { curve } = told.best
  const rows = found?.rows ?? []
  const left = rows.filter(({ choice }) => choice === 'left_out')
  return [state, el('p', { class: 'note' }, t('programme.best_says')), section(t('programme.curve'), chart(app, curve)),
    el('p', { class: 'sums' }, t('programme.best_sums', { chosen: count(told.best.chosen + told.best.fixed), left: count(told.best.left_out) })),
    section(t('programme.left_out'), el('ul', { class: 'proposals' }, left.map((row) => el('li', { class: 'proposal' },
      el('div', { class: 'proposal-head' }, button(`${row.community} ${row.name}`, () => app.select({ layer: 'community_item', id: row.id }), { class: 'link' }), el('span', { class: 'row-figure' }, row.cost_fen === null ? t('class.unknown') : money(row.cost_fen, lang))),
      el('p', {}, row.reason)))))]
}

/** Weighted households against money: each point is a best set of its own. */
function chart({ t, words }, curve) {
  if (!curve.length) return el('p', { class: 'empty' }, t('programme.none'))
  const [width, height, left, bottom] = [330, 170, 46, 26]
  const most = Math.max(...curve.map(({ worth }) => worth)) || 1, last = curve.at(-1).budget_fen
  const x = (fen) => left + ((width - left - 8) * fen) / last, y = (worth) => height - bottom - ((height - bottom - 12) * worth) / most
  const points = [{ budget_fen: 0, worth: 0 }, ...curve]
  const label = t('programme.curve_says', { from: money(curve[0].budget_fen, words.language()), to: money(last, words.language()), most: count(most) })
  return el('figure', { class: 'curve' }, svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label },
    svg('path', { d: `M${left} 8V${height - bottom}H${width - 8}`, class: 'axis' }),
    svg('path', { d: points.map((p, i) => `${i ? 'L' : 'M'}${x(p.budget_fen)} ${y(p.worth)}`).join(''), class: 'line' }),
    curve.map((p) => svg('circle', { cx: x(p.budget_fen), cy: y(p.worth), r: 4, class: 'point' }, svg('title', {}, `${money(p.budget_fen, words.language())} → ${count(Math.round(p.worth))} · ${t('programme.gap', { share: decimal(100 * (p.gap ?? 0), 2) })}`))),
    svg('text', { x: left - 4, y: y(most) + 4, class: 'tick', 'text-anchor': 'end' }, count(Math.round(most))),
    svg('text', { x: width - 8, y: height - 8, class: 'tick', 'text-anchor': 'end' }, money(last, words.language())),
    svg('text', { x: left, y: height - 8, class: 'tick' }, '0')),
  el('figcaption', { class: 'note' }, label))
}
