// The theme of the pipes: where they lie too near to each other or to something else.

import { createMarks } from '../map/marks.js'
import { count } from '../model/format.js'
import { button, el, replace } from './dom.js'

const MOST = 2000

export function create(app, slot, view) {
  const marks = createMarks(view.map)
  return { render, leave: marks.remove }

  async function render() {
    const { t, words, api, styles, meta } = app
    const verdicts = styles.legends.verdict.classes
    const layer = meta.layers.find(({ name }) => name === 'conflict')
    const found = layer ? await app.notices.during(t('themes.pipes'), () => api.features('conflict', { limit: MOST })) : null
    const rows = found?.features ?? []
    const of = (code) => rows.filter((row) => row.properties.verdict === code)
    replace(slot, el('header', { class: 'detail-head' }, el('p', { class: 'kind' }, t('themes.pipes')), el('h2', { tabindex: '-1' }, layer ? words.of(layer.label) : t('themes.pipes'))),
      el('ul', { class: 'chips' }, Object.entries(verdicts).map(([code, one]) => el('li', {}, button(`${t(one.label)} ${count(of(code).length)}`, () => app.openTable('conflict', { verdict: { in: [code] } }), { class: 'chip' })))))
    marks.show(rows.filter((row) => row.geometry).map((row, i) => {
      const [lon, lat] = first(row.geometry.coordinates)
      const { color, shape } = verdicts[row.properties.verdict]
      return { id: row.id ?? String(i), lon, lat, color, shape, weight: 1 }
    }))
  }
}

function first(coordinates) {
  return typeof coordinates[0] === 'number' ? coordinates : first(coordinates[0])
}
