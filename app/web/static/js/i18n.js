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
    of: (label) => (typeof label === 'string' ? label : label?.[language] ?? label?.zh ?? ''),
    has: (key) => key in words,
  }
}

export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole))
}
