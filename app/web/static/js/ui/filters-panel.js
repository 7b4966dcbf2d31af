// Filters of the scope: programme, township, category, stage, owner, source, years.

import { FILTERS, isFiltered } from '../model/state.js'
import { nameOf, programmeName } from '../model/summary.js'
import { button, el, replace, section } from './dom.js'

export function createFiltersPanel(parent, app) {
  return { render: () => replace(parent, panel(app)) }
}

function panel(app) {
  const { t, words, meta, state } = app
  const lang = words.language()
  const codes = (domain) => (meta.domains[domain]?.codes ?? []).map(({ code, label }) => [code, words.of(label)])
  const unknown = ['unknown', t('class.unknown')]
  return section(t('filters.title'),
    meta.programmes.length ? choice(app, 'programme', t('filters.programme'),
      meta.programmes.map((one) => [one.id, programmeName(one, t, lang)]), meta.programmes.length > 1 ? t('filters.latest') : false) : null,
    choice(app, 'township', t('filters.township'), meta.townships.map((one) => [one.id, nameOf(one, lang)])),
    choice(app, 'category', t('filters.category'), codes('category')),
    choice(app, 'stage', t('filters.stage'), [...codes('stage'), unknown]),
    choice(app, 'owner_kind', t('filters.owner_kind'), [...codes('owner_kind'), unknown]),
    choice(app, 'source', t('filters.source'), codes('source')),
    el('div', { class: 'field' }, el('span', { id: 'years-label' }, t('filters.years')),
      el('div', { class: 'years', role: 'group', 'aria-labelledby': 'years-label' },
        year(app, 'year_from', t('filters.year_from')), el('span', {}, '–'), year(app, 'year_to', t('filters.year_to')))),
    isFiltered(state()) ? button(t('filters.clear'), () => app.store.set({
      ...Object.fromEntries(FILTERS.filter((key) => key !== 'programme').map((key) => [key, null])), hidden: {},
    }), { class: 'wide', 'data-key': 'filters-clear' }) : null)
}

export function choice(app, key, label, options, all = app.t('filters.all')) {
  const { state, store } = app
  const select = el('select', { 'data-key': `filter-${key}`, onchange: () => store.set({ [key]: select.value || null }) },
    all === false ? null : el('option', { value: '' }, all),
    options.map(([value, text]) => el('option', { value }, text)))
  select.value = state()[key] ?? (all === false ? options[0]?.[0] : '') ?? ''
  return el('label', { class: 'field' }, el('span', {}, label), select)
}

function year(app, key, label) {
  const input = el('input', {
    type: 'number', inputmode: 'numeric', min: 1900, max: 2100, step: 1, 'aria-label': label, placeholder: label, 'data-key': `filter-${key}`,
    onchange: () => {
      const value = Number.parseInt(input.value, 10)
      app.store.set({ [key]: Number.isInteger(value) && value >= 1000 && value <= 9999 ? value : null })
    },
  })
  input.value = app.state()[key] ?? ''
  return input
}
