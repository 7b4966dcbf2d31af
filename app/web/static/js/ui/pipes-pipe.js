// One pipe: its long profile with everything that crosses it, its conflicts, its facts.

import { count } from '../model/format.js'
import { button, el, section } from './dom.js'
import { classWord, metres, stateBanner, verdictMark } from './pipes-parts.js'
import { rowPanel } from './row-panel.js'
import { sectionFigure } from './section-drawing.js'

const MOST_SHOWN = 40

export async function pipePanel(desk, id) {
  const { app, calls, overlay } = desk
  const { t } = app
  const [panel, profile, listed] = await Promise.all([
    rowPanel(app, { layer: 'pipe', id }),
    calls.profile(id).catch((failure) => failure),
    calls.conflicts({ pipe: id }),
  ])
  overlay.clear('cut')
  const [head, ...facts] = panel
  head.querySelector('[data-key="back"]')?.replaceWith(button(`‹ ${t('pipes.back')}`, () => desk.choose(null), { class: 'back', 'data-key': 'back' }))
  return [
    head,
    stateBanner(desk, listed.state, 'conflicts'),
    el('div', { class: 'out-line' }, button(t('pipes.only_this', { n: count(listed.total) }), () => desk.show('conflicts', { pipe: id }), { 'data-key': 'only-this', disabled: !listed.total }),
      desk.has('draft') ? button(t('pipes.move_this'), () => desk.show('draft', { moves: id }), { 'data-key': 'move-this' }) : null),
    section(t('pipes.profile'), profile instanceof Error ? el('p', { class: 'empty' }, profile.message)
      : [sectionFigure(app, profile, { title: t('pipes.profile_of', { id }), exaggerated: true }), crossings(desk, profile)]),
    ...facts,
  ]
}

/** Every pipe met along the way, with the distance there is and the distance asked. */
export function crossings(desk, profile, { gaps = true } = {}) {
  const { app } = desk
  const { t } = app
  if (!profile.cuts.length) return el('p', { class: 'hint' }, t('section.nothing'))
  return el('div', { class: 'scroll-x' }, el('table', { class: 'townships' }, el('caption', { class: 'visually-hidden' }, t('section.crossings')),
    el('thead', {}, el('tr', {}, ['section.at', 'section.pipe', 'section.axis_depth', gaps ? 'section.gap_required' : null].filter(Boolean).map((key, i) => el('th', { scope: 'col', class: i === 1 ? '' : 'number' }, t(key))))),
    el('tbody', {}, profile.cuts.slice(0, MOST_SHOWN).map((cut) => el('tr', {}, el('td', { class: 'number' }, `${cut.at_m.toFixed(1)} m`),
      el('th', { scope: 'row' }, ['conflict', 'possible', 'unverified'].includes(cut.verdict) ? [verdictMark(app, cut.verdict), el('span', { class: 'visually-hidden' }, t(`verdict.${cut.verdict}`))] : null, ` ${classWord(app, cut.pipe_class)} `, button(cut.pipe_id, () => desk.choose({ layer: 'pipe', id: cut.pipe_id }), { class: 'link' })),
      el('td', { class: 'number' }, metres(cut.axis_depth_m, t)),
      !gaps ? null : el('td', { class: 'number' }, cut.required_m === null ? metres(cut.gap_m, t) : `${metres(cut.gap_m, t)} / ${cut.required_m.toFixed(2)}`))))))
}
