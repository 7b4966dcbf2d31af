// A cut through the ground as plain drawing pieces: `[tag, attributes, text]`, to scale, no page needed.

const LEFT = 46, RIGHT = 14, TOP = 46, BOTTOM = 34
const INK = '#1c2430', SOFT = '#5b6472', BAD = '#b3261e', WARN = '#d97706'
const FONT = 'system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'
const LABEL_PX = 84, ROW_PX = 13, LETTER_PX = 6.4

/**
 * `profile` is the answer of `api/section` or `api/profile`; `options`: `width`, `most` (height), `window`
 * `[from, to]` along the cut in metres, `exaggerated` (a long profile may be drawn higher than long),
 * `colors` and `names` by pipe class, `words` (ground, required, gap, unknown, datum, exaggeration), `focus`
 * `{check, a_id, b_id, gap_m, required_m, at_m, obstacle}`. Gives `{width, height, pieces, scale}`.
 */
export function sceneOf(profile, options) {
  const levels = levelsOf(profile)
  const [from, to] = options.window ?? [0, profile.length_m]
  const seen = profile.cuts.filter((cut) => cut.at_m >= from - 0.01 && cut.at_m <= to + 0.01)
  const range = rangeOf(profile, levels, seen, options, [from, to])
  const scale = scaleOf(range, [from, to], options)
  const draw = { profile, levels, seen, from, to, scale, options, range, pieces: [] }
  frame(draw)
  ground(draw)
  if (options.focus) required(draw)
  if (profile.axis?.length) ownBand(draw)
  for (const cut of seen) pipe(draw, cut)
  if (options.focus?.obstacle) obstacle(draw)
  if (options.focus) gap(draw)
  labels(draw)
  return { width: options.width, height: scale.height, pieces: draw.pieces, scale }
}

/** The part of a section in which its pipes lie, so that they are drawn as large as they can be. */
export function windowOf({ cuts, length_m: length }) {
  if (!cuts.length) return [0, length]
  const at = cuts.map((cut) => cut.at_m)
  return [Math.max(0, Math.min(...at) - 2), Math.min(length, Math.max(...at) + 2)]
}

/** The level of ground and pipes: heights where they are known, else depths under a flat ground. */
export function levelsOf(profile) {
  const isKnown = profile.ground.some(([, height]) => height !== null)
  const level = (height, depth) => (isKnown ? height : depth === null ? null : -depth)
  return {
    isKnown,
    groundAt: isKnown ? (at) => between(profile.ground, at) : () => 0,
    ofCut: (cut) => level(cut.axis_m, cut.axis_depth_m),
    ofAxis: ([, height, depth]) => level(height, depth),
  }
}

function between(pairs, at) {
  const known = pairs.filter(([, height]) => height !== null)
  if (!known.length) return 0
  const after = known.findIndex(([way]) => way >= at)
  if (after === 0) return known[0][1]
  if (after < 0) return known.at(-1)[1]
  const [x0, y0] = known[after - 1], [x1, y1] = known[after]
  return x1 === x0 ? y1 : y0 + ((y1 - y0) * (at - x0)) / (x1 - x0)
}

function rangeOf(profile, levels, seen, { focus }, [from, to]) {
  const tops = [levels.groundAt(from), levels.groundAt((from + to) / 2), levels.groundAt(to)]
  const lows = seen.filter((cut) => levels.ofCut(cut) !== null).map((cut) => levels.ofCut(cut) - (cut.high_m ?? 0.2) / 2)
  const own = (profile.axis ?? []).filter(([way]) => way >= from - 5 && way <= to + 5).map((at) => levels.ofAxis(at)).filter((level) => level !== null)
  const needed = focus?.check === 'cover' && focus.required_m !== null ? [Math.min(...tops) - focus.required_m] : []
  const deep = Math.min(Math.min(...tops) - 1, ...lows, ...own, ...needed)
  const high = Math.max(...tops, ...seen.filter((cut) => levels.ofCut(cut) !== null).map((cut) => levels.ofCut(cut) + (cut.high_m ?? 0) / 2))
  return { top: high + 0.25, bottom: deep - 0.35 }
}

function scaleOf({ top, bottom }, [from, to], { width, most = 360, exaggerated = false }) {
  const room = width - LEFT - RIGHT
  const fits = room / (to - from)
  let px = fits, py = fits, factor = 1
  if (exaggerated) {
    factor = [20, 10, 5, 2, 1].find((one) => (top - bottom) * fits * one <= most - TOP - BOTTOM) ?? 1
    py = fits * factor
  }
  if ((top - bottom) * py > most - TOP - BOTTOM) {
    const less = (most - TOP - BOTTOM) / ((top - bottom) * py)
    px *= less
    py *= less
  }
  const start = LEFT + (room - px * (to - from)) / 2
  return { px, py, factor, height: Math.round(TOP + BOTTOM + (top - bottom) * py), x: (at) => start + (at - from) * px, y: (level) => TOP + (top - level) * py }
}

const line = (x1, y1, x2, y2, more) => ['line', { x1: r(x1), y1: r(y1), x2: r(x2), y2: r(y2), stroke: INK, 'stroke-width': 1, ...more }]
const text = (x, y, words, more = {}) => ['text', { x: r(x), y: r(y), 'font-size': 11, 'font-family': FONT, fill: INK, ...more }, words]
const r = (value) => Math.round(value * 100) / 100

function frame({ pieces, scale, from, to, range, levels, options }) {
  const left = scale.x(from), right = scale.x(to), foot = scale.y(range.bottom)
  pieces.push(['rect', { x: 0, y: 0, width: options.width, height: scale.height, fill: '#ffffff' }])
  const step = stepOf(Math.max(2, (range.top - range.bottom) * scale.py / 20), range.top - range.bottom)
  for (let level = Math.ceil(range.bottom / step) * step; level <= range.top; level += step) {
    pieces.push(line(left, scale.y(level), right, scale.y(level), { stroke: '#e3e7ec' }), text(left - 5, scale.y(level) + 3.5, level.toFixed(step < 1 ? 1 : 0), { 'text-anchor': 'end', fill: SOFT, 'font-size': 10 }))
  }
  const across = stepOf((to - from) * scale.px / 56, to - from)
  for (let at = Math.ceil(from / across) * across; at <= to + 1e-9; at += across) {
    pieces.push(line(scale.x(at), foot, scale.x(at), foot + 4, { stroke: SOFT }), text(scale.x(at), foot + 14, `${Number(at.toFixed(2))}`, { 'text-anchor': 'middle', fill: SOFT, 'font-size': 10 }))
  }
  pieces.push(line(left, foot, right, foot, { stroke: SOFT }))
  pieces.push(text(left, scale.height - 6, [levels.isKnown ? options.words.height : options.words.depth, options.words.scale(scale.factor)].join(' · '), { fill: SOFT, 'font-size': 10 }))
}

/** A round step, so that at most `most` of them fill the whole. */
export function stepOf(most, whole) {
  const least = whole / Math.max(1, Math.floor(most))
  const base = 10 ** Math.floor(Math.log10(least))
  return [1, 2, 5, 10].map((factor) => factor * base).find((one) => one >= least - 1e-9)
}

function ground({ pieces, profile, levels, scale, from, to, options }) {
  const inside = levels.isKnown ? profile.ground.filter(([way, height]) => height !== null && way > from && way < to) : []
  const points = [[from, levels.groundAt(from)], ...inside, [to, levels.groundAt(to)]]
  const path = points.map(([way, level], i) => `${i ? 'L' : 'M'}${r(scale.x(way))} ${r(scale.y(level))}`).join('')
  pieces.push(['path', { d: path, fill: 'none', stroke: '#6b4f2a', 'stroke-width': 2 }])
  for (let x = scale.x(from) + 6; x < scale.x(to) - 4; x += 14) {
    const y = scale.y(levels.groundAt(from + (x - scale.x(from)) / scale.px))
    pieces.push(line(x, y + 1, x - 5, y + 6, { stroke: '#b59a72' }))
  }
  pieces.push(text(scale.x(to), scale.y(levels.groundAt(to)) - 4, options.words.ground, { 'text-anchor': 'end', fill: '#6b4f2a', 'font-size': 10 }))
}

function styleOf(cut, { colors }) {
  const color = colors[cut.pipe_class] ?? colors.unknown
  return { fill: color, 'fill-opacity': 0.78, stroke: '#111827', 'stroke-width': 1.2, 'stroke-dasharray': cut.status === 'planned' ? '4 2' : null }
}

function pipe({ pieces, profile, levels, scale, options }, cut) {
  const level = levels.ofCut(cut), x = scale.x(cut.at_m)
  if (level === null) {
    const y = scale.y(levels.groundAt(cut.at_m))
    pieces.push(line(x, y, x, y + 46, { stroke: SOFT, 'stroke-dasharray': '3 3' }), text(x, y + 58, '?', { 'text-anchor': 'middle', fill: SOFT, 'font-weight': 700, 'font-size': 13 }))
    return
  }
  const rx = Math.max(2, ((cut.wide_m ?? 0.1) / 2) * scale.px), ry = Math.max(2, ((cut.high_m ?? 0.1) / 2) * scale.py)
  const isSized = cut.wide_m !== null
  if (profile.axis?.length && cut.required_m) {
    const bad = { conflict: BAD, possible: WARN }[cut.verdict] ?? '#8b94a1'
    pieces.push(['ellipse', { cx: r(x), cy: r(scale.y(level)), rx: r(rx + cut.required_m * scale.px), ry: r(ry + cut.required_m * scale.py), fill: bad, 'fill-opacity': 0.07, stroke: bad, 'stroke-dasharray': '4 3' }])
  }
  pieces.push(['ellipse', { cx: r(x), cy: r(scale.y(level)), rx: r(rx), ry: r(ry), ...styleOf(cut, options), ...(isSized ? {} : { fill: '#ffffff', 'stroke-dasharray': '2 2' }) }])
}

function ownBand({ pieces, profile, levels, scale, from, to, options }) {
  const half = ((profile.own?.high_m ?? 0.1) / 2) * scale.py
  const at = profile.axis.map((one) => [one[0], levels.ofAxis(one)]).filter(([, level]) => level !== null)
  if (at.length < 2) return
  const first = Math.max(from, at[0][0]), last = Math.min(to, at.at(-1)[0])
  const all = [[first, between(at, first)], ...at.filter(([way]) => way > first && way < last), [last, between(at, last)]]
  const edge = (shift) => all.map(([way, level]) => `${r(scale.x(way))} ${r(scale.y(level) + shift)}`)
  const color = options.colors[profile.own?.pipe_class] ?? options.colors.unknown
  const thick = Math.max(half, 1.5)
  pieces.push(['path', { d: `M${edge(-thick).join('L')}L${edge(thick).reverse().join('L')}Z`, fill: color, 'fill-opacity': 0.55, stroke: '#111827', 'stroke-width': 1 }])
}

// What the rule asks, as a band from the wall of the first pipe; what lies in it lies too near.
function required({ pieces, scale, options: { focus, words }, seen, levels, range }) {
  if (focus.required_m === null || focus.required_m === undefined) return
  const own = seen.find((cut) => cut.pipe_id === focus.a_id)
  if (focus.check === 'cover') {
    const x = scale.x(focus.at_m), y = scale.y(levels.groundAt(focus.at_m))
    pieces.push(['rect', { x: r(x - 34), y: r(y), width: 68, height: r(focus.required_m * scale.py), fill: WARN, 'fill-opacity': 0.16, stroke: WARN, 'stroke-dasharray': '4 3' }],
      text(x + 38, y + focus.required_m * scale.py, `${words.required} ${focus.required_m.toFixed(2)} m`, { fill: '#8a4b00' }))
    return
  }
  if (focus.check !== 'horizontal' || !own) return
  const other = focus.obstacle?.at_m ?? seen.find((cut) => cut.pipe_id === focus.b_id)?.at_m ?? focus.at_m
  const side = other >= own.at_m ? 1 : -1
  const wall = scale.x(own.at_m + (side * (own.wide_m ?? 0)) / 2), end = wall + side * focus.required_m * scale.px
  const top = scale.y(range.top) + 16, foot = scale.y(range.bottom)
  pieces.push(['rect', { x: r(Math.min(wall, end)), y: r(top), width: r(Math.abs(end - wall)), height: r(foot - top), fill: WARN, 'fill-opacity': 0.14, stroke: WARN, 'stroke-dasharray': '4 3' }],
    text((wall + end) / 2, foot - 5, `${words.required} ${focus.required_m.toFixed(2)} m`, { 'text-anchor': 'middle', fill: '#8a4b00' }))
}

function obstacle({ pieces, scale, levels, range, options: { focus, words } }) {
  const x = scale.x(focus.obstacle.at_m), y = scale.y(levels.groundAt(focus.obstacle.at_m))
  const deep = { building: range.bottom, road: levels.groundAt(focus.obstacle.at_m) - 0.3 }[focus.obstacle.layer] ?? levels.groundAt(focus.obstacle.at_m) - 0.8
  pieces.push(line(x, scale.y(range.top), x, scale.y(deep), { 'stroke-width': 4, stroke: '#374151' }), text(x + 6, y - 14, words.obstacle[focus.obstacle.layer] ?? focus.obstacle.layer, { 'font-weight': 600 }))
}

// The distance that is there, between the two walls.
function gap({ pieces, scale, seen, levels, options: { focus, words } }) {
  if (focus.gap_m === null || focus.gap_m === undefined) return
  const color = { conflict: BAD, possible: '#8a4b00' }[focus.verdict] ?? SOFT
  const label = `${words.gap} ${focus.gap_m.toFixed(2)} m`
  const own = seen.find((cut) => cut.pipe_id === focus.a_id), other = seen.find((cut) => cut.pipe_id === focus.b_id)
  if (focus.check === 'horizontal' && own) {
    const there = focus.obstacle ? { at_m: focus.obstacle.at_m, wide_m: 0 } : other
    if (!there) return
    const [one, two] = own.at_m <= there.at_m ? [own, there] : [there, own]
    const x1 = scale.x(one.at_m + (one.wide_m ?? 0) / 2), x2 = scale.x(two.at_m - (two.wide_m ?? 0) / 2)
    const y = (levels.ofCut(own) === null ? scale.y(levels.groundAt(own.at_m)) + 18 : scale.y(levels.ofCut(own)))
    pieces.push(line(x1, y, x2, y, { stroke: color, 'stroke-width': 2 }), line(x1, y - 5, x1, y + 5, { stroke: color, 'stroke-width': 2 }), line(x2, y - 5, x2, y + 5, { stroke: color, 'stroke-width': 2 }),
      halo((x1 + x2) / 2, y - 9, label, color))
  }
  if (focus.check === 'cover' && own && levels.ofCut(own) !== null) {
    const x = scale.x(own.at_m) - 24, top = scale.y(levels.groundAt(own.at_m)), foot = scale.y(levels.ofCut(own) + (own.high_m ?? 0) / 2)
    pieces.push(line(x, top, x, foot, { stroke: color, 'stroke-width': 2 }), halo(x - 6, (top + foot) / 2 + 4, label, color, 'end'))
  }
  if (focus.check === 'vertical' && other && levels.ofCut(other) !== null) {
    pieces.push(halo(scale.x(other.at_m) + Math.max(12, ((other.wide_m ?? 0) / 2) * scale.px + 10), scale.y(levels.ofCut(other)) + 4, `${label} / ${words.required} ${focus.required_m?.toFixed(2) ?? '?'} m`, color, 'start'))
  }
}

function halo(x, y, words, color, anchor = 'middle') {
  return text(x, y, words, { 'text-anchor': anchor, fill: color, 'font-weight': 700, stroke: '#ffffff', 'stroke-width': 3, 'paint-order': 'stroke' })
}

// Names over the ground in as many rows as they need, each with a thin line down to its pipe.
function labels({ pieces, seen, scale, levels, options }) {
  const ends = []
  const all = seen.length > 24 ? seen.filter((cut) => ['conflict', 'possible'].includes(cut.verdict) || isFocus(cut, options.focus)) : seen
  for (const cut of [...all].sort((a, b) => a.at_m - b.at_m)) {
    const x = scale.x(cut.at_m), half = Math.max(LABEL_PX, cut.pipe_id.length * LETTER_PX) / 2
    const row = ends.findIndex((end) => x - half > end)
    const at = row < 0 ? ends.length : row
    if (at > 2) continue
    ends[at] = x + half
    const y = 12 + at * ROW_PX, level = levels.ofCut(cut)
    const foot = level === null ? scale.y(levels.groundAt(cut.at_m)) : scale.y(level) - ((cut.high_m ?? 0) / 2) * scale.py
    const strong = isFocus(cut, options.focus)
    pieces.push(line(x, y + 3, x, foot, { stroke: '#9aa3b0', 'stroke-width': 0.7 }),
      text(Math.min(Math.max(x, half), options.width - half), y, cut.pipe_id, { 'text-anchor': 'middle', 'font-size': 10, 'font-weight': strong ? 700 : 400, stroke: '#ffffff', 'stroke-width': 2.5, 'paint-order': 'stroke' }))
  }
}

function isFocus({ pipe_id: id }, focus) {
  return Boolean(focus) && (id === focus.a_id || id === focus.b_id)
}
