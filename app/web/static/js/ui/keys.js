// The keyboard of the whole page; fields keep their own keys.

export const KEYS = [
  ['/', 'keys.search'], ['1–9', 'keys.themes'], ['L', 'keys.layers'], ['T', 'keys.table'], ['E', 'keys.edit'], ['Ctrl+Z', 'keys.undo'], ['Ctrl+Shift+Z', 'keys.redo'], ['M', 'keys.measure'],
  ['← ↑ → ↓', 'keys.pan'], ['+ −', 'keys.zoom'], ['0', 'keys.all'], ['Esc', 'keys.out'], ['?', 'keys.help'],
]

/** `actions`: search, theme(n), layers, table, edit, measure, zoom(step), all, out, help. */
export function listenToKeys(actions) {
  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.defaultPrevented && isUndo(event, actions)) return
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    const typing = event.target.closest?.('input:not([type=checkbox]), select, textarea')
    if (event.key === 'Escape') {
      if (typing) typing.blur()
      else actions.out()
      return
    }
    if (typing || event.target.closest?.('dialog[open]')) return
    // On the map itself Leaflet answers these.
    if (['+', '=', '-'].includes(event.key) && event.target.closest?.('#map')) return
    const action = actionOf(event.key, actions)
    if (!action) return
    event.preventDefault()
    action()
  })
}

// A field that is being typed in keeps its own undo.
function isUndo(event, actions) {
  const key = event.key.toLowerCase()
  if (!['z', 'y'].includes(key) || event.target.closest?.('dialog[open]') || actions.typing(event.target)) return false
  event.preventDefault()
  actions.takeBack(event.shiftKey || key === 'y' ? 'redo' : 'undo')
  return true
}

function actionOf(key, actions) {
  if (/^[1-9]$/.test(key)) return () => actions.theme(Number(key) - 1)
  const named = {
    '/': actions.search, l: actions.layers, t: actions.table, e: actions.edit, m: actions.measure, '?': actions.help, '？': actions.help, '0': actions.all,
    '+': () => actions.zoom(1), '=': () => actions.zoom(1), '-': () => actions.zoom(-1),
  }
  return named[key.toLowerCase()]
}
