// What the pointer reads: the name of the thing and one number.

import { amount } from '../model/format.js'
import { communityOf, nameOf, townshipOf, valueOf } from '../model/summary.js'

/** `{name, figure}` of a hit. */
export function hoverText(app, { layer, id, values }) {
  const { t, words, summary, state, meta } = app
  const lang = words.language()
  const label = words.of(meta.layers.find((one) => one.name === layer)?.label ?? layer)
  const code = (domain, value) => words.of(meta.domains[domain]?.codes.find((one) => one.code === value)?.label ?? value ?? t('class.unknown'))
  if (layer === 'township' || layer === 'community') {
    const place = layer === 'township' ? townshipOf(summary(), id) : communityOf(summary(), id)
    const name = place ? nameOf(place, lang) : (lang === 'en' && values.name_en) || values.name || id
    if (!place || (layer === 'community' && place.in_programme === false)) return { name, figure: summary().programme ? t('community.out_short') : '' }
    const value = valueOf(place, state().measure)
    return { name, figure: `${t(`measure.${state().measure}`)} ${value === null ? t('class.unknown') : amount(value, state().measure, lang)}` }
  }
  if (layer === 'building') {
    const community = values.community_id ? communityOf(summary(), values.community_id) : null
    const name = values.name ?? (values.number ? t('building.number', { n: String(values.number).replace(/号?楼?$/, '') }) : t('building.unnamed'))
    return { name: [community ? nameOf(community, lang) : null, name].filter(Boolean).join(' '), figure: values.floors ? t('building.floors', { n: values.floors }) : t('building.floors_unknown') }
  }
  if (layer === 'pipe') {
    return { name: `${code('pipe_class', values.pipe_class)} · ${code('pipe_status', values.status)}`, figure: values.nominal_mm ? `DN${values.nominal_mm}` : t('pipe.size_unknown') }
  }
  if (layer === 'service') return { name: values.name ?? label, figure: app.kindName(values.kind) }
  return { name: values.name ?? values.reason ?? label, figure: values.name ? label : '' }
}
