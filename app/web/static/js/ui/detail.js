// The detail panel: the plan, or the one thing that is chosen.

import { communityPanel } from './community-panel.js'
import { button, el, replace } from './dom.js'
import { planPanel } from './plan-panel.js'
import { rowPanel } from './row-panel.js'
import { townshipPanel } from './township-panel.js'

export function createDetail(parent, app) {
  let turn = 0
  let shownFor = null
  return { render }

  async function render() {
    turn += 1
    const mine = turn
    const selected = app.state().selected
    if (parent.classList.contains('is-covered')) return null // the open theme shows it
    const key = selected ? `${selected.layer}:${selected.id}` : 'plan'
    if (!app.summary()) return replace(parent, el('p', { class: 'loading' }, app.t('loading')))
    if (shownFor !== key && selected) parent.classList.add('is-loading')
    const content = await panel(selected)
    if (mine !== turn) return null
    parent.classList.remove('is-loading')
    replace(parent, content)
    if (shownFor !== key) parent.scrollTop = 0
    shownFor = key
    return null
  }

  async function panel(selected) {
    if (!selected) return planPanel(app)
    if (selected.layer === 'township') return townshipPanel(app, selected.id)
    try {
      return selected.layer === 'community' ? await communityPanel(app, selected.id) : await rowPanel(app, selected)
    } catch (failure) {
      return [el('div', { class: 'error', role: 'alert' }, el('p', {}, failure.message), failure.fix ? el('p', {}, failure.fix) : null,
        button(app.t('detail.to_plan'), () => app.select(null)))]
    }
  }
}
