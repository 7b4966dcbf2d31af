// What just happened, said once: a live region for everyone, a notice that goes away by itself.

import { button, el } from './dom.js'

const STAYS_MS = 10_000

export function createNotices(parent, t) {
  const live = el('div', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' })
  const list = el('div', { class: 'notices' })
  const bar = el('div', { class: 'busy', hidden: true, role: 'status' })
  let busy = 0
  let timer = null
  parent.append(live, list, bar)
  let offered = null
  return { say, error, offer, during }

  function say(text) {
    live.textContent = ''
    live.textContent = text
  }

  /** A failure in three parts: what happened, where, what to do. */
  function error(failure) {
    const text = [failure.message, failure.fix].filter(Boolean).join(' ')
    const notice = el('div', { class: 'notice', role: 'alert' }, el('p', {}, text),
      button(t('action.close'), () => notice.remove(), { class: 'quiet' }))
    list.append(notice)
    setTimeout(() => notice.remove(), STAYS_MS)
  }

  /** What was done, with the one step that takes it back; the newest stands in place of the one before. */
  function offer(text, label, go) {
    offered?.remove()
    const notice = el('div', { class: 'notice is-done', role: 'status' }, el('p', {}, `${text} ·`), button(label, () => { notice.remove(); go() }, { class: 'link' }))
    offered = notice
    list.append(notice)
    setTimeout(() => notice.remove(), STAYS_MS)
  }

  /** Runs `work`; after a second the page says what it is waiting for; failures are shown. */
  async function during(text, work) {
    busy += 1
    timer ??= setTimeout(() => { bar.textContent = text; bar.hidden = false }, 1000)
    try {
      return await work()
    } catch (failure) {
      if (failure.name !== 'AbortError') error(failure)
      return null
    } finally {
      busy -= 1
      if (busy === 0) {
        clearTimeout(timer)
        timer = null
        bar.hidden = true
      }
    }
  }
}
