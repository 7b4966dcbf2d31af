// Drains as the page draws them: which is nearest to a click, and the scene of a long profile.

export const DRAIN_LOOKS = {
  flooded: { color: '#7a1fa2', weight: 6, dash: null },
  surcharged: { color: '#b3261e', weight: 5, dash: null },
  bottleneck: { color: '#b3261e', weight: 6, dash: null },
  full: { color: '#c77700', weight: 5, dash: '8 4' },
  unknown: { color: '#4b5563', weight: 4, dash: '2 6' },
  free: { color: '#3b82b8', weight: 2, dash: null },
  // What a wider size does.
  helps: { color: '#2f855a', weight: 8, dash: null },
  worse: { color: '#b3261e', weight: 8, dash: '8 4' },
  no_change: { color: '#4b5563', weight: 6, dash: '4 4' },
  no_room: { color: '#c77700', weight: 6, dash: '2 6' },
  not_run: { color: '#1f6ea8', weight: 6, dash: null },
}

/** The row nearest to a place, within `reach` degrees of latitude; manholes win over pipes. */
export function nearestDrain(rows, { lat, lng }, reach) {
  const wide = Math.cos((lat * Math.PI) / 180)
  let best = null
  for (const row of rows) {
    const away = Math.sqrt(distance2(row.points, lng, lat, wide)) - (row.layer === 'pipe_node' ? reach * 0.3 : 0)
    if (away <= reach && (!best || away < best.away)) best = { row, away }
  }
  return best?.row ?? null
}

function distance2(points, lng, lat, wide) {
  const x = (point) => (point[0] - lng) * wide, y = (point) => point[1] - lat
  if (points.length === 1) return x(points[0]) ** 2 + y(points[0]) ** 2
  let least = Infinity
  for (let at = 1; at < points.length; at += 1) {
    const [ax, ay] = [x(points[at - 1]), y(points[at - 1])], [bx, by] = [x(points[at]) - x(points[at - 1]), y(points[at]) - y(points[at - 1])]
    const long = bx * bx + by * by
    const share = long ? Math.min(1, Math.max(0, -(ax * bx + ay * by) / long)) : 0
    least = Math.min(least, (ax + share * bx) ** 2 + (ay + share * by) ** 2)
  }
  return least
}

/** Pieces of a profile in pixels: ground, one shape for each pipe, the highest level of the water. */
export function profileScene(profile, { width, height, left = 42, right = 8, top = 10, bottom = 22 }) {
  const levels = [
    ...profile.nodes.flatMap(({ ground_m: g, invert_m: i }) => [g, i]),
    ...profile.pipes.flatMap((p) => [p.upper_m, p.lower_m, p.upper_level_m, p.lower_level_m]),
  ].filter((one) => one !== null)
  const low = Math.min(...levels), high = Math.max(...levels, low + 0.5)
  const x = (at) => left + (at / Math.max(profile.length_m, 1)) * (width - left - right)
  const y = (level) => top + ((high - level) / (high - low)) * (height - top - bottom)
  const known = profile.pipes.filter((p) => ![p.upper_m, p.lower_m, p.height_m].includes(null))
  return {
    low, high, x, y,
    ground: profile.nodes.filter(({ ground_m: g }) => g !== null).map(({ at_m: at, ground_m: g }) => [x(at), y(g)]),
    pipes: known.map((p) => ({ id: p.id, verdict: p.verdict, chosen: p.chosen, corners: [[x(p.from_m), y(p.upper_m)], [x(p.to_m), y(p.lower_m)], [x(p.to_m), y(p.lower_m + p.height_m)], [x(p.from_m), y(p.upper_m + p.height_m)]] })),
    water: profile.pipes.filter((p) => p.upper_level_m !== null && p.lower_level_m !== null).map((p) => [[x(p.from_m), y(p.upper_level_m)], [x(p.to_m), y(p.lower_level_m)]]),
    shafts: profile.nodes.filter(({ ground_m: g, invert_m: i }) => g !== null && i !== null).map(({ at_m: at, ground_m: g, invert_m: i }) => [x(at), y(g), y(i)]),
  }
}
