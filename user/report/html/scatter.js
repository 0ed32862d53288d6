// SPDX-License-Identifier: GPL-3.0-or-later
// Layers by arithmetic intensity: speed (as in a roofline) or energy a MAC. A point's area
// is its share of the inference's energy. Both axes are logarithmic.

const SCATTER_H = 330, LABELS = 7, LABEL_H = 13;
const HEAVY_R = 4;	// what is smaller may lie under a name

const overlap = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

function circleMeets(c, r) {
	const dx = c.x - Math.max(r.x, Math.min(c.x, r.x + r.w));
	const dy = c.y - Math.max(r.y, Math.min(c.y, r.y + r.h));

	return Math.hypot(dx, dy) < c.r;
}

// A line as small squares that nothing is to be written over: x, y, x, y, ...
function squaresAlong(line, side) {
	const out = [];

	for (let i = 0; i + 3 < line.length; i += 2) {
		const dx = line[i + 2] - line[i], dy = line[i + 3] - line[i + 1];
		const n = Math.max(1, Math.ceil(Math.hypot(dx, dy) / side));

		for (let k = 0; k <= n; k++)
			out.push({ x: line[i] + dx * k / n - side / 2, y: line[i + 1] + dy * k / n - side / 2,
				w: side, h: side });
	}
	return out;
}

class Scatter {
	constructor(shared, kind) {
		this.shared = shared;
		this.report = shared.report;
		this.kind = kind;	// 'speed' or 'energy'
		this.title = kind === 'speed' ? 'Speed by arithmetic intensity' :
			'Energy a MAC by arithmetic intensity';
		this.build();
		this.redraw = onceAFrame(() => this.draw());
		shared.on(() => this.redraw());
	}

	points() {
		return this.report.layers.map(row => ({ row, x: row.macPerByte,
			y: this.kind === 'speed' ? row.gmacs : onRail(row, this.shared.rail).pjPerMac,
			weight: this.shared.rail < 0 ? row.time_us : Math.max(0, row.energy_uj[this.shared.rail] || 0),
			error: this.kind === 'energy' && row.mac > 0 ?
				row.ci95_uj[this.shared.rail] / row.mac * 1e6 : 0 }))
			.filter(p => p.x > 0 && p.y > 0);
	}

	build() {
		this.canvas = el('canvas', { role: 'img', 'aria-label': this.title +
			'; the same figures are in the table of layers' });
		this.tip = el('div', { class: 'tip', hidden: true });
		this.plot = el('div', { class: 'plot' }, this.canvas, this.tip);
		this.plot.addEventListener('mousemove', e => this.hover(e));
		this.plot.addEventListener('mouseleave', () => {
			this.tip.hidden = true;
			this.shared.set({ hovered: null });
		});
		this.plot.addEventListener('click', () => this.shared.set({ selected:
			this.shared.hovered !== this.shared.selected ? this.shared.hovered : null }));
		const id = 'scatter-' + this.kind;

		this.element = el('section', { class: 'card', id, 'aria-labelledby': id + '-h' },
			el('div', { class: 'head' }, el('h2', { id: id + '-h' }, this.title)), this.plot,
			el('div', { class: 'foot' },
				el('p', { class: 'hint' }, this.kind === 'speed' ?
					'Dashed: the highest speed and the highest rate of bytes of these layers, not ' +
					'limits of the machine. Bytes: input, output and weights, each once.' :
					'Bars: 95 %. Layers whose energy is only bounded are left out.'),
				saveButtons(id, () => this.toSvg(), () => this.canvas)));
		new ResizeObserver(() => this.redraw()).observe(this.plot);
	}

	draw() {
		this.width = Math.max(260, this.plot.clientWidth);
		this.plot.style.height = SCATTER_H + 'px';
		this.paint(new CanvasPen(this.canvas, this.width, SCATTER_H));
	}

	// Whole decades are too much room: a quarter of one beyond the points.
	static range(values) {
		return [Math.log10(Math.min(...values)) - .25, Math.log10(Math.max(...values)) + .25];
	}

	paint(pen) {
		const points = this.points();

		this.placed = [];
		this.covered = [];	// by lines and their words
		if (!points.length) {
			pen.text('No layer with MACs and a known figure.', 20, 40, { fill: theme.dim, size: 13 });
			return;
		}
		const [x0, x1] = Scatter.range(points.map(p => p.x));
		const [y0, y1] = Scatter.range(points.map(p => p.y));
		const box = makeBox(58, 10, this.width - 70, SCATTER_H - 54, x0, x1, y0, y1);

		this.axes(pen, box);
		if (this.kind === 'speed')
			this.roof(pen, box, points);
		const most = Math.max(...points.map(p => p.weight), 1e-12);
		const size = 15 * Math.min(1, Math.sqrt(60 / points.length));

		for (const p of [...points].sort((a, b) => b.weight - a.weight)) {
			const x = box.px(Math.log10(p.x)), y = box.py(Math.log10(p.y));
			const r = 2.5 + size * Math.sqrt(p.weight / most), marked = this.shared.marked === p.row;

			if (p.error > 0) {
				const low = Math.log10(Math.max(p.y - p.error, 10 ** y0));

				pen.line([x, box.py(low), x, box.py(Math.log10(p.y + p.error))], theme.dim, 1.2);
			}
			pen.circle(x, y, r, typeColour(p.row.type), marked ? .95 : .6,
				   marked ? theme.fg : typeColour(p.row.type));
			this.placed.push({ row: p.row, intensity: p.x, x, y, r });
		}
		this.names(pen, box);
	}

	axes(pen, box) {
		const label = this.kind === 'speed' ? 'GMAC/s' : 'energy a MAC';
		const show = v => this.kind === 'energy' ? format('energy_uj', v / 1e6) :
			v >= 1 ? String(+v.toPrecision(2)) : String(+v.toPrecision(1));

		for (const v of this.logTicks(box.low, box.high)) {
			const y = Math.round(box.py(Math.log10(v))) + .5;

			pen.line([box.x, y, box.x + box.w, y], theme.grid);
			pen.text(show(v), box.x - 7, y + 3.5, { fill: theme.dim, align: 'end' });
		}
		for (const v of this.logTicks(box.t0, box.t1)) {
			const x = Math.round(box.px(Math.log10(v))) + .5;

			pen.line([x, box.y, x, box.y + box.h], theme.grid);
			pen.text(v >= 1 ? String(+v.toPrecision(2)) : String(+v.toPrecision(1)), x,
				 box.y + box.h + 16, { fill: theme.dim, align: 'center' });
		}
		pen.text('MAC a byte', box.x + box.w, box.y + box.h + 34, { fill: theme.dim, align: 'end' });
		pen.text(label, box.x, box.y + box.h + 34, { fill: theme.dim });
	}

	// Decades, or finer where the axis spans few of them.
	logTicks(low, high) {
		const steps = high - low > 3 ? [1] : high - low > 1 ? [1, 2, 5] :
			[1, 1.5, 2, 3, 4, 5, 7], out = [];

		for (let e = Math.floor(low); e <= Math.ceil(high); e++)
			for (const s of steps)
				if (Math.log10(s) + e >= low && Math.log10(s) + e <= high)
					out.push(s * 10 ** e);
		return out;
	}

	roof(pen, box, points) {
		const speed = Math.max(...points.map(p => p.y));
		const rate = Math.max(...points.map(p => p.y / p.x));	// GB/s
		const knee = speed / rate, line = [];

		for (const x of [10 ** box.t0, knee, 10 ** box.t1])
			line.push(box.px(Math.log10(x)), box.py(Math.log10(Math.min(speed, rate * x))));
		pen.clip(box.x, box.y, box.w, box.h);
		pen.line(line, theme.dim, 1.4, .8, [5, 4]);
		pen.unclip();
		const words = 'highest here: ' + speed.toPrecision(3) + ' GMAC/s', w = pen.measure(words, 10.5, 400);
		const x = Math.min(box.px(Math.log10(knee)) + 8, box.x + box.w - w);
		const y = box.py(Math.log10(speed)) - 7;

		pen.text(words, x, y, { fill: theme.dim, size: 10.5 });
		this.covered = [...squaresAlong(line, 4), { x, y: y - 10, w, h: LABEL_H }];
	}

	// The heaviest layers by name, where a name covers no other, no line and no other point.
	names(pen, box) {
		const taken = [...this.covered];
		const marked = this.placed.filter(p => p.row === this.shared.marked);
		let left = LABELS + marked.length;

		for (const p of [...marked, ...this.placed.filter(p => !marked.includes(p))]) {
			if (!left)
				break;
			const places = this.places(p, pen.measure(p.row.name, 11, 500))
				.filter(at => at.x >= box.x && at.x + at.w <= box.x + box.w &&
					at.y >= box.y && at.y + at.h <= box.y + box.h);
			const at = places.find(at => !taken.some(t => overlap(at, t)) &&
				!this.placed.some(q => q !== p && q.r > HEAVY_R && circleMeets(q, at))) ||
				(marked.includes(p) ? places[0] : null);

			if (!at)
				continue;
			left--;
			taken.push(at);
			pen.text(p.row.name, at.x, at.y + LABEL_H - 3, { fill: theme.fg, weight: 500 });
		}
	}

	// Beside the point, above and below it: the first that is free is taken.
	places(p, w) {
		const h = LABEL_H, beside = p.r + 4, rect = (x, y) => ({ x, y, w, h });

		return [rect(p.x + beside, p.y - h / 2), rect(p.x - beside - w, p.y - h / 2),
			rect(p.x - w / 2, p.y - beside - h + 2), rect(p.x - w / 2, p.y + beside - 2),
			rect(p.x + p.r * .7 + 3, p.y - p.r * .7 - h), rect(p.x + p.r * .7 + 3, p.y + p.r * .7),
			rect(p.x - p.r * .7 - 3 - w, p.y - p.r * .7 - h), rect(p.x - p.r * .7 - 3 - w, p.y + p.r * .7)];
	}

	hover(e) {
		const at = this.plot.getBoundingClientRect();
		const x = e.clientX - at.left, y = e.clientY - at.top;
		// The smallest of those under the pointer: it lies on top.
		const found = (this.placed || []).filter(p => Math.hypot(p.x - x, p.y - y) < p.r + 3)
			.sort((a, b) => a.r - b.r)[0];

		this.shared.set({ hovered: found ? found.row : null });
		this.tip.hidden = !found;
		if (!found)
			return;
		const { row } = found, of = this.shared.rail < 0 ? null : onRail(row, this.shared.rail);

		this.tip.replaceChildren(el('b', {}, row.name), el('span', { class: 'dim' }, row.op +
			(row.method ? ', ' + row.method : '')),
			el('span', {}, format('count', row.mac) + ' MAC, ' + found.intensity.toPrecision(3) + ' a byte'),
			el('span', {}, row.gmacs.toPrecision(3) + ' GMAC/s, ' + row.gbs.toPrecision(3) + ' GB/s'),
			of && of.pjPerMac !== null ? el('span', {}, formatLayerEnergy(of.uj, of.ci) + ', ' +
				format('energy_uj', of.pjPerMac / 1e6) + ' a MAC') : '');
		this.tip.style.left = Math.max(0, Math.min(this.width - this.tip.offsetWidth, x + 14)) + 'px';
		this.tip.style.top = Math.min(SCATTER_H - this.tip.offsetHeight, y + 12) + 'px';
	}

	toSvg() {
		const pen = new SvgPen(this.width, SCATTER_H, theme.card, this.title);

		this.paint(pen);
		return pen.toString();
	}
}
