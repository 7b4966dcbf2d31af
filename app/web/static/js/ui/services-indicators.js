// The complete-community standard held against one place: what is met, what is not, what nobody knows.

import { count, decimal } from '../model/format.js'
import { adjustedMark } from './adjusted.js'
import { confidenceMark } from './confidence-mark.js'
import { button, el, section } from './dom.js'

const VERDICTS = ['fail', 'unknown', 'pass']

export function createIndicators(desk) {
  const { app, api } = desk
  let told = null, asked = '', kept = 'fail'
  return { load, panel }

  /** Asks for the indicators of the place, once for each place and walker. */
  async function load() {
    const place = desk.place(), key = place ? `${desk.profile()} ${place.layer} ${place.id}` : ''
    if (key === asked) return
    asked = key
    told = null
    if (!place) return
    const found = await api.indicators(desk.profile(), place).catch(app.notices.error)
    if (key !== asked || !found) return
    told = found
    kept = VERDICTS.find((verdict) => found.counts[verdict]) ?? 'fail'
    desk.render()
  }

  function panel() {
    const { t } = app
    if (!desk.place()) return null
    if (!told) return section(t('services.complete'), el('p', { class: 'loading' }, t('loading')))
    const sizes = told.sizes.filter((one) => one.verdict === kept)
    return section(t('services.complete'), el('p', { class: 'note' }, t('services.complete_says')),
      el('div', { class: 'segmented', role: 'group', 'aria-label': t('services.complete') }, VERDICTS.map((verdict) =>
        button(t(`services.complete.${verdict}`, { n: told.counts[verdict] }), () => { kept = verdict; desk.render() }, { 'aria-pressed': String(verdict === kept), 'data-key': `indicators-${verdict}` }))),
      list(told.rows.filter((one) => one.verdict === kept), t('services.complete_none')),
      sizes.length ? el('details', {}, el('summary', { 'data-key': 'indicator-sizes' }, t('services.sizes', { n: sizes.length })), list(sizes, '')) : null)
  }

  function list(rows, none) {
    if (!rows.length) return el('p', { class: 'empty' }, none)
    return el('ul', { class: 'indicators' }, rows.map((one) => el('li', {}, el('details', { class: `indicator indicator-${one.verdict}` },
      el('summary', { 'data-key': `indicator-${one.key}` }, el('span', { class: 'indicator-name' }, one.label, one.recommended ? el('span', { class: 'badge' }, app.t('services.recommended')) : null), el('span', { class: 'indicator-figure' }, figure(one))),
      proof(one)))))
  }

  /** What is there against what is asked: 620 / 800 m². */
  function figure(one) {
    const { t } = app
    if (one.verdict === 'unknown' && one.field === 'survey') return t('services.to_survey')
    if (one.is_share) return one.verdict === 'unknown' && !one.households_met ? t('class.unknown') : one.households ? t('services.of_households', { met: count(one.households_met), all: count(one.households) }) : one.verdict === 'fail' ? t('services.some_lack') : t('class.unknown')
    const is = one.value === null ? (one.verdict === 'fail' ? t('services.none_there') : t('class.unknown')) : number(one.value)
    return `${is} / ${number(one.required)} ${one.unit}`
  }

  function proof(one) {
    const { t } = app
    const line = (term, ...value) => [el('dt', {}, term), el('dd', {}, ...value)]
    return el('dl', { class: 'facts' },
      one.verdict === 'unknown' && one.missing ? line(t('services.lacks_data'), one.missing) : null,
      one.proof.length ? line(t('services.rests_on'), one.proof.slice(0, 12).map(({ id, name }) => [button(name, () => app.select({ layer: 'service', id }, { go: true }), { class: 'link' }), ' '])) : null,
      one.kinds.length ? line(t('services.kind'), one.kinds.map((code) => {
        const kind = desk.kinds().find((entry) => entry.code === code)
        return kind ? [button(kind.label, () => desk.chooseKind(kind.rule_id), { class: 'link' }), ' '] : `${app.kindName(code)} `
      })) : null,
      line(t('services.judged_as'), t(`services.judged.${one.judged_by}`)),
      line(t('services.clause'), `${one.clause}${one.item_no ? t('services.item_no', { n: one.item_no }) : ''} `, confidenceMark(app, one.confidence), ' ', adjustedMark(app, 'complete_community', one.rule_id)))
  }
}

function number(value) {
  return value === null ? '' : decimal(value, value < 10 && value % 1 ? 1 : 0)
}
