// Where a missing facility should go: asked with a few settings, shown on the map, kept as proposed items.

import { count, money } from '../model/format.js'
import { button, el, section } from './dom.js'

const MODELS = ['cover', 'median', 'all']

export function createSiting(desk) {
  const { app, api, overlay } = desk
  let wish = { kind: null, model: 'cover', sites: 3, budget: '', each: '' }, found = null, left = new Set()
  return { panel, clicked }

  function panel(told) {
    const { t } = app
    const kinds = told.kinds.filter((kind) => kind.limit_m !== null && kind.measure !== 'straight')
    const chosen = told.kinds.find(({ rule_id: id }) => id === desk.own('kind'))
    wish.kind ??= (kinds.find(({ code }) => code === chosen?.code) ?? kinds.find(({ code }) => code === 'elderly_day_care') ?? kinds[0])?.code
    const field = (key, input) => el('label', { class: 'site-field' }, el('span', {}, t(`services.site.${key}`)), input)
    return el('details', { class: 'block siting', open: found ? true : null }, el('summary', { 'data-key': 'siting' }, t('services.site.title')),
      el('p', { class: 'note' }, t(told.unit === 'homes' ? 'services.site.no_households' : 'services.site.says')),
      told.unit === 'homes' ? null : el('form', { onsubmit: ask },
        field('kind', el('select', { name: 'kind' }, kinds.map((kind) => el('option', { value: kind.code, selected: kind.code === wish.kind ? true : null }, kind.label)))),
        field('model', el('select', { name: 'model' }, MODELS.map((name) => el('option', { value: name, selected: name === wish.model ? true : null }, t(`services.site.model.${name}`))))),
        field('sites', el('input', { name: 'sites', type: 'number', min: 1, max: 200, required: true, value: wish.sites })),
        field('budget', el('input', { name: 'budget', type: 'number', min: 0, step: 'any', value: wish.budget, placeholder: t('services.site.none') })),
        field('each', el('input', { name: 'each', type: 'number', min: 0, value: wish.each, placeholder: t('services.site.none') })),
        button(t('services.site.ask'), null, { type: 'submit', 'data-key': 'siting-ask' })),
      found ? answer() : null)
  }

  async function ask(event) {
    event.preventDefault()
    wish = Object.fromEntries(new FormData(event.target))
    const got = await app.notices.during(app.t('services.site.asking'), () => api.site(settings()))
    if (!got) return
    found = got
    left = new Set()
    overlay.showSites(found.sites)
    overlay.fit(found.sites)
    desk.render()
  }

  function settings() {
    return { profile: desk.profile(), kind: wish.kind, model: wish.model, sites: Number(wish.sites), budget_yuan: wish.budget ? Number(wish.budget) * 10000 : null, households_each: wish.each ? Number(wish.each) : null }
  }

  function answer() {
    const { t, words } = app
    const lang = words.language()
    const cost = (fen) => (fen === null ? t('class.unknown') : money(fen, lang))
    return el('div', { class: 'answer', role: 'status' },
      el('p', { class: 'answer-sum' }, el('strong', { class: 'gain' }, t('services.gains', { n: count(found.households) })), el('span', {}, cost(found.cost_fen))),
      el('p', { class: 'note' }, found.status === 'optimal' ? t('services.site.optimal') : t('services.site.gap', { gap: (100 * found.gap).toFixed(2) }), t('services.site.candidates', { n: found.candidates, far: count(found.out_of_reach) })),
      found.sites.length && found.item_code ? el('p', { class: 'note' }, t('services.site.choose')) : null,
      el('ol', { class: 'advice' }, found.sites.map((one) => el('li', { class: 'site-row' },
        el('input', { type: 'checkbox', checked: left.has(one.plot_room_id) ? null : true, 'aria-label': t('services.site.take', { name: one.name }), 'data-key': `take-${one.plot_room_id}`, onchange: () => turn(one) }),
        button([el('strong', {}, `+${count(one.households)}${t('services.households')}`), ' ', el('span', {}, one.name), el('span', { class: 'note' }, cost(one.cost_fen))], () => overlay.fit([one]), { class: 'advice-row', 'data-key': `site-${one.plot_room_id}` })))),
      taken().length && found.item_code ? button(t('services.site.propose', { n: taken().length }), propose, { 'data-key': 'propose' }) : null,
      button(t('services.site.away'), () => { found = null; overlay.showSites([]); desk.render() }, { class: 'link', 'data-key': 'siting-away' }))
  }

  function taken() {
    return found.sites.filter(({ plot_room_id: id }) => !left.has(id))
  }

  /** Takes a site into the proposal or out of it; a click on its mark does the same. */
  function turn({ plot_room_id: id }) {
    if (!left.delete(id)) left.add(id)
    overlay.showSites(found.sites.map((one) => ({ ...one, off: left.has(one.plot_room_id) })))
    desk.render()
  }

  function clicked(latlng) {
    const one = found ? overlay.siteAt(latlng) : null
    if (one) turn(one)
    return Boolean(one)
  }

  async function propose() {
    const only = taken().map(({ plot_room_id: id }) => id)
    const made = await app.notices.during(app.t('services.site.proposing'), () => api.propose({ ...settings(), only }))
    if (made) app.notices.say(app.t('services.site.proposed', { n: made.proposed, already: made.already }))
  }
}
