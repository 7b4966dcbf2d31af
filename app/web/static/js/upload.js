// A delivered file into the plan: choose it, see what it holds, correct what was understood, confirm.

import { personName } from './i18n.js'
import { createPreview } from './map/preview.js'
import { isActive } from './model/runs.js'
import { changedClasses, changedColumns, sizeOf, optionsOf } from './model/upload.js'
import { button, el, replace } from './ui/dom.js'
import { jobRow } from './ui/job-list.js'
import { openPage } from './ui/page.js'
import { gridFit } from './ui/upload-grid.js'
import { deliveryForm, drawingTable, faults, layerTable } from './ui/upload-parts.js'

const LOOK_MS = 700

openPage({ title: 'upload.title', draw })

async function draw(page) {
  const { t, api, notices } = page
  const parent = document.getElementById('upload')
  const found = await notices.during(t('loading'), () => Promise.all([api.meta(), api.uploads(), api.features('community', { limit: 2000 }), api.scenarios()]))
  if (!found) return
  const [meta, { uploads }, known, { scenarios }] = found
  const scenario = scenarios.find((one) => one.id === page.scenario)
  const chosen = { options: { secrecy: 'internal', datum: 'auto' }, columns: {}, classes: {} }
  const asked = new URLSearchParams(globalThis.location.search).get('id')
  let map = null, drawing = [], codes = []
  if (asked && uploads.some((one) => one.upload_id === asked)) await preview(asked)
  else choose()

  // --- 1: a file ---
  function choose() {
    keep(null)
    const input = el('input', { type: 'file', id: 'upload-file', class: 'visually-hidden', accept: '.gpkg,.zip,.geojson,.json,.kml,.csv,.xlsx,.dxf,.tif,.tiff,.asc,.xyz,.inp', onchange: () => take(input.files[0]) })
    const zone = el('div', { class: 'drop-zone', ondragover: (event) => { event.preventDefault(); zone.classList.add('is-over') }, ondragleave: () => zone.classList.remove('is-over'),
      ondrop: (event) => { event.preventDefault(); zone.classList.remove('is-over'); take(event.dataTransfer.files[0]) } },
    el('p', { class: 'drop-title' }, t('upload.drop')), button(t('upload.choose'), () => input.click(), { class: 'primary', 'data-key': 'upload-choose' }), input,
    goesInto(), el('p', { class: 'hint' }, t('upload.kinds')), el('p', { class: 'hint' }, t('upload.apart')))
    replace(parent, el('div', { class: 'upload-page' }, zone, uploads.length ? waiting() : null))
  }

  /** Where the rows go: the plan, or the scenario that was chosen on the map. */
  function goesInto() {
    return el('p', { class: scenario ? 'scenario-line' : 'hint' }, scenario ? t('upload.into_scenario', { name: scenario.name }) : t('upload.into_plan'))
  }

  function waiting() {
    return el('section', { class: 'block' }, el('h2', {}, t('upload.waiting')), el('ul', { class: 'jobs' }, uploads.map((one) => el('li', { class: 'job job-head' },
      el('span', {}, el('strong', {}, one.name), el('span', { class: 'job-line' }, ` ${sizeOf(one.size)} · ${personName(one.by, t)}`)),
      el('span', { class: 'dialog-row' }, button(t('upload.go_on'), () => preview(one.upload_id), { 'data-key': `go-${one.upload_id}` }), button(t('upload.drop_file'), () => drop(one.upload_id)))))))
  }

  async function take(file) {
    if (!file) return
    const form = new FormData()
    form.append('file', file)
    replace(parent, el('div', { class: 'upload-page' }, el('p', { role: 'status' }, t('upload.sending', { name: file.name, size: sizeOf(file.size) }))))
    const taken = await api.upload(form).catch((failure) => failure)
    if (taken instanceof Error) { choose(); return failed(taken) }
    await follow(taken.job, taken.upload_id, () => preview(taken.upload_id))
  }

  async function drop(id) {
    await notices.during(t('loading'), () => api.dropUpload(id))
    keep(null)
    await draw(page)
  }

  // --- 2: the look at it, and again with what was corrected ---
  async function preview(id, error = null) {
    const answer = await notices.during(t('loading'), () => api.uploadPreview(id))
    if (!answer) return choose()
    keep(id)
    const report = answer.preview
    const layers = report?.layers ?? []
    drawing = report?.drawing ?? []
    if (drawing.length && !codes.length) codes = (await notices.during(t('loading'), () => api.pipeCodes()))?.codes ?? []
    const box = el('div', { class: 'preview-map', role: 'application', 'aria-label': t('upload.map') })
    const again = () => look(id, layers)
    replace(parent, el('div', { class: 'upload-page' },
      el('header', {}, el('h2', {}, answer.upload.name), el('p', { class: 'job-line' }, `${sizeOf(answer.upload.size)} · SHA-256 ${answer.upload.sha256.slice(0, 12)}… · ${personName(answer.upload.by, t)}`)),
      error ? el('div', { class: 'error', role: 'alert' }, el('p', {}, error.message), error.fix ? el('p', {}, error.fix) : null) : null,
      goesInto(), report ? counted(report) : null,
      el('div', { class: 'upload-grid' },
        el('div', {}, deliveryForm(page, meta, chosen, layers, again, gridFit(page, chosen, again)), drawing.length ? drawingTable(page, meta, drawing, codes, chosen, again) : null, layers.map((layer) => layerTable(page, meta, layer, chosen, again))),
        el('div', {}, box, report ? faults(page, report.findings) : null)),
      el('footer', { class: 'upload-foot' }, button(t('upload.drop_file'), () => drop(id), { 'data-key': 'upload-drop' }), button(t('upload.look_again'), again, { 'data-key': 'upload-again' }),
        button(report?.kept ? t('upload.confirm', { n: report.kept }) : t('upload.nothing'), () => confirm(id, layers), { class: 'primary', disabled: !report?.kept || Boolean(error), 'data-key': 'upload-confirm' }))))
    map?.remove()
    map = createPreview(box, known, meta.plan.bounds)
    map.show((report?.shapes ?? []).flat())
    return null
  }

  function counted(report) {
    return el('dl', { class: 'run-counts' }, ['read', 'kept', 'repaired', 'updated', 'rejected'].filter((code) => report[code] !== undefined).map((code) => el('div', { class: `count-${code}` }, el('dt', {}, t(`upload.${code}`)), el('dd', {}, report[code].toLocaleString('en-US')))))
  }

  function said(layers) {
    return optionsOf({ ...chosen.options, columns: changedColumns(layers, chosen.columns), classes: changedClasses(drawing, chosen.classes) })
  }

  async function look(id, layers) {
    const job = await notices.during(t('upload.looking'), () => api.lookAgain(id, said(layers)))
    if (job) await follow(job, id, () => preview(id))
  }

  async function confirm(id, layers) {
    const job = await notices.during(t('loading'), () => api.confirmUpload(id, said(layers)))
    if (job) await follow(job, id, done)
  }

  /** Shows a job until it ends; a refusal comes back to the preview with its cure. */
  async function follow(job, id, then) {
    keep(id)
    const place = el('ul', { class: 'jobs' })
    replace(parent, el('div', { class: 'upload-page' }, place))
    let now = job
    for (;;) {
      replace(place, jobRow(page, now, { cancel: (one) => notices.during(t('job.cancelling'), () => api.cancelJob(one)) }))
      if (!isActive(now)) break
      await new Promise((resolve) => { setTimeout(resolve, LOOK_MS) })
      const { jobs } = await api.jobs().catch(() => ({ jobs: [] }))
      now = jobs.find((one) => one.job_id === job.job_id) ?? now
    }
    return now.state === 'done' ? then(now) : preview(id, now.error ?? { message: t(`job.state.${now.state}`) })
  }

  // --- 3: in ---
  function done({ result }) {
    keep(null)
    replace(parent, el('div', { class: 'upload-page' }, el('h2', {}, t('upload.done', { n: result.counts.kept })), counted(result.counts),
      el('div', { class: 'dialog-row' }, el('a', { class: 'button', href: page.mapUrl() }, t('upload.see')),
        button(t('upload.undo'), async () => {
          const undone = await notices.during(t('loading'), () => api.undoImport(result.batch_id))
          if (undone) replace(parent, el('div', { class: 'upload-page' }, el('h2', { role: 'status' }, t('upload.undone')), button(t('upload.another'), () => draw(page))))
        }, { 'data-key': 'upload-undo' }),
        button(t('upload.another'), () => draw(page)))))
    parent.querySelector('h2').setAttribute('role', 'status')
  }

  function failed(failure) {
    parent.firstElementChild.prepend(el('div', { class: 'error', role: 'alert' }, el('p', {}, failure.message), failure.fix ? el('p', {}, failure.fix) : null))
  }

  /** The waiting file is in the address, so that a reload comes back to it. */
  function keep(id) {
    const query = new URLSearchParams(globalThis.location.search)
    if (id) query.set('id', id)
    else query.delete('id')
    history.replaceState(null, '', `?${query}`)
  }
}
