// Where a community stands in the six phases on a day: pure, tested without a page.

const DAY_MS = 86_400_000

/** The day as a number of days, so that days can be subtracted; null for none. */
export function dayNumber(text) {
  const at = text ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return Number.isNaN(at) ? null : Math.round(at / DAY_MS)
}

export function dayText(number) {
  return new Date(number * DAY_MS).toISOString().slice(0, 10)
}

/**
 * The state of one phase on a day: `done`, `done_late`, `running`, `overdue`, `open`, `unknown`, with the days it is late.
 * A phase that only begins from its date (`due_kind` from) is never late.
 */
export function phaseOn(phase, day, dueKind = 'by') {
  if (!phase || (!phase.due && !phase.started && !phase.done)) return { state: 'unknown', late: 0 }
  const due = dueKind === 'by' ? dayNumber(phase.due) : null
  const done = dayNumber(phase.done), began = dayNumber(phase.started)
  if (done !== null && done <= day) {
    const late = due === null ? 0 : Math.max(0, done - due)
    return { state: late ? 'done_late' : 'done', late }
  }
  if (due !== null && due < day) return { state: 'overdue', late: day - due }
  return { state: began !== null && began <= day ? 'running' : 'open', late: 0 }
}

/** The phase that a community is in on a day: the first that is not done; after the last one, that. */
export function stageOn(row, stages, day) {
  for (const stage of stages) {
    const found = phaseOn(row.stages[stage.code], day, stage.due_kind)
    if (!found.state.startsWith('done')) return { stage: stage.code, ...found }
  }
  return { stage: stages.at(-1)?.code ?? null, state: 'done', late: 0 }
}

/** Days in which anything of the schedule lies, with a month on either side. */
export function rangeOf(rows) {
  const days = rows.flatMap((row) => Object.values(row.stages)).flatMap((phase) => [phase.due, phase.started, phase.done]).map(dayNumber).filter((day) => day !== null)
  if (!days.length) return null
  return [Math.min(...days) - 15, Math.max(...days) + 30]
}

/** The first days of the months inside the range, for an axis. */
export function monthsOf([from, to]) {
  const months = []
  const at = new Date(from * DAY_MS)
  at.setUTCDate(1)
  for (at.setUTCMonth(at.getUTCMonth() + 1); at.getTime() <= to * DAY_MS; at.setUTCMonth(at.getUTCMonth() + 1)) months.push(Math.round(at.getTime() / DAY_MS))
  return months
}

/** A bar from start (or the due date of the phase before) to end, as days; open ends reach to the due date. */
export function barOf(phase, before, range) {
  const due = dayNumber(phase.due), began = dayNumber(phase.started), done = dayNumber(phase.done)
  const planned = [before ?? range[0], due ?? done ?? range[1]]
  return { planned, actual: began === null && done === null ? null : [began ?? done, done ?? null] }
}
