// The corners of an outline as numbers: in degrees or in the plan's own coordinates, to read and to type.

import { verticesOf } from '../model/drawing.js'
import { stepOf } from '../map/edit-geometry.js'
import { button, el } from './dom.js'

const LISTED = 60
const DIGITS = { degrees: 7, plan: 3 }
const kept = { system: 'degrees' } // what this person types in, for as long as the page is open

/** `isPoint()` whether the outline is a single point; `tooFew()` is told when a corner may not go; `again()` draws anew. */
export function createCornerList(app, { tool, isPoint, tooFew, again }) {
  const { t, api, meta } = app
  const planOf = new Map() // 'lon,lat' -> [east, north] as the plan has it, or as it was typed
  return { element }

  function element() {
    const shape = tool.shape()
    if (!shape) return null
    const all = verticesOf(shape)
    const chosen = tool.chosen()
    const at = Math.max(0, all.findIndex(({ path, index }) => chosen && path === chosen.path && index === chosen.index))
    const from = Math.max(0, Math.min(at - LISTED / 2, all.length - LISTED))
    const isShape = tool.mode() === 'shape'
    const shown = all.slice(from, from + LISTED)
    const list = el('ol', { start: from + 1 }, shown.map((vertex, n) => cornerRow(vertex, from + n + 1, isShape, n + from === at && chosen)))
    if (kept.system === 'plan') fill(list, shown)
    return el('details', { class: 'corners', open: true }, el('summary', {}, t('edit.corners', { n: all.length })), systems(), isShape ? el('p', { class: 'hint' }, t('edit.how_corners')) : adding(), el('p', { class: 'corner-names', 'aria-hidden': 'true' }, names().map((name) => el('span', {}, t(name)))), list)
  }

  function names() {
    return kept.system === 'plan' ? ['edit.x_north', 'edit.y_east'] : ['edit.longitude_short', 'edit.latitude_short']
  }

  function systems() {
    const select = el('select', { 'aria-label': t('edit.coordinates'), 'data-key': 'corner-system', onchange: () => { kept.system = select.value; again() } },
      el('option', { value: 'degrees' }, t('edit.in_degrees')), el('option', { value: 'plan' }, t('edit.in_plan', { crs: meta.plan.crs })))
    select.value = kept.system
    return select
  }

  /** The two numbers of a point in the order in which people say them, null while they are not known. */
  function numbersOf(point) {
    if (kept.system === 'degrees') return point
    const plan = planOf.get(point.join())
    return plan ? [plan[1], plan[0]] : null // X is north in a Chinese survey
  }

  function textOf(number) {
    return number === undefined || number === null ? '' : number.toFixed(DIGITS[kept.system])
  }

  async function fill(list, vertices) {
    const missing = vertices.filter(({ point }) => !planOf.has(point.join()))
    if (missing.length) {
      const found = await app.notices.during(t('loading'), () => api.points(missing.map(({ point }) => point), 'plan'))
      if (!found) return
      missing.forEach(({ point }, i) => planOf.set(point.join(), found.points[i]))
    }
    for (const { path, index, point } of vertices) {
      const inputs = list.querySelectorAll(`[data-corner="${path}-${index}"] input`)
      numbersOf(point).forEach((number, axis) => { if (inputs[axis] !== document.activeElement || !inputs[axis].value) inputs[axis].value = textOf(number) })
    }
  }

  /** Degrees for two numbers as typed; null, with the reason said, where they are none. */
  async function degreesOf(numbers) {
    if (kept.system === 'degrees') return Math.abs(numbers[0]) <= 180 && Math.abs(numbers[1]) <= 90 ? numbers : null
    const typed = [numbers[1], numbers[0]]
    const found = await app.notices.during(t('loading'), () => api.points([typed], 'degrees'))
    if (!found) return null
    planOf.set(found.points[0].join(), typed)
    return found.points[0]
  }

  function cornerRow(vertex, n, isShape, isChosen) {
    const ref = { path: vertex.path, index: vertex.index }
    const key = `${vertex.path}-${vertex.index}`
    const known = numbersOf(vertex.point)
    const number = (axis, name) => el('input', {
      type: 'text', inputmode: 'decimal', value: textOf(known?.[axis]), 'aria-label': t(name, { n }), 'data-key': `corner-${key}-${axis}`, disabled: !isShape,
      onfocus: () => { if (!isChosen) tool.choose(ref) },
      onchange: async (event) => {
        const before = numbersOf(vertex.point)
        const value = numberIn(event.target.value)
        const moved = value !== null && before ? await degreesOf(before.with(axis, value)) : null
        if (moved) tool.move(ref, moved)
        else event.target.value = textOf(before?.[axis])
      },
      onkeydown: (event) => {
        const step = ['ArrowLeft', 'ArrowRight'].includes(event.key) && !event.shiftKey && !event.altKey ? null : stepOf(event)
        if (!step) return
        event.preventDefault()
        event.stopPropagation()
        tool.nudge(ref, step)
      },
    })
    const labels = kept.system === 'plan' ? ['edit.north', 'edit.east'] : ['edit.longitude', 'edit.latitude']
    return el('li', { class: isChosen ? 'is-chosen' : null, 'data-corner': key }, labels.map((name, axis) => number(axis, name)),
      isShape && !isPoint() ? button('+', () => tool.insertAfter(ref), { class: 'icon-button', 'aria-label': t('edit.insert_after', { n }) }) : null,
      isShape && !isPoint() ? button('×', () => { if (!tool.remove(ref)) tooFew() }, { class: 'icon-button', 'aria-label': t('edit.remove_corner', { n }) }) : null)
  }

  /** While something is drawn: its next point by numbers, as a survey list gives it. */
  function adding() {
    const said = kept.system === 'plan' ? ['edit.point_x', 'edit.point_y'] : ['edit.point_lon', 'edit.point_lat']
    const inputs = said.map((name, axis) => el('input', { type: 'text', inputmode: 'decimal', placeholder: t(names()[axis]), 'aria-label': t(name), 'data-key': `point-${axis}` }))
    return el('form', {
      class: 'corner-add', novalidate: true,
      onsubmit: async (event) => {
        event.preventDefault()
        const typed = inputs.map((input) => numberIn(input.value))
        const wrong = inputs.find((_, axis) => typed[axis] === null)
        if (wrong) return wrong.focus()
        const point = await degreesOf(typed)
        if (point) tool.addTyped(point)
        return null
      },
    }, inputs, el('button', { type: 'submit', 'data-key': 'point-add' }, t('edit.add_point')))
  }
}

function numberIn(text) {
  const plain = text.trim().replaceAll(/[,，\s]/g, '')
  return plain !== '' && Number.isFinite(Number(plain)) ? Number(plain) : null
}
