// SPDX-License-Identifier: GPL-3.0-or-later
// One inference: all of them laid over each other (mean and spread), and below it a single
// one, on the same axis. Each layer's attributed mean power is drawn over both.

const NAMES_H = 18, FOLD_H = 190, ONE_H = 120, ONE_AXIS_H = 20;

class Inference {
	constructor(shared) {
		this.shared = shared;
		this.report = shared.report;
		this.fold = this.report.fold;
		this.runs = this.report.wholeRuns();
		this.at = Math.floor(this.runs.length / 2);
		this.view = new View(0, this.fold.run_us * 1e3, Math.min(20e3, this.fold.run_us * 1e3));
		this.segments = foldSegments(this.fold);
		this.stats = {};
		this.build();
		this.redraw = onceAFrame(() => this.draw());
		this.view.on(what => what === 'view' ? this.redraw() : this.drawOver());
		shared.on(() => this.redraw());
	}

	build() {
		this.canvas = el('canvas', { role: 'img', 'aria-label': this.describe() });
		this.over = el('canvas', { class: 'over', 'aria-hidden': 'true' });
		this.tip = el('div', { class: 'tip', hidden: true });
		this.live = liveRegion();
		this.plot = el('div', { class: 'plot', tabindex: 0, role: 'application',
			'aria-roledescription': 'time line', 'aria-label': 'One inference. Plus and minus zoom, ' +
			'arrow keys pan, 0 shows everything.' }, this.canvas, this.over, this.tip);
		this.hands = new Hands(this.plot, this.view, () => this.axis(), {
			hover: e => this.hover(e),
			click: t => this.click(t),
			zoomTo: t => this.zoomTo(t),
		});
		this.element = el('section', { class: 'card', id: 'inference',
			'aria-labelledby': 'inference-h' },
			el('div', { class: 'head' }, el('h2', { id: 'inference-h' }, 'One inference'),
				this.buttons()),
			this.plot, this.live,
			el('div', { class: 'foot' },
				el('p', { class: 'hint' }, 'Above: the samples of all ' + this.fold.runs +
					' inferences laid over each other, each where it lies within its layer; ' +
					'line: mean, band: one standard deviation. Steps: what attribution ' +
					'found, dashed where not resolved. Samples are means over their windows, ' +
					'so they smooth what is shorter.' + (this.fold.odd ? ' Left out: ' +
					this.fold.odd + ' inferences with other layers.' : '')),
				saveButtons('inference', () => this.toSvg(), () => this.canvas)));
		new ResizeObserver(() => this.redraw()).observe(this.plot);
	}

	describe() {
		return 'Power over one inference of ' + format('time_us', this.fold.run_us) + ', ' +
			this.fold.runs + ' inferences laid over each other';
	}

	buttons() {
		const button = (label, text, f) => el('button', { type: 'button', 'aria-label': label,
			title: label, onclick: f }, text);

		this.which = el('span', { class: 'dim which' });
		this.name();
		return el('div', { class: 'buttons' },
			this.runs.length > 1 ? el('span', { class: 'group' },
				button('Single inference before', '‹', () => this.step(-1)), this.which,
				button('Single inference behind', '›', () => this.step(1))) : null,
			el('span', { class: 'group' },
				button('Zoom out', '−', () => this.view.zoom(1.6)),
				button('Zoom in', '+', () => this.view.zoom(1 / 1.6)),
				button('All: show the whole inference', 'All', () => this.view.all())));
	}

	name() {
		if (this.runs.length)
			this.which.textContent = 'single: ' + this.runs[this.at].first;
	}

	step(by) {
		this.at = (this.at + by + this.runs.length) % this.runs.length;
		this.name();
		this.redraw();
	}

	axis() {
		const left = this.width < 560 ? 52 : 64;

		return { left, width: this.width - left - 10 };
	}

	height() {
		return NAMES_H + 6 + FOLD_H + ONE_AXIS_H + (this.runs.length ? ONE_H + 10 : 0) + 4;
	}

	box(y, h, low = 0, high = 1) {
		const { left, width } = this.axis();

		return makeBox(left, y, width, h, this.view.t0, this.view.t1, low, high);
	}

	draw() {
		this.width = Math.max(280, this.plot.clientWidth);
		this.plot.style.height = this.height() + 'px';
		this.paint(new CanvasPen(this.canvas, this.width, this.height()));
		this.drawOver();
	}

	paint(pen) {
		const rail = Math.max(0, this.shared.rail), series = this.report.series[rail];
		const [low, high] = powerRange(series);
		const names = this.box(0, NAMES_H), box = this.box(NAMES_H + 6, FOLD_H, low, high);

		drawSpans(pen, names, this.segments, {
			name: s => this.report.spanName(s),
			colour: s => this.colour(s),
			marked: s => this.isMarked(s),
		});
		drawFoldBands(pen, box, this.segments, s => this.colour(s), s => this.isMarked(s));
		drawPowerAxis(pen, box, 5);
		this.stats = drawFold(pen, box, this.fold, rail, series, theme['r' + rail % 6]);
		this.drawSteps(pen, box);
		pen.text(this.report.rails[rail].label + ', ' + this.fold.runs + ' inferences', box.x + 6,
			 box.y + 12, { fill: theme['r' + rail % 6], weight: 600 });
		drawTimeAxis(pen, box, box.y + box.h + 17);
		if (this.runs.length)
			this.paintOne(pen, series, rail, low, high);
	}

	paintOne(pen, series, rail, low, high) {
		const run = this.runs[this.at], y = NAMES_H + 6 + FOLD_H + ONE_AXIS_H + 8;
		const { left, width } = this.axis();
		const scale = (run.end - run.begin) / (this.fold.run_us * 1e3);
		const box = makeBox(left, y, width, ONE_H, run.begin + this.view.t0 * scale,
				    run.begin + this.view.t1 * scale, low, high);
		const same = this.box(y, ONE_H, low, high);

		drawFoldBands(pen, same, this.segments, s => this.colour(s), s => this.isMarked(s));
		drawPowerAxis(pen, box, 3);
		const drawn = drawCurve(pen, box, series, theme['r' + rail % 6], 1.2);

		this.stats.points += drawn.points;
		this.drawSteps(pen, same);
		pen.text('inference ' + run.first, box.x + 6, box.y + 12,
			 { fill: theme['r' + rail % 6], weight: 600 });
	}

	colour(span) {
		const row = this.report.byIndex.get(span.id);

		return row ? typeColour(row.type) : theme.types[8];
	}

	isMarked(span) {
		const marked = this.shared.marked;

		return marked && marked.index === span.id;
	}

	drawSteps(pen, box) {
		if (this.shared.rail >= 0)
			drawSteps(pen, box, this.segments, s => stepOf(this.report.byIndex.get(s.id),
				this.shared.rail));
	}

	drawOver() {
		const pen = new CanvasPen(this.over, this.width, this.height());
		const box = this.box(0, this.height());
		const { cursor, range } = this.view;

		if (range)
			pen.rect(box.px(range[0]), 0, box.px(range[1]) - box.px(range[0]), box.h, theme.accent, .14);
		if (cursor !== null)
			pen.line([box.px(cursor), 0, box.px(cursor), box.h], theme.fg, 1, .45);
		this.tip.hidden = cursor === null;
	}

	segmentAt(t) {
		return this.segments.find(s => s.begin <= t && t < s.end);
	}

	hover(e) {
		const t = this.view.cursor, s = this.segmentAt(t), rail = this.shared.rail;
		const row = s && this.report.byIndex.get(s.id);

		this.shared.set({ hovered: row || null });
		const of = row && rail >= 0 ? onRail(row, rail) : null;

		this.tip.replaceChildren(
			el('b', {}, s ? this.report.spanName(s) : 'between layers'),
			el('span', { class: 'dim' }, tickLabel('time_us', t / 1e3, niceStep(
				(this.view.t1 - this.view.t0) / this.axis().width / 1e3, .3), t / 1e3)),
			row ? el('span', {}, row.op + ', ' + format('time_us', row.time_us)) : '',
			of && isNumber(of.uj) ? el('span', {}, formatLayerEnergy(of.uj, of.ci)) : '',
			of && of.power_mw !== null ? el('span', {}, format('power_mw', of.power_mw)) : '');
		const place = e.clientX - this.plot.getBoundingClientRect().left;
		const width = this.tip.offsetWidth;

		this.tip.style.left = Math.max(0, Math.min(this.width - width,
			place + (place > this.width - width - 24 ? -width - 14 : 14))) + 'px';
		this.tip.style.top = NAMES_H + 12 + 'px';
	}

	click(t) {
		const s = this.segmentAt(t), row = s && this.report.byIndex.get(s.id);

		this.shared.set({ selected: row && row !== this.shared.selected ? row : null });
	}

	zoomTo(t) {
		const s = this.segmentAt(t);

		if (s)
			this.view.show(s.begin - .1 * (s.end - s.begin), s.end + .1 * (s.end - s.begin));
		else
			this.view.all();
	}

	toSvg() {
		const pen = new SvgPen(this.width, this.height(), theme.card, this.describe());

		this.paint(pen);
		return pen.toString();
	}
}
