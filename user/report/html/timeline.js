// SPDX-License-Identifier: GPL-3.0-or-later
// Power of every rail over the recording's time, with what the program was doing: phases
// and layers as named bands; zoom, pan, values under the pointer, a range's energy.

const STEP_H = 40;
const MINI_H = 34, AXIS_H = 20, LANE_H = 18, MAIN_H = 190, SIDE_H = 74, TRACK_GAP = 10;
const MOST_LANES = 8;
const LEAST_VIEW_NS = 20e3;

class Timeline {
	constructor(shared) {
		this.shared = shared;
		this.report = shared.report;
		this.view = new View(0, this.report.span_ns, Math.min(LEAST_VIEW_NS, this.report.span_ns));
		this.hidden = new Set();
		this.stats = {};
		this.lanes = this.findLanes();
		this.build();
		this.redraw = onceAFrame(() => this.draw());
		this.redrawOver = onceAFrame(() => this.drawOver());
		this.view.on(what => {
			if (what === 'view')
				this.redraw();
			this.redrawOver();
			if (what === 'range')
				this.showRange();
		});
		shared.on(() => this.redraw());
	}

	// A row of boxes for each thread and depth that has marks.
	findLanes() {
		const keys = new Map();

		for (const s of this.report.spans)
			keys.set(s.thread * 256 + s.depth, { thread: s.thread, depth: s.depth, spans: [] });
		for (const s of this.report.spans)
			keys.get(s.thread * 256 + s.depth).spans.push(s);
		const warm = this.report.phases.filter(p => p.kind === 'warmup');

		for (const s of this.report.spans)
			s.warm = warm.some(p => s.begin >= p.begin && s.begin < p.end);
		return [...keys].sort((a, b) => a[0] - b[0]).map(k => k[1]).slice(0, MOST_LANES);
	}

	build() {
		this.canvas = el('canvas', { role: 'img', 'aria-label': this.describe() });
		this.over = el('canvas', { class: 'over', 'aria-hidden': 'true' });
		this.tip = el('div', { class: 'tip', hidden: true });
		this.live = liveRegion();
		this.plot = el('div', { class: 'plot', tabindex: 0, role: 'application',
			'aria-roledescription': 'time line',
			'aria-label': 'Power over time. Plus and minus zoom, arrow keys pan, 0 shows everything.' },
			this.canvas, this.over, this.tip);
		this.below = el('div', { class: 'below' });
		this.hands = new Hands(this.plot, this.view, () => this.axis(), {
			hover: e => this.hover(e),
			click: (t, e) => this.click(t, e),
			zoomTo: t => this.zoomTo(t),
			spoken: () => this.speak(),
		});
		this.element = el('section', { class: 'card', id: 'timeline', 'aria-labelledby': 'timeline-h' },
			el('div', { class: 'head' },
				el('h2', { id: 'timeline-h' }, 'Power over time'), this.buttons()),
			this.legend(), this.plot, this.below, this.live,
			el('div', { class: 'foot' },
				el('p', { class: 'hint' }, 'Drag to measure a range; double-click an inference or a ' +
					'layer to fill the view with it. Ctrl + wheel zooms, Shift + drag pans. ' +
					'With the plot in focus: + − ← → 0.'),
				saveButtons('power', () => this.toSvg(), () => this.canvas,
					el('button', { type: 'button', 'aria-label': 'Save samples in view as CSV',
						onclick: () => this.saveCsv() }, 'CSV'))));
		new ResizeObserver(() => this.redraw()).observe(this.plot);
		this.showRange();
	}

	describe() {
		const r = this.report;

		return 'Power of ' + r.rails.map(x => x.label + ' (mean ' + format('power_mw', x.mean_mw) +
			')').join(', ') + ' over ' + format('time_us', r.span_ns / 1e3) + ', with ' +
			r.phases.filter(p => p.kind === 'run').length + ' inferences marked';
	}

	buttons() {
		const button = (label, text, f) => el('button', { type: 'button', 'aria-label': label,
			title: label, onclick: () => { f(); this.speak(); } }, text);

		this.runs = this.report.phases.filter(p => p.kind === 'run');
		return el('div', { class: 'buttons' },
			this.runs.length ? el('span', { class: 'group' },
				button('Previous inference', '‹', () => this.stepRun(-1)),
				button('One inference', 'One inference', () => this.stepRun(0)),
				button('Next inference', '›', () => this.stepRun(1))) : null,
			el('span', { class: 'group' },
				button('Zoom out', '−', () => this.view.zoom(1.6)),
				button('Zoom in', '+', () => this.view.zoom(1 / 1.6)),
				button('All: show the whole recording', 'All', () => this.view.all())));
	}

	legend() {
		return el('div', { class: 'legend' }, this.report.rails.map((rail, i) => {
			const box = el('input', { type: 'checkbox', id: 'show-rail-' + i });

			box.checked = true;
			box.addEventListener('change', () => {
				this.hidden[box.checked ? 'delete' : 'add'](i);
				this.redraw();
			});
			return el('label', { for: 'show-rail-' + i, class: 'r' + i % 6 }, box,
				el('i', { class: 'swatch' }), rail.label,
				el('span', { class: 'dim' }, ' ' + format('power_mw', rail.mean_mw)));
		}));
	}

	// The inference at the view's middle, the one before or the one behind it.
	stepRun(by) {
		const middle = (this.view.t0 + this.view.t1) / 2;
		let at = this.runs.findIndex(r => r.end > middle);

		if (at < 0)
			at = this.runs.length - 1;
		const inside = this.view.t1 - this.view.t0 < 1.5 * (this.runs[at].end - this.runs[at].begin);

		at = Math.max(0, Math.min(this.runs.length - 1, inside ? at + by : at));
		this.fill(this.runs[at]);
	}

	fill({ begin, end }) {
		this.view.show(begin - .02 * (end - begin), end + .02 * (end - begin));
	}

	speak() {
		const v = this.view;

		this.live.textContent = 'Showing ' + format('time_us', v.t0 / 1e3) + ' to ' +
			format('time_us', v.t1 / 1e3);
	}

	/* ---- where things are ---- */

	gutter() {
		return this.width < 560 ? 58 : 64;
	}

	axis() {
		return { left: this.gutter(), width: this.width - this.gutter() - 10 };
	}

	layout() {
		const shown = this.report.series.map((s, i) => i).filter(i => !this.hidden.has(i));
		const main = shown.includes(this.shared.rail) ? this.shared.rail : shown[0];
		const tracks = [];
		let y = MINI_H + AXIS_H + 4;
		const add = (kind, h, more) => {
			tracks.push({ kind, y, h, ...more });
			y += h;
		};

		if (this.report.phases.length)
			add('phases', LANE_H);
		this.lanes.forEach((lane, i) => {
			const another = i && this.lanes[i - 1].thread !== lane.thread;

			y += another ? 5 : 1;
			add('lane', LANE_H, { lane });
		});
		for (const i of [main, ...shown.filter(i => i !== main)]) {
			if (i === undefined)
				continue;
			y += TRACK_GAP;
			add('rail', i === main ? MAIN_H : SIDE_H, { rail: i, main: i === main });
		}
		for (const step of this.report.tracks) {
			y += TRACK_GAP;
			add('step', STEP_H, { step });
		}
		return { tracks, height: y + 4 };
	}

	box(track, low = 0, high = 1) {
		const { left, width } = this.axis();

		return makeBox(left, track.y, width, track.h, this.view.t0, this.view.t1, low, high);
	}

	/* ---- drawing ---- */

	draw() {
		this.width = Math.max(280, this.plot.clientWidth);
		this.now = this.layout();
		this.plot.style.height = this.now.height + 'px';
		this.paint(new CanvasPen(this.canvas, this.width, this.now.height));
		this.drawOver();
	}

	paint(pen) {
		const stats = { scanned: 0, points: 0, spans: 0 };

		this.drawMini(pen);
		drawTimeAxis(pen, this.box({ y: 0, h: 0 }), MINI_H + AXIS_H - 2);
		for (const track of this.now.tracks) {
			if (track.kind === 'phases')
				this.drawPhases(pen, track, stats);
			else if (track.kind === 'lane')
				this.drawLane(pen, track, stats);
			else if (track.kind === 'step')
				this.drawStep(pen, track);
			else
				this.drawRail(pen, track, stats);
		}
		this.stats = stats;
	}

	drawMini(pen) {
		const { left, width } = this.axis(), all = this.report.span_ns;
		const series = this.report.series[Math.max(0, this.shared.rail)];

		if (!series)
			return;
		const [low, high] = powerRange(series), box = makeBox(left, 2, width, MINI_H - 4, 0, all, low, high);

		pen.rect(left, 2, width, MINI_H - 4, theme.hover, .5);
		for (const p of this.report.phases)
			if (p.kind !== 'run')
				pen.rect(box.px(p.begin), 2, Math.max(1, box.px(p.end) - box.px(p.begin)),
					 MINI_H - 4, theme[p.kind], .18);
		drawColumns(pen, box, series, theme.dim, 1);
		const x0 = box.px(this.view.t0), x1 = Math.max(x0 + 3, box.px(this.view.t1));

		if (x1 - x0 < width - 1) {
			pen.rect(x0, 2, x1 - x0, MINI_H - 4, theme.accent, .16);
			pen.line([x0, 2, x1, 2, x1, MINI_H - 2, x0, MINI_H - 2, x0, 2], theme.accent, 1.5);
		}
	}

	drawPhases(pen, track, stats) {
		const box = this.box(track);

		for (const p of this.report.phases) {
			const x0 = Math.max(box.x, box.px(p.begin)), x1 = Math.min(box.x + box.w, box.px(p.end));

			if (x1 < box.x || x0 > box.x + box.w)
				continue;
			stats.spans++;
			pen.rect(x0, box.y, Math.max(1, x1 - x0 - 1), box.h, theme[p.kind], .28);
			const text = fitText(pen, phaseName(p), x1 - x0 - 8, 10.5);

			if (text)
				pen.text(text, x0 + 4, box.y + 12.5, { fill: theme.fg, size: 10.5 });
		}
		this.label(pen, track, '');
	}

	label(pen, track, text) {
		const fitted = fitText(pen, text, this.gutter() - 8, 10);

		if (fitted)
			pen.text(fitted, this.gutter() - 7, track.y + 12.5,
				 { fill: theme.dim, size: 10, align: 'end' });
	}

	drawLane(pen, track, stats) {
		const threads = this.report.json.spans.threads;

		stats.spans += drawSpans(pen, this.box(track), track.lane.spans, {
			name: s => this.report.spanName(s),
			colour: s => this.spanColour(s),
			marked: s => this.isMarked(s),
		});
		if (threads.length > 1 && !track.lane.depth)
			this.label(pen, track, 'thread ' + threads[track.lane.thread]);
	}

	spanColour(span) {
		const row = this.report.byIndex.get(span.id);

		return row ? typeColour(row.type) : theme.types[span.id % 8];
	}

	isMarked(span) {
		const marked = this.shared.marked;

		return marked && marked.index === span.id;
	}

	drawRail(pen, track, stats) {
		const series = this.report.series[track.rail];
		const [low, high] = powerRange(series, track.main ? .1 : .4);
		const box = this.box(track, low, high), colour = theme['r' + track.rail % 6];

		if (track.main)
			this.drawBands(pen, box);
		drawPowerAxis(pen, box, track.main ? 5 : 2);
		const drawn = drawCurve(pen, box, series, colour);

		stats.scanned += drawn.scanned;
		stats.points += drawn.points;
		if (track.main)
			this.drawAttributed(pen, box);
		pen.text(this.report.rails[track.rail].label, box.x + 6, box.y + 12,
			 { fill: colour, size: 11, weight: 600 });
		if (!drawn.single && track.main && !series.isWhole(this.view.t0, this.view.t1))
			pen.text('mean, least and most of ' + format('time_us', series.dt / 1e3) +
				'; single samples are kept at both ends', box.x + box.w - 6, box.y + 12,
				{ fill: theme.dim, size: 10.5, align: 'end' });
	}

	// A value that holds until the next: a frequency, a temperature.
	drawStep(pen, track) {
		const { step } = track, range = step.most - step.least || Math.abs(step.most) * .1 || 1;
		const box = this.box(track, step.least - .25 * range, step.most + .6 * range), line = [];

		pen.line([box.x, box.y + box.h, box.x + box.w, box.y + box.h], theme.grid);
		pen.clip(box.x, box.y, box.w, box.h);
		for (let i = 0; i < step.t.length; i++) {
			const end = i + 1 < step.t.length ? step.t[i + 1] : this.report.span_ns;

			line.push(box.px(step.t[i]), box.py(step.v[i]), box.px(end), box.py(step.v[i]));
		}
		pen.line(line, theme.fg, 1.3, .75);
		pen.unclip();
		pen.text(step.title, box.x + 6, box.y + 11, { fill: theme.dim, weight: 600 });
		pen.text(formatTrack(step, step.most), box.x - 7, Math.max(box.y + 9, box.py(step.most) + 3.5),
			 { fill: theme.dim, align: 'end' });
	}

	// Layers behind the main curve, and what is neither.
	drawBands(pen, box) {
		for (const p of this.report.phases)
			if (p.kind !== 'run' && p.end > box.t0 && p.begin < box.t1) {
				const x0 = Math.max(box.x, box.px(p.begin));

				pen.rect(x0, box.y, Math.min(box.x + box.w, box.px(p.end)) - x0, box.h,
					 theme[p.kind], .1);
			}
		if (!this.lanes.length)
			return;
		for (const s of this.lanes[0].spans) {
			const x0 = Math.max(box.x, box.px(s.begin)), x1 = Math.min(box.x + box.w, box.px(s.end));
			const marked = this.isMarked(s);

			if (x1 - x0 < (marked ? .2 : 2) || s.warm)
				continue;
			pen.rect(x0, box.y, Math.max(1, x1 - x0), box.h, this.spanColour(s), marked ? .34 : .11);
		}
	}

	// What attribution found: each layer's mean power while it runs.
	drawAttributed(pen, box) {
		if (!this.lanes.length || this.shared.rail < 0)
			return;
		pen.clip(box.x, box.y, box.w, box.h);
		for (const s of this.lanes[0].spans) {
			const row = this.report.byIndex.get(s.id);
			const x0 = box.px(s.begin), x1 = box.px(s.end);

			if (!row || s.warm || x1 - x0 < 8 || x1 < box.x || x0 > box.x + box.w)
				continue;
			const { power_mw, resolved } = onRail(row, this.shared.rail);

			if (power_mw !== null)
				pen.line([x0, box.py(power_mw), x1, box.py(power_mw)], theme.fg, 1.5, .8,
					 resolved ? null : [3, 3]);
		}
		pen.unclip();
	}

	/* ---- pointer and range ---- */

	drawOver() {
		if (!this.now)
			return;
		const pen = new CanvasPen(this.over, this.width, this.now.height);
		const box = this.box({ y: MINI_H + AXIS_H + 2, h: this.now.height - MINI_H - AXIS_H - 4 });
		const { range, cursor } = this.view;

		if (range) {
			const x0 = Math.max(box.x, box.px(range[0])), x1 = Math.min(box.x + box.w, box.px(range[1]));

			if (x1 > x0) {
				pen.rect(x0, box.y, x1 - x0, box.h, theme.accent, .14);
				pen.line([x0, box.y, x0, box.y + box.h], theme.accent, 1.2);
				pen.line([x1, box.y, x1, box.y + box.h], theme.accent, 1.2);
			}
		}
		if (cursor !== null)
			pen.line([box.px(cursor), box.y, box.px(cursor), box.y + box.h], theme.fg, 1, .45);
		this.tip.hidden = cursor === null;
	}

	spansAt(t) {
		const out = [];

		for (const lane of this.lanes) {
			const s = lane.spans.find(x => x.begin <= t && t < x.end);

			if (s)
				out.push(s);
		}
		return out;
	}

	hover(e) {
		const t = this.view.cursor, spans = this.spansAt(t);
		const phase = this.report.phases.find(p => p.begin <= t && t < p.end);
		const inner = spans[spans.length - 1];
		const pixel = (this.view.t1 - this.view.t0) / this.axis().width;
		const row = spans.map(s => this.report.byIndex.get(s.id)).find(r => r);

		this.shared.set({ hovered: row || null });
		this.tip.replaceChildren(
			el('b', {}, inner ? this.report.spanName(inner) : phase ? phaseName(phase) : ' '),
			el('span', { class: 'dim' }, (inner && phase ? phaseName(phase) + ' · ' : '') +
				tickLabel('time_us', t / 1e3, niceStep(pixel / 1e3, .3), t / 1e3)),
			inner ? el('span', {}, (row ? row.op + ', ' : '') +
				format('time_us', (inner.end - inner.begin) / 1e3)) : '',
			...this.report.rails.map((rail, i) => {
				const mw = this.report.series[i].near(t, pixel);

				return Number.isNaN(mw) ? '' : el('span', { class: 'r' + i % 6 },
					el('i', { class: 'swatch' }), rail.label + ' ' + format('power_mw', mw));
			}),
			...this.report.tracks.map(track => el('span', { class: 'dim' },
				track.title + ' ' + formatTrack(track, trackAt(track, t)))));
		const place = e.clientX - this.plot.getBoundingClientRect().left;
		const width = this.tip.offsetWidth;

		this.tip.style.left = Math.max(0, Math.min(this.width - width,
			place + (place > this.width - width - 24 ? -width - 14 : 14))) + 'px';
		this.tip.style.top = MINI_H + AXIS_H + 44 + 'px';
	}

	click(t, e) {
		const y = e.clientY - this.plot.getBoundingClientRect().top;

		if (y < MINI_H) {	// the small picture of the whole: go there
			const { left, width } = this.axis();
			const x = e.clientX - this.plot.getBoundingClientRect().left - left;
			const at = x / width * this.report.span_ns, half = (this.view.t1 - this.view.t0) / 2;

			this.view.show(at - half, at + half);
			return;
		}
		const row = this.spansAt(t).map(s => this.report.byIndex.get(s.id)).find(r => r);

		this.shared.set({ selected: row && row !== this.shared.selected ? row : null });
	}

	zoomTo(t) {
		const phase = this.report.phases.find(p => p.begin <= t && t < p.end);
		const span = this.spansAt(t)[0];
		const whole = phase && this.view.t1 - this.view.t0 <= 1.2 * (phase.end - phase.begin);

		if (phase && !whole)
			this.fill(phase);
		else if (span)
			this.fill(span);
		else
			this.view.zoom(.5, t);
	}

	showRange() {
		const range = this.view.range;

		this.below.hidden = !range;
		if (!range)
			return;
		const us = (range[1] - range[0]) / 1e3;

		this.below.replaceChildren(
			el('b', {}, format('time_us', us) + ' chosen'),
			...this.report.rails.map((rail, i) => {
				const mw = this.report.series[i].mean(range[0], range[1]);

				return el('span', { class: 'r' + i % 6 }, el('i', { class: 'swatch' }), rail.label + ' ',
					el('b', {}, format('power_mw', mw)), ' mean, ',
					el('b', {}, format('energy_uj', mw * us / 1e3)));
			}),
			el('span', { class: 'dim' }, 'from the samples, not attributed'),
			el('span', { class: 'group' },
				el('button', { type: 'button', onclick: () => this.view.show(range[0], range[1]) },
					'Zoom to it'),
				el('button', { type: 'button', onclick: () => this.view.choose(null) }, 'Clear')));
	}

	/* ---- saving ---- */

	toSvg() {
		const pen = new SvgPen(this.width, this.now.height, theme.card, this.describe());

		this.paint(pen);
		return pen.toString();
	}

	saveCsv() {
		const [t0, t1] = this.view.range || [this.view.t0, this.view.t1];
		let text = csvLine(['rail', 'window_begin_ns', 'window_end_ns', 'power_mw']);

		this.report.series.forEach((series, i) => series.forSamples(t0, t1, (begin, end, mw) => {
			text += csvLine([this.report.rails[i].label, begin, end, Math.round(mw * 1e3) / 1e3]);
		}));
		download('samples.csv', 'text/csv', text);
	}
}
