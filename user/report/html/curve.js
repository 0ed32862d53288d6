// SPDX-License-Identifier: GPL-3.0-or-later
// One rail's power in a box: single samples as wide as their windows where there is room
// for them, else mean, least and most for each pixel. And the axes around it.

const SAMPLE_PIXELS = 5;	// from so many on, a sample is drawn as its window

// The scale of a box: time or place to x, power to y.
function makeBox(x, y, w, h, t0, t1, low, high) {
	return {
		x, y, w, h, t0, t1, low, high,
		px: t => x + (t - t0) / (t1 - t0) * w,
		py: v => y + h - (v - low) / (high - low) * h,
	};
}

// 0 is always in, and air above: `air` of the range, for the rail's name.
function powerRange(series, air = .1) {
	const top = series.value(EMPTY_BUCKET - 1), bottom = series.offset;
	const high = Math.max(top, 0), low = Math.min(bottom, 0), range = high - low || 1;

	return [low < 0 ? low - .06 * range : 0, high + air * range];
}

function drawPowerAxis(pen, box, n, kind = 'power_mw') {
	const values = ticks(box.low, box.high, n), step = values.length > 1 ? values[1] - values[0] :
		box.high - box.low;

	for (const v of values) {
		const y = Math.round(box.py(v)) + .5;

		pen.line([box.x, y, box.x + box.w, y], theme.grid, 1);
		pen.text(tickLabel(kind, v, step, Math.max(Math.abs(box.low), box.high)), box.x - 7,
			 Math.min(box.y + box.h, Math.max(box.y + 8, y + 3.5)), { fill: theme.dim, align: 'end' });
	}
}

// Time below (or above) a box; `origin` is what counts as 0.
function drawTimeAxis(pen, box, y, origin = 0, kind = 'time_us', factor = 1e-3) {
	const from = (box.t0 - origin) * factor, to = (box.t1 - origin) * factor;
	const values = ticks(from, to, Math.max(2, Math.min(10, box.w / 110)));
	const step = values.length > 1 ? values[1] - values[0] : to - from;

	for (const v of values) {
		const x = box.px(v / factor + origin);

		if (x < box.x - 1 || x > box.x + box.w + 1)
			continue;
		pen.line([x, y - 12, x, y - 8], theme.dim, 1, .6);
		pen.text(tickLabel(kind, v, step, Math.max(Math.abs(from), Math.abs(to))), x, y,
			 { fill: theme.dim, align: x < box.x + 24 ? 'start' : x > box.x + box.w - 24 ?
				'end' : 'center' });
	}
}

// Gives how much was looked at and drawn: { scanned, points, single }.
function drawCurve(pen, box, series, colour, width = 1.4) {
	const room = Math.floor(box.w / SAMPLE_PIXELS);
	const count = series.isWhole(box.t0, box.t1) ? series.count(box.t0, box.t1, room) : Infinity;

	pen.clip(box.x, box.y, box.w, box.h);
	const drawn = count <= room ? drawSamples(pen, box, series, colour) :
		drawColumns(pen, box, series, colour, width);
	pen.unclip();
	return drawn;
}

function drawSamples(pen, box, series, colour) {
	const span = box.t1 - box.t0, line = [];
	let points = 0;

	series.forSamples(box.t0 - span * .02, box.t1 + span * .02, (begin, end, mw) => {
		const y = box.py(mw);

		line.push(box.px((begin + end) / 2), y);
		points++;
	});
	pen.line(line, colour, 1, .45);
	series.forSamples(box.t0 - span * .02, box.t1 + span * .02, (begin, end, mw) => {
		const x0 = box.px(begin), x1 = Math.max(x0 + 2, box.px(end));

		pen.line([x0, box.py(mw), x1, box.py(mw)], colour, 2.4);
	});
	return { scanned: points, points: 3 * points, single: true };
}

function drawColumns(pen, box, series, colour, width) {
	const n = Math.max(1, Math.round(box.w)), c = series.columns(box.t0, box.t1, n);
	const line = [], upper = [], lower = [];
	let bands = 0;
	const flush = () => {
		if (upper.length > 2) {
			pen.area(upper.concat(lower), colour, .22);
			bands += upper.length / 2 + lower.length / 2;
		}
		upper.length = lower.length = 0;
	};
	let empty = 0;

	for (let i = 0; i < n; i++) {
		if (Number.isNaN(c.mean[i])) {
			// Some pixels without a sample are sparse sampling; more are a gap.
			if (++empty === 12) {
				flush();
				line.push(0, NaN);
			}
			continue;
		}
		empty = 0;
		const x = box.x + i + .5;

		line.push(x, box.py(c.mean[i]));
		upper.push(x, box.py(c.most[i]));
		lower.unshift(x, box.py(c.least[i]));
	}
	flush();
	pen.line(line, colour, width);
	return { scanned: c.scanned, points: line.length / 2 + bands, single: false };
}

// Intervals as named boxes in a row. Of those that share a pixel, the longest is drawn.
function drawSpans(pen, box, spans, { name, colour, marked }) {
	let drawn = 0, pixel = -1, longest = null, length = 0;
	const flush = () => {
		if (!longest)
			return;
		pen.rect(pixel, box.y, 1, box.h, colour(longest), .78);
		drawn++;
		longest = null;
		length = 0;
	};

	for (const s of spans) {
		if (s.end < box.t0 || s.begin > box.t1)
			continue;
		const x0 = Math.max(box.x, box.px(s.begin)), x1 = Math.min(box.x + box.w, box.px(s.end));

		if (Math.floor(x0) !== pixel)
			flush();
		if (x1 - x0 < 1 && !marked(s)) {
			pixel = Math.floor(x0);
			if (!longest || s.end - s.begin > length) {
				longest = s;
				length = s.end - s.begin;
			}
			continue;
		}
		flush();
		drawn++;
		pen.rect(x0, box.y, Math.max(1, x1 - x0 - (x1 - x0 > 4 ? 1 : 0)), box.h, colour(s),
			 marked(s) ? 1 : .78);
		const text = x1 - x0 > 22 ? fitText(pen, name(s), x1 - x0 - 8, 10.5, 500) : '';

		if (text)
			pen.text(text, x0 + 4, box.y + box.h / 2 + 3.7,
				 { fill: theme.onType, size: 10.5, weight: 500 });
	}
	flush();
	return drawn;
}
