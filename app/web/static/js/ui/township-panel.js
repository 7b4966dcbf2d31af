// A township: its tiles against the plan, its communities as cards, what is wrong first.

import { amount, exactMoney, money } from '../model/format.js'
import { byWhatIsWrong, nameOf, totalsOf, townshipOf, valueOf } from '../model/summary.js'
import { el, section } from './dom.js'
import { bar, categoryKey, heading, later, programmeLinks, schematicMark, tiles } from './parts.js'

const MOST_CARDS = 60

export function townshipPanel(app, id) {
  const { t, words, summary, back, openMeasure } = app
  const lang = words.language()
  const place = townshipOf(summary(), id)
  if (!place) return [heading(app, t('layer.township'), t('detail.filtered_away'), { back: back() })]
  const inside = byWhatIsWrong(place.communities ?? []).filter((one) => !summary().programme || one.in_programme)
  const others = (place.communities?.length ?? 0) - inside.length
  const longest = Math.max(0, ...inside.map((one) => totalsOf(one).cost_fen ?? 0))
  return [
    heading(app, t('layer.township'), nameOf(place, lang), { place, back: back() }),
    tiles(app, totalsOf(place), { whole: summary().totals, open: (layer, measure) => openMeasure(layer, measure, id), place: { at_township: id } }),
    programmeLinks(app, { township: id }),
    section(t('township.communities', { n: inside.length }),
      longest > 0 ? categoryKey(app) : null,
      inside.length ? el('ul', { class: 'cards' }, inside.slice(0, MOST_CARDS).map((one) => card(app, one, longest))) : el('p', { class: 'empty' }, t('township.none')),
      inside.length > MOST_CARDS ? el('p', { class: 'hint' }, t('township.more', { n: inside.length - MOST_CARDS })) : null,
      others > 0 ? el('p', { class: 'hint' }, t('township.outside', { n: others })) : null),
    later(() => import('./conflict-strip.js').then((strip) => strip.conflictStrip(app, { township: id }))),
  ]
}

function card(app, place, longest) {
  const { t, words, meta, select, summary } = app
  const lang = words.language()
  const cost = valueOf(place, 'cost_fen')
  const households = valueOf(place, 'households')
  const missing = Object.values(totalsOf(place).unknown ?? {}).reduce((sum, n) => sum + n, 0)
  const stage = meta.stages.find(({ code }) => code === place.stage)
  return el('li', {}, el('button', { type: 'button', class: 'card', 'data-key': `card-${place.id}`, onclick: () => select({ layer: 'community', id: place.id }, { go: true }) },
    el('span', { class: 'card-name' }, nameOf(place, lang), ' ', schematicMark(app, place)),
    summary().programme && el('span', { class: 'card-figure', title: cost === null ? null : exactMoney(cost, lang) }, cost === null ? t('class.unknown') : money(cost, lang)),
    el('span', { class: 'card-line' }, [
      amount(totalsOf(place).buildings, 'buildings', lang) + (lang === 'en' ? ` ${t('unit.buildings')}` : ''),
      households === null ? t('card.households_unknown') : amount(households, 'households', lang) + (lang === 'en' ? ` ${t('unit.households')}` : ''),
      place.year_built ? t('card.year', { year: place.year_built }) : t('card.year_unknown'),
      stage ? words.of(stage.label) : t('card.stage_unknown'),
    ].join(' · ')),
    missing > 0 ? el('span', { class: 'card-wrong' }, t('card.missing', { n: missing })) : null,
    longest > 0 ? bar(app, place.categories, longest) : null))
}
