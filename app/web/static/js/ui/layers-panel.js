// Layer tree with counts, and under it the legend of what is drawn, whose classes filter.

import { isOn } from '../model/paintplan.js'
import { withOnly, withToggled } from '../model/state.js'
import { range } from '../model/format.js'
import { SYMBOLS } from '../model/symbols.js'
import { el, replace, section, svg } from './dom.js'

const GROUPS = ['place', 'walking', 'service', 'pipe', 'surface', 'renewal']

export function createLayersPanel(parent, app) {
  return { render: () => replace(parent, legends(app), tree(app)) }
}

function tree(app) {
  const { t, words, meta, styles } = app
  const drawn = meta.layers.filter((layer) => styles.layers[layer.name] && layer.geometry.length)
  return section(t('layers.title'), GROUPS.map((group) => {
    const layers = drawn.filter((layer) => layer.group === group)
    if (!layers.length) return null
    return el('fieldset', { class: 'layer-group' }, el('legend', {}, t(`group.${group}`)),
      layers.map((layer) => layerRow(app, layer, words)))
  }))
}

function layerRow(app, layer, words) {
  const { t, state, styles, store } = app
  const style = styles.layers[layer.name]
  const tooFar = state().z !== null && state().z < style.min_zoom
  const box = el('input', {
    type: 'checkbox', 'data-key': `layer-${layer.name}`, disabled: layer.rows === 0,
    onchange: () => store.set({ layers: layersWith(app, layer.name, box.checked) }),
  })
  box.checked = layer.rows > 0 && isOn(styles, app.drawn(), layer.name)
  const note = layer.rows === 0 ? t('layers.empty') : tooFar && box.checked ? t('layers.from_zoom', { zoom: style.min_zoom }) : ''
  return el('div', { class: `layer-row${layer.rows === 0 ? ' is-empty' : ''}` },
    el('label', {}, box, el('span', { class: 'layer-name' }, words.of(layer.label)), note ? el('span', { class: 'hint' }, note) : null),
    el('button', {
      type: 'button', class: 'count-link', disabled: layer.rows === 0, 'data-key': `table-${layer.name}`,
      'aria-label': t('table.open_layer', { layer: words.of(layer.label), n: layer.rows.toLocaleString('en-US') }),
      onclick: () => store.set({ table: layer.name, rows: null }),
    }, layer.rows.toLocaleString('en-US')))
}

function layersWith({ state, styles, themes }, name, on) {
  const { [name]: _, ...rest } = state().layers
  return on === (themes.current().layers?.[name] ?? styles.layers[name].visible) ? rest : { ...rest, [name]: on }
}

/** The legend of the theme and of every drawn layer that has one. */
function legends(app) {
  const { t, state, styles, meta, theme } = app
  const rows = Object.fromEntries(meta.layers.map((layer) => [layer.name, layer.rows]))
  const level = app.level()
  const shown = app.themes.isScope() ? theme()?.[level] : null
  const list = []
  if (shown) {
    list.push(legend(app, 'amount', `${t(`measure.${state().measure}`)} · ${t(`theme.by_${level}`)}`,
      shown.legend.map((one) => ({ ...one, text: amountText(app, one) }))))
  }
  if (shown && level === 'community' && rows.community && app.summary()?.programme) {
    list.push(legend(app, 'stage', t('legend.stage'), Object.entries(styles.legends.stage.classes)
      .map(([code, one]) => ({ code, text: t(one.label), count: theme()?.stageCounts[code] ?? 0 })), 'line'))
  }
  if (rows.pipe && isOn(styles, app.drawn(), 'pipe')) {
    for (const name of ['pipe_class', 'pipe_status']) {
      list.push(legend(app, name, t(`legend.${name}`), Object.entries(styles.legends[name].classes)
        .map(([code, one]) => ({ code, text: t(one.label) })), 'line'))
    }
  }
  if (rows.gate && isOn(styles, app.drawn(), 'gate') && state().z >= styles.layers.gate.min_zoom) {
    list.push(legend(app, 'gate_state', t('legend.gate_state'), Object.entries(styles.legends.gate_state.classes)
      .map(([code, one]) => ({ code, text: t(one.label) })), 'symbol'))
  }
  return section(t('legend.title'), list.length ? list : el('p', { class: 'hint' }, t(app.themes.isScope() ? 'legend.nothing' : 'legend.in_panel')),
    el('p', { class: 'hint' }, t('legend.how')))
}

function amountText({ t, state, words }, one) {
  if (one.code === 'zero') return t('amount.zero')
  if (one.code === 'unknown') return t('class.unknown')
  return range(one.from, one.to, state().measure, words.language())
}

function legend(app, name, title, classes, kind = 'fill') {
  const { state, store, styles, t } = app
  const hidden = state().hidden[name] ?? []
  const all = classes.map(({ code }) => code)
  return el('div', { class: 'legend', role: 'group', 'aria-label': title }, el('h4', {}, title), classes.map((one) => {
    const isHidden = hidden.includes(one.code)
    return el('button', {
      type: 'button', class: `legend-class${isHidden ? ' is-hidden' : ''}`, 'aria-pressed': String(!isHidden),
      'data-key': `legend-${name}-${one.code}`, title: t('legend.hint'),
      onclick: (event) => {
        // The second click of a double click must not undo the first.
        if (event.detail < 2) store.set({ hidden: withToggled(state().hidden, name, one.code) })
        else store.set({ hidden: withOnly(withToggled(state().hidden, name, one.code), name, one.code, all) })
      },
    }, swatch(styles.legends[name].classes[one.code], kind), el('span', { class: 'legend-text' }, one.text),
    one.count === undefined ? null : el('span', { class: 'legend-count' }, String(one.count)))
  }))
}

export function swatch(style, kind = 'fill') {
  const picture = svg('svg', { viewBox: '0 0 28 16', class: 'swatch', 'aria-hidden': 'true' })
  if (kind === 'symbol') {
    picture.append(symbol(style))
  } else if (kind === 'line') {
    picture.append(svg('line', { x1: 1, y1: 8, x2: 27, y2: 8, stroke: '#2f2f2f', 'stroke-width': 5, opacity: style.color && !style.hatch ? 0.35 : 0 }))
    picture.append(svg('line', { x1: 1, y1: 8, x2: 27, y2: 8, stroke: style.color ?? '#4b5563', 'stroke-width': 3, 'stroke-dasharray': style.dash }))
  } else if (style.hatch) {
    picture.append(svg('rect', { x: 0.5, y: 0.5, width: 27, height: 15, fill: '#ffffff', stroke: style.color }))
    for (let x = -12; x < 28; x += 6) picture.append(svg('line', { x1: x, y1: 16, x2: x + 14, y2: 0, stroke: style.color, 'stroke-width': 1.4 }))
  } else {
    picture.append(svg('rect', { x: 0.5, y: 0.5, width: 27, height: 15, fill: style.color, stroke: '#8a8170' }))
  }
  return picture
}

function symbol({ color, shape }) {
  const { solid, mark, filled } = SYMBOLS[shape]
  const line = { 'stroke-width': 0.28, 'stroke-linecap': 'round' }
  return svg('g', { transform: 'translate(14 8) scale(6)' }, svg('circle', { r: 1, fill: solid ? color : '#ffffff', stroke: color, ...line }),
    mark ? svg('path', { d: mark, fill: filled ? color : 'none', stroke: filled ? 'none' : solid ? '#ffffff' : color, ...line }) : null)
}
