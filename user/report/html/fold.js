// SPDX-License-Identifier: GPL-3.0-or-later
// Drawing a folded inference: the samples of many laid over each other, the layers as
// bands behind them, and each layer's attributed mean power as a step.

// The layers' places in ns from the inference's begin.
function foldSegments(fold) {
	return fold.segments.filter(s => s.id !== null)
		.map(s => ({ begin: s.begin * 1e3, end: (s.begin + s.length) * 1e3, id: s.id }));
}

function drawFoldBands(pen, box, segments, colour, marked = () => false) {
	for (const s of segments) {
		const x0 = Math.max(box.x, box.px(s.begin)), x1 = Math.min(box.x + box.w, box.px(s.end));
		const is = marked(s);

		if (x1 - x0 >= (is ? .2 : 2))
			pen.rect(x0, box.y, Math.max(1, x1 - x0), box.h, colour(s), is ? .34 : .11);
	}
}

// Single samples as points; mean and one standard deviation of equal stretches of time.
function drawFold(pen, box, fold, rail, scale, colour) {
	const { bins, points } = fold.rails[rail], n = bins.length / 5, line = [], upper = [], lower = [];
	const whole = fold.run_us * 1e3, part = (box.t1 - box.t0) / whole;
	const alpha = Math.max(.12, Math.min(.6, 600 / Math.max(1, part * points.length / 3)));
	let drawn = 0;

	pen.clip(box.x, box.y, box.w, box.h);
	for (let i = 0; i < points.length; i += 3) {
		const x = box.px(points[i] / (EMPTY_BUCKET - 1) * whole);

		if (x < box.x - 2 || x > box.x + box.w + 2)
			continue;
		pen.rect(x - 1, box.py(scale.value(points[i + 1])) - 1, 2, 2, colour, alpha);
		drawn++;
	}
	for (let i = 0; i < n; i++) {
		const [count, mean, sd] = bins.subarray(5 * i, 5 * i + 3), t = (i + .5) / n * whole;

		if (!count || t < box.t0 - whole / n || t > box.t1 + whole / n)
			continue;
		const x = box.px(t), y = box.py(scale.value(mean));
		const dy = Math.abs(box.py(sd * scale.step) - box.py(0));

		line.push(x, y);
		upper.push(x, y - dy);
		lower.unshift(x, y + dy);
	}
	pen.area(upper.concat(lower), colour, .2);
	pen.line(line, colour, 1.6);
	pen.unclip();
	return { points: drawn + line.length, scanned: points.length / 3 + n };
}

// { power_mw, ci_mw, resolved } of a layer; null where there is no figure.
function stepOf(row, rail) {
	const of = row ? onRail(row, rail) : null;

	return of && of.power_mw !== null ? { power_mw: of.power_mw, resolved: of.resolved,
		ci_mw: isNumber(of.ci) ? of.ci / row.time_us * 1e3 : 0 } : null;
}

function drawSteps(pen, box, segments, step) {
	pen.clip(box.x, box.y, box.w, box.h);
	for (const s of segments) {
		const x0 = box.px(s.begin), x1 = box.px(s.end);

		if (x1 - x0 < 1.5 || x1 < box.x || x0 > box.x + box.w)
			continue;
		const it = step(s);

		if (!it)
			continue;
		const y = box.py(it.power_mw), dy = Math.abs(box.py(it.ci_mw) - box.py(0));

		if (dy > 1)
			pen.rect(x0, y - dy, x1 - x0, 2 * dy, theme.fg, .12);
		pen.line([x0, y, x1, y], theme.fg, 1.6, .9, it.resolved ? null : [3, 3]);
	}
	pen.unclip();
}
