// The survey: what the five fields say of each community, how complete a township is, the form and the workbook.

import { count, decimal, unitOf } from '../model/format.js'
import { button, el, section } from './dom.js'
import { photosOf } from './photos.js'

export function surveyPart(desk, told, returned) {
  const { app } = desk
  const { t } = app
  const labels = Object.fromEntries(told.fields.map((field) => [field.column, app.words.of(field.label)]))
  const one = desk.own('community') ? told.communities[0] : null
  return [el('p', { class: 'note' }, t('survey.says')),
    one ? [form(desk, told, one), photosOf(app, 'community', one.id)] : [
      button(t(desk.own('everywhere') ? 'survey.programme_only' : 'survey.everywhere'), () => desk.show({ everywhere: desk.own('everywhere') ? null : '1' }), { 'aria-pressed': String(Boolean(desk.own('everywhere'))), 'data-key': 'survey-everywhere' }),
      townships(desk, told, labels),
      returned,
      section(t('survey.communities', { n: told.communities.length }), el('ul', { class: 'cards' }, told.communities.slice(0, 200).map((row) => card(desk, row, labels))))]]
}

function townships({ app, keep }, told, labels) {
  const { t } = app
  return el('div', { class: 'wide' }, el('table', { class: 'desk-table survey' },
    el('caption', { class: 'visually-hidden' }, t('survey.by_township')),
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('programme.township')), el('th', { scope: 'col' }, t('survey.complete')),
      told.required.map((name) => el('th', { scope: 'col', title: labels[name] }, t(`survey.short.${name}`))))),
    el('tbody', {}, told.townships.map((row) => el('tr', {},
      el('th', { scope: 'row' }, row.id ? button(row.name, () => keep({ township: row.id }), { class: 'link', 'data-key': `survey-town-${row.id}` }) : t('plan.unassigned')),
      el('td', { class: row.complete === row.communities ? 'is-good' : 'is-bad' }, `${count(row.complete)} / ${count(row.communities)}`, el('span', { class: 'note' }, ` ${decimal(100 * row.share, 0)} %`)),
      told.required.map((name) => el('td', { class: row.filled[name] === row.communities ? null : 'is-unknown', title: t('survey.filled', { field: labels[name], n: row.filled[name], all: row.communities }) }, count(row.filled[name]))))))))
}

function card({ app, keep }, row, labels) {
  const { t } = app
  return el('li', {}, el('button', { type: 'button', class: 'card', 'data-key': `survey-${row.id}`, onclick: () => keep({ community: row.id }) },
    el('span', { class: 'card-name' }, row.name),
    el('span', { class: 'card-figure' }, row.missing.length ? t('survey.lacks_n', { n: row.missing.length }) : `✓ ${t('survey.whole')}`),
    row.missing.length ? el('span', { class: 'card-wrong' }, t('survey.lacks', { what: row.missing.map((name) => labels[name]).join(t('services.comma')) })) : null,
    row.differs.length ? el('span', { class: 'card-line' }, t('survey.differs', { what: row.differs.map((name) => labels[name]).join(t('services.comma')) })) : null,
    el('span', { class: 'card-line' }, row.surveyed_on ? t('survey.on', { day: row.surveyed_on }) : t('survey.no_day'), ' · ', t('survey.photos', { n: row.photos }))))
}

/** The five fields of one community and what goes with them; each says what the map holds beside it. */
function form(desk, told, row) {
  const { app } = desk
  const { t } = app
  const inputs = told.fields.map((field) => [field, control(app, field, row.values[field.column])])
  const save = async (event) => {
    event.preventDefault()
    const values = {}
    for (const [field, input] of inputs) {
      const value = read(field, input)
      if (value !== row.values[field.column] && !(value === null && row.values[field.column] === null)) values[field.column] = value
    }
    if (!Object.keys(values).length) return app.notices.say(t('survey.nothing'))
    const done = await app.notices.during(t('survey.saving'), () => app.api.edit([{ layer: 'community', action: 'update', id: row.id, version: row.version, values }], t('survey.note')))
    if (!done) return undefined
    app.notices.say(t('programme.saved'))
    app.work.refresh?.()
    return desk.refresh()
  }
  return section(row.name, el('form', { class: 'survey-form', onsubmit: save }, inputs.map(([field, input]) => el('label', { class: told.required.includes(field.column) && row.missing.includes(field.column) ? 'is-missing' : null },
    el('span', {}, app.words.of(field.label), field.unit ? ` (${unitOf(field.unit, app.words.language())})` : '', told.required.includes(field.column) ? el('strong', { title: t('survey.required') }, ' *') : null), input,
    row.drawn[field.column] === undefined ? null : el('span', { class: row.differs.includes(field.column) ? 'note is-bad' : 'note' }, row.drawn[field.column] === null ? t('survey.drawn_unknown') : t('survey.drawn', { n: decimal(row.drawn[field.column], 0) })))),
  el('button', { type: 'submit', class: 'primary', 'data-key': 'survey-save' }, t('survey.save'))))
}

function control({ t, words }, field, value) {
  const name = { 'data-key': `survey-field-${field.column}`, name: field.column }
  if (field.options.length) {
    return el('select', name, el('option', { value: '' }, t('class.unknown')), field.options.map((one) => el('option', { value: one.code, selected: one.code === value }, one.label)))
  }
  if (field.column === 'works_wanted') { const box = el('textarea', { ...name, rows: 3, maxlength: 500 }); box.value = value ?? ''; return box }
  const type = { int: 'number', float: 'number', date: 'date' }[field.kind] ?? 'text'
  const input = el('input', { ...name, type, min: field.minimum, max: field.maximum, step: field.kind === 'float' ? 'any' : null, placeholder: t('class.unknown'), 'aria-label': words.of(field.label) })
  input.value = value === null ? '' : String(value).slice(0, type === 'date' ? 10 : undefined)
  return input
}

function read(field, input) {
  const text = input.value.trim()
  if (text === '') return null
  return ['int', 'float'].includes(field.kind) ? Number(text) : text
}
