// SPDX-License-Identifier: GPL-3.0-or-later
// Two measurements side by side: what the second takes more or less, per layer and in
// total, which differences are more than chance, and one inference of each.

function signed(text) {
	return text.startsWith('−') || text.startsWith('0') || text === NONE ? text : '+' + text;
}

function formatDifference(uj, ci) {
	return signed(formatInterval('energy_uj', uj, ci));
}

function formatChange(part, whole) {
	return isNumber(part) && whole > 0 ? signed(fixed(100 * part / whole, 1)) + ' %' : NONE;
}

const COMPARE_FOLD_H = 150;

// One side's layers as they are drawn, and its folded inference, if it was recorded.
class ComparedSide {
	constructor(json) {
		Object.assign(this, json);
		this.folded = json.fold ? decodeFold(json.fold) : null;
		this.scale = json.scale ? { step: json.scale.step,
			value: code => json.scale.offset + json.scale.step * code } : null;
		this.segments = this.folded ? foldSegments(this.folded) : [];
	}
}

class Comparison {
	constructor(json) {
		this.json = json;
		this.a = new ComparedSide(json.a);
		this.b = new ComparedSide(json.b);
		this.power = json.a.rail !== null && json.b.rail !== null;
		this.rows = json.layers.map((l, i) => ({ ...l, index: i,
			name: l.a && l.b && l.a.layer !== l.b.layer ? l.a.layer + ' = ' + l.b.layer :
				(l.a || l.b).layer, op: (l.a || l.b).op, method: (l.b || l.a).method }));
		this.types = [...new Set(this.rows.map(r => r.type))];
		this.byA = new Map(this.rows.filter(r => r.a).map(r => [r.a.index, r]));
		this.byB = new Map(this.rows.filter(r => r.b).map(r => [r.b.index, r]));
	}
}

class CompareTable extends SortedTable {
	constructor(shared) {
		super(shared, { id: 'layers', title: 'Layers', types: shared.report.types,
			caption: 'Energy and time of each layer in both measurements' });
		this.report = shared.report;
		this.fill();
		shared.on(before => this.mark(before));
	}

	rowsOf() {
		this.most = Math.max(...this.report.rows.map(r =>
			Math.abs(r.difference_uj || 0) + (r.ci95_uj || 0)), 1e-12);
		return this.report.rows;
	}

	hint() {
		const j = this.report.json;

		return !this.report.power ? 'No power was measured in both.' :
			'● differs: ' + j.differ + ' of ' + j.tested + ' layers, at a false discovery rate of 5 % ' +
			'over all of them.' + (j.differ_alone > j.differ ? ' ○ ' + (j.differ_alone - j.differ) +
			' more would at the 95 % level if each were looked at alone.' : '') +
			' ± is a 95 % interval of what differs each time it is measured.';
	}

	columns() {
		const side = (key, title, kind, of) => ({ key, title, csv: title, of,
			show: row => format(kind, of(row)) });
		const time = (row, s) => row[s] ? row[s].time_us : null;
		const energy = (row, s) => row[s] ? row[s].energy_uj : null;
		const change = row => row.a && row.b && row.a.time_us > 0 ?
			(row.b.time_us - row.a.time_us) / row.a.time_us : null;
		const relative = row => isNumber(row.difference_uj) && row.a.energy_uj > 0 ?
			row.difference_uj / row.a.energy_uj : null;
		const times = [
			side('time_a', 'Time A', 'time_us', row => time(row, 'a')),
			side('time_b', 'Time B', 'time_us', row => time(row, 'b')),
			{ key: 'time_change', title: '% of time', of: change,
				show: row => formatChange(change(row), 1) },
		];
		const rest = [
			{ key: 'op', title: 'Operator', left: true, of: row => row.op, show: row => row.op },
			{ key: 'method', title: 'Method', left: true, of: row => row.method || '',
				show: row => row.a && row.b && row.a.method !== row.b.method ?
					(row.a.method || NONE) + ' → ' + (row.b.method || NONE) : row.method || NONE },
		];

		if (!this.report.power)
			return [{ key: 'index', title: 'Layer', of: row => row.index }, ...times.slice(1),
				times[0], ...rest];
		return [
			{ key: 'index', title: 'Layer', of: row => row.index },
			// The greatest change first, whichever way it goes.
			{ key: 'difference', title: 'B − A ± 95 %', csv: 'difference_uj',
				of: row => row.difference_uj, order: row => isNumber(row.difference_uj) ?
					Math.abs(row.difference_uj) : null,
				show: row => row.a && row.b ? formatDifference(row.difference_uj, row.ci95_uj) :
					row.a ? 'only in A' : 'only in B' },
			{ key: 'change', title: '% of A', of: relative, show: row => formatChange(relative(row), 1) },
			{ key: 'p', title: 'p', tip: 'of a difference as large by chance', of: row => row.p,
				show: row => isNumber(row.p) ? (row.p < 1e-4 ? '< 0.0001' : row.p.toPrecision(2)) : NONE },
			side('energy_a', 'Energy A', 'energy_uj', row => energy(row, 'a')),
			side('energy_b', 'Energy B', 'energy_uj', row => energy(row, 'b')),
			...times, ...rest,
		];
	}

	firstCell(row) {
		const mark = row.differs ? '●' : row.differs_alone ? '○' : '';
		const cell = super.firstCell(row);

		if (mark)
			cell.append(el('b', { class: 'verdict', title: row.differs ? 'differs' :
				'differs if looked at alone' }, ' ' + mark));
		return cell;
	}

	// The figure, and a bar from the middle: less to the left, more to the right.
	secondCell(row, c) {
		if (!this.report.power)
			return el('td', { class: 'second' }, c.show(row));
		const d = row.difference_uj, ci = row.ci95_uj;
		const at = v => Math.min(100, Math.max(0, 50 + 50 * v / this.most));
		const place = (from, to) => ({ left: from.toFixed(2) + '%', width: (to - from).toFixed(2) + '%' });

		return el('td', { class: 'second' + (row.differs ? ' sure' : ' dim') },
			el('span', { class: 'figure' }, c.show(row)),
			isNumber(d) ? el('span', { class: 'bar both ' + (d < 0 ? 'less' : 'more'),
				'aria-hidden': 'true' },
				el('i', { style: place(at(Math.min(0, d)), at(Math.max(0, d))) }),
				isNumber(ci) ? el('u', { style: place(at(d - ci), at(d + ci)) }) : null) : null);
	}

	footRows() {
		const j = this.report.json, whole = (name, of, time) => el('tr', { class: 'total' },
			this.now.map((c, i) => i === 0 ? el('th', { scope: 'row', class: 'l first' }, name) :
				el('td', { class: (c.left ? 'l ' : '') + this.sticky(i) }, {
					difference: () => formatDifference(of.difference_uj, of.ci95_uj),
					change: () => formatChange(of.difference_uj, of.a_uj),
					energy_a: () => format('energy_uj', of.a_uj),
					energy_b: () => format('energy_uj', of.b_uj),
					time_a: () => time ? format('time_us', j.time.a_us) : '',
					time_b: () => time ? format('time_us', j.time.b_us) : '',
					time_change: () => time ? formatChange(j.time.b_us - j.time.a_us, j.time.a_us) : '',
				}[c.key]?.() ?? '')));

		return [whole('one inference', j.total, true)];
	}
}

// The folded inferences of both, on one axis of time and one of power.
class ComparePlot {
	constructor(shared) {
		this.shared = shared;
		this.report = shared.report;
		this.sides = [['A', this.report.a, this.report.byA, 0], ['B', this.report.b, this.report.byB, 1]]
			.filter(s => s[1].folded && s[1].scale);
		const longest = Math.max(...this.sides.map(s => s[1].folded.run_us)) * 1e3;

		this.view = new View(0, longest, Math.min(20e3, longest));
		this.build();
		this.redraw = onceAFrame(() => this.draw());
		this.view.on(() => this.redraw());
		shared.on(() => this.redraw());
	}

	build() {
		this.canvas = el('canvas', { role: 'img', 'aria-label':
			'Power over one inference of each measurement' });
		this.plot = el('div', { class: 'plot', tabindex: 0, role: 'application',
			'aria-roledescription': 'time line', 'aria-label': 'One inference of each. Plus and minus ' +
			'zoom, arrow keys pan, 0 shows everything.' }, this.canvas);
		this.hands = new Hands(this.plot, this.view, () => this.axis(), {
			hover: e => this.hover(e),
			zoomTo: t => this.view.zoom(.4, t),
		});
		this.element = el('section', { class: 'card', id: 'inference', 'aria-labelledby': 'inference-h' },
			el('div', { class: 'head' }, el('h2', { id: 'inference-h' }, 'One inference of each'),
				el('div', { class: 'buttons' }, el('span', { class: 'group' },
					el('button', { type: 'button', 'aria-label': 'Zoom out',
						onclick: () => this.view.zoom(1.6) }, '−'),
					el('button', { type: 'button', 'aria-label': 'Zoom in',
						onclick: () => this.view.zoom(1 / 1.6) }, '+'),
					el('button', { type: 'button', 'aria-label': 'All: show the whole inference',
						onclick: () => this.view.all() }, 'All')))),
			this.plot, el('div', { class: 'foot' }, el('p', { class: 'hint' },
				'All inferences of each laid over each other, on one scale. Steps: what attribution found.'),
			saveButtons('inferences', () => this.toSvg(), () => this.canvas)));
		new ResizeObserver(() => this.redraw()).observe(this.plot);
	}

	axis() {
		const left = this.width < 560 ? 52 : 64;

		return { left, width: this.width - left - 10 };
	}

	height() {
		return this.sides.length * (18 + COMPARE_FOLD_H + 12) + 20;
	}

	draw() {
		this.width = Math.max(280, this.plot.clientWidth);
		this.plot.style.height = this.height() + 'px';
		this.paint(new CanvasPen(this.canvas, this.width, this.height()));
	}

	paint(pen) {
		const ranges = this.sides.map(s => powerRange({ offset: s[1].scale.value(0),
			value: code => s[1].scale.value(code) }));
		const low = Math.min(...ranges.map(r => r[0])), high = Math.max(...ranges.map(r => r[1]));
		const { left, width } = this.axis();
		let y = 0, box;

		for (const [letter, side, rows, colour] of this.sides) {
			const row = s => rows.get(s.id);
			const type = s => row(s) ? typeColour(row(s).type) : theme.types[8];
			const marked = s => this.shared.marked && row(s) === this.shared.marked;

			drawSpans(pen, makeBox(left, y, width, 18, this.view.t0, this.view.t1, 0, 1), side.segments,
				{ name: s => row(s) ? (row(s)[letter.toLowerCase()] || {}).layer || '' : '',
					colour: type, marked });
			box = makeBox(left, y + 22, width, COMPARE_FOLD_H, this.view.t0, this.view.t1, low, high);
			drawFoldBands(pen, box, side.segments, type, marked);
			drawPowerAxis(pen, box, 4);
			drawFold(pen, box, side.folded, 0, side.scale, theme['r' + colour]);
			drawSteps(pen, box, side.segments, s => this.step(row(s), letter.toLowerCase()));
			pen.text(letter + ', ' + side.rail, box.x + 6, box.y + 12,
				 { fill: theme['r' + colour], weight: 600 });
			y += 18 + COMPARE_FOLD_H + 12;
		}
		if (box)
			drawTimeAxis(pen, box, y + 12);
	}

	step(row, letter) {
		const one = row && row[letter];

		return one && isNumber(one.energy_uj) && !onlyBounded(one.energy_uj, one.ci95_uj) &&
			one.time_us > 0 ? { power_mw: one.energy_uj / one.time_us * 1e3,
				ci_mw: (one.ci95_uj || 0) / one.time_us * 1e3,
				resolved: isResolved(one.energy_uj, one.ci95_uj) } : null;
	}

	hover(e) {
		const y = e.clientY - this.plot.getBoundingClientRect().top;
		const at = Math.min(this.sides.length - 1, Math.floor(y / (18 + COMPARE_FOLD_H + 12)));
		const [, side, rows] = this.sides[Math.max(0, at)];
		const s = side.segments.find(x => x.begin <= this.view.cursor && this.view.cursor < x.end);

		this.shared.set({ hovered: (s && rows.get(s.id)) || null });
	}

	toSvg() {
		const pen = new SvgPen(this.width, this.height(), theme.card, 'One inference of each');

		this.paint(pen);
		return pen.toString();
	}
}

function compareHead(report) {
	const j = report.json, side = (letter, s) => el('p', { class: 'sub' },
		el('b', { class: 'letter r' + (letter === 'A' ? 0 : 1) }, letter),
		[s.network, s.rail, s.runs ? s.runs + (s.runs === 1 ? ' inference' : ' inferences') : null,
			s.file].filter(x => x).join(' · '));
	const figure = (value, label, more, main) => el('div', { class: main ? 'figure main' : 'figure' },
		el('b', {}, value), el('span', {}, label), more ? el('small', {}, more) : null);
	const t = j.total, times = [j.time.a_us, j.time.b_us];
	const time = figure(signed(formatInterval('time_us', times[1] - times[0], j.time.ci95_us)),
		'time of an inference', formatChange(times[1] - times[0], times[0]) + ': ' +
		format('time_us', times[0]) + ' → ' + format('time_us', times[1]), !report.power);

	return el('div', { class: 'summary' },
		el('header', {}, el('div', {}, el('h1', {}, j.a.network + (j.b.network === j.a.network ? '' :
			' and ' + j.b.network) + ', compared'), side('A', j.a), side('B', j.b)),
		el('div', { class: 'switches' }, el('button', { type: 'button', class: 'theme',
			'aria-label': 'Light or dark', title: 'Light or dark', onclick: switchTheme }, '◐'))),
		el('div', { class: 'figures' },
			report.power ? figure(formatDifference(t.difference_uj, t.ci95_uj),
				'energy of an inference, B − A', formatChange(t.difference_uj, t.a_uj) + ': ' +
				format('energy_uj', t.a_uj) + ' → ' + format('energy_uj', t.b_uj) +
				(t.differs ? '' : '; no more than chance'), true) : null,
			report.power && isNumber(j.net.difference_uj) ? figure(
				formatDifference(j.net.difference_uj, j.net.ci95_uj), 'of it above idle',
				formatChange(j.net.difference_uj, j.net.a_uj)) : null,
			time,
			report.power ? figure(j.differ + ' of ' + j.tested, 'layers differ',
				'false discovery rate 5 %') : null),
		j.set_up.length ? el('ul', { class: 'set-up', 'aria-label': 'What was made differently' },
			j.set_up.map(s => el('li', {}, el('span', { class: 'dim' }, s.key + ' '),
				s.a === null ? '(none)' : s.a, ' → ', el('b', {}, s.b === null ? '(none)' : s.b)))) : null,
		report.power ? el('p', { class: j.same_sensor ? 'good' : 'findings warning' }, j.same_sensor ?
			'One board, one sensor: its offset and gain are common to both and cancel' +
				(isNumber(j.sensor_u95_uj) ? ', but for ± ' + format('energy_uj', j.sensor_u95_uj) +
				' of the whole difference.' : '.') :
			'Not measured by one sensor of one board, as far as is recorded: offset and gain do not ' +
				'cancel, and are not in the intervals' + (isNumber(j.sensor_u95_uj) ? ': ± ' +
				format('energy_uj', j.sensor_u95_uj) + ' of the whole difference.' : '.')) : null);
}

function startComparison() {
	const report = new Comparison(JSON.parse(document.getElementById('comparison').textContent));
	const shared = new Shared(report);

	readTheme();
	const table = new CompareTable(shared);
	const plot = report.a.folded || report.b.folded ? new ComparePlot(shared) : null;
	const app = el('main', { id: 'app' }, compareHead(report), table.element,
		plot ? plot.element : null,
		el('footer', {}, 'Made by SyNERGY. This page loads nothing and sends nothing.'));
	const redraw = () => {
		readTheme();
		if (plot)
			plot.redraw();
	};

	window.addEventListener('synergy-theme', redraw);
	matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
	document.getElementById('static').before(app);
	document.documentElement.classList.add('js');
	window.synergyReport = { report, shared, table, plot };
}
