// Edit mode: one row in a form, its outline on the map, every change saved at once and undoable.

import { newId } from '../model/fields.js'
import { createGeometryEditor } from '../map/edit-geometry.js'
import { openActorDialog } from './actor-dialog.js'
import { askClash } from './clash.js'
import { button, el, replace, section } from './dom.js'
import { createEditForm } from './edit-form.js'
import { createOutline } from './edit-outline.js'
import { openHistory } from './history.js'

/**
 * `refresh(applied)` is called after anything was saved, with what was: `[{layer, id, action, revision}]`.
 * While edit mode is on, its panel stands in place of the detail panel.
 */
export function createEditor(app, { map, refresh }) {
  const { api } = app
  const t = (...words) => app.t(...words)
  const detail = document.getElementById('detail')
  const panel = el('div', { class: 'detail editor', id: 'editor', hidden: true, tabindex: '-1' })
  const badge = el('div', { class: 'edit-badge', role: 'status', hidden: true })
  detail.after(panel)
  document.getElementById('map-area').append(badge)
  const outlineOn = (name) => (...news) => outline?.handlers[name]?.(...news)
  const tool = createGeometryEditor(map, {
    on: { changed: outlineOn('changed'), chosen: outlineOn('chosen'), drawn: outlineOn('drawn'), snapped: outlineOn('snapped') },
    covered: () => app.shell.covered(), label: ({ index }, n) => t('edit.corner', { n: index + 1, of: n }), moveLabel: () => t('edit.move_whole'), middleLabel: '',
  })
  let on = false, edited = null, outline = null, form = null, fields = null, turn = 0, queue = Promise.resolve(), opening = '', stack = { undo: 0, redo: 0 }
  return { toggle, create, follow, isOn: () => on, isShaping: () => tool.isOn(), stop, takeBack, isTyping, history: historyOf, actor, render: () => (on ? show(true) : null) }

  // --- the mode ---
  function toggle(next = !on) {
    on = next
    document.body.classList.toggle('is-editing', on)
    panel.hidden = !on
    detail.hidden = on
    if (!on) { outline?.leave(); edited = null; outline = null; renderBadge(); replace(panel); return app.detail.render() }
    countSteps()
    app.shell.sheetTo('half')
    return show(true)
  }

  /** One step out, as Esc asks: of drawing, then of the mode. Tells whether there was one. */
  function stop() {
    if (tool.isOn()) { outline.leave(); return true }
    if (!on) return false
    toggle(false)
    return true
  }

  function follow() {
    if (on) show()
  }

  async function show(again = false) {
    const selected = app.state().selected
    if (!again && edited?.isNew && !selected) return
    const key = selected ? `${selected.layer}:${selected.id}` : ''
    if (!again && key && (key === opening || (edited && key === `${edited.layer}:${edited.id}`))) return
    outline?.leave()
    turn += 1
    const mine = turn
    opening = key
    if (!selected) { edited = null; outline = null; renderBadge(); replace(panel, head(t('edit.title'), null), chooser()); return }
    // Nobody types into the form of the row before while this one is on its way.
    if (!edited || key !== `${edited.layer}:${edited.id}`) replace(panel, head(t('edit.title'), null), el('p', { class: 'loading' }, t('loading')))
    const [described, row] = await Promise.all([api.form(selected.layer), api.row(selected.layer, selected.id)]).catch((failure) => [failure, null])
    if (mine !== turn || !on) return
    opening = ''
    if (!row) { replace(panel, head(t('edit.title'), null), el('p', { class: 'error', role: 'alert' }, described.message), chooser()); return }
    open(described, {
      layer: selected.layer, id: selected.id, isNew: false, version: row.version, name: row.label, geometry: row.geometry,
      values: Object.fromEntries(row.values.map(({ column, value }) => [column, value])),
    })
  }

  /** A new row of a layer: drawn first where the layer has an outline. */
  async function create(layer) {
    if (!on) { on = true; document.body.classList.add('is-editing'); panel.hidden = false; detail.hidden = true; countSteps() }
    const described = await app.notices.during(t('loading'), () => api.form(layer))
    if (!described) return
    const near = app.state().selected
    turn += 1
    outline?.leave()
    open(described, { layer, id: newId(layer), isNew: true, version: null, name: t('edit.new', { layer: described.label }), geometry: null, values: guessed(described, near) })
    app.shell.sheetTo('half')
  }

  // What the chosen place says already: the community of a new building, the target of a new item.
  function guessed(described, near) {
    const values = {}
    const place = near ? { ...app.placeOf(), [near.layer]: near.id } : {}
    for (const { name, references } of described.fields) {
      if (references && place[references]) values[name] = place[references]
      if (name === 'programme_id' && app.summary()?.programme) values[name] = app.summary().programme.id
    }
    if (near && described.fields.some(({ name }) => name === 'target_layer')) Object.assign(values, { target_layer: near.layer, target_id: near.id })
    return values
  }

  function open(described, row) {
    form = described
    edited = row
    fields = createEditForm(app, described, { values: row.values, check: checkTyped, save: (column, value) => (row.isNew ? keep({ [column]: value }) : saveValues({ [column]: value })) })
    outline = described.geometry.length ? createOutline(app, described, { row, tool, box: boxOfMap, goTo: tool.goTo, save: (geometry) => (row.isNew ? keep({}, geometry) : saveValues({}, geometry)) }) : null
    renderBadge()
    render()
    panel.scrollTop = 0
    panel.querySelector('h2').focus({ preventScroll: true })
    app.notices.say(t('edit.said', { name: row.name }))
  }

  // --- on the page ---
  function render() {
    const isNew = edited.isNew
    replace(panel, head(edited.name, form.label), outline?.element, section(t('detail.facts'), fields.element),
      el('div', { class: 'edit-buttons edit-foot' },
        isNew ? button(t('edit.save_new'), saveNew, { class: 'primary', 'data-key': 'edit-save-new' }) : null,
        isNew ? button(t('action.cancel'), () => { edited = null; show(true) }) : null,
        isNew ? null : button(t('history.open'), () => historyOf(edited), { 'data-key': 'edit-history' }),
        isNew ? null : button(t('edit.delete'), remove, { class: 'danger', 'data-key': 'edit-delete' })),
      isNew ? null : chooser())
  }

  function head(name, kind) {
    return el('header', { class: 'detail-head edit-head' }, el('div', { class: 'edit-buttons' }, button(t('edit.leave'), () => toggle(false), { 'data-key': 'edit-leave' }),
      button(t('edit.undo'), () => takeBack('undo'), { 'data-key': 'edit-undo', disabled: !stack.undo, title: 'Ctrl+Z' }), button(t('edit.redo'), () => takeBack('redo'), { 'data-key': 'edit-redo', disabled: !stack.redo, title: 'Ctrl+Shift+Z' })),
    el('p', { class: 'kind' }, [t('edit.mode'), kind].filter(Boolean).join(' · ')), el('h2', { tabindex: '-1' }, name),
    el('p', { class: 'hint' }, edited ? t(edited.isNew ? 'edit.how_new' : 'edit.how') : t('edit.how_choose')),
    el('p', { class: 'hint' }, t('edit.by', { actor: app.actorName() }), ' ', button(t('actor.change'), actor, { class: 'link' })))
  }

  function chooser() {
    const layers = app.meta.layers.filter((one) => one.group !== 'result')
    const choice = el('select', { 'aria-label': t('edit.new_of'), 'data-key': 'edit-new', onchange: () => { if (choice.value) create(choice.value) } }, el('option', { value: '' }, t('edit.new_of')),
      layers.map((one) => el('option', { value: one.name }, app.words.of(one.label))))
    return section(t('edit.new_title'), choice)
  }

  function renderBadge() {
    badge.hidden = !on
    badge.textContent = edited ? t('edit.badge', { layer: form.label }) : t('edit.badge_none')
  }

  function boxOfMap() {
    const box = map.getBounds().pad(0.3)
    return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((one) => one.toFixed(6)).join(',')
  }

  // --- saving ---
  function wish(values, geometry, action) {
    return { layer: edited.layer, action, id: edited.id, version: edited.version, values, ...(geometry === undefined ? {} : { geometry }) }
  }

  async function checkTyped(values) {
    const { findings } = await api.check(wish(edited.isNew ? { ...edited.values, ...values } : values, undefined, edited.isNew ? 'create' : 'update'))
    return findings
  }

  // A row that is not there yet gathers what is typed.
  async function keep(values, geometry) {
    Object.assign(edited.values, values)
    if (geometry) edited.geometry = geometry
    return null
  }

  async function saveNew() {
    const row = edited
    const findings = await send([wish(row.values, row.geometry ?? undefined, 'create')], {})
    if (findings === null) { edited = null; app.select({ layer: row.layer, id: row.id }) }
    else sayRest(fields.faults(findings))
  }

  function sayRest(findings) {
    for (const { message, fix } of findings) app.notices.error({ message, fix })
  }

  /** Saves one after the other, each with the version that the one before left: null, or findings. */
  function saveValues(values, geometry) {
    const row = edited
    queue = queue.then(async () => {
      const findings = await send([wish(values, geometry, 'update')], { ...values, ...(geometry ? { geometry } : {}) }, row)
      if (findings === null && geometry === undefined) Object.assign(row.values, values)
      if (findings === null && geometry) row.geometry = geometry
      return findings
    })
    return queue
  }

  async function send(edits, mine, row = edited) {
    try {
      const answer = await api.edit(edits.map((one) => (one.action === 'create' ? one : { ...one, version: row.version })))
      row.version = answer.applied.find((one) => one.id === row.id)?.version ?? row.version
      saved(answer.applied) // the next change need not wait until the page shows this one
      return null
    } catch (failure) {
      if (failure.findings) return failure.findings
      if (failure.code === 'version_clash' && failure.theirs) return settleClash(failure, row)
      app.notices.error(failure)
      return []
    }
  }

  async function settleClash(failure, row) {
    const values = await askClash(app, { failure, form, base: row.values })
    if (values === null) return []
    row.version = failure.theirs.version
    const { geometry, ...rest } = values
    const findings = Object.keys(values).length ? await send([{ ...wish(rest, geometry, 'update'), id: row.id, layer: row.layer }], values, row) : null
    if (findings === null) reload()
    return findings
  }

  async function saved(applied) {
    app.notices.offer(t('edit.saved'), t('edit.undo'), () => takeBack('undo'))
    countSteps()
    return refresh(applied)
  }

  async function remove() {
    const findings = await send([wish({}, undefined, 'delete')], {})
    if (findings?.length) return sayRest(findings)
    if (findings === null) { edited = null; await app.select(null) }
    return null
  }

  // --- taking back ---
  async function countSteps() {
    stack = await api.undoState().catch(() => ({ undo: 0, redo: 0 }))
    for (const way of ['undo', 'redo']) {
      const step = panel.querySelector(`[data-key="edit-${way}"]`)
      if (step) step.disabled = !stack[way]
    }
  }

  async function takeBack(way) {
    await queue
    const answer = await api.undo(way).catch((failure) => { app.notices.error(failure); return null })
    if (!answer) return
    app.notices.offer(t(way === 'undo' ? 'edit.undone' : 'edit.redone'), t(way === 'undo' ? 'edit.redo' : 'edit.undo'), () => takeBack(way === 'undo' ? 'redo' : 'undo'))
    countSteps()
    await Promise.all([refresh(answer.applied), reload(answer.applied)])
  }

  // The row as it is now, in the same form; a row that came back is chosen again.
  async function reload(applied = []) {
    const gone = applied.some((one) => one.action === 'delete' && one.id === app.state().selected?.id)
    if (gone) return app.select(null)
    if (!on || !edited || edited.isNew) {
      const [back] = applied.filter((one) => one.action === 'create')
      return back ? app.select({ layer: back.layer, id: back.id }) : null
    }
    const row = await api.row(edited.layer, edited.id).catch(() => null)
    if (!row) return app.select(null)
    Object.assign(edited, { version: row.version, name: row.label, geometry: row.geometry, values: Object.fromEntries(row.values.map(({ column, value }) => [column, value])) })
    fields.show(edited.values)
    outline?.reset(row.geometry)
    panel.querySelector('h2').textContent = row.label
    return null
  }

  function isTyping(control) {
    return Boolean(edited) && fields.isTyping(control)
  }

  async function historyOf({ layer, id, name }) {
    await openHistory(app, { layer, id, name: name ?? id }, async (changeId) => {
      const answer = await api.restore({ layer, id, change_id: changeId }).catch((failure) => { app.notices.error(failure); return null })
      if (!answer) return
      await Promise.all([saved(answer.applied), reload(answer.applied)])
    })
  }

  async function actor() {
    const chosen = await openActorDialog(app)
    if (!chosen) return
    app.meta.actor = chosen
    app.shell.render()
    app.notices.say(t('actor.said', { actor: app.actorName() }))
    countSteps()
    if (on && edited) render()
  }
}

