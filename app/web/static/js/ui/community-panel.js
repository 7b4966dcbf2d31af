// A community: facts with proof, its tiles, scope by category with cost and source, its buildings.

import { communityOf, nameOf, programmeName, totalsOf, townshipOf } from '../model/summary.js'
import { el, section } from './dom.js'
import { eligibilitySection } from './eligibility.js'
import { facts, heading, later, programmeLinks, tiles } from './parts.js'
import { photosOf } from './photos.js'
import { scopeOf, scopeSection } from './scope-list.js'

const FACTS = ['year_built', 'households', 'floor_area_m2', 'owner_kind', 'original_owner', 'property_management', 'fenced', 'neighbourhood', 'address', 'aliases']

export async function communityPanel(app, id) {
  const { t, words, api, summary, back } = app
  const lang = words.language()
  const [row, scope, eligibility] = await Promise.all([
    api.row('community', id), scopeOf(app, { community_id: { in: [id] } }), eligibilitySection(app, 'community', id),
  ])
  const place = communityOf(summary(), id)
  const buildings = row.links.find((link) => link.relation === 'from' && link.layer === 'building')
  const name = place ? nameOf(place, lang) : row.label
  return [
    heading(app, t('layer.community'), name, { place, back: back() }),
    membership(app, place),
    place ? tiles(app, totalsOf(place), {
      without: ['communities'],
      whole: townshipOf(summary(), place.township_id)?.totals, open: (layer, measure) => app.openMeasure(layer, measure, place.township_id, id), place: { at_community: id },
    }) : null,
    programmeLinks(app, { community: id }),
    section(t('community.facts'), facts(app, row, FACTS, { year_built: 'year_proof' }), source(app, row)),
    eligibility,
    scopeSection(app, scope, { at_community: id }),
    later(() => import('./conflict-strip.js').then((strip) => strip.conflictStrip(app, { community: id }))),
    buildings ? section(t('community.buildings', { n: buildings.count }), el('ul', { class: 'chips' }, buildings.rows.map(({ id: building, name: label }) =>
      el('li', {}, el('button', { type: 'button', class: 'chip', 'data-key': `building-${building}`, onclick: () => app.select({ layer: 'building', id: building }, { go: true }) }, label)))))
      : section(t('community.buildings', { n: 0 }), el('p', { class: 'empty' }, t('community.no_buildings'))),
    photosOf(app, 'community', id),
  ]
}

function membership(app, place) {
  const { t, summary, words, meta } = app
  if (!summary().programme) return null
  if (!place) return el('p', { class: 'filtered' }, t('detail.filtered_away'))
  if (!place.in_programme) return el('p', { class: 'membership is-out' }, t('community.out'))
  const stage = meta.stages.find(({ code }) => code === place.stage)
  return el('p', { class: 'membership' }, t('community.in', { programme: programmeName(summary().programme, t, words.language()), stage: stage ? words.of(stage.label) : t('card.stage_unknown') }))
}

export function source({ t }, row) {
  if (!row.dataset) return null
  const { title, deliverer, delivered_on: day, is_demo: isDemo, secrecy_label: secrecy } = row.dataset
  return el('p', { class: 'source' }, t('source.is', { title }), deliverer ? ` · ${deliverer}` : '', day ? ` · ${day}` : '', secrecy ? ` · ${secrecy}` : '',
    isDemo ? el('span', { class: 'badge badge-demo' }, t('demo')) : null)
}
