// The workbook of gaps: written for a township, taken back, its differences accepted row by row.

import { button, el, section } from './dom.js'

const STAYS_MS = 10_000

/** `url` and `words` are those of another workbook that comes back the same way. */
export function createGapReturn(app, done, { url = app.api.gapsUrl, words: named = 'gaps' } = {}) {
  const place = el('div', { class: 'gap-return', 'aria-live': 'polite' })
  return { section: build }

  function build(asked) {
    const { t } = app
    const file = el('input', { type: 'file', id: 'gap-file', accept: '.xlsx', onchange: () => compare(file) })
    return section(t(`${named}.title`), el('p', { class: 'hint' }, t(`${named}.how`)),
      el('div', { class: 'gap-tools' }, el('a', { class: 'button', href: url(asked), download: '' }, t(`${named}.export`)),
        el('label', { class: 'button gap-file', for: 'gap-file' }, t('gaps.back'), file)), place)
  }

  async function compare(input) {
    const [file] = input.files
    if (!file) return
    const found = await app.notices.during(app.t('gaps.reading'), () => app.api.compareGaps(file))
    input.value = ''
    if (found) show(found)
  }

  function show(found) {
    const { t } = app
    const faults = found.faults.length ? el('div', { class: 'error' }, el('p', {}, t('gaps.faults', { n: found.faults.length })),
      el('ul', {}, found.faults.slice(0, 50).map((fault) => el('li', {}, `${fault.message} ${fault.fix}`)))) : null
    if (!found.rows.length) return place.replaceChildren(...[faults, el('p', { class: 'empty' }, t('gaps.no_difference', { file: found.file, n: found.same }))].filter(Boolean))
    const chosen = found.rows.map((row) => ({ row, box: el('input', { type: 'checkbox', 'aria-label': t('gaps.take', { name: row.name }) }) }))
    for (const { row, box } of chosen) box.checked = !row.clash
    const save = button('', () => keep(found.file, chosen.filter(({ box }) => box.checked).map(({ row }) => row)), { class: 'primary', 'data-key': 'gaps-save' })
    const count = () => { const n = chosen.filter(({ box }) => box.checked).length; save.textContent = t('gaps.save', { n }); save.disabled = n === 0 }
    for (const { box } of chosen) box.addEventListener('change', count)
    count()
    const clashes = found.rows.filter((row) => row.clash).length
    place.replaceChildren(...[faults, el('h4', {}, t('gaps.differences', { file: found.file, n: found.rows.length })),
      clashes ? el('p', { class: 'filtered' }, t('gaps.clashes', { n: clashes })) : null,
      el('div', { class: 'scroller', tabindex: 0, role: 'region', 'aria-label': t('gaps.differences', { file: found.file, n: found.rows.length }) }, table(chosen)),
      el('div', { class: 'gap-tools' }, save, button(t('gaps.drop'), () => place.replaceChildren()))].filter(Boolean))
    return save.focus()
  }

  function table(chosen) {
    const { t, words } = app
    const head = ['gaps.accept', 'gaps.row', 'gaps.field', 'gaps.old', 'gaps.new', 'gaps.remark']
    return el('table', { class: 'rule-table gap-table' }, el('thead', {}, el('tr', {}, head.map((key) => el('th', { scope: 'col' }, t(key))))),
      chosen.map(({ row, box }) => el('tbody', { class: row.clash ? 'is-clash' : '' }, row.cells.map((cell, at) => el('tr', {},
        at ? null : el('td', { rowspan: row.cells.length }, box), at ? null : el('th', { scope: 'rowgroup', rowspan: row.cells.length }, `${words.of(row.layer_label)} ${row.name}`, el('span', { class: 'hint' }, ` ${row.id}`)),
        el('td', {}, words.of(cell.label), cell.unit ? `（${cell.unit}）` : ''), el('td', { class: cell.old === null ? 'is-unknown' : '' }, cell.old_shown), el('td', {}, el('strong', {}, cell.new_shown)),
        at ? null : el('td', { rowspan: row.cells.length }, row.clash ? t('gaps.clash', { who: row.changed_by, when: row.changed_at }) : ''))))))
  }

  async function keep(file, rows) {
    const { t, notices, api } = app
    const wishes = rows.map((row) => ({ layer: row.layer, id: row.id, version: row.version, values: Object.fromEntries(row.cells.map((cell) => [cell.column, cell.new])) }))
    const saved = await notices.during(t('gaps.saving'), () => api.saveGaps(wishes, file))
    if (!saved) return
    const undo = button(t('action.undo'), async () => {
      if (await notices.during(t('gaps.saving'), () => api.takeBack(saved.change_ids))) {
        place.replaceChildren(el('p', { class: 'hint' }, t('gaps.undone')))
        await done()
      }
    }, { 'data-key': 'gaps-undo' })
    place.replaceChildren(el('p', { class: 'membership' }, t('gaps.saved', { n: saved.saved }), ' ', undo))
    setTimeout(() => undo.remove(), STAYS_MS)
    notices.say(t('gaps.saved', { n: saved.saved }))
    await done()
    place.querySelector('button')?.focus()
  }
}
