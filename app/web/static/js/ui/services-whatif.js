// 如果……: gates, paths and facilities changed by mouse; who gains and loses is told at once.

import { count } from '../model/format.js'
import { percent, LEVELS } from './services-panels.js'
import { button, el, section } from './dom.js'

const TOOLS = ['gate', 'opening', 'path', 'place', 'remove', 'bands']
const ADVISED = 12
const GATE_PX = 18

export function createWhatIf(desk) {
  const { app, api, overlay } = desk
  let tool = null, changes = [], answer = null, line = [], kindToPlace = null, gates = null, advice = null, turn = 0
  return { panel, clicked, out, leave }

  function panel(told) {
    const { t } = app
    kindToPlace ??= told.kinds.find(({ code }) => code === 'nursery')?.code ?? told.kinds[0]?.code
    return section(t('services.whatif'), el('p', { class: 'note' }, t('services.whatif_says')),
      el('div', { class: 'tools', role: 'group', 'aria-label': t('services.whatif') }, TOOLS.map((name) =>
        button(t(`services.tool.${name}`), () => choose(tool === name ? null : name), { class: 'chip', 'aria-pressed': String(tool === name), 'data-key': `tool-${name}` }))),
      tool ? el('p', { class: 'tool-hint', role: 'status' }, t(`services.hint.${tool}`)) : null,
      tool === 'place' ? el('select', { 'aria-label': t('services.kind'), 'data-key': 'place-kind', onchange: (event) => { kindToPlace = event.target.value } }, told.kinds.map((kind) => el('option', { value: kind.code, selected: kind.code === kindToPlace ? true : null }, kind.label))) : null,
      tool === 'path' && line.length > 1 ? button(t('services.path_done'), finishPath, { 'data-key': 'path-done' }) : null,
      tool === 'gate' || tool === 'opening' ? advicePanel() : null,
      changes.length ? el('ol', { class: 'drafts' }, changes.map((one, i) => el('li', {}, one.label, ' ', button('×', () => drop(i), { class: 'close', 'aria-label': t('services.take_back', { what: one.label }), 'data-key': `drop-${i}` })))) : null,
      answer ? answerPanel() : null)
  }

  function advicePanel() {
    const { t } = app
    if (!advice) return button(t('services.advice'), askAdvice, { 'data-key': 'advice' })
    if (!advice.length) return el('p', { class: 'empty' }, desk.said('services.advice_none'))
    return [el('p', { class: 'note' }, t('services.advice_says')), el('ol', { class: 'advice' }, advice.slice(0, ADVISED).map((one) => el('li', {}, button([
      el('strong', {}, desk.said('services.gains', { n: count(one.households_gained) })), ' ', el('span', {}, t(`services.advice.${one.do}`, { id: one.name })),
      el('span', { class: 'note' }, one.kinds.map(({ label, households }) => `${label} ${count(households)}`).join(t('services.comma'))),
    ], () => take(one), { class: 'advice-row', 'data-key': `advice-${one.key}` })))),
    button(t('services.advice_away'), () => { advice = null; overlay.showAdvice([]); desk.render() }, { class: 'link', 'data-key': 'advice-away' })]
  }

  function take(one) {
    if (changes.some((other) => other.key === one.key)) return
    overlay.fit([one])
    add({ do: one.do, key: one.key, id: one.id, number: one.number, state: 'open', at: [one.lon, one.lat], label: app.t(`services.change.${one.do}`, { id: one.name }) })
  }

  async function askAdvice() {
    const found = await app.notices.during(app.t('services.advice_loading'), () => api.gates(desk.profile()))
    if (!found) return
    advice = found.advice
    overlay.showAdvice(advice.slice(0, ADVISED))
    overlay.fit(advice.slice(0, 1))
    desk.render()
  }

  function answerPanel() {
    const { t } = app
    return el('div', { class: 'answer', role: 'status' },
      el('p', { class: 'answer-sum' }, el('strong', { class: 'gain' }, desk.said('services.gains', { n: count(answer.gained) })), answer.lost ? el('strong', { class: 'loss' }, desk.said('services.loses', { n: count(answer.lost) })) : null,
        el('span', { class: 'note' }, t('services.took', { ms: answer.milliseconds }))),
      answer.kinds.length ? el('ul', { class: 'gains' }, answer.kinds.map((one) => el('li', {}, button(one.label, () => desk.chooseKind(one.rule_id), { class: 'link' }), ' ',
        one.gained ? el('span', { class: 'gain' }, `+${count(one.gained)}`) : null, one.lost ? el('span', { class: 'loss' }, ` −${count(one.lost)}`) : null, desk.counted()))) : el('p', { class: 'empty' }, t('services.no_change')),
      el('table', { class: 'bands' }, el('thead', {}, el('tr', {}, ['circle', 'before', 'after'].map((key) => el('th', { scope: 'col' }, t(`services.${key}`))))),
        el('tbody', {}, LEVELS.map((level) => el('tr', {}, el('th', { scope: 'row' }, t(`services.level.${level}`)), ...['before', 'after'].map((side) => el('td', {}, percent(answer[side][level].within, answer[side][level].judged) ?? t('class.unknown'))))))),
      el('form', { class: 'keep', onsubmit: keep }, el('input', { name: 'name', required: true, maxlength: 60, placeholder: t('services.keep_name'), 'aria-label': t('services.keep_name'), 'data-key': 'keep-name' }), button(t('services.keep'), null, { type: 'submit', 'data-key': 'keep' }), button(t('services.drop_all'), () => { changes = []; ask() }, { 'data-key': 'drop-all' })))
  }

  async function choose(name) {
    // A click has to find the gates: they are there before the tool is.
    if (name === 'gate' && !gates) gates = (await app.api.features('gate', { limit: 5000 }).catch(() => null))?.features ?? []
    tool = name
    line = []
    view().getContainer().classList.toggle('is-placing', Boolean(name))
    draw()
    desk.render()
  }

  function view() {
    return overlay.map
  }

  function clicked(latlng, hits) {
    if (!tool) return false
    const at = [latlng.lng, latlng.lat], { t } = app
    if (tool === 'bands') desk.showBands({ at: at.join(',') })
    else if (tool === 'path') { line.push(at); draw(); desk.render() }
    else if (tool === 'place') add({ do: 'place', kind: kindToPlace, at, label: t('services.change.place', { kind: app.kindName(kindToPlace) }) })
    else if (tool === 'remove') {
      const service = overlay.serviceAt(latlng) ?? hits.find(({ layer }) => layer === 'service')
      if (service) add({ do: 'remove', id: service.id, at, label: t('services.change.remove', { id: service.name ?? service.id }) })
    } else if (tool === 'opening') add({ do: 'opening', at, label: t('services.change.opening', { id: t('services.change.wall') }) })
    else turnGate(latlng)
    return true
  }

  function turnGate(latlng) {
    const map = view(), point = map.latLngToLayerPoint(latlng)
    let best = null, least = GATE_PX
    for (const one of gates ?? []) {
      const [lon, lat] = one.geometry.coordinates
      const far = map.latLngToLayerPoint([lat, lon]).distanceTo(point)
      if (far < least) { best = one; least = far }
    }
    if (!best) return
    const id = best.properties.gate_id ?? best.id, name = best.properties.name ?? id, drafted = changes.find((one) => one.do === 'gate' && one.id === id)
    const state = (drafted?.state ?? best.properties.state) === 'open' ? 'closed' : 'open'
    changes = changes.filter((one) => one !== drafted)
    if (state === best.properties.state) return ask()
    return add({ do: 'gate', id, state, at: best.geometry.coordinates, label: app.t(state === 'open' ? 'services.change.gate' : 'services.change.gate_shut', { id: name }) })
  }

  function finishPath() {
    const drawn = line
    line = []
    add({ do: 'path', line: drawn, label: app.t('services.change.path') })
  }

  function add(change) {
    changes = [...changes, change]
    return ask()
  }

  function drop(i) {
    changes = changes.filter((_, k) => k !== i)
    ask()
  }

  async function ask() {
    turn += 1
    const mine = turn
    draw()
    if (!changes.length) {
      answer = null
      overlay.showChanged([])
      return desk.render()
    }
    const found = await app.notices.during(app.t('services.asking'), () => api.whatIf(desk.profile(), changes.map(bare)))
    if (mine !== turn) return null
    if (!found) { changes = changes.slice(0, -1); draw() } else answer = found
    overlay.showChanged(answer?.doors ?? [])
    return desk.render()
  }

  function bare({ label, key, ...change }) {
    return change
  }

  function draw() {
    overlay.showDrafts([...changes.map((one) => ({ ...one, kind: one.do })), ...(line.length > 1 ? [{ kind: 'path', line }] : line.map((at) => ({ kind: 'path', at })))])
  }

  async function keep(event) {
    event.preventDefault()
    const name = new FormData(event.target).get('name')
    const kept = await app.notices.during(app.t('services.keeping'), () => api.keep(name, changes.map(bare)))
    if (!kept) return
    app.notices.say(app.t('services.kept', { name }))
    changes = []
    answer = null
    overlay.showChanged([])
    draw()
    await app.scenarios.start()
    app.store.set({ scenario: kept.id })
  }

  function out() {
    if (tool && line.length) { line = []; draw(); desk.render(); return true }
    if (tool) { choose(null); return true }
    return false
  }

  function leave() {
    view().getContainer().classList.remove('is-placing')
  }
}
