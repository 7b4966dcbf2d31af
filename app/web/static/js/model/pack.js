// The packed layer of app/report/pack.py, read as views on its own buffer.

const VIEWS = { f32: Float32Array, u32: Uint32Array, u16: Uint16Array, u8: Uint8Array }

/** `{layer, kind, n, origin, bounds, ids, columns, arrays}`; throws where the format is another. */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true)
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)))
  if (header.format !== 1) throw new Error(`Unknown pack format: ${header.format}`)
  const arrays = {}
  for (const { name, type, offset, length: size } of header.arrays) {
    arrays[name] = new VIEWS[type](buffer, 4 + length + offset, size)
  }
  return {
    layer: header.layer, kind: header.kind, n: header.n, origin: header.origin, bounds: header.bounds,
    ids: header.ids, columns: header.columns,
    xy: arrays.xy, partStart: arrays.part_start, featureStart: arrays.feature_start, arrays,
  }
}

/** One value of a column, null where it is unknown. */
export function valueAt(pack, column, feature) {
  const described = pack.columns[column]
  if (!described) return null
  const raw = pack.arrays[`column:${column}`][feature]
  if (described.type === 'number') return Number.isNaN(raw) ? null : raw
  return raw === 0 ? null : described.codes[raw - 1]
}

/** minx, miny, maxx, maxy of every feature, relative to the origin. */
export function boxesOf(pack) {
  const { xy, partStart, featureStart, n } = pack
  const boxes = new Float32Array(4 * n)
  for (let f = 0; f < n; f += 1) {
    let minx = Infinity, miny = Infinity, maxx = -Infinity, maxy = -Infinity
    for (let v = partStart[featureStart[f]], end = partStart[featureStart[f + 1]]; v < end; v += 1) {
      const x = xy[2 * v], y = xy[2 * v + 1]
      if (x < minx) minx = x
      if (x > maxx) maxx = x
      if (y < miny) miny = y
      if (y > maxy) maxy = y
    }
    boxes.set([minx, miny, maxx, maxy], 4 * f)
  }
  return boxes
}
