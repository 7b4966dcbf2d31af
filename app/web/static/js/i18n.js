// Words of the page in the language of the page.

export function createWords() {
  let words = {}
  let language = 'zh'
  const t = (key, values = {}) => fill(words[key] ?? key, values)
  return {
    t,
    language: () => language,
    use(catalogue, name) { words = catalogue; language = name },
    /** One of a `{zh, en}` pair, or the text itself. */
    of: (label) => capital(typeof label === 'string' ? label : label?.[language] ?? label?.zh ?? ''),
    has: (key) => key in words,
  }
}

const LOCAL_USER = '本机用户' // the actor of local mode until people say who they are

const UNCHECKED = '（未认证）' // how records mark a name that nobody checked

/** Who did something, as the records say it, with the words about the name in the language of the page. */
export function personName(name, t) {
  if (name?.endsWith(UNCHECKED)) return personName(name.slice(0, -UNCHECKED.length), t) + t('actor.unverified')
  return name === LOCAL_USER ? t('actor.local_user') : name
}

// Labels of the schema begin small in English; on the page they stand alone.
export function capital(text) {
  return text.charAt(0).toLocaleUpperCase('en') + text.slice(1)
}

export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole))
}
