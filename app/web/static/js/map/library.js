// The one place that knows how Leaflet reaches us; Leaflet 2 will be a change of this file.

const { L } = globalThis
if (!L) throw new Error('Leaflet is not loaded')
export default L
