// Panels of the services theme: how many are served, which kinds are missing, whose way is how long.

import { count, decimal, length, share } from '../model/format.js'
import { adjustedMark } from './adjusted.js'
import { button, el, section } from './dom.js'

export const LEVELS = ['5min', '10min', '15min']
const MOST = 60

/** One bar of three parts: within, unknown (hatched), beyond; the numbers stand beside it. */
export function verdictBar({ said }, { within, unknown, beyond }) {
  const whole = within + unknown + beyond
  const part = (name, value) => (value ? el('span', { class: `served served-${name}`, style: { width: `${(100 * value) / whole}%` } }) : null)
  const text = said('services.bar', { within: count(within), unknown: count(unknown), beyond: count(beyond) })
  return el('span', { class: 'served-bar', role: 'img', 'aria-label': text, title: text }, whole ? [part('within', within), part('unknown', unknown), part('beyond', beyond)] : null)
}

export function percent(part, whole) {
  return whole ? `${decimal((100 * part) / whole, 1)} %` : null
}

/** The class of the share that a place reaches; null where nothing could be judged. */
function classOf({ within, judged }) {
  return judged ? String(Math.min(Math.floor((5 * within) / judged), 4) + 1) : 'unknown'
}

export function colourOf({ styles }, cover) {
  const name = classOf(cover)
  return name === 'unknown' ? null : styles.legends.served.classes[name].color
}

/** Three life circles; the chosen one colours the map, with its legend below. */
export function summaryPanel(desk, one, told) {
  const { app } = desk
  const { t } = app
  return section(t('services.cover'),
    el('p', { class: 'note' }, desk.said('services.cover_says')),
    el('div', { class: 'levels', role: 'group', 'aria-label': t('services.circle') }, LEVELS.map((level) => {
      const { within, judged, kinds } = one.cover[level]
      return button([el('span', { class: 'level-name' }, t(`services.level.${level}`)),
        el('strong', {}, percent(within, judged) ?? t('class.unknown')),
        verdictBar(desk, { within, unknown: 0, beyond: judged - within }),
        el('span', { class: 'note' }, t('services.kinds_n', { n: kinds }))], () => app.themes.keep({ level: level === '15min' ? null : level }), { class: 'level', 'aria-pressed': String(level === desk.level()), 'data-key': `level-${level}` })
    })),
    legend(desk, told),
    one.homes_uncounted && told.unit === 'households' ? el('p', { class: 'note is-unknown' }, t('services.uncounted', { n: one.homes_uncounted })) : null,
    el('p', { class: 'exports' }, el('a', { class: 'link', href: desk.api.exportUrl(desk.profile()), download: true, 'data-key': 'services-export' }, t('services.export')), ' ',
      el('a', { class: 'link', href: desk.api.gpkgUrl(desk.profile()), download: true, 'data-key': 'services-export-gpkg' }, t('services.export_gpkg'))))
}

function legend({ app, level }, told) {
  const { t, styles } = app
  const counts = {}
  for (const { cover } of told.communities) counts[classOf(cover[level()])] = (counts[classOf(cover[level()])] ?? 0) + 1
  return el('div', { class: 'served-legend', role: 'img', 'aria-label': t('services.legend', { level: t(`services.level.${level()}`) }) },
    el('p', { class: 'note' }, t('services.legend', { level: t(`services.level.${level()}`) })),
    el('ul', {}, Object.entries(styles.legends.served.classes).filter(([code]) => code !== 'unknown' || counts.unknown).map(([code, one]) =>
      el('li', {}, el('span', { class: `swatch${one.hatch ? ' is-hatched' : ''}`, style: { background: one.hatch ? null : one.color } }), el('span', {}, t(one.label)), el('span', { class: 'note' }, t('services.n_places', { n: counts[code] ?? 0 }))))))
}

function ofPlace(one, told, at, kind) {
  if (!at) return kind.households
  const miss = [...one.lacking, ...one.partly].find(({ rule_id: id }) => id === kind.rule_id)
  const beyond = miss?.households ?? 0
  const unknown = one.unknown.includes(kind.rule_id) ? one.households : 0
  return { within: one.households - beyond - unknown, unknown, beyond }
}

/** Every kind with who lacks it, those that most lack first; kinds without data are folded away. */
export function kindsPanel(desk, told, one, at) {
  const { app } = desk
  const { t } = app
  const rows = told.kinds.map((kind) => ({ kind, sums: ofPlace(one, told, at, kind) }))
  const known = rows.filter(({ kind }) => kind.facilities > 0).sort((a, b) => b.sums.beyond - a.sums.beyond || b.kind.mandatory - a.kind.mandatory)
  const bare = rows.filter(({ kind }) => kind.facilities === 0)
  return section(t('services.kinds'), el('p', { class: 'note' }, t('services.kinds_says')),
    el('ul', { class: 'kinds' }, known.map(({ kind, sums }) => el('li', {}, button([
      el('span', { class: 'kind-name' }, kind.label, kind.mandatory ? el('span', { class: 'badge' }, t('services.mandatory')) : null),
      el('span', { class: 'kind-how' }, measureOf(t, kind), ' ', adjustedMark(desk.app, 'facilities', kind.rule_id)),
      verdictBar(desk, sums),
      el('span', { class: sums.beyond ? 'kind-miss' : 'kind-miss is-none' }, sums.beyond ? desk.said('services.lack', { n: count(sums.beyond) }) : sums.unknown || !sums.within ? t('class.unknown') : t('services.all_within')),
    ], () => desk.chooseKind(kind.rule_id), { class: 'kind-row', 'data-key': `kind-${kind.rule_id}` })))),
    bare.length ? el('details', {}, el('summary', {}, t('services.no_data', { n: bare.length })), el('p', { class: 'note' }, bare.map(({ kind }) => kind.label).join(t('services.comma')))) : null)
}

export function measureOf(t, kind) {
  return kind.limit_m === null ? t('services.in_community') : t(`services.measure.${kind.measure}`, { m: kind.limit_m })
}

/** One kind: clause, households by verdict, the homes as a list; a click draws the way. */
export function kindPanel(desk, kind, homes) {
  const { app } = desk
  const { t, words } = app
  const rows = homes?.rows ?? []
  const sums = { within: 0, unknown: 0, beyond: 0 }
  const doors = desk.told().unit === 'homes'
  for (const row of rows) sums[row.verdict] += doors ? 1 : row.households ?? 0
  const whole = sums.within + sums.unknown + sums.beyond
  const lists = ['beyond', 'unknown', 'within'].map((verdict) => {
    const mine = rows.filter((row) => row.verdict === verdict).sort((a, b) => (b.walk_m ?? Infinity) - (a.walk_m ?? Infinity))
    if (!mine.length) return null
    return el('details', { open: verdict === 'beyond' && mine.length <= MOST ? true : null, class: `homes homes-${verdict}` },
      el('summary', { 'data-key': `homes-${verdict}` }, el('span', { class: `dot dot-${verdict}` }), `${t(`services.verdict.${verdict}`)} ${doors ? t('services.doors', { n: share(sums[verdict], whole, words.language()) }) : `${share(sums[verdict], whole, words.language())}${t('services.households')} · ${t('services.doors', { n: count(mine.length) })}`}`),
      el('ul', {}, mine.slice(0, MOST).map((row) => el('li', {}, button([
        el('span', {}, `${row.building}${row.door ? ` · ${row.door}` : ''}`), el('span', {}, row.walk_m === null ? t('services.no_way') : t('services.walks', { m: length(row.walk_m) })),
        el('span', {}, row.households === null ? t('class.unknown') : t('services.n_households', { n: row.households })),
      ], () => desk.chooseHome(row), { class: 'home-row', 'data-key': `home-${row.building_id}-${row.door}` }))),
      mine.length > MOST ? el('li', { class: 'note' }, t('services.more', { n: count(mine.length - MOST) })) : null))
  })
  return [
    section(t('services.judged_by'), el('p', {}, measureOf(t, kind), ' · ', kind.levels.map((level) => t(`services.level.${level}`)).join(t('services.comma')), kind.mandatory ? ` · ${t('services.mandatory')}` : ''),
      el('p', { class: 'clause' }, kind.clause, ' ', el('span', { class: 'note' }, t(`confidence.${kind.confidence}`)), ' ', adjustedMark(app, 'facilities', kind.rule_id)), verdictBar(desk, sums)),
    section(t('services.homes'), el('p', { class: 'note' }, t('services.homes_says')), lists),
  ]
}

export function wayPanel(desk, way, close) {
  const { t } = desk.app
  const limit = way.limit_m === null ? t('services.in_community') : length(way.limit_m)
  const far = (value) => (value === null ? t('class.unknown') : length(value))
  return el('section', { class: `block way way-${way.verdict}` },
    el('h3', {}, way.building.name, way.door ? ` · ${way.door}` : '', ' ', button('×', close, { class: 'close', 'aria-label': t('action.close'), 'data-key': 'way-close' })),
    el('p', {}, el('span', { class: `dot dot-${way.verdict}` }), el('strong', {}, t(`services.verdict.${way.verdict}`)), way.missing ? `：${way.missing}` : ''),
    el('dl', { class: 'facts' },
      el('dt', {}, t('services.walk')), el('dd', {}, far(way.walk_m), way.minutes === null ? '' : ` · ${t('services.minutes', { n: decimal(way.minutes, 1) })}`, way.walked_to ? ` → ${way.walked_to.name}` : ''),
      el('dt', {}, t('services.straight')), el('dd', {}, far(way.straight_m), way.straight_nearest ? ` → ${way.straight_nearest.name}` : ''),
      el('dt', {}, t('services.limit')), el('dd', {}, `${limit}（${t(`services.by.${way.kind.measure}`)}）`),
      el('dt', {}, t('services.clause')), el('dd', {}, way.kind.clause, ' ', el('span', { class: 'note' }, t(`confidence.${way.kind.confidence}`)), ' ', adjustedMark(desk.app, 'facilities', way.kind.rule_id)),
      el('dt', {}, t('services.behind')), el('dd', {}, way.households === null ? t('class.unknown') : t('services.n_households', { n: way.households }))))
}

export function bandsPanel(desk, { bands }, close) {
  const { t } = desk.app
  return section(t('services.bands'), button(t('services.bands_away'), close, { class: 'link', 'data-key': 'bands-close' }),
    el('table', { class: 'bands' }, el('thead', {}, el('tr', {}, [t('services.bands.time'), t('services.bands.metres'), t(desk.told().unit === 'homes' ? 'services.bands.homes' : 'services.bands.households')].map((words) => el('th', { scope: 'col' }, words)))),
      el('tbody', {}, bands.map((band) => el('tr', {}, el('th', { scope: 'row' }, t('services.minutes', { n: band.minutes })), el('td', {}, length(band.metres)), el('td', {}, desk.said('services.n_households', { n: count(band.households) })))))),
    el('p', { class: 'note' }, t('services.bands_says')))
}

/** One bar a community: what share of household and kind is within, in the circle of the map; the worst first. */
export function placesPanel(desk, told, at) {
  const { app } = desk
  const { t } = app
  const level = desk.level()
  const rows = told.communities.filter((one) => !at || one.township_id === at.id)
    .map((one) => ({ one, ...one.cover[level] })).sort((a, b) => (a.judged ? a.within / a.judged : 2) - (b.judged ? b.within / b.judged : 2) || b.one.households - a.one.households)
  return section(t('services.places', { n: rows.length, level: t(`services.level.${level}`) }),
    el('ul', { class: 'served-places' }, rows.map(({ one, within, judged }) => el('li', {}, button([
      el('span', { class: 'place-name' }, one.name), verdictBar(desk, { within, unknown: 0, beyond: judged - within }),
      el('span', { class: 'place-share' }, percent(within, judged) ?? t('class.unknown')),
      el('span', { class: 'note' }, desk.said('services.place_says', { n: count(one.households), lacking: one.lacking.length })),
    ], () => desk.choosePlace({ layer: 'community', id: one.id }), { class: 'place-row', 'data-key': `place-${one.id}` })))))
}
