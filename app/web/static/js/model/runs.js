// What the page of runs says about an analysis and about a job: pure, tested without a page.

export const BAR_AFTER_S = 1
export const CANCEL_AFTER_S = 3
const SECOND = 1, MINUTE = 60, HOUR = 3600

/** A moment of the server (UTC) as this computer's clock shows it: 2024-03-02 14:05. */
export function moment(text) {
  const at = new Date(text)
  if (!text || Number.isNaN(at.getTime())) return ''
  const two = (n) => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`
}

/** The names of the standards behind a result, each once and without its hash. */
export function editions(rules) {
  const all = Object.values(rules).flatMap((text) => text.replace(/ #[0-9a-f]+$/, '').split('; '))
  return [...new Set(all)]
}

/** 2024-03-02 14:05 · 管线 v12 等 7 类 · GB 50289-2016 等 · 3 处输入已变化，待复核 */
export function ageLine(analysis, { t, labelOf }) {
  if (!analysis.run_id) return t('run.never')
  const inputs = Object.entries(analysis.inputs)
  const first = inputs.length ? `${labelOf(inputs[0][0])} v${inputs[0][1]}` : ''
  const rules = editions(analysis.rules)
  return [
    moment(analysis.finished_at),
    inputs.length > 1 ? t('run.and_inputs', { first, n: inputs.length }) : first,
    rules.length > 1 ? t('run.and_rules', { first: rules[0], n: rules.length }) : rules[0] ?? '',
    analysis.state === 'stale' ? t('run.stale_inputs', { n: analysis.reasons.length }) : '',
  ].filter(Boolean).join(' · ')
}

export function isActive(job) {
  return job.state === 'queued' || job.state === 'running'
}

/** What is shown of a job: its bar after a second, time left and cancel after three. */
export function progressOf(job) {
  const isRunning = job.state === 'running'
  return {
    bar: isRunning && job.running_s >= BAR_AFTER_S,
    left: isRunning && job.running_s >= CANCEL_AFTER_S && job.left_s !== null,
    cancel: job.state === 'queued' || (isRunning && job.running_s >= CANCEL_AFTER_S),
  }
}

/** Seconds as people say them: rounded up, never more than two units. */
export function duration(seconds, t) {
  const whole = Math.max(SECOND, Math.ceil(seconds))
  if (whole < MINUTE) return t('time.seconds', { n: whole })
  if (whole < HOUR) return t('time.minutes', { n: Math.floor(whole / MINUTE), s: whole % MINUTE })
  return t('time.hours', { n: Math.floor(whole / HOUR), m: Math.floor((whole % HOUR) / MINUTE) })
}

/** The settings that a form holds, typed as the declaration says; only what differs from the defaults. */
export function settingsOf(fields, values) {
  const settings = {}
  for (const field of fields) {
    const value = typed(field, values[field.name])
    if (value !== undefined && value !== field.default) settings[field.name] = value
  }
  return settings
}

function typed({ kind }, value) {
  if (kind === 'bool') return Boolean(value)
  if (value === '' || value === undefined || value === null) return undefined
  return kind === 'int' || kind === 'float' ? Number(value) : String(value)
}

/** What is wrong with one value of a form; null when nothing is. */
export function faultOf(field, value) {
  if (field.kind !== 'int' && field.kind !== 'float') return null
  if (value === '') return 'run.fault_empty'
  const number = Number(value)
  if (!Number.isFinite(number) || (field.kind === 'int' && !Number.isInteger(number))) return field.kind === 'int' ? 'run.fault_whole' : 'run.fault_number'
  if ((field.minimum !== null && number < field.minimum) || (field.maximum !== null && number > field.maximum)) return 'run.fault_range'
  return null
}
