// Which names are written where: the weightiest first, none over another.

/**
 * `candidates`: `{text, x, y, weight, size}` in pixels. Keeps the heavier of two that would touch;
 * equal weights go by text, so that the same view always reads the same.
 */
export function placeLabels(candidates, { most = 160, gap = 3 } = {}) {
  const placed = []
  const sorted = [...candidates].sort((a, b) => b.weight - a.weight || (a.text < b.text ? -1 : 1))
  for (const label of sorted) {
    if (placed.length >= most) break
    const width = textWidth(label.text, label.size), height = label.size * 1.25
    const box = [label.x - width / 2 - gap, label.y - height / 2 - gap, label.x + width / 2 + gap, label.y + height / 2 + gap]
    if (placed.every(({ box: other }) => box[2] <= other[0] || other[2] <= box[0] || box[3] <= other[1] || other[3] <= box[1])) {
      placed.push({ ...label, box })
    }
  }
  return placed
}

/** Width in pixels: a Chinese character is one em, others a little over half. */
export function textWidth(text, size) {
  let ems = 0
  for (const character of text) ems += character.codePointAt(0) > 0x2e7f ? 1 : 0.58
  return ems * size
}
