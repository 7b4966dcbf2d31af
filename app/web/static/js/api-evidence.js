// The questions about what stands behind figures, what is missing, and changed rules.

export function evidenceCalls({ get, post, send, url }) {
  return {
    why: (params) => get('api/why', params),
    verdicts: (layer, id) => get(`api/verdicts/${encodeURIComponent(layer)}/${encodeURIComponent(id)}`),
    readiness: (params) => get('api/readiness', params),
    gapsUrl: (params) => url('api/gaps.xlsx', params),
    compareGaps: (file) => { const form = new FormData(); form.append('file', file); return send('api/gaps', form) },
    saveGaps: (rows, file) => post('api/gaps/save', { rows, file }),
    takeBack: (ids) => post('api/undo', { change_ids: ids }),
    override: (figure) => post('api/rules/override', figure),
    withdraw: (id) => post('api/rules/withdraw', { override_id: id }),
  }
}
