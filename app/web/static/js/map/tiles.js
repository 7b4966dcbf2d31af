// The one tile layer of the map: bitmaps that the worker paints, and questions that it answers.

import L from './library.js'

/**
 * Talks to the tile worker: `load`, `setPlan`, `paint`, `ask`; `on('loaded' | 'failed', listener)`.
 * `begun` is a worker that works already, with what it said so far: `{worker, heard}`.
 */
export function createWorkerLink(begun = null) {
  const worker = begun?.worker ?? new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
  const painted = new Map(), asked = new Map(), listeners = { loaded: [], failed: [] }
  let last = 0

  begun?.heard.forEach(hear)
  worker.onmessage = ({ data }) => hear(data)

  function hear(data) {
    if (data.type === 'painted') {
      const draw = painted.get(data.id)
      painted.delete(data.id)
      if (draw) draw(data.bitmap)
      else data.bitmap.close()
    } else if (data.type === 'answer') {
      asked.get(data.id)?.(data.answer)
      asked.delete(data.id)
    } else {
      if (data.type === 'loaded') performance.mark(`${data.layer}-loaded`, { detail: data.n })
      for (const listener of listeners[data.type]) listener(data)
    }
  }

  return {
    on: (name, listener) => listeners[name].push(listener),
    end: () => worker.terminate(),
    load: (layer, url) => worker.postMessage({ type: 'load', layer, url }),
    setPlan: (plan) => worker.postMessage({ type: 'plan', plan }),
    paint(tile, draw) {
      last += 1
      painted.set(last, draw)
      worker.postMessage({ type: 'paint', id: last, ...tile })
      return last
    },
    cancel(id) {
      if (painted.delete(id)) worker.postMessage({ type: 'cancel', id })
    },
    ask(type, question) {
      last += 1
      const id = last
      return new Promise((resolve) => {
        asked.set(id, resolve)
        worker.postMessage({ type, id, ...question })
      })
    },
  }
}

export const WorkerTiles = L.GridLayer.extend({
  initialize(link, options) {
    L.setOptions(this, { tileSize: 256, updateWhenZooming: false, keepBuffer: 2, ...options })
    this._link = link
  },

  createTile(coords, done) {
    const size = 256 * Math.min(2, globalThis.devicePixelRatio || 1)
    const tile = L.DomUtil.create('canvas', 'map-tile')
    tile.width = size
    tile.height = size
    tile.jiugaiPaint = this._link.paint({ x: coords.x, y: coords.y, z: coords.z, size }, (bitmap) => {
      tile.getContext('bitmaprenderer').transferFromImageBitmap(bitmap)
      done(null, tile)
    })
    return tile
  },

  /** Paints what is on screen again in place, without the flash that a redraw of the layer makes. */
  repaint() {
    for (const { el, coords } of Object.values(this._tiles)) {
      this._link.cancel(el.jiugaiPaint)
      el.jiugaiPaint = this._link.paint({ x: coords.x, y: coords.y, z: coords.z, size: el.width }, (bitmap) => {
        el.getContext('bitmaprenderer').transferFromImageBitmap(bitmap)
        this._tileReady(coords, null, el)
      })
    }
  },
})
