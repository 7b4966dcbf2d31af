// Which tables of rules stand behind a name that analyses and checks use for several at once.

const TOGETHER = {
  clearance: ['clearance_horizontal', 'clearance_vertical', 'cover_depth', 'clearance_kinds', 'survey_accuracy', 'yielding_rules', 'conflict_severity', 'surround_kinds'],
}
const OF_CHECK = { horizontal: 'clearance_horizontal', vertical: 'clearance_vertical', cover: 'cover_depth' }

export function tablesOf(rules) {
  return new Set(rules.flatMap((name) => TOGETHER[name] ?? [name]))
}

/** The table of the rule that a conflict rests on. */
export function tableOfCheck(check) {
  return OF_CHECK[check] ?? ''
}
