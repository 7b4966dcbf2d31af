// A building, or any other row: every fact with its label, what it belongs to, where it came from.

import { el, section } from './dom.js'
import { source } from './community-panel.js'
import { eligibilitySection } from './eligibility.js'
import { facts, heading, programmeLinks } from './parts.js'
import { photosOf } from './photos.js'
import { scopeOf, scopeSection } from './scope-list.js'

const PROOFS = { year_built: 'year_proof' }
const QUIET = ['year_proof', 'schematic']

export async function rowPanel(app, { layer, id }) {
  const { t, words, api, back } = app
  const isBuilding = layer === 'building'
  const [row, scope, eligibility] = await Promise.all([
    api.row(layer, id),
    isBuilding ? scopeOf(app, { target_layer: { in: ['building'] }, target_id: { in: [id] } }) : null,
    isBuilding ? eligibilitySection(app, 'building', id) : null,
  ])
  app.rememberRow(row)
  const shown = row.values.filter((value) => !value.secondary && !value.link && value.column !== `${layer}_id` && !QUIET.includes(value.column))
  const known = shown.filter((value) => !value.unknown), missing = shown.filter((value) => value.unknown)
  const community = row.links.find((link) => link.relation === 'to' && link.layer === 'community')?.rows[0]
  return [
    heading(app, [words.of(row.layer_label), community?.name].filter(Boolean).join(' · '), isBuilding ? buildingName(row, t) : row.label, { back: back() }),
    section(t('detail.facts'), facts(app, row, known.map((value) => value.column), PROOFS), source(app, row)),
    missing.length ? section(t('detail.missing', { n: missing.length }), facts(app, row, missing.map((value) => value.column))) : null,
    eligibility,
    scope ? scopeSection(app, scope) : null,
    isBuilding && community ? programmeLinks(app, { community: community.id }) : null,
    photosOf(app, layer, id),
    links(app, row),
  ]
}

export function buildingName(row, t) {
  const number = row.values.find((value) => value.column === 'number')
  const name = row.values.find((value) => value.column === 'name')
  if (name && !name.unknown) return name.shown
  return number && !number.unknown ? t('building.number', { n: number.shown.replace(/号?楼?$/, '') }) : t('building.unnamed')
}

function links(app, row) {
  const { t, words, select, meta } = app
  const drawn = new Set(meta.layers.filter((one) => one.geometry.length).map((one) => one.name))
  const listed = row.links.filter((link) => link.count > 0)
  if (!listed.length) return null
  return section(t('detail.links'), listed.map((link) => el('div', { class: 'link-group' },
    el('h4', {}, words.of(link.label), link.count > 1 ? ` ${link.count}` : ''),
    el('ul', { class: 'chips' }, link.rows.slice(0, 12).map(({ id, name }) => el('li', {}, el('button', {
      type: 'button', class: 'chip', onclick: () => select({ layer: link.layer, id }, { go: drawn.has(link.layer) }),
    }, name ?? id)))))))
}
