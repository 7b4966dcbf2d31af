// What the bar of the map says about work under way: the runs, and how many are running now.

import { isActive } from '../model/runs.js'
import { el } from './dom.js'
import { watchJobs } from './watch-jobs.js'

/** `changed()` is called when a job ended that may have changed what the map shows. */
export function createWorkBar(app, { changed }) {
  const { api } = app
  let running = 0
  const link = el('a', { class: 'button runs-link', 'data-key': 'runs' })
  const upload = el('a', { class: 'button upload-link', 'data-key': 'upload' })
  const watch = watchJobs(api, {
    shown(jobs) {
      running = jobs.filter(isActive).length
      say()
    },
    ended(job) {
      app.notices.say(`${job.label} ${app.t(`job.state.${job.state}`)}`)
      if (job.state === 'done') changed(job)
    },
  })
  return { links, start: watch.look, refresh: say }

  function links() {
    say()
    return [link, upload]
  }

  function say() {
    const { t, words, state } = app
    const query = new URLSearchParams({ lang: words.language(), ...(state().scenario ? { scenario: state().scenario } : {}) })
    link.href = `runs?${query}`
    upload.href = `upload?${query}`
    upload.textContent = t('upload.short')
    const stale = app.summary()?.attention.filter((one) => one.code === 'stale_result').length ?? 0
    link.textContent = running ? t('runs.short_n', { n: running }) : stale ? t('runs.short_stale', { n: stale }) : t('runs.short')
    link.classList.toggle('is-stale', stale > 0)
  }
}
