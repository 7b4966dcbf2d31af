// One state that everything on the page shares.

/** Listeners get (state, before) once per change; a patch that changes nothing is silent. */
export function createStore(initial) {
  let state = Object.freeze({ ...initial })
  const listeners = new Set()
  return {
    get: () => state,
    set(patch) {
      const changed = Object.keys(patch).some((key) => !same(state[key], patch[key]))
      if (!changed) return
      const before = state
      state = Object.freeze({ ...state, ...patch })
      for (const listener of [...listeners]) listener(state, before)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Whether any of the keys differs between two states. */
export function differs(state, before, keys) {
  return keys.some((key) => !same(state[key], before[key]))
}

function same(one, two) {
  return one === two || JSON.stringify(one) === JSON.stringify(two)
}
