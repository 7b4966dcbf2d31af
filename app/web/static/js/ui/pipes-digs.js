// Dig once: planned digs that can be one, what it saves, who might lead, where periods overlap.

import { decimal, exactMoney, money } from '../model/format.js'
import { button, el, replace, section } from './dom.js'
import { stateBanner } from './pipes-parts.js'
import { whyFigure } from './why.js'

const LOOK = { opportunity: { color: '#2f855a', weight: 5 }, conflict: { color: '#b3261e', weight: 5, dashArray: '9 5' } }
const FIGURES = [['shared_m', 'm'], ['saved_m', 'm'], ['repaving_m2', 'm²'], ['saved_repaving_m2', 'm²']]

export function digsPart(desk) {
  const { app, calls, overlay } = desk
  let data = null
  return { load, render, leave: () => overlay.clear('digs'), keeps: ({ layer }) => layer === 'corridor', marked: mark }

  async function load(again = true) {
    if (data && !again) return
    data = await app.notices.during(app.t('digs.loading'), () => calls.digs())
  }

  function render(parent, selected) {
    const { t } = app
    if (!data) return replace(parent, el('p', { class: 'empty' }, t('digs.failed')))
    const chosen = data.packages.find(({ id }) => id === selected?.id)
    return replace(parent, ...(chosen ? one(chosen) : all()))
  }

  function mark(selected) {
    overlay.clear('digs')
    for (const pack of data?.packages ?? []) {
      const isChosen = pack.id === selected?.id
      overlay.lines('digs', pack.lines, { ...LOOK[pack.kind], weight: isChosen ? 7 : 4, casing: '#ffffff' }, { add: true, onclick: () => open(pack), label: `${nameOf(pack)} · ${money(pack.saved_fen ?? 0, app.words.language())}` })
    }
  }

  function nameOf({ place, name }) {
    return [place, name].filter(Boolean).join(' · ')
  }

  function all() {
    const { t, words } = app
    const lang = words.language()
    const { totals, packages } = data
    return [
      el('header', { class: 'detail-head' }, el('h2', { tabindex: '-1' }, t('digs.title'))),
      stateBanner(desk, data.state, 'corridors'),
      data.state.state === 'never_run' ? el('p', { class: 'empty' }, t('digs.teach')) : [
        el('dl', { class: 'figure-line' }, box(t('digs.packages'), String(packages.length)), box(t('digs.saved_m'), `${decimal(totals.saved_m, 0)} m`), box(t('digs.saved'), money(totals.saved_fen, lang), exactMoney(totals.saved_fen, lang))),
        el('ul', { class: 'dig-key' }, ['opportunity', 'conflict'].map((kind) => el('li', {}, el('span', { class: `dig-line dig-${kind}` }), `${t(`digs.kind.${kind}`)} ${packages.filter((one) => one.kind === kind).length}`))),
        packages.length ? el('ul', { class: 'cards' }, packages.map((pack) => el('li', {}, el('button', { type: 'button', class: 'card', 'data-key': `dig-${pack.id}`, onclick: () => open(pack, true) },
          el('span', { class: 'card-name' }, el('span', { class: `dig-line dig-${pack.kind}` }), nameOf(pack)), el('span', { class: 'card-figure' }, money(pack.saved_fen ?? 0, lang)),
          el('span', { class: 'card-line' }, [t('digs.shared_of', { m: decimal(pack.shared_m, 0) }), pack.organisations.map(({ name }) => name).join('、'), `${pack.starts_on} – ${pack.ends_on}`].filter(Boolean).join(' · ')),
          pack.kind === 'conflict' ? el('span', { class: 'card-wrong' }, t('digs.overlap')) : null)))) : el('p', { class: 'empty' }, t('digs.none')),
      ],
    ]
  }

  function box(label, value, title = null) {
    return el('div', { class: 'figure-box', title }, el('dt', {}, label), el('dd', {}, value))
  }

  function open(pack, go = false) {
    desk.choose({ layer: 'corridor', id: pack.id })
    if (go) overlay.goToAll(pack.lines)
  }

  function one(pack) {
    const { t, words } = app
    const lang = words.language()
    const why = (figure, text, label) => whyFigure(app, { package: pack.id, of: figure }, text, label)
    const overlaps = new Set(pack.overlaps.flat())
    return [
      el('div', { class: 'step-line' }, button(`‹ ${t('digs.title')}`, () => desk.choose(null), { class: 'back', 'data-key': 'back' })),
      el('header', { class: 'detail-head' }, el('p', { class: 'kind' }, el('span', { class: `dig-line dig-${pack.kind}` }), t(`digs.kind.${pack.kind}`)), el('h2', { tabindex: '-1' }, nameOf(pack))),
      pack.kind === 'conflict' ? el('p', { class: 'filtered' }, t('digs.overlap_told')) : null,
      el('dl', { class: 'facts' },
        el('dt', {}, t('digs.saved')), el('dd', {}, why('saved_fen', money(pack.saved_fen ?? 0, lang), t('digs.saved')), el('span', { class: 'hint' }, ` ${exactMoney(pack.saved_fen ?? 0, lang)}`)),
        FIGURES.flatMap(([name, unit]) => [el('dt', {}, t(`digs.${name}`)), el('dd', {}, pack[name] === null ? t('class.unknown') : why(name, `${decimal(pack[name], 2)} ${unit}`, t(`digs.${name}`)))]),
        el('dt', {}, t('digs.lead')), el('dd', {}, pack.lead ? why('lead_id', pack.lead.name, t('digs.lead')) : t('class.unknown')),
        el('dt', {}, t('digs.period')), el('dd', {}, `${pack.starts_on} – ${pack.ends_on}`)),
      el('div', { class: 'out-line' }, button(t('pipes.show_place'), () => overlay.goToAll(pack.lines), { 'data-key': 'show-place' })),
      section(t('digs.members', { n: pack.members.length }), el('ul', { class: 'neighbour-list' }, pack.members.map((member) => el('li', {},
        button(member.name, () => app.select({ layer: member.layer, id: member.id }, { go: true }), { class: 'link' }),
        el('span', { class: 'hint' }, ` ${[member.owner, [member.starts_on, member.ends_on].filter(Boolean).join(' – ')].filter(Boolean).join(' · ')}`),
        overlaps.has(member.key) ? el('span', { class: 'badge badge-stale' }, t('digs.overlap')) : null)))),
    ]
  }
}
