// SPDX-License-Identifier: GPL-3.0-or-later
// The layers as a table: sorted by any column, filtered by name and type. Layer and energy
// stay in view while the other columns move.

class Table {
	constructor(shared) {
		this.shared = shared;
		this.report = shared.report;
		this.sort = { key: 'index', down: false };
		this.text = '';
		this.type = '';
		this.build();
		this.fill();
		shared.on(before => {
			if (before.rail !== shared.rail)
				this.fill();
			this.mark(before);
		});
	}

	get energy() {
		return this.shared.rail >= 0;
	}

	// { key, title, tip, of: row => number or text, show: (row, rail's) => text, wide, left }
	columns() {
		const rail = this.shared.rail, mine = row => onRail(row, rail);
		const number = (key, title, kind, of, tip = '') => ({ key, title, tip, of,
			show: row => format(kind, of(row)) });
		const energies = this.energy ? [
			{ key: 'share', title: '% of energy', of: row => this.shareOf(row),
				show: row => mine(row).bounded ? NONE : formatShare(row.energy_uj[rail], this.wholeUj) },
			number('power', 'Power', 'power_mw', row => mine(row).power_mw, 'mean while the layer runs'),
			number('pj', 'Energy a MAC', 'energy_uj', row => {
				const pj = mine(row).pjPerMac;

				return pj === null ? null : pj / 1e6;
			}, 'energy of the rail by multiply-accumulates'),
		] : [];
		const others = this.energy ? this.report.rails.map((r, i) => ({ r, i })).filter(({ r, i }) =>
			i !== rail && r.total).map(({ r, i }) => ({ key: 'rail' + i, title: r.label,
			tip: 'energy on this rail', of: row => row.energy_uj[i],
			show: row => formatLayerEnergy(row.energy_uj[i], row.ci95_uj[i]) })) : [];

		return [
			{ key: 'index', title: 'Layer', of: row => row.index, show: null },
			this.energy ?
				{ key: 'energy', title: 'Energy ± 95 %', of: row => row.energy_uj[rail],
					show: row => formatLayerEnergy(row.energy_uj[rail], row.ci95_uj[rail]) } :
				{ key: 'time', title: 'Time', of: row => row.time_us,
					show: row => format('time_us', row.time_us) },
			...energies,
			...(this.energy ? [number('time', 'Time', 'time_us', row => row.time_us)] : []),
			{ key: 'timeshare', title: '% of time', of: row => row.time_us,
				show: row => formatShare(row.time_us, this.wholeUs) },
			number('mac', 'MACs', 'count', row => row.mac || null, 'multiply-accumulates'),
			{ key: 'gmacs', title: 'GMAC/s', of: row => row.gmacs,
				show: row => isNumber(row.gmacs) ? fixed(row.gmacs, places(row.gmacs)) : NONE },
			number('bytes', 'Bytes', 'bytes', row => row.bytes,
			       'input, output and weights, each once'),
			{ key: 'intensity', title: 'MAC/byte', of: row => row.macPerByte,
				show: row => isNumber(row.macPerByte) ? fixed(row.macPerByte,
					places(row.macPerByte)) : NONE },
			{ key: 'op', title: 'Operator', left: true, of: row => row.op, show: row => row.op },
			{ key: 'method', title: 'Method', left: true, of: row => row.method,
				show: row => row.method || NONE },
			...others,
			...this.report.eventNames.map((name, i) =>
				number('event' + i, name, 'count', row => row.events[i], 'counted in the layer')),
			...(this.energy ? [{ key: 'samples', title: 'Samples', tip: "windows' worth of samples in all runs",
				of: row => row.samples, show: row => isNumber(row.samples) ?
					fixed(row.samples, row.samples < 10 ? 1 : 0) : NONE }] : []),
		];
	}

	shareOf(row) {
		const of = onRail(row, this.shared.rail);

		return of.bounded ? null : of.uj;
	}

	build() {
		const types = this.report.types;

		this.body = el('tbody');
		this.headRow = el('tr');
		this.foot = el('tfoot');
		this.counted = el('span', { class: 'dim', role: 'status' });
		this.input = el('input', { type: 'search', placeholder: 'Filter by name, operator, method',
			'aria-label': 'Filter layers', oninput: () => {
				this.text = this.input.value.trim().toLowerCase();
				this.arrange();
			} });
		this.select = el('select', { 'aria-label': 'Type of layer', onchange: () => {
			this.type = this.select.value;
			this.arrange();
		} }, el('option', { value: '' }, 'All types'), types.map(t => el('option', { value: t }, t)));
		this.wrap = el('div', { class: this.report.layers.length > 40 ? 'wrap long' : 'wrap', tabindex: 0, role: 'region',
			'aria-label': 'Layers, scrolls sideways' },
			el('table', { class: 'layers' }, el('caption', { class: 'sr' },
				'Energy, time and counts of each layer'),
				el('thead', {}, this.headRow), this.body, this.foot));
		this.element = el('section', { class: 'card', id: 'layers', 'aria-labelledby': 'layers-h' },
			el('div', { class: 'head' }, el('h2', { id: 'layers-h' }, 'Layers'),
				el('div', { class: 'buttons' }, this.counted, this.input, this.select)),
			this.wrap,
			el('div', { class: 'foot' }, el('p', { class: 'hint' }, this.energy ?
				'Click a column to sort, a row to mark the layer in the plots. ± is a 95 % interval ' +
				'of the layer’s own mean in runs like these; the sensor’s own error, common to ' +
				'all rows, is above. ~ not resolved (worse than 10 %); < at most, with 95 % confidence.' :
				'Click a column to sort, a row to mark the layer in the plots.'),
			el('div', { class: 'save' }, el('span', { class: 'dim' }, 'Save'),
				el('button', { type: 'button', 'aria-label': 'Save the table as CSV',
					onclick: () => this.save() }, 'CSV'))));
	}

	// Rows are made once for a rail; sorting and filtering only move and hide them.
	fill() {
		const rail = this.shared.rail;

		this.wholeUj = this.energy ? this.report.rails[rail].total[0] : null;
		this.wholeUs = sumOf([...this.report.layers, ...this.report.rest].map(r => r.time_us));
		this.most = Math.max(...this.report.layers.map(r => (this.energy ? r.energy_uj[rail] :
			r.time_us) || 0), 1e-12);
		this.now = this.columns();
		this.headRow.replaceChildren(...this.now.map((c, i) => this.headCell(c, i)));
		this.rows = this.report.layers.map(row => ({ row, tr: this.makeRow(row) }));
		this.body.addEventListener('mouseleave', () => this.shared.set({ hovered: null }));
		this.foot.replaceChildren(...this.report.rest.map(row => this.makeRest(row)), this.makeTotal());
		this.arrange();
	}

	headCell(c, i) {
		const sorted = this.sort.key === c.key;

		return el('th', { scope: 'col', class: (c.left || i === 0 ? 'l ' : '') + this.sticky(i),
			'aria-sort': sorted ? (this.sort.down ? 'descending' : 'ascending') : 'none' },
			el('button', { type: 'button', title: c.tip || null, onclick: () => this.sortBy(c) },
				c.title, el('i', { 'aria-hidden': 'true' },
					sorted ? (this.sort.down ? ' ↓' : ' ↑') : '')));
	}

	sticky(i) {
		return i === 0 ? 'first' : i === 1 ? 'second' : '';
	}

	makeRow(row) {
		const tr = el('tr', { class: typeClass(row.type), 'data-index': row.index });

		tr.addEventListener('mouseenter', () => this.shared.set({ hovered: row }));
		tr.addEventListener('click', () =>
			this.shared.set({ selected: this.shared.selected === row ? null : row }));
		this.now.forEach((c, i) => tr.append(i === 0 ?
			el('th', { scope: 'row', class: 'l first' }, el('i', { class: 'swatch' }),
				el('span', { class: 'number' }, row.index), el('span', { class: 'name',
					title: row.name }, row.name)) :
			i === 1 ? this.barCell(row, c) :
			el('td', { class: c.left ? 'l' : null }, c.show(row))));
		return tr;
	}

	// The figure, and under it a bar with the interval as a whisker.
	barCell(row, c) {
		const rail = this.shared.rail;
		const value = this.energy ? row.energy_uj[rail] : row.time_us;
		const ci = this.energy ? row.ci95_uj[rail] : null;
		const percent = v => Math.min(100, Math.max(0, 100 * v / this.most)).toFixed(2) + '%';
		const dim = this.energy && !isResolved(value, ci) ? ' dim' : '';

		return el('td', { class: 'second' + dim }, el('span', { class: 'figure' }, c.show(row)),
			isNumber(value) ? el('span', { class: 'bar', 'aria-hidden': 'true' },
				el('i', { style: { width: percent(value) } }),
				isNumber(ci) ? el('u', { style: { left: percent(value - ci),
					width: 'calc(' + percent(value + ci) + ' - ' + percent(value - ci) + ')' } }) :
				null) : null);
	}

	makeRest(row) {
		const names = { between: 'between layers', unattributed: 'layers that no sample met' };

		return el('tr', { class: 'rest' }, this.now.map((c, i) => i === 0 ?
			el('th', { scope: 'row', class: 'l first' }, names[row.type] || row.name) :
			el('td', { class: (c.left ? 'l ' : '') + this.sticky(i) },
				['op', 'method', 'samples', 'mac', 'gmacs', 'bytes', 'intensity', 'pj'].includes(c.key) ?
					'' : c.show(row))));
	}

	makeTotal() {
		const rail = this.shared.rail, rails = this.report.rails;
		const all = [...this.report.layers, ...this.report.rest];
		const mac = sumOf(this.report.layers.map(r => r.mac));
		const total = {
			energy: () => formatInterval('energy_uj', ...rails[rail].total), share: () => '100 %',
			time: () => format('time_us', this.wholeUs), timeshare: () => '100 %',
			mac: () => format('count', mac),
			power: () => format('power_mw', rails[rail].total[0] / this.wholeUs * 1e3),
			pj: () => mac ? format('energy_uj', rails[rail].total[0] / mac) : '',
			gmacs: () => mac ? fixed(mac / this.wholeUs / 1e3, 2) : '',
		};

		return el('tr', { class: 'total' }, this.now.map((c, i) => {
			let text = total[c.key] ? total[c.key]() : '';

			if (c.key.startsWith('rail'))
				text = formatInterval('energy_uj', ...rails[Number(c.key.slice(4))].total);
			if (c.key.startsWith('event'))
				text = format('count', sumOf(all.map(r => r.events[Number(c.key.slice(5))])));
			return i === 0 ? el('th', { scope: 'row', class: 'l first' }, 'one inference') :
				el('td', { class: (c.left ? 'l ' : '') + this.sticky(i) }, text);
		}));
	}

	sortBy(c) {
		const text = typeof c.of(this.report.layers[0]) === 'string';

		// Numbers the greatest first, as one looks for what costs most.
		this.sort = this.sort.key === c.key ? { key: c.key, down: !this.sort.down } :
			{ key: c.key, down: !text && c.key !== 'index' };
		this.headRow.replaceChildren(...this.now.map((x, i) => this.headCell(x, i)));
		this.arrange();
		this.headRow.children[this.now.indexOf(c)].firstChild.focus();
	}

	shows(row) {
		return (!this.type || row.type === this.type) && (!this.text ||
			[row.name, row.op, row.method, row.type].some(t => t.toLowerCase().includes(this.text)));
	}

	arrange() {
		const c = this.now.find(x => x.key === this.sort.key) || this.now[0];
		const sign = this.sort.down ? -1 : 1;
		const order = [...this.rows].sort((a, b) => {
			const x = c.of(a.row), y = c.of(b.row);

			if (typeof x === 'string')
				return sign * x.localeCompare(y) || a.row.index - b.row.index;
			// What is not known comes last either way.
			if (!isNumber(x) || !isNumber(y))
				return isNumber(y) - isNumber(x) || a.row.index - b.row.index;
			return sign * (x - y) || a.row.index - b.row.index;
		});
		const shown = order.filter(r => this.shows(r.row));

		this.body.replaceChildren(...shown.map(r => r.tr));
		this.counted.textContent = shown.length === this.rows.length ? this.rows.length + ' layers' :
			shown.length + ' of ' + this.rows.length + ' layers';
		this.shown = shown;
	}

	mark(before) {
		for (const row of [before.hovered, before.selected, this.shared.hovered, this.shared.selected]) {
			const found = row && this.rows.find(r => r.row === row);

			if (!found)
				continue;
			found.tr.classList.toggle('hovered', row === this.shared.hovered);
			found.tr.classList.toggle('selected', row === this.shared.selected);
		}
	}

	save() {
		const units = { energy: 'uj', time: 'us', power: 'mw' };
		const columns = this.now.filter(c => c.key !== 'index');
		let text = csvLine(['index', 'layer', 'type', ...columns.map(c => units[c.key] ?
			c.key + '_' + units[c.key] : c.title)]);

		for (const { row } of this.shown)
			text += csvLine([row.index, row.name, row.type, ...columns.map(c => c.of(row))]);
		download('layers.csv', 'text/csv', text);
	}
}
