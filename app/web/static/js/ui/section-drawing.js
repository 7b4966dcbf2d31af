// A cut through the ground on the page: drawn to scale, seen larger, taken away as SVG or PNG.

import { sceneOf } from '../model/section.js'
import { button, el, svg } from './dom.js'

const PNG_SCALE = 2

/** `focus` and `window` as `model/section` takes them; `title` is what the files are called. */
export function sectionFigure(app, profile, { focus = null, window = null, exaggerated = false, title, width = 348 }) {
  const { t } = app
  const scene = (size, most) => drawn(app, profile, { focus, window, exaggerated, width: size, most, title })
  const small = scene(width, 330)
  return el('figure', { class: 'section-figure' }, small, el('figcaption', {},
    button(t('section.larger'), () => larger(app, scene, title), { class: 'link', 'data-key': 'section-larger' }),
    button('SVG', () => save(`${title}.svg`, new Blob([source(scene(1000, 620))], { type: 'image/svg+xml' })), { class: 'link', 'aria-label': t('section.save', { kind: 'SVG' }) }),
    button('PNG', async () => save(`${title}.png`, await picture(scene(1000, 620))), { class: 'link', 'aria-label': t('section.save', { kind: 'PNG' }) })))
}

export function drawn(app, profile, options) {
  const { t, styles, words } = app
  const classes = styles.legends.pipe_class.classes
  const scene = sceneOf(profile, {
    ...options,
    colors: Object.fromEntries(Object.entries(classes).map(([code, one]) => [code, one.color])),
    words: {
      ground: t('section.ground'), required: t('section.required'), gap: t('section.gap'),
      height: t('section.height', { datum: profile.height_datum }), depth: t('section.depth'),
      scale: (factor) => (factor === 1 ? t('section.true_scale') : t('section.exaggerated', { n: factor })),
      obstacle: Object.fromEntries(['building', 'tree', 'pole', 'road', 'work'].map((layer) => [layer, layer === 'road' ? t('section.kerb') : words.of(app.meta.layers.find(({ name }) => name === layer)?.label ?? layer)])),
    },
  })
  return svg('svg', { viewBox: `0 0 ${scene.width} ${scene.height}`, width: scene.width, height: scene.height, role: 'img', 'aria-label': `${options.title}. ${told(app, profile)}`, class: 'section-svg' },
    scene.pieces.map(([tag, attributes, words]) => svg(tag, attributes, words ?? null)))
}

// The drawing in words, for who cannot see it.
function told({ t }, profile) {
  return profile.cuts.slice(0, 20).map((cut) => t('section.cut', { class: t(`pipe_class.${cut.pipe_class}`), id: cut.pipe_id, at: cut.at_m.toFixed(2), depth: cut.axis_depth_m === null ? t('class.unknown') : `${cut.axis_depth_m.toFixed(2)} m` })).join('；')
}

function larger(app, scene, title) {
  const width = Math.min(1180, globalThis.innerWidth - 64), height = Math.min(760, globalThis.innerHeight - 160)
  const dialog = el('dialog', { class: 'section-dialog', 'aria-label': title }, el('h2', {}, title), scene(width, height), el('div', { class: 'dialog-foot' }, button(app.t('action.close'), () => dialog.close(), { autofocus: true })))
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
}

function source(picture) {
  picture.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return new XMLSerializer().serializeToString(picture)
}

async function picture(drawing) {
  const image = new Image()
  const address = URL.createObjectURL(new Blob([source(drawing)], { type: 'image/svg+xml' }))
  image.src = address
  await image.decode()
  const canvas = el('canvas', { width: drawing.viewBox.baseVal.width * PNG_SCALE, height: drawing.viewBox.baseVal.height * PNG_SCALE })
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height)
  URL.revokeObjectURL(address)
  return new Promise((resolve) => { canvas.toBlob(resolve, 'image/png') })
}

export function save(name, blob) {
  const address = URL.createObjectURL(blob)
  el('a', { href: address, download: name.replaceAll(/[\\/:*?"<>|\s]+/g, '_') }).click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
