// Trial pits: where one hole in the ground settles most open verdicts, by owner, to be handed out as a list.

import { count } from '../model/format.js'
import { el, replace } from './dom.js'
import { stateBanner } from './pipes-parts.js'
import { createVirtualList } from './virtual-list.js'

const ROW_PX = 50
const LOOK = { shape: 'disc', color: '#6d28d9' }

export function pitsPart(desk) {
  const { app, calls, marks } = desk
  let data = null, askedFor = null, list = null
  return { load, render, leave, keeps: ({ layer }) => layer === 'trial_pit', marked: mark, clicked, tipAt }

  async function load(again = true) {
    const owner = app.themes.owned().owner ?? ''
    if (data && !again && owner === askedFor) return
    askedFor = owner
    data = await app.notices.during(app.t('pits.loading'), () => calls.pits(owner))
  }

  function mark(selected) {
    marks.show((data?.pits ?? []).map((pit) => ({ ...LOOK, id: pit.id, lon: pit.lon, lat: pit.lat, weight: pit.settles ?? 0, pit })))
    list?.choose(selected?.id ?? null)
  }

  async function render(parent, selected) {
    await load(false)
    const { t } = app
    if (!data) return replace(parent, el('p', { class: 'empty' }, t('pits.failed')))
    mark(selected)
    const own = app.themes.owned().owner ?? ''
    const select = el('select', { 'data-key': 'pit-owner', onchange: () => app.themes.keep({ owner: select.value || null }) },
      el('option', { value: '' }, `${t('pipes.all')}（${count(data.owners.reduce((sum, one) => sum + one.pits, 0))}）`),
      data.owners.map((one) => el('option', { value: one.id, selected: one.id === own }, `${one.name}（${count(one.pits)}）`)))
    list?.remove()
    list = createVirtualList(desk.scroller, { height: ROW_PX, label: t('pipes.part.pits'), row: rowView, open: (pit) => { desk.choose({ layer: 'trial_pit', id: pit.id }); desk.goTo(pit.lon, pit.lat) } })
    const settles = new Set(data.pits.flatMap((pit) => pit.conflict_ids)).size
    replace(parent, el('header', { class: 'detail-head' }, el('h2', { tabindex: '-1' }, t('pipes.part.pits')), el('p', { class: 'hint' }, t('pits.how'))),
      stateBanner(desk, data.state, 'conflicts'),
      data.state.state === 'never_run' ? null : [
        el('label', { class: 'field' }, el('span', {}, t('pipes.filter.owner')), select),
        el('p', {}, t('pits.settle', { n: count(data.pits.length), m: count(settles) })),
        el('div', { class: 'out-line' }, el('span', { class: 'hint' }, t('pipes.out')), ['xlsx', 'gpkg'].map((format) => el('a', { class: 'button', href: calls.exportUrl('pits', { owner: own, format }) }, format === 'xlsx' ? 'XLSX' : 'GeoPackage'))),
        data.pits.length ? list.element : el('p', { class: 'empty' }, t('pits.none')),
      ])
    list.show(data.pits, (pit) => pit.id)
    list.choose(selected?.id ?? null)
    return null
  }

  function rowView(pit) {
    const { t } = app
    return [el('span', { class: 'pit-dot', 'aria-hidden': 'true' }), el('span', { class: 'row-name' }, pit.id), el('span', { class: 'row-figure' }, t('pits.settles', { n: pit.settles ?? 0 })),
      el('span', { class: 'row-line' }, `${ownerOf(pit)} · ${pit.x.toFixed(2)}, ${pit.y.toFixed(2)}`), el('span', { class: 'row-tail' })]
  }

  function ownerOf(pit) {
    return data.owners.find(({ id }) => id === (pit.owner_id || 'unknown'))?.name ?? ''
  }

  function clicked(_, latlng) {
    const [near] = marks.at(latlng)
    if (!near) return false
    desk.choose({ layer: 'trial_pit', id: near.id })
    return true
  }

  function tipAt(latlng) {
    const [near] = marks.at(latlng)
    return near ? { name: `${near.pit.id} · ${ownerOf(near.pit)}`, figure: app.t('pits.settles', { n: near.pit.settles ?? 0 }) } : null
  }

  function leave() {
    list?.remove()
    marks.show([])
  }
}
