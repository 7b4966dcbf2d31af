// Making page elements: text goes in as text, looks come from classes.

/** `el('button', {class, onclick, aria-label, ...}, children...)`; null children are left out. */
export function el(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children)
}

const SVG = 'http://www.w3.org/2000/svg'

export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children)
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else if (name === 'style') for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text)
    else if (name === 'class') element.setAttribute('class', value)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

export function button(text, onclick, properties = {}) {
  return el('button', { type: 'button', onclick, ...properties }, text)
}

/** A heading with what belongs to it. */
export function section(title, ...children) {
  return el('section', { class: 'block' }, el('h3', {}, title), ...children)
}

/** Puts `children` into `parent` and gives the focus back to the control of the same `data-key`. */
export function replace(parent, ...children) {
  const key = parent.contains(document.activeElement) ? document.activeElement.dataset.key : null
  parent.replaceChildren(...children.flat(Infinity).filter(Boolean))
  if (key) parent.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true })
}
