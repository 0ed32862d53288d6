// SPDX-License-Identifier: GPL-3.0-or-later
// A table that is sorted by any column and filtered by text and type, whose first two
// columns stay in view while the others move. What it shows is its subclass's:
//
//	columns()	[{ key, title, tip, left, of: row => number or text, show: row => text }]
//	rowsOf()	the rows: { index, name, op, method, type, ... }
//	firstCell(row), secondCell(row, column), footRows(), hint()

class SortedTable {
	constructor(shared, { id, title, caption, types }) {
		this.shared = shared;
		this.sort = { key: 'index', down: false };
		this.text = '';
		this.type = '';
		this.build(id, title, caption, types);
	}

	build(id, title, caption, types) {
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
		this.wrap = el('div', { class: 'wrap', tabindex: 0, role: 'region',
			'aria-label': title + ', scrolls sideways' },
			el('table', { class: 'layers' }, el('caption', { class: 'sr' }, caption),
				el('thead', {}, this.headRow), this.body, this.foot));
		this.hintLine = el('p', { class: 'hint' });
		this.element = el('section', { class: 'card', id, 'aria-labelledby': id + '-h' },
			el('div', { class: 'head' }, el('h2', { id: id + '-h' }, title),
				el('div', { class: 'buttons' }, this.counted, this.input, this.select)),
			this.wrap,
			el('div', { class: 'foot' }, this.hintLine,
				el('div', { class: 'save' }, el('span', { class: 'dim' }, 'Save'),
					el('button', { type: 'button', 'aria-label': 'Save the table as CSV',
						onclick: () => this.save() }, 'CSV'))));
		this.body.addEventListener('mouseleave', () => this.shared.set({ hovered: null }));
	}

	// Rows are made once; sorting and filtering only move and leave out.
	fill() {
		const rows = this.rowsOf();

		this.now = this.columns();
		this.headRow.replaceChildren(...this.now.map((c, i) => this.headCell(c, i)));
		this.rows = rows.map(row => ({ row, tr: this.makeRow(row) }));
		this.foot.replaceChildren(...this.footRows());
		this.wrap.classList.toggle('long', rows.length > 40);
		this.hintLine.textContent = this.hint();
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
		this.now.forEach((c, i) => tr.append(i === 0 ? this.firstCell(row) :
			i === 1 ? this.secondCell(row, c) : el('td', { class: c.left ? 'l' : null }, c.show(row))));
		return tr;
	}

	firstCell(row) {
		return el('th', { scope: 'row', class: 'l first' }, el('i', { class: 'swatch' }),
			el('span', { class: 'number' }, row.index),
			el('span', { class: 'name', title: row.name }, row.name));
	}

	sortBy(c) {
		const text = typeof c.of(this.rows[0].row) === 'string';

		// Numbers the greatest first, as one looks for what costs most.
		this.sort = this.sort.key === c.key ? { key: c.key, down: !this.sort.down } :
			{ key: c.key, down: !text && c.key !== 'index' };
		this.headRow.replaceChildren(...this.now.map((x, i) => this.headCell(x, i)));
		this.arrange();
		this.headRow.children[this.now.indexOf(c)].firstChild.focus();
	}

	shows(row) {
		return (!this.type || row.type === this.type) && (!this.text ||
			[row.name, row.op, row.method, row.type].some(t =>
				t && t.toLowerCase().includes(this.text)));
	}

	arrange() {
		const c = this.now.find(x => x.key === this.sort.key) || this.now[0];
		const of = c.order || c.of, sign = this.sort.down ? -1 : 1;
		const order = [...this.rows].sort((a, b) => {
			const x = of(a.row), y = of(b.row);

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
		const columns = this.now.filter(c => c.key !== 'index');
		let text = csvLine(['index', 'layer', 'type', ...columns.map(c => c.csv || c.title)]);

		for (const { row } of this.shown)
			text += csvLine([row.index, row.name, row.type, ...columns.map(c => c.of(row))]);
		download('layers.csv', 'text/csv', text);
	}
}
