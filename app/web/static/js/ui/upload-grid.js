// A city's own grid from points known in both systems: fitted, looked at with what is left over, then used.

import { pairsOf } from '../model/upload.js'
import { button, el, replace } from './dom.js'

/** The form under the four parameters; using a fit puts its parameters into the options. */
export function gridFit({ t, api, notices }, chosen, again) {
  const area = el('textarea', { rows: 5, 'data-key': 'grid-points', 'aria-label': t('grid.points'), placeholder: t('grid.placeholder'), oninput: () => { chosen.points = area.value } })
  area.value = chosen.points ?? ''
  const answer = el('div', { 'aria-live': 'polite' })
  if (chosen.fit) show(chosen.fit)
  const box = el('details', { class: 'grid-fit' }, el('summary', {}, t('grid.fit_title')), el('p', { class: 'hint' }, t('grid.how')), area,
    button(t('grid.fit'), fit, { 'data-key': 'grid-fit' }), answer)
  box.open = Boolean(chosen.points)
  return box

  async function fit() {
    const { names, pairs, faulty } = pairsOf(area.value)
    if (faulty.length || pairs.length < 2) return replace(answer, el('p', { class: 'error', role: 'alert' }, faulty.length ? t('grid.faulty', { rows: faulty.join('、') }) : t('grid.too_few')))
    const found = await notices.during(t('loading'), () => api.fitGrid({ names, pairs }))
    if (!found) return null
    chosen.fit = found
    return show(found)
  }

  function show(found) {
    const worst = Math.max(...found.points.map((point) => point.off_m))
    const isUsed = chosen.options.grid === found.grid
    return replace(answer,
      el('table', { class: 'rule-table' }, el('caption', {}, t('grid.residuals', { limit: found.limit_m.toFixed(2) })), el('thead', {}, el('tr', {}, ['point', 'north', 'east', 'off'].map((key, i) => el('th', { scope: 'col', class: i ? 'number' : '' }, t(`grid.${key}`))))),
        el('tbody', {}, found.points.map((point) => el('tr', { class: point.off_m > found.limit_m || point.outlier ? 'is-bad' : '' }, el('th', { scope: 'row' }, point.name, point.outlier ? el('span', { class: 'badge badge-stale' }, t('grid.outlier')) : null),
          [point.north_m, point.east_m, point.off_m].map((value) => el('td', { class: 'number' }, `${value.toFixed(3)} m`)))))),
      el('p', {}, t('grid.parameters', { dx: found.dx_m.toFixed(3), dy: found.dy_m.toFixed(3), angle: found.rotation_deg.toFixed(7), scale: found.scale.toFixed(8) }), found.sigma_m === null ? '' : ` · ${t('grid.sigma', { m: found.sigma_m.toFixed(3) })}`),
      found.findings.map((one) => el('p', { class: `finding severity-${one.severity}` }, one.message, ' ', el('span', { class: 'hint' }, one.fix))),
      isUsed ? el('p', { role: 'status' }, t('grid.used')) : button(t('grid.use'), () => use(found, worst), { class: 'primary', 'data-key': 'grid-use' }))
  }

  function use(found, worst) {
    chosen.options.grid = found.grid
    chosen.options.accuracy = t('grid.accuracy', { n: found.points.length, m: worst.toFixed(3) })
    return again()
  }
}
