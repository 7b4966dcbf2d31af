// Jobs as rows: what, who, when, how far; cancel where there is something to cancel.

import { personName } from '../i18n.js'
import { duration, isActive, moment, progressOf } from '../model/runs.js'
import { button, el } from './dom.js'

export function jobRow(page, job, { cancel }) {
  const { t } = page
  return el('li', { class: `job is-${job.state}`, 'data-job': job.job_id },
    el('div', { class: 'job-head' }, el('strong', {}, page.words.of(job.label) || t(`job.kind.${job.kind}`)), el('span', { class: `job-state state-${job.state}` }, stateWord(job, t))),
    el('p', { class: 'job-line' }, `${moment(job.created_at)} · ${personName(job.by, t)}`, job.attempts > 1 ? ` · ${t('job.attempts', { n: job.attempts })}` : ''),
    isActive(job) ? progress(job, page, cancel) : null,
    job.error ? el('p', { class: 'job-error' }, [job.error.message, job.error.fix].filter(Boolean).join(' ')) : null,
    job.result?.was_stored ? el('p', { class: 'hint' }, t('job.was_stored')) : null)
}

function stateWord(job, t) {
  return job.state === 'running' && job.cancel_asked ? t('job.stopping') : t(`job.state.${job.state}`)
}

function progress(job, { t }, cancel) {
  const shown = progressOf(job)
  const percent = Math.round(100 * job.progress)
  const line = [job.doing, shown.left ? t('job.left', { time: duration(job.left_s, t) }) : ''].filter(Boolean).join(' · ')
  return el('div', { class: 'job-progress' },
    shown.bar ? el('div', { class: 'progress', role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': percent, 'aria-label': job.doing || job.label },
      el('span', { style: { width: `${percent}%` } })) : null,
    el('span', { class: 'job-line' }, line),
    shown.cancel && !job.cancel_asked ? button(t('job.cancel'), () => cancel(job.job_id), { 'data-key': `cancel-${job.job_id}` }) : null)
}
