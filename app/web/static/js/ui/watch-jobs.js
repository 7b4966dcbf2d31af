// Asks for the jobs as often as something moves: each second while one is active, seldom otherwise.

import { isActive } from '../model/runs.js'

const BUSY_MS = 1000
const CALM_MS = 8000

/** `shown(jobs)` at every answer, `ended(job)` once for each job that came to its end meanwhile. */
export function watchJobs(api, { shown, ended = () => {} }) {
  let timer = null
  let active = new Set()
  return { look }

  async function look() {
    clearTimeout(timer)
    let jobs = null
    try {
      ({ jobs } = await api.jobs())
    } catch {
      timer = setTimeout(look, CALM_MS) // the server is away for a moment; what is shown stays
      return
    }
    const over = jobs.filter((job) => !isActive(job) && active.has(job.job_id))
    active = new Set(jobs.filter(isActive).map((job) => job.job_id))
    shown(jobs)
    for (const job of over) ended(job)
    timer = setTimeout(look, active.size ? BUSY_MS : CALM_MS)
  }
}
