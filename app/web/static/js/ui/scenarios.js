// What-if: which reading of the plan is shown, what it changes, how two of them compare.

import { personName } from '../i18n.js'
import { moment } from '../model/runs.js'
import { filtersOf } from '../model/state.js'
import { comparisonPanel } from './compare-panel.js'
import { button as control, el, replace, section } from './dom.js'

const LISTED = 20

/**
 * `apiOf(id)` asks as another scenario, `planOf(summary)` is its paint plan, `beside()` the swipe of
 * the map, `switched()` reads everything again.
 */
export function createScenarios(app, { apiOf, planOf, switched, beside }) {
  const { api, store } = app
  const t = (...words) => app.t(...words)
  const dialog = el('dialog', { class: 'scenario-dialog', 'aria-labelledby': 'scenario-title' })
  const frame = el('div', { class: 'scenario-frame', hidden: true })
  const strip = el('div', { class: 'scenario-strip', role: 'status', hidden: true })
  const opener = control('', () => open(), { class: 'scenario-button', 'data-key': 'scenario', 'aria-haspopup': 'dialog' })
  const panel = comparisonPanel(app, { close: () => store.set({ beside: null }) })
  let known = [], over = [], comparedFor = ''
  document.body.append(dialog)
  document.getElementById('map-area').append(frame, strip)
  return { button: draw, start, follow, name, open }

  async function start() {
    if (!(await load())) return
    if (chosen() && !known.some((one) => one.id === chosen())) {
      app.notices.error({ message: t('scenario.gone'), fix: t('scenario.gone_fix') })
      store.set({ scenario: null, beside: null })
    }
    follow()
  }

  async function load() {
    const found = await app.notices.during(t('loading'), () => api.scenarios())
    if (found) {
      known = found.scenarios.filter((one) => one.state === 'open')
      over = found.scenarios.filter((one) => one.state !== 'open').slice(0, LISTED)
    }
    draw()
    return found
  }

  function chosen() {
    return store.get().scenario ?? ''
  }

  function name(id) {
    return id ? known.find((one) => one.id === id)?.name ?? t('scenario.one') : t('scenario.plan')
  }

  /** The button of the bar, and the frame that says that this is not the plan. */
  function draw() {
    const id = chosen()
    replace(opener, el('span', { class: 'scenario-word' }, t('scenario.short')), ` ${name(id)} ▾`)
    opener.classList.toggle('is-on', Boolean(id))
    frame.hidden = !id
    strip.hidden = !id && !store.get().beside
    const other = store.get().beside
    replace(strip, other
      ? [el('span', { class: 'side-name' }, `‹ ${name(other === 'plan' ? '' : other)}`), el('span', { class: 'side-name' }, `${name(id)} ›`)]
      : [el('strong', {}, t('scenario.looking_at', { name: name(id) })), control(t('scenario.to_plan'), () => choose(''), { class: 'link', 'data-key': 'scenario-leave' })])
    return opener
  }

  async function open() {
    replace(dialog, el('p', {}, t('loading')))
    dialog.showModal()
    await load()
    await show()
  }

  async function show() {
    const id = chosen()
    const found = id ? await app.notices.during(t('loading'), () => api.scenarioChanges(id)) : null
    const input = el('input', { type: 'text', id: 'scenario-new', maxlength: 60, placeholder: t('scenario.new_hint') })
    replace(dialog, el('h2', { id: 'scenario-title' }, t('scenario.title')), el('p', { class: 'hint' }, t('scenario.what')),
      el('ul', { class: 'scenario-list' }, [{ id: '', name: t('scenario.plan') }, ...known].map(entry)),
      el('form', { class: 'scenario-new', onsubmit: (event) => { event.preventDefault(); create(input.value) } },
        el('label', { for: 'scenario-new' }, t('scenario.new')), input, el('button', { type: 'submit' }, t('scenario.create'))),
      found ? changes(found.changes, id) : null, comparing(id), ended(),
      el('div', { class: 'dialog-foot' }, control(t('action.close'), () => dialog.close(), { class: 'primary', 'data-key': 'scenario-close' })))
  }

  function entry(one) {
    const on = one.id === chosen()
    return el('li', {}, el('button', { type: 'button', class: 'scenario-entry', 'aria-pressed': String(on), 'data-key': `scenario-${one.id}`, onclick: () => choose(one.id) },
      el('strong', {}, one.name), one.id ? el('span', { class: 'hint' }, `${t('scenario.changes_n', { n: one.changes })} · ${personName(one.by, t)} · ${moment(one.at)}`) : null))
  }

  async function choose(id) {
    store.set({ scenario: id || null, beside: null })
    draw()
    if (dialog.open) await show()
  }

  async function create(text) {
    const made = await app.notices.during(t('scenario.creating'), () => api.startScenario(text).catch(refused))
    if (!made) return
    await load()
    await choose(made.id)
  }

  function changes(list, id) {
    const clashes = list.filter((one) => one.clash)
    return section(t('scenario.changes', { n: list.length }),
      list.length ? el('ul', { class: 'scenario-changes' }, list.map(change)) : el('p', { class: 'empty' }, t('scenario.no_changes')),
      clashes.length ? el('p', { class: 'error', role: 'alert' }, t('scenario.clashes', { n: clashes.length })) : null,
      el('div', { class: 'dialog-row' }, control(t('scenario.merge'), () => end(id, 'merge'), { disabled: !list.length || clashes.length > 0, 'data-key': 'scenario-merge' }),
        control(t('scenario.drop'), () => end(id, 'drop'), { 'data-key': 'scenario-drop' })))
  }

  /** Scenarios that were merged or dropped: each can be opened again. */
  function ended() {
    if (!over.length) return null
    return el('details', { class: 'scenario-over' }, el('summary', {}, t('scenario.over', { n: over.length })), el('ul', { class: 'scenario-list' }, over.map((one) => el('li', { class: 'dialog-row' },
      el('span', {}, el('strong', {}, one.name), el('span', { class: 'hint' }, ` ${t(`scenario.state.${one.state}`)} · ${one.by} · ${moment(one.at)}`)),
      control(t('scenario.reopen'), () => reopen(one.id), { 'data-key': `scenario-reopen-${one.id}`, 'aria-label': `${t('scenario.reopen')} ${one.name}` })))))
  }

  function change(one) {
    const go = control(`${app.words.of(one.layer_label)} ${one.id}`, () => { dialog.close(); app.select({ layer: one.layer, id: one.id }, { go: true }) }, { class: 'link' })
    return el('li', { class: one.clash ? 'has-clash' : '' }, el('div', {}, el('span', { class: 'state' }, t(`scenario.action.${one.action}`)), ' ', go),
      one.clash ? el('p', { class: 'job-error' }, `⚠ ${one.clash}`) : null,
      one.action === 'update' ? el('ul', {}, one.columns.map((column) => el('li', { class: 'job-line' }, `${app.words.of(column.label)}：${column.shown.join(' → ')}`))) : null)
  }

  async function end(id, how) {
    const called = name(id)
    const done = await (how === 'merge' ? api.mergeScenario(id) : api.dropScenario(id)).catch(refused)
    if (!done) return
    dialog.close()
    store.set({ scenario: null, beside: null })
    await load()
    app.notices.offer(t(how === 'merge' ? 'scenario.merged' : 'scenario.dropped', { n: done.merged ?? 0, name: called }), t('edit.undo'), () => reopen(id))
    await switched()
  }

  /** The way back from both ends. */
  async function reopen(id) {
    const done = await api.reopenScenario(id).catch(refused)
    if (!done) return
    dialog.close()
    await load()
    store.set({ scenario: id, beside: null })
    app.notices.say(t('scenario.reopened', { name: name(id) }))
  }

  /** A refusal is said where the person looks: in the dialog while it is open, with what it lists now. */
  async function refused(failure) {
    if (!dialog.open) { app.notices.error(failure); return null }
    await load()
    await show()
    dialog.querySelector('h2').after(el('div', { class: 'error', role: 'alert' }, el('p', {}, failure.message), failure.fix ? el('p', {}, failure.fix) : null))
    return null
  }

  function comparing(id) {
    const others = [{ id: '', name: t('scenario.plan') }, ...known].filter((one) => one.id !== id)
    if (!known.length) return null
    return section(t('scenario.compare', { name: name(id) }), el('div', { class: 'dialog-row' }, others.map((one) => control(one.name, () => {
      dialog.close()
      store.set({ beside: one.id || 'plan' })
    }, { 'data-key': `beside-${one.id || 'plan'}` }))))
  }

  /** The comparison that the state asks for: numbers in the panel, both readings on the map. */
  async function follow() {
    draw()
    const { beside: other, measure, layers, hidden } = store.get()
    const swipe = beside()
    if (!other || other === (chosen() || 'plan')) {
      comparedFor = ''
      swipe?.hide()
      return panel.hide()
    }
    const id = other === 'plan' ? '' : other
    const key = JSON.stringify([id, chosen(), filtersOf(store.get())])
    const fresh = key !== comparedFor
    comparedFor = key
    const asking = apiOf(id)
    const [numbers, summary] = await app.notices.during(t('compare.loading'), () => Promise.all([
      fresh ? api.compare(id || '', chosen() || '', store.get().programme) : null, asking.summary(filtersOf(store.get()))])) ?? []
    if (!summary || !app.summary() || JSON.stringify([measure, layers, hidden, other]) !== JSON.stringify([store.get().measure, store.get().layers, store.get().hidden, store.get().beside])) return null
    if (numbers) panel.show(numbers)
    return swipe.show({ urlOf: asking.packUrl, plan: planOf(summary), fresh, label: t('compare.handle', { left: name(id), right: name(chosen()) }) })
  }
}
