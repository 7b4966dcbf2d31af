// Scope items of a place by category, with quantity, unit cost, cost and who pays.

import { itemCost, sumKnown } from '../model/scope.js'
import { decimal, exactMoney, money } from '../model/format.js'
import { el, section } from './dom.js'
import { whyButton } from './why.js'

const MOST = 500

/** The items of a community, or those of one target of it; asks the server. */
export async function scopeOf(app, condition) {
  const programme = app.summary().programme?.id
  const filter = { ...condition, ...(programme ? { programme_id: { in: [programme] } } : {}) }
  const [items, catalogue] = await Promise.all([
    app.api.table('community_item', { limit: MOST, filter: JSON.stringify(filter) }),
    app.catalogue(),
  ])
  const ids = items.rows.map((row) => row.community_item_id)
  const funding = ids.length ? await app.api.table('funding', { limit: 500, filter: JSON.stringify({ community_item_id: { in: ids } }) }) : { rows: [] }
  return { items: items.rows.filter((row) => row.decision !== 'rejected'), catalogue, funding: funding.rows, more: items.total - items.rows.length }
}

export function scopeSection(app, { items, catalogue, funding, more }, place = null) {
  const { t, words, styles } = app
  const lang = words.language()
  if (!items.length) return section(t('scope.title'), el('p', { class: 'empty' }, t('scope.none')))
  const categoryOf = (item) => catalogue.get(item.work_item_id)?.category ?? 'unknown'
  const groups = [...Object.keys(styles.legends.category.classes), 'unknown']
    .map((code) => [code, items.filter((item) => categoryOf(item) === code)]).filter(([, rows]) => rows.length)
  return section(t('scope.title'), groups.map(([code, rows]) => {
    const { sum, unknown } = sumKnown(rows.map(itemCost))
    const asked = place && code !== 'unknown' ? app.whyScope(code, place) : null
    return el('div', { class: 'scope-box' }, el('details', { class: 'scope-group', open: true },
      el('summary', {}, el('span', { class: 'dot', style: { background: styles.legends.category.classes[code]?.color ?? '#6b7280' } }),
        code === 'unknown' ? t('class.unknown') : t(`category.${code}`),
        el('span', { class: 'scope-sum', title: exactMoney(sum, lang) }, money(sum, lang), unknown ? t('scope.unknown_items', { n: unknown }) : '')),
      el('ul', { class: 'items' }, rows.map((row) => item(app, row, catalogue)))), asked ? whyButton(app, asked, t(`category.${code}`)) : null)
  }), more > 0 ? el('p', { class: 'hint' }, t('scope.more', { n: more })) : null, sources(app, items, funding))
}

function item(app, row, catalogue) {
  const { t, words, meta } = app
  const lang = words.language()
  const work = catalogue.get(row.work_item_id)
  const cost = itemCost(row)
  const stage = meta.stages.find(({ code }) => code === row.stage)
  const missing = ['quantity', 'unit_cost_fen', 'other_fees_fen', 'contingency_fen'].filter((name) => row[name] === null)
  const unit = row.unit ?? work?.unit ?? ''
  return el('li', {}, el('span', { class: 'item-name' }, (lang === 'en' && work?.name_en) || work?.name || row.work_item_id),
    el('span', { class: cost === null ? 'item-cost is-unknown' : 'item-cost', title: cost === null ? null : exactMoney(cost, lang) }, cost === null ? t('class.unknown') : money(cost, lang)),
    el('span', { class: 'item-line' }, [
      row.quantity === null ? null : t('scope.quantity', { n: decimal(row.quantity, row.quantity % 1 ? 1 : 0), unit, price: row.unit_cost_fen === null ? t('class.unknown') : decimal(row.unit_cost_fen / 100, 2) }),
      stage ? words.of(stage.label) : null,
    ].filter(Boolean).join(' · ')),
    missing.length ? el('span', { class: 'unknown' }, missing.map((name) => app.unknownLink('community_item', name))) : null)
}

function sources(app, items, funding) {
  const { t, words, meta } = app
  const lang = words.language()
  const bySource = new Map()
  for (const { source, amount_fen: amount } of funding) bySource.set(source, (bySource.get(source) ?? 0) + amount)
  if (!bySource.size) return null
  const total = [...bySource.values()].reduce((sum, value) => sum + value, 0)
  const codes = meta.domains.source.codes
  const assumed = funding.some((row) => row.basis && /假设|assum/i.test(row.basis))
  return el('div', { class: 'sources' }, el('h4', {}, t('scope.sources'), assumed ? el('span', { class: 'badge badge-demo' }, t('demo.assumption')) : null),
    el('ul', { class: 'items' }, codes.filter(({ code }) => bySource.has(code)).map(({ code, label }) => el('li', {},
      el('span', { class: 'item-name' }, words.of(label)),
      el('span', { class: 'item-cost', title: exactMoney(bySource.get(code), lang) }, money(bySource.get(code), lang)),
      el('span', { class: 'item-line' }, `${((100 * bySource.get(code)) / total).toFixed(1)} %`)))))
}
