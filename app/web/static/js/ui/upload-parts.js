// Parts of the upload page: what is said about a delivery, its columns, its faults by row.

import { unitOf } from '../model/format.js'
import { columnsOf, KEEP } from '../model/upload.js'
import { el } from './dom.js'

const LISTED = 200

/** Layer, reference system, deliverer: what the file does not say. */
export function deliveryForm({ t, words }, meta, chosen, layers, again, fit) {
  const { options } = chosen
  const places = meta.layers.filter((layer) => layer.group !== 'result')
  const row = (name, control) => el('label', { class: 'field' }, el('span', {}, t(`upload.${name}`)), control)
  const select = (name, list, then = () => {}) => {
    const control = el('select', { 'data-key': `option-${name}`, onchange: () => { options[name] = control.value; then() } }, list.map(([code, label]) => el('option', { value: code }, label)))
    control.value = options[name] ?? list[0][0]
    return control
  }
  const text = (name, hint, type = 'text') => {
    const control = el('input', { type, placeholder: hint, 'data-key': `option-${name}`, onchange: () => { options[name] = control.value.trim() } })
    control.value = options[name] ?? ''
    return control
  }
  const update = el('input', { type: 'checkbox', onchange: () => { options.update = update.checked } })
  update.checked = options.update ?? false
  const crs = layers.find((layer) => layer.crs.code)?.crs
  return el('section', { class: 'block upload-options' }, el('h3', {}, t('upload.about')),
    row('layer', select('layer', [['', t('upload.by_itself')], ...places.map((layer) => [layer.name, words.of(layer.label)])], again)),
    row('crs', text('crs', crs?.code || 'EPSG:4544')), crs ? el('p', { class: 'hint' }, [crs.code, t(`upload.certainty.${crs.certainty}`).replace(/^upload\.certainty\./, ''), crs.reason].filter(Boolean).join(' · ')) : null,
    row('grid', text('grid', t('upload.grid_hint'))), fit, row('height_datum', select('height_datum', [['unknown', t('class.unknown')], ['1985', '1985'], ['1956', '1956']])),
    layers.some((layer) => layer.layer === 'terrain') ? row('height_unit', select('height_unit', ['auto', 'm', 'ft'].map((code) => [code, t(`upload.height_unit.${code}`)]))) : null,
    row('datum', select('datum', [['auto', t('upload.datum.auto')], ['wgs84', t('upload.datum.wgs84')], ['gcj02', 'GCJ-02'], ['bd09', 'BD-09']])),
    row('deliverer', text('deliverer', '')), row('as_of', text('as_of', '', 'date')),
    row('secrecy', select('secrecy', ['public', 'internal', 'sensitive'].map((code) => [code, t(`upload.secrecy.${code}`)]))),
    el('label', { class: 'run-value' }, update, t('upload.update')))
}

/** One delivered layer: where each of its columns goes, with a look at the first rows. */
export function layerTable({ t, words }, meta, layer, chosen, again) {
  const target = meta.layers.find((one) => one.name === layer.layer)
  const first = layer.preview.slice(0, 2)
  const lines = columnsOf(layer).map((one) => {
    const select = el('select', { 'data-key': `column-${one.header}`, 'aria-label': t('upload.column_of', { header: one.header }), onchange: () => { chosen.columns[one.header] = select.value; again() } },
      el('option', { value: KEEP }, t('upload.leave_out')), (target?.columns ?? []).map((column) => el('option', { value: column.name === one.column && one.unit ? `${column.name}:${one.unit}` : column.name }, `${words.of(column.label)}${unitOf(column.unit, words.language()) ? ` (${unitOf(column.unit, words.language())})` : ''}`)))
    select.value = one.unit ? `${one.column}:${one.unit}` : one.column
    return el('tr', { class: one.column ? '' : 'is-unused' }, el('th', { scope: 'row' }, one.header, one.unit ? ` (${one.unit})` : ''), el('td', {}, one.how === 'model' ? nameOf(target, one.column, words) : select),
      el('td', {}, one.how ? t(`upload.how.${one.how}`) : t('upload.unused')),
      el('td', { class: 'sample' }, first.map((row) => row[one.column]).filter((value) => value !== null && value !== undefined).map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value))).join('，')))
  })
  return el('section', { class: 'block' }, el('h3', {}, `${layer.source} → ${target ? words.of(target.label) : layer.layer}`, el('span', { class: 'hint' }, t('upload.layer_counts', { read: layer.read, kept: layer.kept, rejected: layer.rejected }))),
    el('div', { class: 'scroll-x', tabindex: 0, role: 'region', 'aria-label': layer.source }, el('table', { class: 'rule-table mapping' }, el('thead', {}, el('tr', {}, ['header', 'column', 'how', 'values'].map((key) => el('th', { scope: 'col' }, t(`upload.col.${key}`))))), el('tbody', {}, lines))))
}

/** The name of a column that the format of the file fixes. */
function nameOf(target, name, words) {
  const column = target?.columns.find((one) => one.name === name)
  return column ? words.of(column.label) : name
}

/** The layers of a drawing: which class of pipes each is, found by its name, chosen or as last time. */
export function drawingTable({ t, words }, meta, drawing, codes, chosen, again) {
  const classes = codes.reduce((known, one) => known.set(one.class, [...(known.get(one.class) ?? []), one]), new Map())
  const choice = (one) => {
    const select = el('select', { 'data-key': `class-${one.layer}`, 'aria-label': t('upload.class_of', { layer: one.layer }), onchange: () => { chosen.classes[one.layer] = select.value; again() } },
      el('option', { value: '' }, t('upload.leave_out')),
      [...classes].map(([code, own]) => el('optgroup', { label: t(`pipe_class.${code}`) }, el('option', { value: code }, `${t(`pipe_class.${code}`)} ${code}`), own.map((sub) => el('option', { value: sub.code }, `${sub.label} ${sub.code}`)))))
    select.value = one.class
    return select
  }
  const rows = [...drawing].sort((a, b) => Number(Boolean(b.class)) - Number(Boolean(a.class)) || b.rows - a.rows)
  return el('section', { class: 'block' }, el('h3', {}, t('upload.drawing')), el('p', { class: 'hint' }, t('upload.drawing_hint')),
    el('div', { class: 'scroll-x', tabindex: 0, role: 'region', 'aria-label': t('upload.drawing') }, el('table', { class: 'rule-table mapping' },
      el('thead', {}, el('tr', {}, ['drawn_layer', 'class', 'rows', 'how'].map((key) => el('th', { scope: 'col' }, t(`upload.col.${key}`))))),
      el('tbody', {}, rows.map((one) => el('tr', { class: one.class ? '' : 'is-unused' }, el('th', { scope: 'row' }, one.layer), el('td', {}, choice(one)),
        el('td', { class: 'number' }, `${one.rows.toLocaleString('en-US')} ${t(one.points ? 'upload.points' : 'upload.lines')}`), el('td', {}, one.how ? t(`upload.how.${one.how}`) : t('upload.unused'))))))))
}

/** Every fault with its row and its cure. */
export function faults({ t }, findings) {
  const list = findings.slice(0, LISTED)
  return el('section', { class: 'block' }, el('h3', {}, t('upload.faults', { n: findings.length })),
    list.length ? el('ul', { class: 'upload-faults' }, list.map((one) => el('li', { class: `severity-${one.severity}` },
      el('strong', {}, [one.row ? t('upload.row', { n: one.row }) : one.layer, one.column].filter(Boolean).join(' · ')), el('p', {}, one.message), one.fix ? el('p', { class: 'hint' }, one.fix) : null))) : el('p', { class: 'empty' }, t('upload.no_faults')),
    findings.length > list.length ? el('p', { class: 'hint' }, t('upload.more_faults', { n: findings.length - list.length })) : null)
}
