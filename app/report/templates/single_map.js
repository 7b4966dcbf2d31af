'use strict';
// The single-file map: colours communities by the chosen measure, keeps the legend in step, finds
// names. Texts of the plan are only ever written with textContent.

function singleMapCanvas() {
  singleMapCanvas.shared = singleMapCanvas.shared || L.canvas({ padding: 0.3 });
  return singleMapCanvas.shared;
}

function singleMapStart(map, communities, townships) {
  const sheet = JSON.parse(document.getElementById('sheet').textContent);
  map.attributionControl.setPrefix('Leaflet');
  map.attributionControl.addAttribution(sheet.attribution);
  const byId = new Map();
  communities.eachLayer((layer) => byId.set(layer.feature.properties.community_id, layer));
  const hidden = new Set();
  let measure = sheet.measures[0];

  addHatch(map, communities, sheet.colours.unknown);
  townships.setStyle((feature) => ({ dashArray: feature.properties.schematic ? '6 5' : null }));
  townships.eachLayer((layer) => {
    const label = document.createElement('span');
    label.innerHTML = layer.feature.properties.name; // escaped when the file was written
    if (layer.feature.properties.schematic) label.append(`（${sheet.words.schematic}）`);
    layer.bindTooltip(label, { permanent: true, direction: 'center', className: 'township' });
  });

  function paint() {
    byId.forEach((layer) => {
      const code = layer.feature.properties.classes[measure.key];
      layer.setStyle({
        color: code === 'outside' ? '#9ca3af' : '#4b5563',
        weight: code === 'outside' ? 1 : 1.5,
        dashArray: layer.feature.properties.schematic ? '3 3' : null,
        opacity: hidden.has(code) ? 0 : 1,
        fillColor: code === 'unknown' ? 'url(#hatch)' : sheet.colours[code],
        fillOpacity: hidden.has(code) ? 0 : code === 'outside' ? 0.15 : code === 'unknown' ? 1 : 0.8,
      });
    });
  }

  function drawMeasures() {
    const group = document.getElementById('measures');
    sheet.measures.forEach((one) => {
      const label = document.createElement('label');
      const input = document.createElement('input');
      input.type = 'radio';
      input.name = 'measure';
      input.value = one.key;
      input.checked = one === measure;
      input.addEventListener('change', () => {
        measure = one;
        hidden.clear();
        drawLegend();
        paint();
      });
      label.append(input, ` ${one.label}`);
      group.append(label);
    });
  }

  function drawLegend() {
    const legend = document.getElementById('legend');
    const heading = document.createElement('h2');
    heading.textContent = measure.label;
    const rows = measure.classes.map((one) => {
      const row = document.createElement('button');
      row.type = 'button';
      row.setAttribute('aria-pressed', 'true');
      const swatch = document.createElement('i');
      swatch.className = one.code === 'unknown' ? 'swatch hatched' : `swatch ${one.code}`;
      swatch.style.backgroundColor = one.code === 'unknown' ? '#ffffff' : sheet.colours[one.code];
      const text = document.createElement('span');
      text.textContent = `${one.label} · ${one.count}`;
      row.append(swatch, text);
      row.addEventListener('click', () => {
        if (!hidden.delete(one.code)) hidden.add(one.code);
        row.setAttribute('aria-pressed', String(!hidden.has(one.code)));
        paint();
      });
      return row;
    });
    legend.replaceChildren(heading, ...rows);
  }

  function show(id) {
    const layer = byId.get(id);
    if (!layer) return;
    map.fitBounds(layer.getBounds(), { maxZoom: 17 });
    // folium binds the popup to the group: a click is what opens it at one community.
    layer.fire('click', { latlng: layer.getBounds().getCenter() }, true);
  }

  function drawList() {
    const asked = document.getElementById('search').value.trim().toLowerCase().replace(/\s+/g, '');
    const found = sheet.communities.filter(
      (one) => !asked || one.name.toLowerCase().replace(/\s+/g, '').includes(asked)
        || one.search.split(' ').some((way) => way.startsWith(asked)));
    document.getElementById('found').textContent =
      `${found.length} / ${sheet.communities.length} ${sheet.words.communities}`;
    document.getElementById('list').replaceChildren(...found.map((one) => {
      const item = document.createElement('li');
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = one.name;
      button.addEventListener('click', () => show(one.id));
      item.append(button);
      return item;
    }));
  }

  document.getElementById('search').addEventListener('input', drawList);
  drawMeasures();
  drawLegend();
  drawList();
  paint();
  document.documentElement.dataset.ready = 'true';
}

function addHatch(map, communities, colour) {
  // Leaflet draws into an SVG of its own, so the pattern goes into one beside it.
  const name = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(name, 'svg');
  svg.setAttribute('width', '0');
  svg.setAttribute('height', '0');
  svg.setAttribute('aria-hidden', 'true');
  const pattern = document.createElementNS(name, 'pattern');
  const set = (node, values) => Object.entries(values).forEach(([k, v]) => node.setAttribute(k, v));
  set(pattern, { id: 'hatch', width: 8, height: 8, patternUnits: 'userSpaceOnUse',
    patternTransform: 'rotate(45)' });
  const paper = document.createElementNS(name, 'rect');
  set(paper, { width: 8, height: 8, fill: '#ffffff', 'fill-opacity': 0.15 });
  const line = document.createElementNS(name, 'line');
  set(line, { x1: 0, y1: 0, x2: 0, y2: 8, stroke: colour, 'stroke-width': 2 });
  pattern.append(paper, line);
  svg.append(pattern);
  document.body.append(svg);
}
