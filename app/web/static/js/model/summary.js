// Reading the summary of a programme: what a place amounts to, and what is wrong with it.

import { classOf, legendOf, quantileClasses } from './classes.js'

export const CATEGORIES = ['basic', 'improved', 'upgraded']

/** The totals of a township or community; the answer nests them or writes them flat. */
export function totalsOf(place) {
  return place.totals ?? place
}

/** The amount of one measure, or null where nothing of it is known. */
export function valueOf(place, measure) {
  if (CATEGORIES.includes(measure)) return place.categories?.[measure] ?? null
  const totals = totalsOf(place)
  const value = totals[measure]
  if (value === null || value === undefined) return null
  return value === 0 && unknownOf(place, measure) > 0 ? null : value
}

/** How many rows behind a total have no value. */
export function unknownOf(place, measure) {
  return totalsOf(place).unknown?.[measure] ?? 0
}

/** All communities, those of no known township last. */
export function communitiesOf(summary) {
  return [...summary.townships, summary.unassigned].flatMap((place) => place?.communities ?? [])
}

export function townshipOf(summary, id) {
  return summary.townships.find((township) => township.id === id) ?? null
}

export function communityOf(summary, id) {
  return communitiesOf(summary).find((community) => community.id === id) ?? null
}

/** Theme values by id; a community outside the chosen programme has none, not even zero. */
export function themeValues(places, measure) {
  return new Map(places.filter((place) => place.in_programme !== false).map((place) => [place.id, valueOf(place, measure)]))
}

/** Totals of places added up, as the summary writes them. */
export function added(places) {
  const sum = { communities: 0, buildings: 0, floor_area_m2: 0, households: 0, cost_fen: 0, unknown: {} }
  const categories = {}
  for (const place of places) {
    const totals = totalsOf(place)
    for (const key of Object.keys(sum)) if (key !== 'unknown') sum[key] += totals[key] ?? 0
    for (const [key, n] of Object.entries(totals.unknown ?? {})) sum.unknown[key] = (sum.unknown[key] ?? 0) + n
    for (const [key, fen] of Object.entries(place.categories ?? {})) categories[key] = (categories[key] ?? 0) + fen
  }
  return { totals: sum, categories }
}

/**
 * Townships as the legend leaves them: at the level of communities each is the sum of those whose
 * class and stage are shown; at the level of townships a hidden class takes the township away.
 */
export function visibleTownships(summary, theme, level, hidden) {
  const classes = hidden.amount ?? [], stages = hidden.stage ?? []
  if (!classes.length && !stages.length) return summary.townships
  const isShown = (place, at) => !classes.includes(classOf(theme[at].values.get(place.id), theme[at].classes))
  if (level === 'township') return summary.townships.filter((place) => isShown(place, 'township'))
  return summary.townships.map((township) => {
    const communities = (township.communities ?? []).filter((one) => one.in_programme !== false &&
      isShown(one, 'community') && !stages.includes(one.stage ?? 'unknown'))
    return { ...township, ...added(communities), communities }
  })
}

/**
 * The theme of both levels: values, classes with their counts, stages of the communities. With
 * `like`, another theme, its classes are kept, so that two maps beside each other can be compared.
 */
export function themeOf(summary, measure, like = null) {
  const communities = communitiesOf(summary)
  const level = (places, known) => {
    const values = themeValues(places, measure)
    const classes = known?.classes ?? quantileClasses([...values.values()])
    return { values, classes, legend: legendOf([...values.values()], classes) }
  }
  const members = communities.filter((one) => one.in_programme !== false)
  const stages = new Map(members.map((one) => [one.id, one.stage ?? 'unknown']))
  const stageCounts = {}
  for (const stage of stages.values()) stageCounts[stage] = (stageCounts[stage] ?? 0) + 1
  return { township: level(summary.townships, like?.township), community: { ...level(members, like?.community), stages }, stageCounts }
}

/** Communities with the most that is wrong first, then the dearest, then by name. */
export function byWhatIsWrong(communities) {
  const wrong = (one) => Object.values(totalsOf(one).unknown ?? {}).reduce((sum, n) => sum + n, 0)
  return [...communities].sort((a, b) =>
    Number(b.in_programme !== false) - Number(a.in_programme !== false) ||
    wrong(b) - wrong(a) ||
    (totalsOf(b).cost_fen ?? 0) - (totalsOf(a).cost_fen ?? 0) ||
    a.name.localeCompare(b.name, 'zh'))
}

/** The stack of one bar: the categories in their fixed order, with the share of the whole. */
export function stackOf(categories, whole) {
  return CATEGORIES.map((code) => ({
    code, value: categories?.[code] ?? 0, share: whole > 0 ? (categories?.[code] ?? 0) / whole : 0,
  }))
}

/** What a programme is called: by its year in English, where the document names it in Chinese alone. */
export function programmeName(programme, t, lang) {
  return lang === 'en' && programme.year ? t('programme.of_year', { year: programme.year }) : programme.name ?? String(programme.year)
}

/** A place's name in the language of the page; the Chinese one where there is no other. */
export function nameOf(place, lang) {
  return (lang === 'en' && place.name_en) || place.name
}
