// The attribute table in its drawer: the keyboard's and screen reader's way to every row.

import { conditionOf, isAdded } from '../model/table-filter.js'
import { amount, decimal, unitOf } from '../model/format.js'
import { button, el, replace } from './dom.js'
import { whyFigure } from './why.js'

const PAGE = 200

export function createTableDrawer(parent, app) {
  let Tabulator = null
  let grid = null
  let shown = ''
  let columns = []
  let turn = 0
  let conditionsNow = {}
  const title = el('h2', { id: 'table-title' })
  const note = el('p', { class: 'table-note' })
  const sums = el('div', { class: 'table-sums', role: 'status' })
  const holder = el('div', { class: 'table-holder' })
  const layer = el('select', { 'data-key': 'table-layer', onchange: () => app.store.set({ table: layer.value, rows: null }) })
  const csv = el('a', { class: 'button', download: '' })
  const make = button('', () => app.actions.create(app.state().table), { 'data-key': 'table-new' })
  replace(parent, el('header', { class: 'table-head' }, title, layer, note, make, csv,
    button('×', () => app.store.set({ table: null, rows: null }), { class: 'icon-button', 'data-key': 'table-close' })), holder, sums)
  // Tabulator hears keys only: text that is pasted or comes from an input method has none.
  holder.addEventListener('input', ({ target }) => {
    if (target.closest('.tabulator-header-filter')) target.dispatchEvent(new KeyboardEvent('keyup'))
  })

  return { render, follow, refresh }

  async function render() {
    const { table, rows } = app.state()
    parent.hidden = !table
    if (!table) { shown = ''; return }
    words(table, rows)
    const key = JSON.stringify([table, rows, app.words.language(), app.state().scenario])
    if (key === shown) return
    shown = key
    turn += 1
    const mine = turn
    await app.notices.during(app.t('table.loading'), async () => {
      Tabulator ??= (await import('../../vendor/tabulator.js')).TabulatorFull
      const first = await app.api.table(table, { limit: PAGE, filter: rows ? JSON.stringify(rows) : null })
      if (mine === turn) build(table, rows ?? {}, first)
    })
  }

  /** The same rows as they are now, after something was saved. */
  function refresh() {
    shown = ''
    return render()
  }

  function words(table, rows) {
    const { t, meta } = app
    const described = meta.layers.find((one) => one.name === table)
    title.textContent = app.words.of(described?.label ?? table)
    layer.setAttribute('aria-label', t('table.layer'))
    layer.replaceChildren(...meta.layers.filter((one) => one.rows > 0 || one.name === table).map((one) => el('option', { value: one.name }, `${app.words.of(one.label)} ${one.rows}`)))
    layer.value = table
    make.textContent = t('edit.add')
    make.hidden = described?.group === 'result'
    csv.textContent = t('table.export')
    csv.href = app.api.exportUrl('xlsx', { layer: table, filter: rows ? JSON.stringify(rows) : null })
    parent.querySelector('[data-key="table-close"]').setAttribute('aria-label', t('table.close'))
    parent.setAttribute('aria-labelledby', 'table-title')
  }

  function build(table, fixed, first) {
    grid?.destroy()
    columns = first.columns.filter((column) => column.shown && column.name !== `${table}_id`)
      .map((column) => (table === 'service' && column.name === 'kind' ? { ...column, domain: 'service_kind' } : column))
    conditionsNow = fixed
    showSums(first)
    const idColumn = `${table}_id`
    grid = new Tabulator(holder, {
      height: '100%', layout: 'fitDataFill', index: idColumn, placeholder: app.t('table.empty'), selectableRows: 1,
      columns: [{ title: app.t('table.id'), field: idColumn, width: 130, frozen: true, headerFilter: 'input' }, ...columns.map(columnOf)],
      ajaxURL: 'rows', progressiveLoad: 'scroll', headerFilterLiveFilterDelay: 400, paginationSize: PAGE, sortMode: 'remote', filterMode: 'remote',
      headerSortElement: (_, direction) => el('span', { class: 'sort', 'aria-hidden': 'true' }, { asc: '▲', desc: '▼' }[direction] ?? '↕'),
      ajaxRequestFunc: async (_, __, asked) => {
        const page = await ask(table, fixed, asked)
        showSums(page)
        return { data: page.rows, last_page: Math.max(1, Math.ceil(page.total / PAGE)) }
      },
    })
    grid.on('rowClick', (_, row) => choose(table, row.getData()))
    grid.on('rowTapHold', (_, row) => choose(table, row.getData()))
    grid.on('dataLoadError', (failure) => app.notices.error(failure))
    grid.on('renderComplete', reachable)
    grid.on('tableBuilt', () => { nameFilters(); follow() })
  }

  function nameFilters() {
    for (const column of holder.querySelectorAll('.tabulator-col')) {
      const title = column.querySelector('.tabulator-col-title')?.textContent ?? ''
      column.querySelector('.tabulator-header-filter input')?.setAttribute('aria-label', app.t('table.filter_by', { column: title }))
    }
    // The rows take the focus themselves.
    const scroller = holder.querySelector('.tabulator-tableholder')
    scroller?.removeAttribute('tabindex')
    scroller?.setAttribute('role', 'presentation')
  }

  function choose(table, data) {
    const layerOf = app.meta.layers.find((one) => one.name === table)
    app.select({ layer: table, id: data[`${table}_id`] }, { go: layerOf.geometry.length > 0 })
  }

  // Rows are reached with the arrow keys and chosen with Enter: Tabulator leaves both to us.
  function reachable() {
    for (const row of grid.getRows('visible')) {
      const element = row.getElement()
      if (element.dataset.reachable) continue
      element.dataset.reachable = 'yes'
      element.tabIndex = -1
      element.addEventListener('keydown', (event) => {
        const next = { ArrowDown: row.getNextRow, ArrowUp: row.getPrevRow }[event.key]?.call(row)
        if (event.key === 'Enter') choose(app.state().table, row.getData())
        if (!next) return
        event.preventDefault()
        event.stopPropagation()
        next.getElement().focus()
      })
    }
    const first = grid.getRows('visible')[0]?.getElement()
    if (first) first.tabIndex = 0
  }

  async function ask(table, fixed, { page, sort, filter }) {
    const conditions = { ...fixed }
    for (const one of filter ?? []) {
      const condition = conditionOf(columns.find((column) => column.name === one.field), one.value, domainCodes)
      if (condition) conditions[one.field] = condition
    }
    conditionsNow = conditions
    const [by] = sort ?? []
    csv.href = app.api.exportUrl('xlsx', { layer: table, filter: JSON.stringify(conditions) })
    return app.api.table(table, {
      offset: (page - 1) * PAGE, limit: PAGE, sort: by?.field, desc: by?.dir === 'desc' ? 1 : null, filter: JSON.stringify(conditions),
    })
  }

  function domainCodes(name) {
    return (app.meta.domains[name]?.codes ?? []).map(({ code, label }) => [code, app.words.of(label)])
  }

  function columnOf(column) {
    const isNumber = ['int', 'float'].includes(column.kind)
    const unit = column.unit === 'fen' ? app.t('unit.yuan') : unitOf(column.unit, app.words.language())
    return {
      title: app.words.of(column.label) + (unit ? ` (${unit})` : ''), field: column.name, hozAlign: isNumber ? 'right' : 'left',
      headerFilter: column.domain ? 'list' : 'input', maxInitialWidth: 220, minWidth: 96,
      headerFilterPlaceholder: isNumber ? app.t('table.filter_number') : app.t('table.filter_text'),
      headerFilterParams: column.domain ? { values: { '': app.t('filters.all'), ...Object.fromEntries(domainCodes(column.domain)), '@unknown': app.t('class.unknown') }, clearable: true } : undefined,
      formatter: (cell) => cellText(column, cell.getValue()),
    }
  }

  function cellText(column, value) {
    if (value === null || value === undefined || value === '') return el('span', { class: 'is-unknown' }, app.t('class.unknown'))
    if (column.domain) return document.createTextNode(domainCodes(column.domain).find(([code]) => code === value)?.[1] ?? value)
    if (column.references) return document.createTextNode(app.nameOfRow(column.references, value) ?? String(value))
    if (column.kind === 'bool') return document.createTextNode(app.t(value ? 'yes' : 'no'))
    if (column.unit === 'fen') return document.createTextNode(decimal(value / 100, 2))
    if (column.kind === 'float') return document.createTextNode(decimal(value, 2))
    if (column.kind === 'json') return document.createTextNode(Array.isArray(value) ? value.join('、') : JSON.stringify(value))
    return document.createTextNode(column.kind === 'int' && column.unit ? value.toLocaleString('en-US') : String(value))
  }

  function showSums({ total, sums: all }) {
    const { t } = app
    note.textContent = t('table.rows', { n: total.toLocaleString('en-US') })
    const shownSums = columns.filter((column) => all[column.name] && all[column.name].sum !== null && isAdded(column))
    sums.replaceChildren(el('strong', {}, t('table.sum')), ...shownSums.map((column) => {
      const { sum, unknown } = all[column.name]
      const text = column.unit === 'fen' ? amount(sum, 'cost_fen', app.words.language()) : `${decimal(sum, Number.isInteger(sum) ? 0 : 2)}${column.unit ? ` ${unitOf(column.unit, app.words.language())}` : ''}`
      const asked = { layer: app.state().table, sum: column.name, filter: JSON.stringify(conditionsNow) }
      return el('span', {}, `${app.words.of(column.label)} `, whyFigure(app, asked, text, app.words.of(column.label)), unknown ? el('em', { class: 'is-unknown' }, ` ${t('tile.unknown', { n: unknown })}`) : null)
    }))
  }

  /** The row of what is chosen, in view and marked. */
  function follow() {
    const { table, selected } = app.state()
    if (!grid || !table || parent.hidden) return
    grid.deselectRow()
    if (selected?.layer !== table) return
    const row = grid.getRow(selected.id)
    if (!row) return
    row.select()
    row.scrollTo('nearest', false).catch(() => {})
  }
}
