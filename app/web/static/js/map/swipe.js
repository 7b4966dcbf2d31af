// Two readings of the plan on one map: a second tile layer, and a handle that parts the two.

import L from './library.js'
import { createWorkerLink, WorkerTiles } from './tiles.js'

const STEP = 0.05
const END = { Home: 0, End: 1 }

/** `show({urlOf, plan, label})` puts another reading to the left of the handle; `hide()` takes it away. */
export function createSwipe(map, own) {
  let link = null, other = null, handle = null, share = 0.5, loaded = new Set()
  map.on('move zoomend resize', clip)
  return { show, hide, isOn: () => Boolean(other) }

  function show({ urlOf, plan, label, fresh = false }) {
    if (!other) open()
    if (fresh) loaded = new Set()
    for (const { layer } of plan) {
      if (loaded.has(layer)) continue
      loaded.add(layer)
      link.load(layer, urlOf(layer))
    }
    link.setPlan(plan)
    handle.setAttribute('aria-label', label)
    other.repaint()
    clip()
  }

  function open() {
    link = createWorkerLink()
    other = new WorkerTiles(link)
    let soon = null
    link.on('loaded', () => { clearTimeout(soon); soon = setTimeout(() => other?.repaint(), 30) })
    link.on('failed', ({ layer }) => loaded.delete(layer))
    other.addTo(map)
    handle = L.DomUtil.create('div', 'swipe', map.getContainer())
    Object.assign(handle, { tabIndex: 0, onkeydown: keys })
    for (const [name, value] of [['role', 'slider'], ['aria-orientation', 'horizontal'], ['aria-valuemin', 0], ['aria-valuemax', 100]]) handle.setAttribute(name, value)
    L.DomEvent.disableClickPropagation(handle)
    handle.addEventListener('pointerdown', (event) => { handle.setPointerCapture(event.pointerId); event.preventDefault(); handle.focus() })
    handle.addEventListener('pointermove', (event) => {
      if (handle.hasPointerCapture(event.pointerId)) moveTo((event.clientX - map.getContainer().getBoundingClientRect().left) / map.getSize().x)
    })
  }

  function hide() {
    if (!other) return
    other.remove()
    handle.remove()
    link.end()
    own.getContainer().style.clipPath = ''
    link = null
    other = null
    loaded = new Set()
  }

  function keys(event) {
    const to = event.key in END ? END[event.key] : { ArrowLeft: share - STEP, ArrowRight: share + STEP }[event.key]
    if (to === undefined) return
    event.preventDefault()
    event.stopPropagation()
    moveTo(to)
  }

  function moveTo(to) {
    share = Math.min(1, Math.max(0, to))
    clip()
  }

  function clip() {
    if (!other) return
    const size = map.getSize()
    const at = Math.round(size.x * share)
    const from = map.containerPointToLayerPoint([0, 0]), to = map.containerPointToLayerPoint(size)
    const part = (left, right) => `polygon(${left}px ${from.y}px, ${right}px ${from.y}px, ${right}px ${to.y}px, ${left}px ${to.y}px)`
    other.getContainer().style.clipPath = part(from.x, from.x + at)
    own.getContainer().style.clipPath = part(from.x + at, to.x)
    handle.style.left = `${at}px`
    handle.setAttribute('aria-valuenow', Math.round(100 * share))
  }
}
