// What the tile worker paints: every layer with the styles of its features, from style table and state.

import { classOf } from './classes.js'

const TOWNSHIPS_TO_ZOOM = 12
const UNDER_STREETS = 15

/** The last zoom of the township theme: that at which the whole plan is seen, so that a small town opens with it. */
export function townshipsToZoom(zoomOfAll) {
  return Math.max(TOWNSHIPS_TO_ZOOM, Math.min(zoomOfAll, 16))
}

/** Whether a layer is on: the state's word, else that of the style table. */
export function isOn(styles, state, layer) {
  return state.layers[layer] ?? styles.layers[layer].visible
}

/**
 * Layers in the order in which they are painted. Each: `{layer, order, minZoom, maxZoom, pick, styles,
 * by}`; `by` says how a feature finds its style: `{ids: {id: index}}` or `{columns: [[column,
 * {code: index}, indexOfUnknown], ...]}` whose indexes add up (`{limits, step}` in place of the codes
 * counts how many limits a number exceeds; `[column, code, index]` at the end is an exception); none:
 * style 0.
 * Index -1 is not painted. Buildings that no place stands for are painted at every zoom.
 */
export function paintPlan({ styles, state, names, theme, switchZoom = TOWNSHIPS_TO_ZOOM }) {
  return names.filter((name) => styles.layers[name] && isOn(styles, state, name))
    .flatMap((name) => layerPlans(name, { styles, state, theme, switchZoom, isAlone: name === 'building' && !names.includes('community') && !names.includes('township') }))
    .sort((a, b) => a.order - b.order)
}

function layerPlans(name, { styles, state, theme, switchZoom, isAlone }) {
  const style = styles.layers[name]
  const base = { layer: name, order: style.order, minZoom: isAlone ? 0 : style.min_zoom, maxZoom: 99, pick: !UNPICKED.has(name) }
  if (name === 'landcover') return [{ ...base, ...landcover(styles) }]
  if (name === 'road') return road(base, style)
  if (name === 'pipe') return [{ ...base, ...pipes(styles, state) }]
  if (name === 'township') return township(base, style, { styles, state, theme, switchZoom })
  if (name === 'community') return community(base, { styles, state, theme, switchZoom })
  if (style.column && style.radius) return [{ ...base, ...symbols(style, styles, state) }]
  return [{ ...base, styles: [plain(style)] }]
}

// One sign for every class of the layer's legend: a form of its own, not a colour alone.
function symbols(style, styles, state) {
  const classes = Object.entries(styles.legends[style.legend].classes), hidden = state.hidden[style.legend] ?? []
  return {
    styles: classes.map(([code, one]) => ({ fill: style.fill, stroke: one.color, width: style.width, radius: style.radius, symbol: one.shape, off: hidden.includes(code) })),
    by: { columns: [[style.column, Object.fromEntries(classes.map(([code], i) => [code, i])), classes.findIndex(([code]) => code === 'unknown')]] },
  }
}

const UNPICKED = new Set(['landcover', 'road', 'walkway', 'wall', 'catchment'])

function plain(style) {
  return {
    fill: style.fill, stroke: style.stroke, width: style.width, dash: dashOf(style.dash),
    radius: style.radius ?? 0, casing: style.casing ?? null,
  }
}

function landcover(styles) {
  const base = styles.legends.base.classes
  const fills = [...new Set(Object.values(styles.landcover))]
  const codes = Object.fromEntries(Object.entries(styles.landcover).map(([cover, code]) => [cover, fills.indexOf(code)]))
  return { styles: fills.map((code) => ({ fill: base[code].color, stroke: null, width: 0 })), by: { columns: [['cover', codes, -1]] } }
}

// Casings of all streets first: a street must not cut its neighbour with its edge.
function road(base, style) {
  return [
    { ...base, pick: false, styles: [{ fill: null, stroke: style.stroke, width: 2 * style.width }] },
    { ...base, styles: [{ fill: style.fill, stroke: null, width: 0 }] },
  ]
}

// Width by diameter class; what hangs in the air is thin, has ticks and no casing.
const WIDTH_LIMITS_MM = [200, 500]
const WIDTHS = [0.85, 1.25, 1.8]
const OVERHEAD = 0.5

function pipes(styles, state) {
  const style = styles.layers.pipe
  const classes = Object.entries(styles.legends.pipe_class.classes)
  const statuses = Object.entries(styles.legends.pipe_status.classes)
  const hidden = state.hidden.pipe_class ?? [], hiddenStatus = state.hidden.pipe_status ?? []
  const all = classes.flatMap(([code, one]) => statuses.flatMap(([status, two]) => [...WIDTHS, OVERHEAD].map((factor) => ({
    fill: null, stroke: two.color ?? one.color, width: style.width * factor, dash: dashOf(two.dash ?? one.dash),
    casing: two.color || factor === OVERHEAD ? null : style.casing, ticks: factor === OVERHEAD, off: hidden.includes(code) || hiddenStatus.includes(status),
  }))))
  const index = (list, step) => Object.fromEntries(list.map(([code], i) => [code, i * step]))
  const widths = WIDTHS.length + 1, byClass = statuses.length * widths
  return {
    styles: all,
    by: {
      columns: [
        ['pipe_class', index(classes, byClass), classes.findIndex(([code]) => code === 'unknown') * byClass],
        ['status', index(statuses, widths), 0],
        ['nominal_mm', { limits: WIDTH_LIMITS_MM, step: 1 }, 0, ['laying', 'overhead', WIDTHS.length]],
      ],
    },
  }
}

function amountStyles(styles, hidden, { alpha, stroke, width }) {
  return Object.entries(styles.legends.amount.classes).map(([code, one]) => ({
    fill: one.hatch ? null : one.color, hatch: one.hatch ? one.color : null, alpha,
    stroke, width, off: hidden.includes(code),
  }))
}

function themeIndex(styles, values, classes) {
  const codes = Object.keys(styles.legends.amount.classes)
  return Object.fromEntries([...values].map(([id, value]) => [id, codes.indexOf(classOf(value, classes))]))
}

function township(base, style, { styles, state, theme, switchZoom }) {
  const line = { ...base, pick: true, styles: [plain(style)] }
  if (!theme) return [line]
  const fill = {
    ...base, order: UNDER_STREETS, maxZoom: switchZoom,
    styles: amountStyles(styles, state.hidden.amount ?? [], { alpha: 0.78, stroke: null, width: 0 }),
    by: { ids: themeIndex(styles, theme.township.values, theme.township.classes), missing: -1 },
  }
  return [fill, line]
}

// Fill is the measure, outline the stage; every pair of the two that occurs is one style.
function community(base, { styles, state, theme, switchZoom }) {
  const outline = { fill: null, stroke: styles.layers.community.stroke, width: 0.8, dash: [2, 2] }
  if (!theme) return [{ ...base, styles: [outline] }]
  const hidden = state.hidden.amount ?? [], hiddenStages = state.hidden.stage ?? []
  const amounts = amountStyles(styles, hidden, { alpha: 0.72, stroke: null, width: 0 })
  const stages = Object.entries(styles.legends.stage.classes)
  const all = amounts.flatMap((one) => stages.map(([code, stage]) => ({
    ...one, stroke: stage.color, width: 2.4, dash: dashOf(stage.dash), off: one.off || hiddenStages.includes(code),
  })))
  const stageCodes = stages.map(([code]) => code)
  const ids = Object.fromEntries(Object.entries(themeIndex(styles, theme.community.values, theme.community.classes))
    .map(([id, fill]) => [id, fill * stages.length + stageCodes.indexOf(theme.community.stages.get(id))]))
  return [
    { ...base, maxZoom: switchZoom, styles: [{ ...outline, dash: [] }] },
    { ...base, minZoom: Math.max(base.minZoom, switchZoom + 1), styles: [...all, outline], by: { ids, missing: all.length } },
  ]
}

export function dashOf(text) {
  return text ? text.split(' ').map(Number) : []
}
