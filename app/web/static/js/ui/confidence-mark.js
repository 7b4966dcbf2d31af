// How sure a figure is: seen figures are plain, recalled and uncertain ones never look like them.

import { el, svg } from './dom.js'

const SHAPES = {
  tick: () => svg('path', { d: 'M2 6.5 5 9.5 10 2.5', class: 'mark-line' }),
  ring: () => svg('circle', { cx: 6, cy: 6, r: 4, class: 'mark-line mark-dashed' }),
  question: () => svg('path', { d: 'M3.6 4.2C3.6 1.4 8.6 1.4 8.6 4.2 8.6 6 6 6 6 8M6 9.6v1.2', class: 'mark-line' }),
  cross: () => svg('path', { d: 'M2.5 2.5 9.5 9.5M9.5 2.5 2.5 9.5', class: 'mark-line' }),
}

/** The mark of one confidence with its word; `figure` is written the way its confidence asks. */
export function confidenceMark({ t, styles }, confidence, { figure = '', source = '' } = {}) {
  const known = styles.legends.confidence.classes[confidence] ? confidence : 'uncertain'
  const { shape, label } = styles.legends.confidence.classes[known]
  const title = source ? `${t(label)} · ${t('rules.source')} ${source}` : t(label)
  return el('span', { class: `confidence confidence-${known}`, title },
    figure ? el('span', { class: 'confidence-figure' }, figure) : null,
    svg('svg', { viewBox: '0 0 12 12', class: 'confidence-icon', 'aria-hidden': 'true' }, SHAPES[shape]()),
    el('span', { class: 'confidence-word' }, t(label)))
}
