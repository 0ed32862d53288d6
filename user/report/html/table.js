// SPDX-License-Identifier: GPL-3.0-or-later
// The layers of one measurement as a table.

class Table extends SortedTable {
	constructor(shared) {
		super(shared, { id: 'layers', title: 'Layers', types: shared.report.types,
			caption: 'Energy, time and counts of each layer' });
		this.report = shared.report;
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

	rowsOf() {
		const rail = this.shared.rail;

		this.wholeUj = this.energy ? this.report.rails[rail].total[0] : null;
		this.wholeUs = sumOf([...this.report.layers, ...this.report.rest].map(r => r.time_us));
		this.most = Math.max(...this.report.layers.map(r => (this.energy ? r.energy_uj[rail] :
			r.time_us) || 0), 1e-12);
		return this.report.layers;
	}

	hint() {
		return this.energy ?
			'Click a column to sort, a row to mark the layer in the plots. ± is a 95 % interval ' +
			'of the layer’s own mean in runs like these (whisker); the sensor’s own part, common ' +
			'to all rows, is beside it (pale whisker: with both). ~ not resolved (worse than 10 %); < at most, with 95 % confidence.' :
			'Click a column to sort, a row to mark the layer in the plots.';
	}

	columns() {
		const rail = this.shared.rail, mine = row => onRail(row, rail);
		const number = (key, title, kind, of, more = {}) => ({ key, title, of,
			show: row => format(kind, of(row)), ...more });
		const plain = (key, title, of) => ({ key, title, of, show: row => isNumber(of(row)) ?
			fixed(of(row), places(of(row))) : NONE });
		const time = { csv: 'time_us' };
		const energies = this.energy ? [
			{ key: 'share', title: '% of energy', of: row => mine(row).bounded ? null : row.energy_uj[rail],
				show: row => mine(row).bounded ? NONE : formatShare(row.energy_uj[rail], this.wholeUj) },
			...(this.report.rails[rail].sensor ? [number('sensor', 'Sensor ±', 'energy_uj',
				row => this.sensorOf(row), { tip: 'offset, gain and shunt, 95 %: common to all rows',
					csv: 'sensor_u95_uj' })] : []),
			number('power', 'Power', 'power_mw', row => mine(row).power_mw,
			       { tip: 'mean while the layer runs', csv: 'power_mw' }),
			number('pj', 'Energy a MAC', 'energy_uj', row => {
				const pj = mine(row).pjPerMac;

				return pj === null ? null : pj / 1e6;
			}, { tip: 'energy of the rail by multiply-accumulates' }),
			number('time', 'Time', 'time_us', row => row.time_us, time),
		] : [];
		const others = this.energy ? this.report.rails.map((r, i) => ({ r, i })).filter(({ r, i }) =>
			i !== rail && r.total).map(({ r, i }) => ({ key: 'rail' + i, title: r.label,
			tip: 'energy on this rail', of: row => row.energy_uj[i],
			show: row => formatLayerEnergy(row.energy_uj[i], row.ci95_uj[i]) })) : [];

		return [
			{ key: 'index', title: 'Layer', of: row => row.index, show: null },
			this.energy ?
				{ key: 'energy', title: 'Energy ± 95 %', csv: 'energy_uj',
					of: row => row.energy_uj[rail],
					show: row => formatLayerEnergy(row.energy_uj[rail], row.ci95_uj[rail]) } :
				number('time', 'Time', 'time_us', row => row.time_us, time),
			...energies,
			{ key: 'timeshare', title: '% of time', of: row => row.time_us,
				show: row => formatShare(row.time_us, this.wholeUs) },
			number('mac', 'MACs', 'count', row => row.mac || null, { tip: 'multiply-accumulates' }),
			plain('gmacs', 'GMAC/s', row => row.gmacs),
			number('bytes', 'Bytes', 'bytes', row => row.bytes,
			       { tip: 'input, output and weights, each once' }),
			plain('intensity', 'MAC/byte', row => row.macPerByte),
			{ key: 'op', title: 'Operator', left: true, of: row => row.op, show: row => row.op },
			{ key: 'method', title: 'Method', left: true, of: row => row.method,
				show: row => row.method || NONE },
			...others,
			...this.report.eventNames.map((name, i) =>
				number('event' + i, name, 'count', row => row.events[i])),
			...(this.energy ? [{ ...plain('samples', 'Samples', row => row.samples),
				tip: 'windows’ worth of samples in all runs' }] : []),
		];
	}

	// The figure, and under it a bar with the interval as a whisker.
	secondCell(row, c) {
		const rail = this.shared.rail;
		const value = this.energy ? row.energy_uj[rail] : row.time_us;
		const ci = this.energy ? row.ci95_uj[rail] : null;
		const sensor = this.energy ? this.sensorOf(row) : null;
		const whisker = (kind, half) => el(kind, { style: { left: percent(value - half),
			width: 'calc(' + percent(value + half) + ' - ' + percent(value - half) + ')' } });
		const percent = v => Math.min(100, Math.max(0, 100 * v / this.most)).toFixed(2) + '%';
		const dim = this.energy && !isResolved(value, ci) ? ' dim' : '';

		return el('td', { class: 'second' + dim }, el('span', { class: 'figure' }, c.show(row)),
			isNumber(value) ? el('span', { class: 'bar', 'aria-hidden': 'true' },
				el('i', { style: { width: percent(value) } }),
				sensor ? whisker('s', Math.hypot(ci || 0, sensor)) : null,
				isNumber(ci) ? whisker('u', ci) : null) : null);
	}

	sensorOf(row) {
		const rail = this.shared.rail;

		return sensorPart(this.report.rails[rail].sensor, row.energy_uj[rail], row.time_us);
	}

	footRows() {
		return [...this.report.rest.map(row => this.makeRest(row)), this.makeTotal()];
	}

	makeRest(row) {
		const names = { between: 'between layers', unattributed: 'layers that no sample met' };
		const empty = ['op', 'method', 'samples', 'mac', 'gmacs', 'bytes', 'intensity', 'pj'];

		return el('tr', { class: 'rest' }, this.now.map((c, i) => i === 0 ?
			el('th', { scope: 'row', class: 'l first' }, names[row.type] || row.name) :
			el('td', { class: (c.left ? 'l ' : '') + this.sticky(i) },
				empty.includes(c.key) ? '' : c.show(row))));
	}

	makeTotal() {
		const rail = this.shared.rail, rails = this.report.rails;
		const all = [...this.report.layers, ...this.report.rest];
		const mac = sumOf(this.report.layers.map(r => r.mac));
		const total = {
			energy: () => formatInterval('energy_uj', ...rails[rail].total), share: () => '100 %',
			time: () => format('time_us', this.wholeUs), timeshare: () => '100 %',
			mac: () => format('count', mac),
			sensor: () => format('energy_uj', sensorPart(rails[rail].sensor, rails[rail].total[0],
				this.wholeUs)),
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
			return i === 0 ? el('th', { scope: 'row', class: 'l first' }, this.report.noun.one) :
				el('td', { class: (c.left ? 'l ' : '') + this.sticky(i) }, text);
		}));
	}
}
