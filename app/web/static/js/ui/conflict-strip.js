// The pipes under a place in one sentence and one small chart by class; it opens the list of conflicts.

import { count } from '../model/format.js'
import { VERDICTS } from '../model/conflicts.js'
import { button, el, section } from './dom.js'

/** Resolves to the strip of a township or community; null where nobody may know of pipes. */
export async function conflictStrip(app, place) {
  const { t, api, meta } = app
  if (!meta.layers.some(({ name }) => name === 'conflict')) return null
  const told = await api.calls.get('api/conflict-strip', place).catch(() => null)
  if (!told) return null
  const open = (own = {}) => app.store.set({ theme: 'pipes', own: { ...place, ...own }, selected: null })
  const isNew = told.state.state === 'never_run'
  const total = VERDICTS.reduce((sum, code) => sum + told.verdicts[code], 0)
  return section(t('strip.pipes'),
    isNew ? el('p', { class: 'empty' }, t('pipes.never_run')) : sentence(app, told, total, open),
    total ? chart(app, told, open) : null,
    button(t(isNew ? 'strip.open' : 'strip.open_list'), () => open(), { class: 'link', 'data-key': 'strip-pipes' }))
}

function sentence({ t }, { verdicts, waiting, overdue, state }, total, open) {
  if (!total) return el('p', {}, t('strip.clear'))
  const link = (words, own, key) => button(words, () => open(own), { class: 'link', 'data-key': key })
  return el('p', {}, VERDICTS.filter((code) => verdicts[code]).map((code, i) => [i ? ' · ' : '', link(`${t(`verdict.${code}`)} ${count(verdicts[code])}`, { verdict: code }, `strip-${code}`)]),
    waiting ? [' · ', link(t(overdue ? 'strip.overdue' : 'strip.waiting', { n: count(waiting), late: count(overdue) }), { verdict: 'conflict', answer: 'open' }, 'strip-waiting')] : null,
    state.state === 'stale' ? [' ', el('span', { class: 'badge badge-stale' }, t('state.stale'))] : null)
}

// One bar a class, its length the rows that name it, the sure conflicts first.
function chart({ t, styles, words }, { classes }, open) {
  const whole = (one) => VERDICTS.reduce((sum, code) => sum + one[code], 0)
  const longest = Math.max(...classes.map(whole))
  const colors = styles.legends.verdict.classes
  return el('ul', { class: 'strip-chart', 'aria-label': t('strip.by_class') }, [...classes].sort((a, b) => whole(b) - whole(a)).map((one) => el('li', {}, el('button', {
    type: 'button', 'data-key': `strip-class-${one.code}`, onclick: () => open({ cls: one.code }),
    'aria-label': `${words.of(one.label)}：${VERDICTS.map((code) => `${t(`verdict.${code}`)} ${one[code]}`).join('，')}`,
  }, el('span', { class: 'strip-name' }, words.of(one.label)),
  el('span', { class: 'strip-bar' }, VERDICTS.map((code) => el('span', { style: { background: colors[code].color, width: `${(100 * one[code]) / longest}%` } }))),
  el('span', { class: 'strip-figure' }, count(whole(one)))))))
}
