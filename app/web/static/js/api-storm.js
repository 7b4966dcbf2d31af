// The questions of the storm theme, put through the one place that talks.

export function stormCalls({ get, url }) {
  return {
    overview: () => get('api/storm'),
    pour: (mm) => get('api/storm/pour', { mm }),
    frame: (minute) => get('api/storm/frame', { minute }),
    point: ({ lat, lng }) => get('api/storm/point', { lon: lng.toFixed(7), lat: lat.toFixed(7) }),
    exposure: () => get('api/storm/exposure'),
    runsUrl: () => url('runs', {}),
  }
}
