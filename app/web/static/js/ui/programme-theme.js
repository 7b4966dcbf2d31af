// The theme of the programme: what is done and why, who agreed, who pays, what is late, what contradicts itself.

import { programmeCalls } from '../api-programme.js'
import { createPhasesOverlay } from '../map/phases-overlay.js'
import { nameOf } from '../model/summary.js'
import { button, el, replace } from './dom.js'
import { createGapReturn } from './gap-return.js'
import { bestPart, checksPart, findingsPart } from './programme-checks.js'
import { comparePart } from './programme-compare.js'
import { moneyPart, reconcilePart } from './programme-money.js'
import { consentPart, proposalsPart, scopePart } from './programme-scope.js'
import { schemesPart } from './programme-schemes.js'
import { selectionPart } from './programme-selection.js'
import { stepsPart } from './programme-steps.js'
import { surveyPart } from './programme-survey.js'

const PARTS = ['survey', 'selection', 'scope', 'consent', 'money', 'steps', 'schemes', 'compare', 'checks', 'best', 'text']

export function create(app, slot, view) {
  const calls = programmeCalls(app.api.calls)
  const desk = { app, calls, place, own, keep: app.themes.keep, refresh: render, show, decide, send, paintPhases }
  const returned = createGapReturn(app, render, { url: calls.surveyUrl, words: 'survey' })
  let told = null, opened = null, turn = 0, overlay = null, drawn = ''
  return { render, leave, changed, clicked, out, owns: () => false, hovered: () => false }

  function own(key) {
    return app.themes.owned()[key] ?? ''
  }

  function part() {
    return PARTS.includes(own('part')) ? own('part') : 'scope'
  }

  function place() {
    return { programme: app.summary()?.programme?.id ?? '', township: own('community') ? '' : own('township'), community: own('community') }
  }

  async function render() {
    turn += 1
    const mine = turn
    const found = await app.notices.during(app.t('programme.loading'), () => calls.overview(place()))
    if (mine !== turn || !found) return
    told = found
    await open()
    if (mine === turn) draw()
  }

  /** The rows behind the part that is open. */
  async function open() {
    const asks = {
      survey: () => calls.survey({ ...place(), everywhere: own('everywhere') }),
      selection: () => calls.selection({ ...place(), everywhere: own('everywhere') }),
      steps: () => calls.schedule(place()),
      schemes: () => calls.schemes(place(), own('left'), own('right')),
      compare: () => calls.compare(place()),
      money: () => calls.trenches(place()).catch(() => null),
      scope: () => (own('item') ? calls.proposals(place(), own('item')) : null),
      consent: () => calls.votes(place()),
      checks: () => (own('rule') ? calls.findings(place(), own('rule')) : null),
      best: () => calls.choices(place()),
      text: () => calls.reconcile(place()),
    }
    opened = null
    const ask = asks[part()]?.()
    if (ask) opened = await app.notices.during(app.t('programme.loading'), () => ask)
  }

  function changed(state, before) {
    if (state.own === before.own) return
    const others = ['part', 'item', 'rule', 'everywhere', 'left', 'right', 'by']
    if (['community', 'township'].some((key) => state.own[key] !== before.own[key])) render()
    else if (others.some((key) => state.own[key] !== before.own[key])) open().then(draw)
  }

  function draw() {
    if (!told) return
    const at = own('community') || own('township')
    const name = own('community') ? told.communities[0]?.name ?? own('community') : app.meta.townships.find(({ id }) => id === own('township'))
    const shown = part()
    if (shown !== 'steps') wipe()
    replace(slot,
      el('header', { class: 'detail-head' },
        at ? button(`‹ ${app.t('programme.everywhere')}`, () => app.themes.keep({ community: null, township: null }), { class: 'back', 'data-key': 'programme-all' }) : null,
        el('p', { class: 'kind' }, at ? placeName(name) : app.t('programme.whole', { n: told.communities.length })),
        el('h2', { tabindex: '-1' }, app.t('themes.programme'))),
      el('div', { class: 'parts', role: 'group', 'aria-label': app.t('programme.parts') }, PARTS.map((id) =>
        button(app.t(`programme.part.${id}`), () => show({ part: id, item: null, rule: null }), { 'aria-pressed': String(id === shown), 'data-key': `part-${id}` }))),
      drawPart(shown))
  }

  function placeName(place) {
    return typeof place === 'object' ? nameOf(place, app.words.language()) : String(place ?? '')
  }

  function drawPart(shown) {
    if (['survey', 'selection', 'steps', 'schemes', 'compare'].includes(shown) && !opened) return el('p', { class: 'empty' }, app.t('programme.none'))
    switch (shown) {
      case 'survey': return surveyPart(desk, opened, returned.section({ ...place(), everywhere: own('everywhere') }))
      case 'selection': return selectionPart(desk, opened)
      case 'consent': return consentPart(desk, told, opened)
      case 'schemes': return schemesPart(desk, opened)
      case 'compare': return comparePart(desk, opened)
      case 'money': return moneyPart(desk, told, opened)
      case 'steps': return stepsPart(desk, opened)
      case 'checks': return own('rule') ? findingsPart(desk, told, opened) : checksPart(desk, told)
      case 'best': return bestPart(desk, told, opened)
      case 'text': return reconcilePart(desk, opened)
      default: return own('item') ? proposalsPart(desk, told, opened) : scopePart(desk, told)
    }
  }

  function show(patch) {
    app.themes.keep(patch)
    slot.scrollIntoView({ block: 'start' })
  }

  function decide(wish) {
    return kept(() => calls.decide({ ...wish, programme: place().programme }))
  }

  /** Records something of the programme; what stands in the way is told. */
  function send(kind, wish) {
    return kept(() => calls.record(kind, wish))
  }

  async function kept(call) {
    const done = await app.notices.during(app.t('programme.saving'), call)
    if (!done) return
    app.notices.say(app.t('programme.saved'))
    app.work.refresh?.()
    await render()
  }

  function clicked(hits) {
    const community = hits.find(({ layer }) => layer === 'community') ?? hits.find(({ layer }) => layer === 'township')
    if (!community) return false
    app.themes.keep(community.layer === 'community' ? { community: community.id } : { township: community.id, community: null })
    view.goTo({ layer: community.layer, id: community.id }, { maxZoom: 17 })
    return true
  }

  function out() {
    if (own('item') || own('rule')) { show({ item: null, rule: null }); return true }
    if (own('community')) { app.themes.keep({ community: null }); return true }
    if (own('township')) { app.themes.keep({ township: null }); return true }
    return false
  }

  /** Communities coloured by their state on the chosen day; their outlines are asked for once. */
  async function paintPhases(states) {
    overlay ??= createPhasesOverlay(view.map)
    const ids = [...states.keys()].sort().join(',')
    if (drawn !== ids) {
      drawn = ids
      const found = await app.api.features('community', { ids }).catch(() => null)
      if (drawn !== ids || !overlay || part() !== 'steps') return
      overlay.put(found?.features ?? [])
    }
    overlay.show(states)
  }

  function wipe() {
    overlay?.remove()
    overlay = null
    drawn = ''
  }

  function leave() {
    turn += 1
    wipe()
  }
}
