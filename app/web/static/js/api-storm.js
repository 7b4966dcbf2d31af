// The questions of the storm theme, put through the one place that talks.

export function stormCalls({ get, post, url }) {
  return {
    overview: () => get('api/storm'),
    pour: (mm) => get('api/storm/pour', { mm }),
    frame: (minute) => get('api/storm/frame', { minute }),
    point: ({ lat, lng }) => get('api/storm/point', { lon: lng.toFixed(7), lat: lat.toFixed(7) }),
    exposure: () => get('api/storm/exposure'),
    ground: () => get('api/storm/ground'),
    measures: () => get('api/storm/measures'),
    addMeasure: (wish) => post('api/storm/measures', wish),
    runBoth: (settings) => post('api/storm/both', { settings }),
    difference: () => get('api/storm/difference'),
    runsUrl: () => url('runs', {}),
  }
}
