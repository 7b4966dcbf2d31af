// The questions about runs, jobs, scenarios and uploads, put through the one place that talks.

export function workCalls({ get, post, send, url }) {
  const at = (...parts) => parts.map(encodeURIComponent).join('/')
  return {
    runs: () => get('api/runs'),
    askForRun: (analysis, settings) => post('api/runs', { analysis, settings }),
    jobs: () => get('api/jobs'),
    cancelJob: (id) => post(`api/jobs/${at(id)}/cancel`, {}),
    scenarios: () => get('api/scenarios'),
    startScenario: (name, note = '') => post('api/scenarios', { name, note }),
    scenarioChanges: (id) => get(`api/scenarios/${at(id)}/changes`),
    mergeScenario: (id) => post(`api/scenarios/${at(id)}/merge`, {}),
    dropScenario: (id) => post(`api/scenarios/${at(id)}/drop`, {}),
    reopenScenario: (id) => post(`api/scenarios/${at(id)}/reopen`, {}),
    compare: (left, right, programme) => get('api/compare', { left, right, programme }),
    upload: (form) => send('api/uploads', form),
    uploads: () => get('api/uploads'),
    uploadPreview: (id) => get(`api/uploads/${at(id)}`),
    lookAgain: (id, options) => post(`api/uploads/${at(id)}/preview`, options),
    confirmUpload: (id, options) => post(`api/uploads/${at(id)}/confirm`, options),
    fitGrid: (points) => post('api/grid-fit', points),
    pipeCodes: () => get('api/pipe-codes'),
    dropUpload: (id) => post(`api/uploads/${at(id)}/drop`, {}),
    undoImport: (batch) => post(`api/imports/${at(batch)}/undo`, {}),
    sendPhoto: (form) => send('api/photo', form),
    photos: (layer, id) => get(`api/photos/${at(layer, id)}`),
    photoUrl: (sha256) => url(`api/photo/${at(sha256)}`, {}, false),
  }
}
