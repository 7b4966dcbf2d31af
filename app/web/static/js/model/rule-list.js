// Which rules are shown: those of a table and of a confidence that hold every word typed.

/** `{table, confidence, text}`; empty ones choose everything. */
export function chosenRules(rules, { table = '', confidence = '', text = '' }) {
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  return rules.filter((rule) => (!table || rule.table === table) && (!confidence || rule.confidence === confidence) &&
    words.every((word) => textOf(rule).includes(word)))
}

/** The rules table by table, in the order in which they came. */
export function byTable(rules) {
  const tables = new Map()
  for (const rule of rules) {
    if (!tables.has(rule.table)) tables.set(rule.table, { label: rule.table_label, rules: [] })
    tables.get(rule.table).rules.push(rule)
  }
  return [...tables.values()]
}

const texts = new WeakMap()

function textOf(rule) {
  if (!texts.has(rule)) {
    const shown = [rule.rule_id, rule.says, rule.figure, rule.standard, rule.clause, rule.source, rule.source_text, rule.note, rule.table_label]
    texts.set(rule, shown.filter(Boolean).join(' ').toLocaleLowerCase())
  }
  return texts.get(rule)
}
