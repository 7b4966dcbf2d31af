// Which features are near: a uniform grid over their boxes, in three typed arrays.

const MOST_CELLS = 512 * 512

/** `query(minx, miny, maxx, maxy, visit)` calls `visit(feature)` once per feature whose box meets it. */
export function buildGrid(boxes) {
  const n = boxes.length / 4
  const [x0, y0, x1, y1] = extent(boxes)
  const cells = Math.min(MOST_CELLS, Math.max(1, n / 4))
  const size = Math.max(Math.sqrt(((x1 - x0) * (y1 - y0)) / cells), (x1 - x0) / 2048, (y1 - y0) / 2048, 1)
  const columns = Math.floor((x1 - x0) / size) + 1, rows = Math.floor((y1 - y0) / size) + 1
  const column = (x) => Math.max(0, Math.min(columns - 1, Math.floor((x - x0) / size)))
  const row = (y) => Math.max(0, Math.min(rows - 1, Math.floor((y - y0) / size)))

  const start = new Uint32Array(columns * rows + 1)
  forEachCell((cell) => { start[cell + 1] += 1 })
  for (let cell = 0; cell < columns * rows; cell += 1) start[cell + 1] += start[cell]
  const fill = start.slice(0, -1)
  const items = new Uint32Array(start.at(-1))
  forEachCell((cell, f) => { items[fill[cell]++] = f })

  const stamps = new Uint32Array(n)
  let stamp = 0
  return { query }

  function forEachCell(visit) {
    for (let f = 0; f < n; f += 1) {
      const lastRow = row(boxes[4 * f + 3]), lastColumn = column(boxes[4 * f + 2])
      for (let r = row(boxes[4 * f + 1]); r <= lastRow; r += 1) {
        for (let c = column(boxes[4 * f]); c <= lastColumn; c += 1) visit(r * columns + c, f)
      }
    }
  }

  function query(minx, miny, maxx, maxy, visit) {
    if (n === 0 || maxx < x0 || maxy < y0 || minx > x1 || miny > y1) return
    stamp += 1
    for (let r = row(miny), lastRow = row(maxy); r <= lastRow; r += 1) {
      for (let c = column(minx), lastColumn = column(maxx); c <= lastColumn; c += 1) {
        const cell = r * columns + c
        for (let i = start[cell]; i < start[cell + 1]; i += 1) {
          const f = items[i]
          if (stamps[f] === stamp) continue
          stamps[f] = stamp
          if (boxes[4 * f] <= maxx && boxes[4 * f + 2] >= minx && boxes[4 * f + 1] <= maxy && boxes[4 * f + 3] >= miny) visit(f)
        }
      }
    }
  }
}

function extent(boxes) {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let i = 0; i < boxes.length; i += 4) {
    x0 = Math.min(x0, boxes[i]); y0 = Math.min(y0, boxes[i + 1])
    x1 = Math.max(x1, boxes[i + 2]); y1 = Math.max(y1, boxes[i + 3])
  }
  return boxes.length ? [x0, y0, x1, y1] : [0, 0, 0, 0]
}
