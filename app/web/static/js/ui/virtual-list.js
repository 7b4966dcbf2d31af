// A list of any length of which only what is in view is on the page: arrows walk, Enter opens.

import { el } from './dom.js'

const BEYOND = 6

/** `scroller` is what scrolls; `row(item, i)` makes the children of one row; all rows are `height` px high. */
export function createVirtualList(scroller, { height, label, row, open }) {
  const list = el('div', { class: 'virtual-list', role: 'listbox', tabindex: 0, 'aria-label': label, onkeydown: keys })
  let items = [], idOf = () => '', active = -1, chosen = null
  scroller.addEventListener('scroll', draw, { passive: true })
  const sized = new ResizeObserver(draw)
  sized.observe(scroller)
  return { element: list, show, choose, reveal, focus: () => list.focus({ preventScroll: true }), remove, draw, length: () => items.length }

  function show(next, id) {
    items = next
    idOf = id
    active = Math.max(0, items.findIndex((item) => idOf(item) === chosen))
    list.style.setProperty('height', `${items.length * height}px`)
    draw()
  }

  function choose(id) {
    chosen = id
    active = items.findIndex((item) => idOf(item) === id)
    draw()
  }

  /** Brings a row into view, where the reader left it. */
  function reveal(id) {
    const at = items.findIndex((item) => idOf(item) === id)
    if (at >= 0) go(at)
  }

  function remove() {
    scroller.removeEventListener('scroll', draw)
    sized.disconnect()
  }

  function draw() {
    if (!list.isConnected) return
    const above = scroller.getBoundingClientRect().top - list.getBoundingClientRect().top
    const from = Math.max(0, Math.floor(above / height) - BEYOND)
    const to = Math.min(items.length, Math.ceil((above + scroller.clientHeight) / height) + BEYOND)
    const shown = []
    for (let i = from; i < to; i += 1) {
      const item = items[i]
      shown.push(el('div', {
        id: `row-${i}`, role: 'option', class: `virtual-row${i === active ? ' is-active' : ''}`, 'aria-selected': String(idOf(item) === chosen), 'aria-setsize': items.length, 'aria-posinset': i + 1,
        style: { top: `${i * height}px`, height: `${height}px` }, onclick: () => { active = i; open(item) }, 'data-id': idOf(item),
      }, row(item, i)))
    }
    list.replaceChildren(...shown)
    if (active >= from && active < to) list.setAttribute('aria-activedescendant', `row-${active}`)
    else list.removeAttribute('aria-activedescendant')
  }

  function go(i) {
    active = Math.max(0, Math.min(items.length - 1, i))
    const top = list.offsetTop + active * height
    if (top < scroller.scrollTop) scroller.scrollTop = top
    if (top + height > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + height - scroller.clientHeight
    draw()
  }

  function keys(event) {
    const page = Math.max(1, Math.floor(scroller.clientHeight / height) - 1)
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -items.length, End: items.length }[event.key]
    if (step) go(active + step)
    else if (event.key === 'Enter' && items[active]) open(items[active])
    else return
    event.preventDefault()
    event.stopPropagation()
  }
}
