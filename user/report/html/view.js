// SPDX-License-Identifier: GPL-3.0-or-later
// A stretch of time that is looked at, and the hands on it: zoom about a point, pan,
// a range chosen by dragging; with mouse, fingers and keys.

class View {
	constructor(from, to, least) {
		this.limit = [from, to];
		this.least = least;
		this.t0 = from;
		this.t1 = to;
		this.range = null;
		this.cursor = null;
		this.listeners = [];
	}

	on(f) {
		this.listeners.push(f);
	}

	changed(what) {
		this.listeners.forEach(f => f(what));
	}

	show(t0, t1) {
		const all = this.limit[1] - this.limit[0];
		const span = Math.min(all, Math.max(this.least, t1 - t0));
		const from = Math.min(this.limit[1] - span, Math.max(this.limit[0], (t0 + t1 - span) / 2));

		if (from === this.t0 && from + span === this.t1)
			return;
		this.t0 = from;
		this.t1 = from + span;
		this.changed('view');
	}

	all() {
		this.show(this.limit[0], this.limit[1]);
	}

	// factor < 1: closer. at: the time that stays where it is.
	zoom(factor, at = (this.t0 + this.t1) / 2) {
		const all = this.limit[1] - this.limit[0], span = this.t1 - this.t0;
		const f = Math.min(all / span, Math.max(this.least / span, factor));

		this.show(at - (at - this.t0) * f, at + (this.t1 - at) * f);
	}

	pan(share) {
		const by = share * (this.t1 - this.t0);
		const clipped = Math.max(this.limit[0] - this.t0, Math.min(this.limit[1] - this.t1, by));

		this.show(this.t0 + clipped, this.t1 + clipped);
	}

	choose(range) {
		this.range = range;
		this.changed('range');
	}

	point(t) {
		if (this.cursor === t)
			return;
		this.cursor = t;
		this.changed('cursor');
	}
}

const WHEEL_STEP = 1.0018;	// per unit of a wheel's delta: a notch of 100 is 1.2

// Binds a plot element to a view. `box()` gives { left, width } of the time axis in it.
class Hands {
	constructor(element, view, box, actions = {}) {
		this.element = element;
		this.view = view;
		this.box = box;
		this.actions = actions;
		this.fingers = new Map();
		this.drag = null;
		element.addEventListener('wheel', e => this.wheel(e), { passive: false });
		element.addEventListener('pointerdown', e => this.down(e));
		element.addEventListener('pointermove', e => this.move(e));
		element.addEventListener('pointerup', e => this.up(e));
		element.addEventListener('pointercancel', e => this.up(e, true));
		element.addEventListener('pointerleave', () => {
			if (!this.fingers.size)
				view.point(null);
		});
		element.addEventListener('dblclick', e => this.doubled(e));
		element.addEventListener('keydown', e => this.key(e));
	}

	time(e) {
		const { left, width } = this.box();
		const x = e.clientX - this.element.getBoundingClientRect().left - left;
		const share = Math.min(1, Math.max(0, x / width));

		return this.view.t0 + share * (this.view.t1 - this.view.t0);
	}

	// The page scrolls by the wheel alone; with a modifier the plot zooms, sideways it pans.
	wheel(e) {
		if (e.ctrlKey || e.metaKey || e.altKey) {
			e.preventDefault();
			this.view.zoom(WHEEL_STEP ** (e.deltaY * (e.deltaMode ? 30 : 1)), this.time(e));
		} else if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
			e.preventDefault();
			this.view.pan((e.deltaX || e.deltaY) / this.box().width);
		}
	}

	down(e) {
		if (e.pointerType === 'mouse' && e.button > 1)
			return;
		this.element.setPointerCapture(e.pointerId);
		this.fingers.set(e.pointerId, e.clientX);
		this.drag = { x: e.clientX, t: this.time(e), moved: false,
			pan: e.shiftKey || e.button === 1 || e.pointerType === 'touch',
			t0: this.view.t0, t1: this.view.t1 };
	}

	move(e) {
		if (this.fingers.size === 2 && this.fingers.has(e.pointerId)) {
			this.pinch(e);
			return;
		}
		this.view.point(this.time(e));
		if (this.actions.hover)
			this.actions.hover(e);
		if (!this.drag || !this.fingers.has(e.pointerId))
			return;
		if (Math.abs(e.clientX - this.drag.x) > 3)
			this.drag.moved = true;
		if (!this.drag.moved)
			return;
		if (this.drag.pan) {
			const by = (this.drag.x - e.clientX) / this.box().width;
			const span = this.drag.t1 - this.drag.t0;

			this.view.show(this.drag.t0 + by * span, this.drag.t1 + by * span);
		} else {
			const t = this.time(e);

			this.view.choose([Math.min(t, this.drag.t), Math.max(t, this.drag.t)]);
		}
	}

	pinch(e) {
		const before = [...this.fingers.values()];

		this.fingers.set(e.pointerId, e.clientX);
		const now = [...this.fingers.values()];
		const was = Math.abs(before[0] - before[1]), is = Math.abs(now[0] - now[1]);

		if (was > 5 && is > 5)
			this.view.zoom(was / is, this.time({ clientX: (now[0] + now[1]) / 2 }));
	}

	up(e, cancelled = false) {
		const drag = this.drag;

		this.fingers.delete(e.pointerId);
		this.drag = null;
		if (!drag || cancelled || drag.moved)
			return;
		if (this.view.range)
			this.view.choose(null);
		if (this.actions.click)
			this.actions.click(drag.t, e);
	}

	// To the range where it was hit, to what is there otherwise.
	doubled(e) {
		const t = this.time(e), range = this.view.range;

		if (range && t >= range[0] && t <= range[1])
			this.view.show(range[0], range[1]);
		else if (this.actions.zoomTo)
			this.actions.zoomTo(t, e);
	}

	key(e) {
		const view = this.view, act = {
			'+': () => view.zoom(1 / 1.5, view.cursor ?? undefined),
			'=': () => view.zoom(1 / 1.5, view.cursor ?? undefined),
			'-': () => view.zoom(1.5, view.cursor ?? undefined),
			ArrowLeft: () => view.pan(-.15),
			ArrowRight: () => view.pan(.15),
			Home: () => view.show(view.limit[0], view.limit[0] + view.t1 - view.t0),
			End: () => view.show(view.limit[1] - view.t1 + view.t0, view.limit[1]),
			0: () => view.all(),
			Escape: () => (view.range ? view.choose(null) : view.all()),
			Enter: () => view.range && view.show(view.range[0], view.range[1]),
		}[e.key];

		if (act && !e.ctrlKey && !e.metaKey && !e.altKey) {
			e.preventDefault();
			act();
			if (this.actions.spoken)
				this.actions.spoken();
		}
	}
}
