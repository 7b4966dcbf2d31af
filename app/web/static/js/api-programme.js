// The questions about the programme, put through the one place that talks.

export function programmeCalls({ get, post, url }) {
  return {
    overview: (place) => get('api/programme', place),
    proposals: (place, item) => get('api/programme/proposals', { ...place, item }),
    decide: (wish) => post('api/programme/decide', wish),
    votes: (place) => get('api/programme/votes', place),
    findings: (place, rule) => get('api/programme/findings', { ...place, rule }),
    choices: (place) => get('api/programme/choices', place),
    survey: (place) => get('api/programme/survey', place),
    surveyUrl: (place) => url('api/programme/survey.xlsx', place),
    schedule: (place) => get('api/programme/schedule', place),
    schemes: (place, left, right) => get('api/programme/schemes', { ...place, left, right }),
    compare: (place) => get('api/programme/compare', place),
    trenches: (place) => get('api/programme/trenches', place),
    selection: (place) => get('api/programme/selection', place),
    record: (kind, wish) => post(`api/programme/${kind}`, wish),
    reconcile: (place) => get('api/programme/reconcile', place),
  }
}
