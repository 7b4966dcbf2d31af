// A field that holds the id of another row: people type a name and choose.

import { el } from './dom.js'

const WAIT_MS = 200
const MOST = 12

/** `{element, input, show(id), name()}`; `onpick(id|null)` when a row is chosen or the field emptied. */
export function createReferenceField(app, layer, { id, onpick, ...attributes }) {
  let held = null, timer = null, turn = 0, active = -1, found = []
  const list = el('ul', { class: 'hits', id: `${id}-hits`, role: 'listbox', hidden: true, 'aria-label': app.t('search.hits') })
  const input = el('input', {
    ...attributes, id, type: 'text', role: 'combobox', autocomplete: 'off', spellcheck: 'false', 'aria-expanded': 'false', 'aria-controls': `${id}-hits`, 'aria-autocomplete': 'list',
    oninput: () => { clearTimeout(timer); timer = setTimeout(ask, WAIT_MS) }, onkeydown: keys, onblur: () => setTimeout(leave, 150),
  })
  return { element: el('div', { class: 'reference' }, input, list), input, show, names }

  async function show(value) {
    held = value
    input.value = value === null ? '' : app.nameOfRow(layer, value) ?? value
    if (value === null || input.value !== value) return
    const row = await app.api.row(layer, value).catch(() => null)
    if (held === value && row && document.activeElement !== input) input.value = row.label
  }

  function names(row) {
    return (app.words.language() === 'en' && row.name_en) || row.name || row.title || row.number || row.code || row[`${layer}_id`]
  }

  async function ask() {
    turn += 1
    const mine = turn, text = input.value.trim()
    const columns = app.meta.layers.find((one) => one.name === layer)?.columns.map((one) => one.name) ?? []
    const by = ['name', 'title', 'number', 'code', `${layer}_id`].find((one) => columns.includes(one)) ?? `${layer}_id`
    const page = await app.api.table(layer, { limit: MOST, sort: by, filter: text ? JSON.stringify({ [by]: { contains: text } }) : null }).catch(() => ({ rows: [] }))
    if (mine !== turn) return
    found = page.rows
    active = found.length ? 0 : -1
    list.replaceChildren(...found.map((row, at) => el('li', {
      id: `${id}-hit-${at}`, role: 'option', class: 'hit', onpointerdown: (event) => { event.preventDefault(); pick(row) },
    }, el('span', { class: 'hit-name' }, names(row)), el('span', { class: 'hit-where' }, row[`${layer}_id`]))))
    if (!found.length) list.append(el('li', { class: 'hit is-none', role: 'option', 'aria-disabled': 'true' }, app.t('search.none')))
    open(true)
  }

  function open(on) {
    list.hidden = !on
    input.setAttribute('aria-expanded', String(on))
    ;[...list.children].forEach((item, at) => item.setAttribute('aria-selected', String(at === active)))
    if (on && active >= 0) input.setAttribute('aria-activedescendant', `${id}-hit-${active}`)
    else input.removeAttribute('aria-activedescendant')
  }

  function pick(row) {
    held = row[`${layer}_id`]
    input.value = names(row)
    open(false)
    onpick(held)
  }

  // What was typed without choosing is no row: the field goes back; emptied, it is unknown.
  function leave() {
    clearTimeout(timer)
    open(false)
    if (input.value.trim() === '' && held !== null) { held = null; onpick(null) } else show(held)
  }

  function keys(event) {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (list.hidden) ask()
      else { active = Math.max(0, Math.min(found.length - 1, active + (event.key === 'ArrowDown' ? 1 : -1))); open(true) }
    } else if (event.key === 'Enter') {
      event.preventDefault()
      if (!list.hidden && found[active]) pick(found[active])
    } else if (event.key === 'Escape' && !list.hidden) {
      event.stopPropagation()
      open(false)
    }
  }
}
