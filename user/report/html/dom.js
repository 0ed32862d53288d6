// SPDX-License-Identifier: GPL-3.0-or-later
// Small helpers: elements, downloads, colours of the theme, who is looking at which layer.

// Text always goes in as text: names come from recordings of unknown origin.
function el(tag, properties = {}, ...children) {
	const e = document.createElement(tag);

	for (const [key, value] of Object.entries(properties)) {
		if (value === null || value === undefined || value === false)
			continue;
		if (key === 'class')
			e.className = value;
		else if (key === 'style')
			Object.assign(e.style, value);
		else if (key.startsWith('on'))
			e.addEventListener(key.slice(2), value);
		else
			e.setAttribute(key, value === true ? '' : value);
	}
	for (const child of children.flat(Infinity))
		if (child !== null && child !== undefined && child !== false)
			e.append(child);
	return e;
}

function download(name, type, text) {
	const url = URL.createObjectURL(text instanceof Blob ? text : new Blob([text], { type }));
	const link = el('a', { download: name });

	link.href = url;
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 10000);
}

function csvField(value) {
	const text = value === null || value === undefined ? '' : String(value);

	return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
}

const csvLine = fields => fields.map(csvField).join(',') + '\n';

// The page's colours, read again when the theme changes.
const theme = {
	read() {
		const style = getComputedStyle(document.documentElement);

		for (const name of ['bg', 'card', 'fg', 'dim', 'line', 'accent', 'grid', 'hover', 'idle',
				    'warmup', 'run', 'command', 'check'])
			this[name] = style.getPropertyValue('--' + name).trim();
		this.types = Array.from({ length: 9 }, (_, i) =>
			style.getPropertyValue('--t' + i).trim());
	},
};

const TYPE_ORDER = ['conv', 'fc', 'depthwise', 'norm', 'pool', 'activation', 'softmax', 'eltwise'];

// The same type has the same colour in every report; types not listed are grey.
function typeColour(type) {
	const at = TYPE_ORDER.indexOf(type);

	return theme.types[at < 0 ? 8 : at];
}

function typeClass(type) {
	const at = TYPE_ORDER.indexOf(type);

	return 't' + (at < 0 ? 8 : at);
}

// What all parts of the page share: the layer looked at, the rail that energy means.
class Shared {
	constructor(report) {
		this.report = report;
		this.rail = report.rail;
		this.hovered = null;	// a row of report.layers
		this.selected = null;
		this.listeners = [];
	}

	on(listener) {
		this.listeners.push(listener);
	}

	set(change) {
		const before = { hovered: this.hovered, selected: this.selected, rail: this.rail };

		Object.assign(this, change);
		if (['hovered', 'selected', 'rail'].some(k => before[k] !== this[k]))
			this.listeners.forEach(f => f(before));
	}

	get marked() {
		return this.hovered || this.selected;
	}
}

// Many events, one drawing: at the next frame.
function onceAFrame(f) {
	let asked = false;

	return () => {
		if (asked)
			return;
		asked = true;
		requestAnimationFrame(() => {
			asked = false;
			f();
		});
	};
}

// A line that screen readers speak.
function liveRegion() {
	return el('p', { class: 'sr', role: 'status', 'aria-live': 'polite' });
}

// "Save as": the two formats that every plot has.
function saveButtons(name, drawSvg, canvas, more = []) {
	const png = () => {
		const out = el('canvas'), c = out.getContext('2d'), from = canvas();

		out.width = from.width;
		out.height = from.height;
		c.fillStyle = theme.card;
		c.fillRect(0, 0, out.width, out.height);
		c.drawImage(from, 0, 0);
		out.toBlob(blob => download(name + '.png', 'image/png', blob));
	};

	return el('div', { class: 'save' },
		el('span', { class: 'dim' }, 'Save'),
		el('button', { type: 'button', 'aria-label': 'Save ' + name + ' as SVG',
			onclick: () => download(name + '.svg', 'image/svg+xml', drawSvg()) }, 'SVG'),
		el('button', { type: 'button', 'aria-label': 'Save ' + name + ' as PNG', onclick: png }, 'PNG'),
		more);
}
