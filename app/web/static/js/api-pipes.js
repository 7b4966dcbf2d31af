// The questions of the pipes theme, put through the one place that talks.

export function pipeCalls({ get, post, send, url }) {
  const at = (id) => encodeURIComponent(id)
  return {
    conflicts: (filter) => get('api/conflicts', filter),
    conflict: (id) => get(`api/conflict/${at(id)}`),
    reply: (id, wish) => post(`api/conflict/${at(id)}/reply`, wish),
    profile: (pipe) => get('api/profile', { pipe }),
    section: (points) => get('api/section', { line: points.map(([lon, lat]) => `${lon.toFixed(8)},${lat.toFixed(8)}`).join(';') }),
    liveCheck: (draft) => post('api/live-check', draft),
    designHelp: (draft) => post('api/design-help', draft),
    alignment: (form) => send('api/alignment', form),
    digs: () => get('api/dig-packages'),
    report: (filter, most) => get('api/conflict-report', { ...filter, most }),
    reportItems: (filter, first, most) => get('api/conflict-report/items', { ...filter, first, most }),
    reportProfile: (pipe, owner) => get('api/conflict-report/profile', { pipe, owner }),
    stamp: () => get('api/conflict-stamp'),
    codes: () => get('api/pipe-codes'),
    pits: (owner) => get('api/trial-pits', { owner }),
    exportUrl: (kind, params) => url(`export/${at(kind)}`, params),
    reportUrl: (params) => url('conflict-report', params),
  }
}
