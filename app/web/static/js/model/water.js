// Figures of the storm theme: classes of depth, the curve at a point, volumes.

/** [{from_m, to_m, colour}] from the shallowest; the last has no upper end. */
export function depthClasses(depths) {
  return depths.map((one, i) => ({ ...one, to_m: depths[i + 1]?.from_m ?? null }))
}

/** Points of a curve in a box of `width` x `height`, with the axis limit it was drawn to. */
export function curvePoints(minutes, depths, { width, height }) {
  const last = Math.max(...minutes, 1)
  const known = depths.filter((value) => value !== null)
  const top = Math.max(0.1, Math.ceil(Math.max(0, ...known) * 10) / 10)
  const points = minutes.map((minute, i) => [(width * minute) / last, height - (height * (depths[i] ?? 0)) / top])
  return { points, top, last }
}

/** The rain of a return period, or the period whose rain is nearest below. */
export function periodOf(rain, mm) {
  return [...rain].reverse().find((one) => one.mm <= mm + 0.05) ?? null
}

/** Volumes as shares of the rain, for one stacked bar. */
export function shares({ rain_m3: rain, infiltrated_m3: soaked, stored_m3: stored, left_m3: left }) {
  if (!rain) return []
  return [['stored', stored], ['soaked', soaked], ['left', left]].map(([name, value]) => ({ name, value, share: value / rain }))
}
