// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the page together. What stood in it before the script ran stays for print and for
// readers without script; here it is only hidden.

function readTheme() {
	const style = getComputedStyle(document.documentElement);

	theme.read();
	for (let i = 0; i < 6; i++)
		theme['r' + i] = style.getPropertyValue('--r' + i).trim();
	theme.onType = style.getPropertyValue('--on-type').trim();
}

function startPage() {
	const report = new Report(JSON.parse(document.getElementById('data').textContent));
	const shared = new Shared(report), plots = [];

	readTheme();
	if (report.series.length) {
		plots.push(new Timeline(shared));
		if (report.fold)
			plots.push(new Inference(shared));
	}
	const table = report.layers.length ? new Table(shared) : null;
	const hasIntensity = report.layers.some(r => r.macPerByte);
	const scatters = hasIntensity ? [new Scatter(shared, 'speed'),
		...(shared.rail >= 0 ? [new Scatter(shared, 'energy')] : [])] : [];
	const app = el('main', { id: 'app' }, new Summary(shared).element,
		plots.map(p => p.element), table ? table.element : null,
		scatters.length ? el('div', { class: 'pair' }, scatters.map(s => s.element)) : null,
		provenance(report),
		el('footer', {}, 'Made by SyNERGY. This page loads nothing and sends nothing.'));

	plots.push(...scatters);
	const redraw = () => {
		readTheme();
		plots.forEach(p => p.redraw());
	};

	window.addEventListener('synergy-theme', redraw);
	matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
	document.getElementById('static').before(app);
	document.documentElement.classList.add('js');
	// For tests and for the curious: the parts, and what was drawn last.
	window.synergyReport = { report, shared, table, timeline: plots.find(p => p instanceof Timeline),
		inference: plots.find(p => p instanceof Inference), scatters };
}

if (document.getElementById('data'))
	startPage();
if (document.getElementById('comparison'))
	startComparison();
