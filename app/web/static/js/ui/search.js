// Search as one types: Chinese, pinyin, initials or code; a combobox with a list of hits.

import { el, replace } from './dom.js'

const WAIT_MS = 120

export function createSearch(parent, app) {
  const { t, words, api, select, meta } = app
  const list = el('ul', { id: 'search-hits', role: 'listbox', class: 'hits', hidden: true, 'aria-label': t('search.hits') })
  const input = el('input', {
    id: 'search', type: 'search', role: 'combobox', autocomplete: 'off', spellcheck: 'false', 'aria-expanded': 'false',
    'aria-controls': 'search-hits', 'aria-autocomplete': 'list', 'aria-label': t('search.label'), placeholder: t('search.placeholder'),
    oninput: schedule, onkeydown: keys, onfocus: () => { if (hits.length) open(true) },
    onblur: () => setTimeout(() => open(false), 150),
  })
  let hits = [], active = -1, timer = null, running = null
  replace(parent, el('div', { class: 'search' }, input, list))
  return { focus: () => { input.focus(); input.select() } }

  function schedule() {
    clearTimeout(timer)
    timer = setTimeout(run, WAIT_MS)
  }

  async function run() {
    running?.abort()
    running = new AbortController()
    const text = input.value.trim()
    if (!text) return show([])
    try {
      return show(await api.search(text, running.signal), true)
    } catch (failure) {
      if (failure.name !== 'AbortError') app.notices.error(failure)
      return null
    }
  }

  function show(found, searched = false) {
    hits = found
    active = found.length ? 0 : -1
    const label = (name) => words.of(meta.layers.find((layer) => layer.name === name)?.label ?? name)
    list.replaceChildren(...found.map((hit, i) => el('li', {
      id: `hit-${i}`, role: 'option', class: 'hit', 'aria-selected': String(i === active), onpointerdown: (event) => { event.preventDefault(); choose(i) },
    }, el('span', { class: 'hit-name' }, spoken(hit.name)), el('span', { class: 'hit-where' }, [label(hit.layer), spoken(hit.name) === hit.name ? '' : hit.name, hit.where.split(' / ').map(spoken).join(' / ')].filter(Boolean).join(' · ')))))
    if (searched && !found.length) list.append(el('li', { class: 'hit is-none', role: 'option', 'aria-disabled': 'true' }, t('search.none')))
    if (searched) app.notices.say(t('search.found', { n: found.length }))
    open(searched)
  }

  // Townships and communities by their names in the language of the page, where they have one.
  function spoken(name) {
    return app.placeName(name) ?? name
  }

  function open(on) {
    list.hidden = !on
    input.setAttribute('aria-expanded', String(on))
    mark()
  }

  function mark() {
    ;[...list.children].forEach((item, i) => item.setAttribute('aria-selected', String(i === active)))
    if (active >= 0 && !list.hidden) input.setAttribute('aria-activedescendant', `hit-${active}`)
    else input.removeAttribute('aria-activedescendant')
    list.children[active]?.scrollIntoView({ block: 'nearest' })
  }

  function keys(event) {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      active = Math.max(0, Math.min(hits.length - 1, active + (event.key === 'ArrowDown' ? 1 : -1)))
      open(true)
    } else if (event.key === 'Enter' && hits[active]) {
      choose(active)
    } else if (event.key === 'Escape') {
      if (list.hidden) input.blur()
      else open(false)
      event.stopPropagation()
    }
  }

  function choose(i) {
    const { layer, id, bounds, name } = hits[i]
    input.value = name
    open(false)
    input.blur()
    select({ layer, id }, { go: true, bounds })
  }
}
