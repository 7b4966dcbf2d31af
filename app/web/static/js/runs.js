// The page of runs: every analysis with the age of its answer, and the jobs that are under way.

import { isActive } from './model/runs.js'
import { adjustedNote } from './ui/adjusted.js'
import { el, replace } from './ui/dom.js'
import { jobRow } from './ui/job-list.js'
import { openPage } from './ui/page.js'
import { createRunCard } from './ui/run-card.js'
import { watchJobs } from './ui/watch-jobs.js'

let watch = null
let cards = new Map()
let drawJobs = () => {}

openPage({ title: 'runs.title', draw })

async function draw(page) {
  const { t, api, notices } = page
  const found = await notices.during(t('loading'), () => Promise.all([api.runs(), api.meta(), api.scenarios()]))
  if (!found) return
  const [{ analyses }, meta, { scenarios }] = found
  const labelOf = (name) => page.words.of(meta.layers.find((one) => one.name === name)?.label ?? name)
  const list = el('ul', { class: 'jobs' })
  cards = new Map(analyses.map((analysis) => [analysis.analysis, createRunCard(page, analysis, { labelOf, ask, adjusted: (rules) => adjustedNote(page, rules, meta) })]))
  const scenario = scenarios.find((one) => one.id === page.scenario)
  replace(document.getElementById('runs'),
    scenario ? el('p', { class: 'scenario-line', role: 'status' }, t('scenario.looking_at', { name: scenario.name })) : null,
    el('div', { class: 'desk' },
      el('section', { class: 'run-cards', 'aria-label': t('runs.analyses') }, [...cards.values()].map(({ card }) => card)),
      el('section', { class: 'job-list', 'aria-labelledby': 'jobs-title' }, el('h2', { id: 'jobs-title' }, t('runs.jobs')), list)))
  drawJobs = (jobs) => replace(list, jobs.length ? jobs.map((job) => jobRow(page, job, { cancel })) : el('li', { class: 'empty' }, t('runs.no_jobs')))
  watch ??= watchJobs(api, { shown: (jobs) => { drawJobs(jobs); mark(jobs) }, ended })
  await watch.look()

  async function ask(analysis, settings) {
    await notices.during(t('run.asking'), () => api.askForRun(analysis, settings))
    await watch.look()
  }

  async function cancel(id) {
    await notices.during(t('job.cancelling'), () => api.cancelJob(id))
    await watch.look()
  }

  async function ended(job) {
    notices.say(`${job.label} ${t(`job.state.${job.state}`)}`)
    const now = await notices.during(t('loading'), () => api.runs())
    for (const analysis of now?.analyses ?? []) cards.get(analysis.analysis).update(analysis)
  }
}

/** The card of an analysis under way says so at once. */
function mark(jobs) {
  const busy = new Set(jobs.filter((job) => job.kind === 'run' && isActive(job)).map((job) => job.payload.analysis))
  for (const [name, { card }] of cards) card.classList.toggle('is-busy', busy.has(name))
}
