// What the rules say of a community or building, line by line, with the state of the result.

import { rowsLink } from '../model/links.js'
import { isActive } from '../model/runs.js'
import { button, el, section } from './dom.js'
import { changed, stateLine, whyButton, whyFigure } from './why.js'

const MARKS = { pass: '✓', outside_priority: '!', unknown: '?', fail: '✕' }
const ASK_AGAIN_MS = 800

/** The section of a place; null where the actor may not know of results. */
export async function eligibilitySection(app, layer, id) {
  const told = await app.api.verdicts(layer, id).catch(() => null)
  if (!told) return null
  const { t } = app
  return section(t('eligibility.title'),
    stateLine(app, told.state),
    told.state.state === 'current' ? null : runButton(app, 'eligibility'),
    told.lines.length ? el('ul', { class: 'verdicts' }, told.lines.map((line) => verdictLine(app, layer, id, line)))
      : told.state.state === 'never_run' ? null : el('p', { class: 'empty' }, t('eligibility.none')),
    told.inside.length ? inside(app, id, told.inside) : null)
}

function verdictLine(app, layer, id, line) {
  const { t, words } = app
  return el('li', { class: `verdict-line${line.rule_id === 'overall' ? ' is-overall' : ''}` },
    el('span', { class: `verdict verdict-${line.verdict}` }, el('span', { class: 'verdict-mark', 'aria-hidden': 'true' }, MARKS[line.verdict]), words.of(line.verdict_label)),
    el('span', { class: 'verdict-name' }, words.of(line.name)),
    whyButton(app, { layer, id, rule: line.rule_id }, `${line.name} ${line.verdict_label}`),
    el('span', { class: 'verdict-reason' }, line.reason,
      line.missing.filter((field) => field.column).map((field) => [' ', button(t('unknown.missing', { field: words.of(field.label) }),
        () => app.openTable(field.layer, { [field.column]: { unknown: true }, ...(layer === 'community' && field.layer === 'building' ? { community_id: { in: [id] } } : {}) }), { class: 'link' })])),
    (line.clause?.changes ?? []).map((change) => changed(app, change)))
}

function inside(app, id, counts) {
  const { t, words } = app
  return el('p', { class: 'verdict-inside' }, `${t('eligibility.inside')} `, counts.map((one) =>
    el('a', { class: 'link', href: rowsLink(app, 'eligibility', { community_id: { in: [id] }, target_layer: { contains: 'building' }, rule_id: { contains: 'overall' }, verdict: { in: [one.verdict] } }),
      onclick: (event) => { event.preventDefault(); app.openTable('eligibility', { community_id: { in: [id] }, target_layer: { contains: 'building' }, rule_id: { contains: 'overall' }, verdict: { in: [one.verdict] } }) } },
    `${words.of(one.label)} ${one.buildings}`)).flatMap((link, at) => (at ? [' · ', link] : [link])))
}

/** Runs an analysis as a job and shows how far it is; `done` afterwards. */
export function runButton(app, analysis, done = () => app.detail.render()) {
  const { t } = app
  const told = el('span', { class: 'hint', role: 'status' })
  const start = button(t('run.start'), async () => {
    start.disabled = true
    try {
      let job = await app.api.askForRun(analysis, {})
      while (isActive(job)) {
        told.textContent = job.state === 'running' ? `${Math.round(100 * job.progress)} % ${job.doing}` : t('run.waiting')
        await new Promise((resolve) => { setTimeout(resolve, ASK_AGAIN_MS) })
        job = (await app.api.jobs()).jobs.find((one) => one.job_id === job.job_id) ?? job
      }
      if (job.error) app.notices.error(job.error)
      await done()
    } catch (failure) {
      app.notices.error(failure)
    }
    told.textContent = ''
    start.disabled = false
  }, { 'data-key': `run-${analysis}` })
  return el('p', { class: 'run-line' }, start, told)
}

/** The counts of a run as figures that open. */
export function runCounts(app, analysis, counts) {
  return el('ul', { class: 'chips' }, counts.filter((one) => one.value > 0).map((one) => el('li', {},
    whyFigure(app, { analysis, count: one.name }, `${one.label} ${one.value.toLocaleString('en-US')}`, one.label))))
}
