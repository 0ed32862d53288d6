// SPDX-License-Identifier: GPL-3.0-or-later
// Drawing: one set of calls, onto a canvas or into the text of an SVG file, so that a
// plot can be saved as it is seen.

const FONT = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';

// Some fonts join "3x3" into one sign; a layer is to have its own name.
const unjoined = text => String(text).replace(/(\d)x(?=\d)/g, '$1\u200cx\u200c');

class CanvasPen {
	constructor(canvas, width, height) {
		const ratio = Math.min(3, window.devicePixelRatio || 1);

		canvas.width = Math.round(width * ratio);
		canvas.height = Math.round(height * ratio);
		canvas.style.width = width + 'px';
		canvas.style.height = height + 'px';
		this.c = canvas.getContext('2d');
		this.c.setTransform(ratio, 0, 0, ratio, 0, 0);
		this.c.clearRect(0, 0, width, height);
	}

	rect(x, y, w, h, fill, alpha = 1) {
		this.c.globalAlpha = alpha;
		this.c.fillStyle = fill;
		this.c.fillRect(x, y, w, h);
	}

	// [x0, y0, x1, y1, ...]; NaN as y lifts the pen.
	line(points, stroke, width = 1, alpha = 1, dash = null) {
		this.trace(points);
		this.c.globalAlpha = alpha;
		this.c.strokeStyle = stroke;
		this.c.lineWidth = width;
		this.c.lineJoin = 'round';
		this.c.setLineDash(dash || []);
		this.c.stroke();
	}

	area(points, fill, alpha = 1) {
		this.trace(points);
		this.c.globalAlpha = alpha;
		this.c.fillStyle = fill;
		this.c.fill();
	}

	trace(points) {
		let down = false;

		this.c.beginPath();
		for (let i = 0; i < points.length; i += 2) {
			if (Number.isNaN(points[i + 1])) {
				down = false;
			} else if (down) {
				this.c.lineTo(points[i], points[i + 1]);
			} else {
				this.c.moveTo(points[i], points[i + 1]);
				down = true;
			}
		}
	}

	circle(x, y, r, fill, alpha = 1, stroke = null) {
		this.c.beginPath();
		this.c.arc(x, y, r, 0, 2 * Math.PI);
		this.c.globalAlpha = alpha;
		this.c.fillStyle = fill;
		this.c.fill();
		if (stroke) {
			this.c.globalAlpha = 1;
			this.c.strokeStyle = stroke;
			this.c.lineWidth = 1.5;
			this.c.setLineDash([]);
			this.c.stroke();
		}
	}

	text(text, x, y, { fill, size = 11, align = 'start', weight = 400, alpha = 1 }) {
		this.c.globalAlpha = alpha;
		this.c.font = weight + ' ' + size + 'px ' + FONT;
		this.c.fillStyle = fill;
		this.c.textAlign = align;
		this.c.textBaseline = 'alphabetic';
		this.c.fillText(unjoined(text), x, y);
	}

	measure(text, size = 11, weight = 400) {
		this.c.font = weight + ' ' + size + 'px ' + FONT;
		return this.c.measureText(unjoined(text)).width;
	}

	clip(x, y, w, h) {
		this.c.save();
		this.c.beginPath();
		this.c.rect(x, y, w, h);
		this.c.clip();
	}

	unclip() {
		this.c.restore();
	}
}

function escapeXml(text) {
	return String(text).replace(/[&<>"]/g, c =>
		({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);
}

class SvgPen {
	constructor(width, height, background, title) {
		this.width = width;
		this.height = height;
		this.parts = ['<title>' + escapeXml(title) + '</title>'];
		this.clips = 0;
		this.rect(0, 0, width, height, background);
		this.context = document.createElement('canvas').getContext('2d');
	}

	n(v) {
		return String(Math.round(v * 100) / 100);
	}

	rect(x, y, w, h, fill, alpha = 1) {
		this.parts.push('<rect x="' + this.n(x) + '" y="' + this.n(y) + '" width="' + this.n(w) +
			'" height="' + this.n(h) + '" fill="' + escapeXml(fill) + '"' +
			this.opacity(alpha) + '/>');
	}

	opacity(alpha) {
		return alpha < 1 ? ' opacity="' + alpha + '"' : '';
	}

	path(points) {
		let d = '', down = false;

		for (let i = 0; i < points.length; i += 2) {
			if (Number.isNaN(points[i + 1])) {
				down = false;
				continue;
			}
			d += (down ? 'L' : 'M') + this.n(points[i]) + ' ' + this.n(points[i + 1]);
			down = true;
		}
		return d;
	}

	line(points, stroke, width = 1, alpha = 1, dash = null) {
		this.parts.push('<path d="' + this.path(points) + '" fill="none" stroke="' +
			escapeXml(stroke) + '" stroke-width="' + width + '" stroke-linejoin="round"' +
			(dash ? ' stroke-dasharray="' + dash.join(' ') + '"' : '') +
			this.opacity(alpha) + '/>');
	}

	area(points, fill, alpha = 1) {
		this.parts.push('<path d="' + this.path(points) + 'Z" fill="' + escapeXml(fill) + '"' +
			this.opacity(alpha) + '/>');
	}

	circle(x, y, r, fill, alpha = 1, stroke = null) {
		this.parts.push('<circle cx="' + this.n(x) + '" cy="' + this.n(y) + '" r="' + this.n(r) +
			'" fill="' + escapeXml(fill) + '" fill-opacity="' + alpha + '"' +
			(stroke ? ' stroke="' + escapeXml(stroke) + '" stroke-width="1.5"' : '') + '/>');
	}

	text(text, x, y, { fill, size = 11, align = 'start', weight = 400, alpha = 1 }) {
		const anchor = { start: 'start', left: 'start', center: 'middle', end: 'end', right: 'end' };

		this.parts.push('<text x="' + this.n(x) + '" y="' + this.n(y) + '" font-size="' + size +
			'" font-weight="' + weight + '" text-anchor="' + anchor[align] + '" fill="' +
			escapeXml(fill) + '"' + this.opacity(alpha) + '>' + escapeXml(text) + '</text>');
	}

	measure(text, size = 11, weight = 400) {
		this.context.font = weight + ' ' + size + 'px ' + FONT;
		return this.context.measureText(text).width;
	}

	clip(x, y, w, h) {
		const id = 'clip' + this.clips++;

		this.parts.push('<clipPath id="' + id + '"><rect x="' + this.n(x) + '" y="' + this.n(y) +
			'" width="' + this.n(w) + '" height="' + this.n(h) + '"/></clipPath><g clip-path="' +
			'url(#' + id + ')">');
	}

	unclip() {
		this.parts.push('</g>');
	}

	toString() {
		return '<svg xmlns="http://www.w3.org/2000/svg" width="' + this.width + '" height="' +
			this.height + '" viewBox="0 0 ' + this.width + ' ' + this.height +
			'" font-family="' + escapeXml(FONT) + '">' + this.parts.join('\n') + '</svg>\n';
	}
}

// As much of the text as fits the width, with an ellipsis; '' when not three letters do.
function fitText(pen, text, width, size = 11, weight = 400) {
	if (width < 12)
		return '';
	if (pen.measure(text, size, weight) <= width)
		return text;
	for (let n = Math.min(text.length - 1, Math.ceil(width / (size * .45))); n > 2; n--)
		if (pen.measure(text.slice(0, n) + '…', size, weight) <= width)
			return text.slice(0, n) + '…';
	return '';
}

// 1, 2 or 5 times a power of ten, at least the range's n-th part.
function niceStep(range, n) {
	const raw = range / n, base = 10 ** Math.floor(Math.log10(raw));

	return raw <= base ? base : raw <= 2 * base ? 2 * base : raw <= 5 * base ? 5 * base : 10 * base;
}

function ticks(from, to, n) {
	const step = niceStep(to - from, n), out = [];

	for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++)
		out.push(i * step);
	return out;
}

// Text for a tick: digits enough for the step, all ticks in one unit.
function tickLabel(kind, value, step, most) {
	if (Math.abs(value) < step / 1e6)
		return '0';
	const [factor, unit] = fittingUnit(Math.max(most, step), UNITS[kind]);
	const digits = Math.max(0, Math.min(6, -Math.floor(Math.log10(step / factor) + 1e-9)));

	return withUnit(fixed(value / factor, digits), unit);
}
