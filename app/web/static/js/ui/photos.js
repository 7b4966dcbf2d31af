// The photos of a row, and the button that adds one.

import { button, el, replace, section } from './dom.js'

/** A section that fills itself; a photo that is added stands in it at once. */
export function photosOf(app, layer, id) {
  const { t, api, notices } = app
  const list = el('ul', { class: 'photos' })
  const input = el('input', { type: 'file', accept: 'image/jpeg,image/png,image/webp', class: 'visually-hidden', 'aria-label': t('photo.add'), onchange: () => send(input.files[0]) })
  load()
  return section(t('photo.title'), list, button(t('photo.add'), () => input.click(), { 'data-key': 'photo-add' }), input)

  async function load() {
    const found = await api.photos(layer, id).catch(() => null)
    if (found) replace(list, found.photos.map((one) => el('li', {}, el('a', { href: api.photoUrl(one.sha256), target: '_blank', rel: 'noopener' },
      el('img', { src: api.photoUrl(one.sha256), alt: one.caption || one.name || t('photo.title'), loading: 'lazy' })), el('span', { class: 'job-line' }, one.caption || one.name))))
  }

  async function send(file) {
    if (!file) return
    const form = new FormData()
    for (const [name, value] of [['file', file], ['layer', layer], ['id', id]]) form.append(name, value)
    const sent = await notices.during(t('photo.sending'), () => api.sendPhoto(form))
    input.value = ''
    if (sent) { notices.say(t('photo.added')); await load() }
  }
}
