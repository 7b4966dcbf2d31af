// Which names are written where: the weightiest first, none over another.

/**
 * `candidates`: `{text, x, y, weight, size, angle?}` in pixels and radians. Keeps the heavier of two that would touch;
 * equal weights go by text, so that the same view always reads the same.
 */
export function placeLabels(candidates, { most = 160, gap = 3 } = {}) {
  const placed = []
  const sorted = [...candidates].sort((a, b) => b.weight - a.weight || (a.text < b.text ? -1 : 1))
  for (const label of sorted) {
    if (placed.length >= most) break
    const [width, height] = extentOf(label)
    const box = [label.x - width / 2 - gap, label.y - height / 2 - gap, label.x + width / 2 + gap, label.y + height / 2 + gap]
    if (placed.every(({ box: other }) => box[2] <= other[0] || other[2] <= box[0] || box[3] <= other[1] || other[3] <= box[1])) {
      placed.push({ ...label, box })
    }
  }
  return placed
}

// The upright box around a label that stands at an angle.
function extentOf({ text, size, angle = 0 }) {
  const width = textWidth(text, size), height = size * 1.25
  const cos = Math.abs(Math.cos(angle)), sin = Math.abs(Math.sin(angle))
  return [width * cos + height * sin, width * sin + height * cos]
}

/** An angle at which a text along a line is never upside down. */
export function upright(angle) {
  const turned = Math.atan(Math.tan(angle))
  return Math.abs(turned + Math.PI / 2) < 1e-6 ? Math.PI / 2 : turned
}

/** Size and depth of a pipe in few words; what nobody knows is said. */
export function pipeLabel({ nominal_mm: nominal, width_mm: width, height_mm: height, voltage_kv: voltage, laying, start_depth_m: start, end_depth_m: end }, t) {
  const size = width && height ? `${width}×${height}` : nominal ? `DN${nominal}` : voltage ? `${Number(voltage.toPrecision(4))} kV` : t('pipe_label.size_unknown')
  if (laying === 'overhead') return `${size} · ${t('pipe_label.overhead')}`
  const depths = [start, end].filter((depth) => depth !== null && depth !== undefined).sort((a, b) => a - b).map((depth) => depth.toFixed(2))
  if (!depths.length) return `${size} · ${t('pipe_label.depth_unknown')}`
  const shown = depths.length === 1 ? `${depths[0]}–${t('class.unknown')}` : [...new Set(depths)].join('–')
  return `${size} · ${t('pipe_label.depth', { depth: shown })}`
}

/** Width in pixels: a Chinese character is one em, others a little over half. */
export function textWidth(text, size) {
  let ems = 0
  for (const character of text) ems += character.codePointAt(0) > 0x2e7f ? 1 : 0.58
  return ems * size
}
