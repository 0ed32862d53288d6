// SPDX-License-Identifier: GPL-3.0-or-later
// The head of the page: the figure that it is about and how sure it is, where energy goes
// by type of layer, what to know about this measurement, and, folded, where it comes from.

class Summary {
	constructor(shared) {
		this.shared = shared;
		this.report = shared.report;
		this.title = this.report.json.title;
		this.element = el('div', { class: 'summary' });
		this.fill();
		shared.on(before => before.rail !== shared.rail ? this.fill() : this.mark());
	}

	fill() {
		this.element.replaceChildren(this.head(), this.report.layers.length ? this.figures() :
			this.railCards(), this.share() || '', this.findings() || '');
	}

	head() {
		const s = this.report.json.subject, noun = this.report.noun;
		const facts = [s.host && s.host !== '(none)' ? s.host : null, s.board, s.cpu,
			s.backend ? s.backend + (s.conv ? ', ' + s.conv : '') : null,
			s.threads ? s.threads + (s.threads === '1' ? ' thread' : ' threads') : null,
			s.runs && noun.one !== noun.of ? s.runs === 1 ? noun.one : s.runs + ' ' + noun.many : null,
			s.date ? s.date.replace('T', ' ').replace('Z', ' UTC') : null].filter(x => x);

		return el('header', {}, el('div', {}, el('h1', {}, this.title),
			el('p', { class: 'sub' }, facts.join(' · '))), this.switches());
	}

	// Which rail "energy" means, and light or dark.
	switches() {
		const rails = this.report.rails.map((r, i) => ({ r, i })).filter(x => x.r.total);

		return el('div', { class: 'switches' },
			rails.length > 1 ? el('div', { class: 'segmented', role: 'group',
				'aria-label': 'Rail that energy means' },
				rails.map(({ r, i }) => el('button', { type: 'button',
					'aria-pressed': String(i === this.shared.rail),
					onclick: () => this.shared.set({ rail: i }) }, r.label))) : null,
			el('button', { type: 'button', class: 'theme', 'aria-label': 'Light or dark',
				title: 'Light or dark', onclick: switchTheme }, '◐'));
	}

	figures() {
		const rail = this.report.rails[this.shared.rail], s = this.report.json.subject;
		const mac = sumOf(this.report.layers.map(r => r.mac));
		const noun = this.report.noun, runs = s.runs === 1 ? noun.one : s.runs + ' ' + noun.many;
		const figure = (value, label, more, main = false) => el('div', { class: main ?
			'figure main' : 'figure' }, el('b', {}, value), el('span', {}, label),
			more ? el('small', {}, more) : null);

		if (!rail)
			return el('div', { class: 'figures' },
				figure(format('time_us', s.run_us), noun.of, 'mean of ' + runs, true),
				figure(format('count', mac), 'MACs', fixed(mac / s.run_us / 1e3, 2) + ' GMAC/s'),
				el('p', { class: 'sub' }, 'No power was measured.'));
		const [uj, ci] = rail.total, [net, netCi] = rail.net;

		return el('div', { class: 'figures' },
			figure(formatInterval('energy_uj', uj, ci), 'energy of ' + noun.of + ', ' + rail.label,
				'± ' + formatRelative(ci / uj) + ' by chance, 95 %' + this.sensor(rail, uj, s.run_us),
				true),
			isNumber(net) ? figure(formatInterval('energy_uj', net, netCi), 'of it above idle',
				'idle: ' + format('power_mw', rail.idle_uw[0] / 1e3) +
				this.sensor(rail, net, 0)) : null,
			figure(format('time_us', s.run_us), 'time', 'mean of ' + runs +
				(isNumber(s.run_sd_us) ? ', s.d. ' + format('time_us', s.run_sd_us) : '')),
			figure(format('power_mw', uj / s.run_us * 1e3), 'mean power'),
			mac ? figure(format('energy_uj', uj / mac), 'a MAC', format('count', mac) + ' MACs, ' +
				fixed(mac / s.run_us / 1e3, 2) + ' GMAC/s') : null);
	}

	sensor(rail, uj, us) {
		const part = sensorPart(rail.sensor, uj, us);

		return part ? '; sensor ± ' + formatRelative(part / Math.abs(uj)) : '';
	}

	// A recording without marked inferences: what each rail took.
	railCards() {
		return el('div', { class: 'figures' }, this.report.rails.map((r, i) =>
			el('div', { class: 'figure r' + i % 6 }, el('b', {}, r.total ?
				formatInterval('energy_uj', ...r.total) : format('energy_uj', r.energy_uj)),
				el('span', {}, el('i', { class: 'swatch' }), r.label + ', ' +
					format('time_us', r.seconds * 1e6)),
				el('small', {}, format('power_mw', r.mean_mw) + ' mean (' +
					format('power_mw', r.min_mw) + ' to ' + format('power_mw', r.max_mw) + '), ' +
					r.samples + ' samples' + (r.gaps ? ', ' + r.gaps + ' gaps' : '')))));
	}

	// One bar over the whole width: energy (or time) by type.
	share() {
		const rows = [...this.report.layers, ...this.report.rest];
		const rail = this.shared.rail;

		if (!this.report.layers.length)
			return null;
		const totals = typeTotals(rows, rail);
		const value = t => rail < 0 ? t.time_us : t.uj;
		const whole = sumOf(totals.map(t => Math.max(0, value(t) || 0)));
		const figures = t => rail < 0 ? format('time_us', t.time_us) : formatLayerEnergy(t.uj, t.ci);

		return el('section', { class: 'types', 'aria-label': (rail < 0 ? 'Time' : 'Energy') +
			' by type of layer' },
			el('div', { class: 'stack', 'aria-hidden': 'true' }, totals.map(t => {
				const part = Math.max(0, value(t) || 0) / whole;

				return el('i', { class: typeClass(t.type), style: { flexGrow: String(part) },
					title: t.type + ' ' + formatShare(part, 1) },
					part > .08 ? t.type + ' ' + formatShare(part, 1) : '');
			})),
			el('ul', {}, totals.map(t => el('li', { class: typeClass(t.type) },
				el('i', { class: 'swatch' }), el('b', {}, t.type === 'between' ? 'between layers' :
					t.type === 'unattributed' ? 'not attributed' : t.type),
				' ' + (value(t) === null ? 'not known' : figures(t)),
				el('span', { class: 'dim' }, value(t) === null || (rail >= 0 && onlyBounded(t.uj, t.ci)) ? '' :
					' ' + formatShare(value(t), whole) + (t.layers > 1 ? ' · ' + t.layers +
						' layers' : ''))))));
	}

	findings() {
		const order = ['serious', 'warning', 'note'];
		const all = [...this.report.json.findings].sort((a, b) =>
			order.indexOf(a.level) - order.indexOf(b.level));
		const worst = all.length ? all[0].level : 'good';
		const marks = { serious: '✕', warning: '!', note: 'i' };
		const head = !all.length ? 'Nothing was lost, late or doubtful in this recording' :
			all.length === 1 ? 'One thing to know about this measurement' :
				all.length + ' things to know about this measurement';

		return el('section', { class: 'findings ' + worst, 'aria-label': 'What to know' },
			el('details', { open: worst === 'serious' || (worst === 'warning' && all.length < 4) },
				el('summary', {}, el('b', {}, head), this.checks()),
				el('ul', {}, all.map(f => el('li', { class: f.level },
					el('i', { 'aria-label': f.level }, marks[f.level]),
					el('span', {}, typeset(f.what) + '.',
						f.do ? el('span', { class: 'do' }, ' To do: ' + typeset(f.do) + '.') : null)))),
				this.checkList()));
	}

	// The self-checks by name, with what each found in the list below.
	checks() {
		const marks = { passed: '✓', failed: '✕', none: '–' };

		return this.report.json.checks.length ? el('span', { class: 'checks' },
			el('span', { class: 'dim' }, 'self-checks '), this.report.json.checks.map(c =>
				el('span', { class: 'check ' + c.state, title: typeset(c.text) },
					marks[c.state] + ' ' + c.name))) : null;
	}

	checkList() {
		const words = { passed: 'passed', failed: 'failed', none: 'not made' };

		return this.report.json.checks.length ? el('dl', {}, this.report.json.checks.map(c =>
			[el('dt', {}, 'check of ' + c.name + ', ' + words[c.state]),
				el('dd', {}, typeset(c.text.replace(/^not made: /, '')))])) : null;
	}

	mark() {
		// The bar shows types: the hovered layer's is emphasised by the style sheet.
		const row = this.shared.marked;

		this.element.dataset.type = row ? typeClass(row.type) : '';
	}
}

function provenance(report) {
	return el('details', { class: 'card', id: 'provenance' },
		el('summary', {}, el('h2', {}, 'Where these figures come from')),
		el('div', { class: 'groups' }, report.json.provenance.filter(g => g.entries.length)
			.map(g => el('section', {}, el('h3', {}, g.group), el('dl', {}, g.entries.map(([key, value]) =>
				[el('dt', {}, key), el('dd', {}, value)]))))));
}

function switchTheme() {
	const root = document.documentElement;
	const dark = root.dataset.theme ? root.dataset.theme === 'dark' :
		matchMedia('(prefers-color-scheme: dark)').matches;

	root.dataset.theme = dark ? 'light' : 'dark';
	window.dispatchEvent(new Event('synergy-theme'));
}
