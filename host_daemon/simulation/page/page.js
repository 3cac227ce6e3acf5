// SPDX-License-Identifier: Apache-2.0
// Draws the page from its data. Everything from the data goes in as text, never as markup.
'use strict';
(function () {
  const data = JSON.parse(document.getElementById('result').textContent);
  const page = document.getElementById('page');
  const colours = {accept: '#2b8a57', device: '#c0392b', gateway: '#c98a16', plain: '#2f6fab'};
  const rowsMost = 1000;

  function make(tag, classes, text, parent) {
    const element = document.createElement(tag);
    if (classes) element.className = classes;
    if (text !== undefined && text !== null) element.textContent = String(text);
    if (parent) parent.appendChild(element);
    return element;
  }
  const count = value => Number(value).toLocaleString('en');
  const unknown = '\u2013';
  const shown = (value, unit) => value === null || value === undefined ? unknown : count(value) + (unit || '');
  const time = ns => ns === null || ns === undefined ? unknown : ns >= 1000 ? (ns / 1000).toFixed(2) + ' \u00b5s' : Math.round(ns) + ' ns';

  function tile(parent, value, text) {
    const box = make('div', 'tile', null, parent);
    make('b', '', value, box);
    make('span', '', text, box);
  }
  function card(parent, title) {
    const box = make('section', 'card', null, parent);
    make('h2', '', title, box);
    return box;
  }
  function table(parent, heads) {
    const element = make('table', '', null, make('div', 'scroll', null, parent));
    const row = make('tr', '', null, make('thead', '', null, element));
    heads.forEach(head => make('th', head[1] || '', head[0], row));
    return make('tbody', '', null, element);
  }
  function chart(parent, height, settings) {
    const box = make('div', 'chart', null, parent);
    box.style.height = height + 'px';
    const canvas = make('canvas', '', null, box);
    settings.options = Object.assign({animation: false, responsive: true, maintainAspectRatio: false}, settings.options);
    return new Chart(canvas, settings);
  }
  function meterRow(body, name, used, limit, unit) {
    const row = make('tr', '', null, body);
    make('td', '', name, row);
    const known = used !== null && used !== undefined;
    make('td', 'number', known ? count(used) + (unit || '') : unknown, row);
    make('td', 'number', count(limit) + (unit || ''), row);
    const part = known && limit ? used / limit : 0;
    const meter = make('div', 'meter', null, make('td', '', null, row));
    const fill = make('i', part > 0.95 ? 'full' : '', null, meter);
    fill.style.width = Math.min(100, 100 * part) + '%';
    make('td', 'number', known && limit ? (100 * part).toFixed(0) + ' %' : unknown, row);
  }

  const levels = {engine: 'engine (untimed C++)', lt: 'lt (SystemC model, loosely timed)', rtl: 'rtl (the HDL under Verilator)'};
  make('h1', '', 'Policy \u201c' + data.policy + '\u201d, serial ' + data.serial, page);
  make('p', 'sub', 'Level ' + (levels[data.level] || data.level) + ' \u00b7 geometry ' + data.geometry + ' \u00b7 image ' + data.digest, page);

  const summary = data.summary;
  const tiles = make('div', 'tiles', null, page);
  tile(tiles, count(summary.messages), 'messages');
  tile(tiles, count(summary.accepted), 'passed');
  tile(tiles, count(summary.stopped_by_device), data.level === 'engine' ? 'rejected by the engine' : 'rejected in the device');
  tile(tiles, count(summary.stopped_by_gateway), 'refused by the gateway before it');
  if (data.timing && data.timing.latency) tile(tiles, time(data.timing.latency.median_ns), 'median latency, device time');
  if (data.timing && data.timing.throughput.request) {
    tile(tiles, data.timing.throughput.request.megabytes_per_second.toFixed(1) + ' MB/s', 'request throughput of one lane');
  }

  const cards = make('div', 'cards', null, page);
  const reasons = Object.entries(summary.reasons).sort((a, b) => b[1] - a[1]);
  const why = card(cards, 'Why messages were stopped');
  if (reasons.length === 0) {
    make('p', 'hint', 'None was stopped.', why);
  } else {
    chart(why, Math.max(140, 40 + 30 * reasons.length), {
      type: 'bar',
      data: {labels: reasons.map(entry => entry[0]),
             datasets: [{data: reasons.map(entry => entry[1]), maxBarThickness: 22,
                         backgroundColor: reasons.map(entry => entry[0].startsWith('gateway') ? colours.gateway : colours.device)}]},
      options: {indexAxis: 'y', plugins: {legend: {display: false}},
                scales: {x: {beginAtZero: true, ticks: {precision: 0}}, y: {ticks: {autoSkip: false}}}}
    });
    make('p', 'hint', '\u201cgateway\u201d: the message could not be transformed and never became a record. Everything else is a record that was judged.', why);
  }

  const fit = card(cards, 'Table fit in ' + data.geometry);
  const fitBody = table(fit, [['', ''], ['used', 'number'], ['limit', 'number'], ['', ''], ['', '']]);
  ['request', 'response'].forEach(name => {
    const part = data.table[name];
    meterRow(fitBody, name + ' entries', part.entries, part.entries_limit);
    meterRow(fitBody, name + ' actions', part.actions, part.actions_limit);
  });
  make('p', 'hint', 'States ' + count(data.table.request.states) + ' and ' + count(data.table.response.states) + ', transitions ' +
       count(data.table.request.transitions) + ' and ' + count(data.table.response.transitions) + ', density ' +
       data.table.request.density.toFixed(2) + ' and ' + data.table.response.density.toFixed(2) + '. The policy fits ' +
       (data.table.fits.length ? data.table.fits.join(', ') : 'no geometry') + '.', fit);

  const buffers = card(cards, 'Buffer use');
  const use = data.buffers;
  const useBody = table(buffers, [['', ''], ['most', 'number'], ['limit', 'number'], ['', ''], ['', '']]);
  meterRow(useBody, 'longest record (policy limit)', use.longest_record_bytes, use.record_limit_bytes, ' B');
  meterRow(useBody, 'longest record (buffer)', use.longest_record_bytes, use.buffer_bytes, ' B');
  meterRow(useBody, 'record buffers held at once', use.buffers_peak, use.buffers_per_pipeline);
  meterRow(useBody, 'outstanding requests', use.outstanding_peak, use.max_outstanding);
  make('p', 'hint', 'Requests without an answer in time: ' + shown(use.unanswered) + '. ' +
       (data.level === 'rtl' ? 'Messages of equal time enter back to back; buffers are those of one pipeline.' :
        data.level === 'lt' ? 'This level has no clock: how many buffers are held at once is seen at rtl.' :
        'This level has no device: buffers and transactions are seen at lt and rtl.'), buffers);

  const latency = data.timing && data.timing.latency;
  let throughputBeside = null;
  if (latency) {
    const box = throughputBeside = card(cards, 'Latency and throughput in device time');
    chart(box, 220, {
      type: 'bar',
      data: {labels: latency.histogram.map(bin => (bin.from_ns / 1000).toFixed(1) + '\u2013' + (bin.to_ns / 1000).toFixed(1)),
             datasets: [{data: latency.histogram.map(bin => bin.records), backgroundColor: colours.plain, categoryPercentage: 1, barPercentage: 0.94}]},
      options: {plugins: {legend: {display: false}},
                scales: {x: {title: {display: true, text: '\u00b5s'}}, y: {beginAtZero: true, ticks: {precision: 0}, title: {display: true, text: 'records'}}}}
    });
    make('p', 'hint', 'Median ' + time(latency.median_ns) + ', 99 % ' + time(latency.p99_ns) + ', most ' + time(latency.max_ns) +
         '. From the first byte of a record at the port to its verdict, with the clock at ' + data.timing.clock_hz / 1e6 + ' MHz.', box);
  }
  if (data.timing) {
    const box = throughputBeside || card(cards, 'Throughput in device time');
    const body = table(box, [['throughput', ''], ['MB/s', 'number'], ['records/s', 'number'], ['cycles per byte', 'number'], ['measured', 'number']]);
    ['request', 'response'].forEach(name => {
      const part = data.timing.throughput[name];
      const row = make('tr', '', null, body);
      make('td', '', name, row);
      make('td', 'number', part ? part.megabytes_per_second.toFixed(1) : unknown, row);
      make('td', 'number', part ? count(Math.round(part.records_per_second)) : unknown, row);
      make('td', 'number', part ? part.cycles_per_byte.toFixed(2) : unknown, row);
      make('td', 'number', part ? count(part.records) + ' records' : 'none accepted', row);
    });
    make('p', 'hint', 'The accepted records by turns, in bursts of as many as may be open at once, at ' + data.timing.clock_hz / 1e6 +
         ' MHz: record bytes from the first at the port to the last verdict of each burst.', box);
  }

  const list = make('section', 'card', null, page);
  make('h2', '', 'Verdicts', list);
  const tools = make('div', 'tools', null, list);
  const label = make('label', '', null, tools);
  const only = make('input', '', null, label);
  only.type = 'checkbox';
  label.appendChild(document.createTextNode(' only what was stopped'));
  const number = make('label', '', '', tools);
  const timed = Boolean(data.timing);
  make('p', 'hint', 'rejected: by the device. refused: by the gateway in front of it, which told its client why.', list).style.margin = '0 0 6px';
  const heads = [['id'], ['t, ms', 'number'], ['', ''], ['endpoint'], ['verdict'], ['reason'], ['field and rule'], ['at byte', 'number']];
  if (timed) heads.push(['latency', 'number']);
  const body = table(list, heads);
  body.parentNode.classList.add('verdicts');
  const named = (cell, name) => { cell.dataset.name = name; return cell; };  // said where the narrow page has no heads
  function fill() {
    body.replaceChildren();
    const chosen = data.messages.filter(message => !only.checked || message.verdict !== 'accept');
    chosen.slice(0, rowsMost).forEach(message => {
      const row = make('tr', '', null, body);
      make('td', 'code id', message.id, row);
      named(make('td', 'number', (message.t_us / 1000).toFixed(3), row), 't, ms');
      make('td', '', message.pipeline, row);
      make('td', 'code whole', message.endpoint ? message.endpoint.split('.').pop() : unknown, row).title = message.endpoint || '';
      const passed = message.verdict === 'accept';
      make('td', passed ? 'accept' : message.stopped_by === 'gateway' ? 'gateway' : 'reject',
           passed ? 'passed' : message.stopped_by === 'gateway' ? 'refused' : 'rejected', row);
      const reason = make('td', passed ? '' : 'why', null, row);
      if (!passed) {
        make('span', 'code', message.reason, reason);
        if (message.text) make('div', 'hint', message.text, reason).style.margin = '0';
      }
      const place = make('td', 'code place', message.path || '', row);
      if (message.rule) make('div', 'hint', message.rule, place).style.margin = '0';
      named(make('td', 'number', message.offset === null ? '' : message.offset + ' of ' + message.bytes, row), 'at byte');
      if (timed) named(make('td', 'number', time(message.latency_ns), row), 'latency');
    });
    number.textContent = count(Math.min(rowsMost, chosen.length)) + ' of ' + count(data.messages.length) + ' messages' +
        (chosen.length > rowsMost ? ' (the first; the JSON result has all)' : '');
  }
  only.addEventListener('change', fill);
  fill();
})();
