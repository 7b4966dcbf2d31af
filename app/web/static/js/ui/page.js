// The frame of a page beside the map: its words, its bar with the way back, its language button.

import { createApi, loadWords } from '../api.js'
import { createWords } from '../i18n.js'
import { button, el, replace } from './dom.js'
import { createNotices } from './notices.js'

/**
 * `draw(page)` puts the page together and is called again in another language.
 * `page` has t, words, api, notices, scenario and `mapUrl(params)`.
 */
export async function openPage({ title, draw }) {
  const { base, static: staticBase, lang } = document.body.dataset
  const query = new URLSearchParams(globalThis.location.search)
  const scenario = query.get('scenario') ?? ''
  const words = createWords()
  const { t } = words
  const page = { t, words, scenario, mapUrl, staticBase, api: createApi(base, words.language, () => scenario) }
  await speak(query.get('lang') ?? lang)
  page.notices = createNotices(document.body, t)
  await draw(page)
  return page

  function mapUrl(params = {}) {
    const asked = new URLSearchParams(Object.entries({ ...(scenario ? { scenario } : {}), ...params, lang: words.language() }))
    return `./?${asked}`
  }

  async function speak(language) {
    words.use(await loadWords(staticBase, language), language)
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
    document.title = `${t(title)} · ${t('app.name')}`
    document.getElementById('skip').textContent = t('skip')
    replace(document.getElementById('bar'),
      el('a', { class: 'button', href: mapUrl() }, `‹ ${t('rules.back')}`), el('h1', {}, t(title)), el('span', { class: 'spacer' }),
      button(language === 'zh' ? 'English' : '中文', changeLanguage, { lang: language === 'zh' ? 'en' : 'zh-CN', 'data-key': 'language' }))
  }

  async function changeLanguage() {
    const language = words.language() === 'zh' ? 'en' : 'zh'
    document.cookie = `lang=${language};path=/;max-age=31536000;samesite=lax`
    query.set('lang', language)
    history.replaceState(null, '', `?${query}`)
    await speak(language)
    await draw(page)
    document.querySelector('[data-key="language"]').focus()
  }
}
