// Pieces that the parts of the pipes theme share: verdict marks, names of things, the state of a result.

import { moment } from '../model/runs.js'
import { button, el, svg } from './dom.js'

/** The marker of a verdict as the map draws it. */
export function verdictMark({ styles }, code) {
  const { color, shape } = styles.legends.verdict.classes[code]
  const inside = {
    diamond: () => [svg('path', { d: 'M9 1 17 9 9 17 1 9Z', fill: color })],
    'diamond-open': () => [svg('path', { d: 'M9 2 16 9 9 16 2 9Z', fill: '#ffffff', stroke: color, 'stroke-width': 3 })],
    question: () => [svg('circle', { cx: 9, cy: 9, r: 7.5, fill: '#ffffff', stroke: color, 'stroke-width': 2 }), svg('path', { d: 'M6.8 7.2C6.8 4.3 11.2 4.3 11.2 7.2 11.2 9 9 8.9 9 10.6M9 12.4v1', fill: 'none', stroke: color, 'stroke-width': 1.8 })],
  }[shape]()
  return svg('svg', { viewBox: '0 0 18 18', width: 18, height: 18, 'aria-hidden': 'true', class: 'verdict-icon' }, inside)
}

/** The class of a side in words: a pipe's class, or what else it is. */
export function classWord({ t, words, meta }, code) {
  if (!code) return ''
  if (words.has(`pipe_class.${code}`)) return t(`pipe_class.${code}`)
  if (code === 'road') return t('section.kerb')
  const layer = meta.layers.find(({ name }) => name === code)
  return layer ? words.of(layer.label) : t('class.unknown')
}

export function metres(value, t) {
  return value === null || value === undefined ? t('class.unknown') : `${value.toFixed(2)} m`
}

/** 给水 JS-1 ↔ 排水 YS-2; of a cover check the ground stands for the other side. */
export function pairWords(app, row) {
  const one = `${classWord(app, row.a_class)} ${row.a_id}`
  return row.b_id ? `${one} ↔ ${classWord(app, row.b_class)} ${row.b_id}` : `${one} · ${app.t('pipes.cover')}`
}

/** 缺 / 差 of a row in one figure. */
export function figureOf({ t, words }, row) {
  if (row.verdict === 'unverified') return t('pipes.lacks', { field: missingWord({ t, words }, row.missing) })
  if (row.verdict === 'possible' && !row.deficit_m) return t('pipes.within_error')
  return t('pipes.short', { m: row.deficit_m?.toFixed(2) ?? '?' })
}

function missingWord({ t, words }, missing) {
  const name = String(missing ?? '').split(',')[0].trim()
  return words.has(`pipes.field.${name}`) ? t(`pipes.field.${name}`) : name || t('class.unknown')
}

/** When the result is missing or old: what to do about it; null while it stands. */
export function stateBanner({ app, refresh }, state, analysis) {
  const { t, api, notices } = app
  if (state.state === 'current') return null
  const run = async () => {
    const job = await notices.during(t('pipes.asking'), () => api.askForRun(analysis, {}))
    if (!job) return
    notices.say(t('pipes.asked'))
    banner.replaceChildren(el('p', { role: 'status' }, t('pipes.asked')))
    waitFor(app, job.job_id, refresh)
  }
  const banner = el('div', { class: `result-state result-${state.state}` },
    el('p', {}, state.state === 'stale' ? t('pipes.stale', { when: moment(state.finished_at) }) : t('pipes.never_run')),
    state.reason ? el('span', { class: 'result-reason' }, state.reason) : null,
    button(t(state.state === 'stale' ? 'pipes.rerun' : 'pipes.run'), run, { class: 'primary', 'data-key': `run-${analysis}` }))
  return banner
}

async function waitFor(app, id, done) {
  const { jobs } = await app.api.jobs().catch(() => ({ jobs: [] }))
  const job = jobs.find((one) => one.job_id === id)
  if (job && ['queued', 'running'].includes(job.state)) return setTimeout(() => waitFor(app, id, done), 1000)
  if (job?.error) app.notices.error(typeof job.error === 'object' ? job.error : { message: String(job.error) })
  return done()
}
