// The questions about nearby services, put through the one place that talks.

export function servicesCalls({ get, post, url }) {
  return {
    overview: (profile) => get('api/nearby', { profile }),
    homes: (profile, kind, place) => get('api/nearby/homes', { profile, kind, layer: place?.layer, place: place?.id }),
    way: (profile, kind, { building, door }) => get('api/nearby/way', { profile, kind, building, door }),
    bands: (profile, origin) => get('api/nearby/bands', { profile, ...origin }),
    gates: (profile) => get('api/nearby/gates', { profile }),
    network: (profile) => get('api/nearby/network', { profile }),
    indicators: (profile, place) => get('api/nearby/indicators', { profile, layer: place.layer, place: place.id }),
    compare: (profile, left, right) => get('api/nearby/compare', { profile, left, right }),
    site: (wish) => post('api/nearby/site', wish),
    propose: (wish) => post('api/nearby/propose', wish),
    whatIf: (profile, changes) => post('api/nearby/what-if', { profile, changes }),
    keep: (name, changes) => post('api/nearby/keep', { name, changes }),
    exportUrl: (profile) => url('export/services', { profile }),
    gpkgUrl: (profile) => url('export/services', { profile, format: 'gpkg' }),
  }
}
