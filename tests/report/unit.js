// SPDX-License-Identifier: GPL-2.0-only
//
// The page's script without a page: figures, decoding, what plots ask of a series, the
// view's arithmetic. Run by tests/tools/report_script.sh.
'use strict';

const fs = require('fs'), path = require('path'), vm = require('vm');
const { test, run, equal, near, check } = require('./test.js');

const sources = path.join(__dirname, '../../user/report/html');
const text = ['format.js', 'data.js', 'draw.js', 'view.js', 'curve.js']
	.map(f => fs.readFileSync(path.join(sources, f), 'utf8')).join('\n');
const names = ['format', 'formatInterval', 'formatLayerEnergy', 'formatShare', 'formatRelative',
	'typeset', 'Series', 'decodeSpans', 'decodeFold', 'decodeRows', 'onRail', 'typeTotals', 'lowerBound',
	'View', 'niceStep', 'ticks', 'tickLabel', 'UNITS', 'powerRange', 'drawSpans', 'makeBox',
	'drawCurve', 'SvgPen', 'phaseName', 'countRuns', 'makeTrack', 'trackAt', 'formatTrack'];
const page = vm.runInNewContext('(function(){' + text + '\nreturn {' + names.join(',') + '};})()',
	{ atob, Uint8Array, document: { createElement: () => ({ getContext: () => ({
		measureText: t => ({ width: 6 * t.length }) }) }) }, window: {} });

const b64 = (array, Type) => Buffer.from(new Type(array).buffer).toString('base64');
const u16 = array => b64(array, Uint16Array), u32 = array => b64(array, Uint32Array);
const f32 = array => b64(array, Float32Array);

// The same cases as tests/unit/test_report.c has for the tables in a terminal.
test('figures', () => {
	equal(page.format('time_us', 0.5), '500 ns');
	equal(page.format('time_us', 1), '1.00 µs');
	equal(page.format('time_us', 999.7), '1.00 ms');
	equal(page.format('time_us', 1234567), '1.23 s');
	equal(page.format('energy_uj', 0), '0');
	equal(page.format('energy_uj', null), '–');
	equal(page.format('energy_uj', NaN), '–');
	equal(page.format('energy_uj', -45600), '−45.6 mJ');
	equal(page.format('energy_uj', 5.55e-4), '555 pJ');
	equal(page.format('power_mw', 2500), '2.50 W');
	equal(page.format('count', 665784864), '666 M');
	equal(page.format('count', 56), '56');
	equal(page.format('bytes', 1536), '1.50 KiB');
});

test('intervals', () => {
	equal(page.formatInterval('energy_uj', 12345, 123), '12.35 ± 0.12 mJ');
	equal(page.formatInterval('energy_uj', 3, 14000), '0 ± 14 mJ');
	equal(page.formatInterval('energy_uj', 5000, null), '5.00 mJ');
	equal(page.formatInterval('energy_uj', 1314000, 13000), '1.314 ± 0.013 J');
	equal(page.formatLayerEnergy(12345, 123), '12.35 ± 0.12 mJ');
	equal(page.formatLayerEnergy(716, 447), '~ 716 ± 447 µJ');
	equal(page.formatLayerEnergy(266, 953), '< 1.22 mJ');
	equal(page.formatLayerEnergy(-300, 951), '< 951 µJ');
	equal(page.formatLayerEnergy(null, null), '–');
});

test('shares', () => {
	equal(page.formatShare(1, 4), '25.0 %');
	equal(page.formatShare(0.0002, 1), '0.02 %');
	equal(page.formatShare(0, 1), '0.0 %');
	equal(page.formatShare(null, 1), '–');
	equal(page.formatRelative(.0034), '0.34 %');
	equal(page.formatRelative(.021), '2.1 %');
	equal(page.formatRelative(.15), '15 %');
	equal(page.typeset('left out (-716 uJ, +-3 %), e-mail'), 'left out (−716 µJ, ±3 %), e-mail');
});

// 10 s in 10 buckets of 1 s, 0 to 9 W; of the first 2 s every 100 ms singly.
function makeSeries() {
	const level = [], begins = [], values = [];

	for (let i = 0; i < 10; i++)
		level.push(i * 1000, i * 1000, i * 1000);
	for (let i = 0; i < 20; i++) {
		begins.push(i ? 1e8 : 0);
		values.push(i < 10 ? 0 : 1000);
	}
	return new page.Series({ rail: 0, offset: 0, step: 1, level: { dt: 1e9, v: u16(level) },
		chunks: [{ t0: 0, dt: u32(begins), w: 5e7, v: u16(values) }] });
}

test('series', () => {
	const s = makeSeries();

	equal(s.chunks[0].begin[19], 1.9e9);
	check(s.isWhole(0, 1.5e9), 'the first 1.5 s are kept singly');
	check(!s.isWhole(0, 5e9), '5 s are not');
	near(s.mean(2.5e8, 7.5e8), 0, 0);
	near(s.mean(1.2e9, 1.6e9), 1000, 0);
	// Half of its windows lie in each second.
	near(s.mean(.5e9, 1.5e9), 500, 1e-9);
	near(s.mean(5.1e9, 5.9e9), 5000, 1e-9);
	check(Number.isNaN(s.mean(11e9, 12e9)), 'nothing is known behind the end');
});

test('columns keep the least and the most', () => {
	const level = [];

	for (let i = 0; i < 10000; i++)
		level.push(10, 20, i === 7777 ? 500 : 30);
	const s = new page.Series({ offset: 100, step: 2, level: { dt: 1e6, v: u16(level) }, chunks: [] });
	const c = s.columns(0, 1e10, 100);

	equal(Math.max(...c.most), 100 + 2 * 500);
	equal(c.most.indexOf(1100), 77);
	equal(Math.min(...c.least), 120);
	near(c.mean[3], 140, 1e-9);
	equal(c.scanned, 10000);
});

test('empty buckets stay empty', () => {
	const s = new page.Series({ offset: 0, step: 1, level: { dt: 1e9,
		v: u16([5, 5, 5, 65535, 0, 0, 7, 7, 7]) }, chunks: [] });
	const c = s.columns(0, 3e9, 3);

	equal(c.mean[0], 5);
	check(Number.isNaN(c.mean[1]), 'no sample, no value');
	equal(c.mean[2], 7);
});

test('samples are drawn as windows, many as columns', () => {
	const s = makeSeries(), pen = new page.SvgPen(500, 100, '#fff', 'a & b');
	let drawn = page.drawCurve(pen, page.makeBox(0, 0, 500, 100, 0, 1e9, 0, 10), s, '#000');

	check(drawn.single, 'few samples in 500 pixels are single');
	equal(drawn.points, 3 * 11);	// the one behind the edge, too
	drawn = page.drawCurve(pen, page.makeBox(0, 0, 500, 100, 0, 1e10, 0, 10000), s, '#000');
	check(!drawn.single, 'the whole is columns');
	check(drawn.points <= 3 * 500, drawn.points + ' points in 500 pixels');
	check(String(pen).includes('<title>a &amp; b</title>'), 'text in SVG is escaped');
});

test('spans', () => {
	const spans = page.decodeSpans({ chunks: [{ t0: 100, dt: u32([0, 50, 50]),
		length: f32([200, 20, -1]), id: u32([3, 4, 4294967295]), lane: u16([0, 1, 513]),
		name: u16([0, 1, 4096]) }], names: ['conv1', 'decode'] });

	equal(spans.length, 3);
	equal(spans[1].begin, 150);
	equal(spans[1].end, 170);
	equal(spans[1].depth, 1);
	check(spans[2].point && spans[2].end === spans[2].begin, 'a point has no length');
	equal(spans[1].name, 'decode');
	equal(spans[2].name, 'mark 4294967295');
	equal(spans[2].id, 4294967295);
	equal(spans[2].thread, 2);
});

test('spans of under a pixel share it', () => {
	const pen = new page.SvgPen(1000, 20, '#fff', ''), spans = [];

	for (let i = 0; i < 50000; i++)
		spans.push({ begin: i * 10, end: i * 10 + 9, id: i });
	const drawn = page.drawSpans(pen, page.makeBox(0, 0, 1000, 18, 0, 500000, 0, 1), spans,
		{ name: () => 'x', colour: s => '#' + s.id % 7, marked: () => false });

	check(drawn <= 1001, drawn + ' boxes in 1000 pixels');
	check(drawn > 990, 'every pixel has one');
});

test('phases', () => {
	equal(page.phaseName({ kind: 'run', first: 3, n: 1 }), 'inference 3');
	equal(page.phaseName({ kind: 'run', first: 3, n: 4 }), 'inferences 3–6');
	equal(page.phaseName({ kind: 'idle', first: 0, n: 1 }), 'idle');
	// after two warm-up runs the first one is called 2
	const counted = page.countRuns([{ kind: 'warmup', first: 0, n: 2 }, { kind: 'run', first: 2, n: 1 },
		{ kind: 'run', first: 3, n: 4 }]);

	equal(counted.map(p => p.first).join(), '0,1,2');
});

test('tracks', () => {
	const f = page.makeTrack({ kind: 'freq', index: 0, name: '', changes: 1, t: [0, 100],
		v: [1734000, null] });
	const t = page.makeTrack({ kind: 'temp', index: 1, name: 'CPU-therm', changes: 0, t: [50], v: [41500] });

	equal(f.title, 'clock of cpu0');
	equal(page.formatTrack(f, page.trackAt(f, 99)), '1.73 GHz');
	equal(page.formatTrack(f, page.trackAt(f, 100)), '–');
	check(Number.isNaN(page.trackAt(t, 49)), 'nothing is known before the first');
	equal(page.formatTrack(t, page.trackAt(t, 1e9)), '41.5 °C');
	equal(t.title, 'CPU-therm');
	equal(f.most, 1.734e9);
});

test('a value near a time', () => {
	const s = makeSeries();

	near(s.near(2.2e8, 1e6), 0, 0, 'within the window');
	near(s.near(1.07e9, 1e6), 1000, 0, 'between two windows');
	check(Number.isNaN(s.near(50e9, 1e6)), 'nothing is near');
});

function makeRows() {
	return page.decodeRows({
		rails: ['VDD_CPU', 'VDD_IN'], name: ['a', 'b', 'c'], index: [0, 1, 2], op: ['Conv', 'Relu', 'Gemm'],
		type: ['conv', 'activation', 'conv'], method: ['im2col', '', ''], mac: [2e6, 0, 1e6],
		time_us: [1000, 10, 500], samples: [9, 0, 4], energy_uj: [[3000, 5, 1000], [6000, 9, null]],
		ci95_uj: [[30, 20, 40], [60, 8, null]], events: [[7, 8, 9]], params: [100, 0, 200],
		bytes_in: [600, 4, null], bytes_out: [1000, 4, 8],
	}, [{ label: 'VDD_IN' }, { label: 'VDD_CPU' }]);
}

test('rows', () => {
	const rows = makeRows();

	// Rails by their labels, not by their places.
	equal(rows[0].energy_uj[1], 3000);
	equal(rows[0].energy_uj[0], 6000);
	equal(rows[0].bytes, 2000);
	equal(rows[0].macPerByte, 1000);
	near(rows[0].gmacs, 2, 1e-12);
	equal(rows[2].bytes, null);
	equal(rows[1].gmacs, null);
	const a = page.onRail(rows[0], 1), b = page.onRail(rows[1], 1), c = page.onRail(rows[2], 0);

	equal(a.power_mw, 3000);
	near(a.pjPerMac, 1500, 1e-9);
	check(a.resolved && !a.bounded, 'known to 1 %');
	check(b.bounded && b.power_mw === null, 'of a bound no power');
	equal(c.power_mw, null);
});

test('totals by type', () => {
	const totals = page.typeTotals(makeRows(), 1);

	equal(totals[0].type, 'conv');
	equal(totals[0].uj, 4000);
	near(totals[0].ci, 50, 1e-12);
	equal(totals[0].layers, 2);
	equal(page.typeTotals(makeRows(), -1)[0].uj, null);
});

test('fold', () => {
	const fold = page.decodeFold({ runs: 2, odd: 0, run_us: 30, segments: f32([0, 10, 10, 20]),
		id: u32([4294967295, 5]), rails: [{ rail: 0 }, { rail: 1, samples: 4,
			bins: { n: 1, v: u16([4, 1, 2, 3, 4]) }, points: u16([1, 2, 3]) }] });

	equal(fold.segments[0].id, null);
	equal(fold.segments[1].id, 5);
	equal(fold.segments[1].length, 20);
	equal(fold.rails[0].bins.length, 0);
	equal(fold.rails[1].points[2], 3);
});

test('view', () => {
	const v = new page.View(0, 1000, 10);
	let heard = 0;

	v.on(what => { heard += what === 'view'; });
	v.zoom(.5, 200);
	near(v.t0, 100, 1e-9);
	near(v.t1, 600, 1e-9);
	v.zoom(1e-9, 300);
	near(v.t1 - v.t0, 10, 1e-9);
	check(v.t0 <= 300 && v.t1 >= 300, 'the point stays in view');
	v.zoom(1e9);
	equal(v.t0, 0);
	equal(v.t1, 1000);
	v.show(900, 1100);
	equal(v.t1, 1000);
	equal(v.t0, 800);
	v.pan(-10);
	equal(v.t0, 0);
	equal(v.t1, 200);
	check(heard >= 5, heard + ' changes reported');
	heard = 0;
	v.show(0, 200);
	equal(heard, 0);
});

test('ticks', () => {
	equal(page.niceStep(1, 5), .2);
	equal(page.niceStep(2400, 5), 500);
	equal(page.ticks(0, 1, 5).length, 6);
	equal(page.tickLabel('time_us', 1500, 500, 3000), '1.5 ms');
	equal(page.tickLabel('time_us', 0, 500, 3000), '0');
	equal(page.tickLabel('power_mw', 200, 100, 900), '200 mW');
	equal(page.tickLabel('power_mw', 200, 100, 1200), '0.2 W');
});

run();
