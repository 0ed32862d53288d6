// SPDX-License-Identifier: GPL-2.0-only
//
// report.html in headless Chromium: no error, zoom, sort, filter, range and rail switch
// really work, all fits 420 to 1900 pixels and paper, without script it says the same,
// names do no harm, axe finds nothing serious, and a large recording stays small.
// Run by tests/tools/report_page.sh with the directory of its pages; SYNERGY_BROWSER is
// the browser, NODE_PATH where playwright-core and axe-core are.
'use strict';

const fs = require('fs'), path = require('path');
const { openBrowser } = require('./browser.js');
const { test, run, equal, near, check } = require('./test.js');

const pages = process.env.SYNERGY_PAGES;
let axe = null, browser = null, context = null;

async function setup() {
	try {
		axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
	} catch (e) {
		return 'axe-core is not there (make report-test-packages)';
	}
	browser = await openBrowser({ acceptDownloads: true });
	context = browser.context;
	return browser.why;
}

async function teardown() {
	if (browser && browser.close)
		await browser.close();
}

// A page whose every message, error and request is watched; f gets it.
async function on(name, f, { script = true, dark = false, width = 1400, height = 900 } = {}) {
	const page = await context.newPage(), said = [], asked = [];

	page.on('console', m => said.push(m.type() + ': ' + m.text()));
	page.on('pageerror', e => said.push(e.stack));
	page.on('request', r => asked.push(r.url()));
	await page.setViewportSize({ width, height });
	await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
	const file = path.join(pages, name, 'report.html');

	if (!script) {		// a context of its own would need a profile of its own: take it out
		const bare = file.replace('.html', '-bare.html');
		const html = fs.readFileSync(file, 'utf8');

		fs.writeFileSync(bare, html.replace(/<script>\(function[^]*<\/script>/, ''));
		await page.goto('file://' + bare);
	} else {
		await page.goto('file://' + file);
		await page.waitForFunction(() => window.synergyReport);
		await settle(page);
	}
	try {
		await f(page);
	} finally {
		equal(said.join('\n'), '', 'what the page said');
		check(asked.every(u => /^(file|blob|data):/.test(u)), 'asked for ' + asked.join(' '));
		await page.close();
	}
}

// Two frames: what was asked for is drawn.
const settle = page => page.evaluate(() => new Promise(done =>
	requestAnimationFrame(() => requestAnimationFrame(done))));
const view = page => page.evaluate(() => ({ t0: synergyReport.timeline.view.t0,
	t1: synergyReport.timeline.view.t1, all: synergyReport.report.span_ns }));
const first = page => page.locator('#layers tbody tr:first-child th').innerText();
const texts = async (page, selector) => (await page.locator(selector).allInnerTexts()).join(' | ');

test('the head says what the table in the terminal says', () => on('paper', async page => {
	const main = await page.locator('.figure.main').innerText();

	// 10 inferences of 120 + 8 + 240 + 30 mJ and 5 mJ between.
	const value = Number(main.match(/^[\d.]+/)[0]);

	near(value, 403, 3, main);
	check(/mJ/.test(main) && /VDD_CPU/.test(main) && /±/.test(main), main);
	check(await page.locator('#static').isHidden(), 'what is for paper is hidden');
	check(/conv/.test(await page.locator('.stack').innerText()), 'types in the bar');
}));

test('zoom by wheel, keys and buttons', () => on('paper', async page => {
	const plot = page.locator('#timeline .plot'), box = await plot.boundingBox();
	const before = await view(page);

	near(before.t1 - before.t0, before.all, 1);
	await page.mouse.move(box.x + box.width / 2, box.y + 150);
	await page.keyboard.down('Control');
	await page.mouse.wheel(0, -800);
	await page.keyboard.up('Control');
	await settle(page);
	const wheel = await view(page);

	check(wheel.t1 - wheel.t0 < before.all / 3, 'the wheel zooms: ' + (wheel.t1 - wheel.t0));
	await plot.focus();
	await page.keyboard.press('ArrowRight');
	const panned = await view(page);

	check(panned.t0 > wheel.t0, 'the arrow pans');
	near(panned.t1 - panned.t0, wheel.t1 - wheel.t0, 1);
	await page.keyboard.press('0');
	near((await view(page)).t1, before.t1, 1);
	await page.getByRole('button', { name: 'One inference', exact: true }).click();
	await settle(page);
	const one = await view(page);

	// An inference takes 129 ms; a little air on both sides.
	near((one.t1 - one.t0) / 1e6, 129 * 1.04, .5);
	await page.getByRole('button', { name: 'Next inference' }).click();
	check((await view(page)).t0 > one.t0, 'the next inference');
	check(/Showing/.test(await page.locator('#timeline [role=status]').innerText()), 'it is spoken');
}));

test('the wheel alone scrolls the page', () => on('paper', async page => {
	const box = await page.locator('#timeline .plot').boundingBox(), before = await view(page);

	await page.mouse.move(box.x + 300, box.y + 100);
	await page.mouse.wheel(0, 400);
	await page.waitForFunction(() => window.scrollY > 100);
	equal((await view(page)).t1, before.t1);
}));

test('a range gives its energy', () => on('paper', async page => {
	// Drag over conv2 of the inference in view: 60 ms at 4 W, from 47 to 107 ms in it.
	await page.getByRole('button', { name: 'One inference', exact: true }).click();
	await settle(page);
	const at = await page.evaluate(() => {
		const t = synergyReport.timeline, span = t.report.spans.find(s => s.id === 2 &&
			s.begin > t.view.t0), box = t.box({ y: 0, h: 1 });

		return [box.px(span.begin + 2e6), box.px(span.end - 2e6)];
	});
	const box = await page.locator('#timeline .plot').boundingBox();

	await page.mouse.move(box.x + at[0], box.y + 200);
	await page.mouse.down();
	await page.mouse.move(box.x + (at[0] + at[1]) / 2, box.y + 200, { steps: 3 });
	await page.mouse.move(box.x + at[1], box.y + 200, { steps: 3 });
	await page.mouse.up();
	const said = await page.locator('#timeline .below').innerText();

	check(/VDD_CPU\s+4\.00 W/.test(said), said);
	near(Number(said.match(/([\d.]+) ms chosen/)[1]), 56, .5, said);
	check(/VDD_GPU\s+2\.00 W/.test(said), said);
	await page.getByRole('button', { name: 'Zoom to it' }).click();
	await settle(page);
	const now = await view(page);

	near((now.t1 - now.t0) / 1e6, 56, .5);
	await page.keyboard.press('Escape');
}));

test('what lies under the pointer', () => on('paper', async page => {
	await page.getByRole('button', { name: 'One inference', exact: true }).click();
	await settle(page);
	const x = await page.evaluate(() => {
		const t = synergyReport.timeline, s = t.report.spans.find(s => s.id === 0 && s.begin > t.view.t0);

		return t.box({ y: 0, h: 1 }).px((s.begin + s.end) / 2);
	});
	const box = await page.locator('#timeline .plot').boundingBox();

	await page.mouse.move(box.x + x, box.y + 180);
	const tip = await page.locator('#timeline .tip').innerText();

	check(/clock of cpu0 (1\.73 GHz|710 MHz)/.test(tip) && /CPU-therm 4\d\.\d °C/.test(tip), tip);
	check(/^conv1/.test(tip) && /40\.0 ms/.test(tip) && /VDD_CPU 3\.00 W/.test(tip), tip);
	check(await page.locator('tr.hovered th', { hasText: 'conv1' }).count() === 1,
	      'its row is marked');
	await page.mouse.click(box.x + x, box.y + 180);
	check(await page.locator('tr.selected').count() === 1, 'a click keeps it');
}));

test('sort and filter', () => on('paper', async page => {
	check(/conv1/.test(await first(page)), 'in the order of the network');
	await page.getByRole('button', { name: 'Energy ± 95 %' }).click();
	check(/conv2/.test(await first(page)), 'the dearest first: ' + await first(page));
	equal(await page.locator('th[aria-sort=descending]').innerText(), 'Energy ± 95 % ↓');
	await page.getByRole('button', { name: /Energy ± 95 %/ }).click();
	check(/relu1/.test(await first(page)), 'the cheapest first');
	await page.getByLabel('Filter layers').fill('CONV');
	equal(await page.locator('#layers tbody tr').count(), 2);
	check(/2 of 4/.test(await page.locator('#layers .head').innerText()), 'how many are shown');
	await page.getByLabel('Filter layers').fill('');
	await page.getByLabel('Type of layer', { exact: true }).selectOption('fc');
	equal(await page.locator('#layers tbody tr').count(), 1);
	check(/fc, the last/.test(await first(page)), await first(page));
	const cells = await texts(page, '#layers tfoot .total');

	check(/40\d\.\d+ ± [\d.]+ mJ/.test(cells), cells);
}));

test('another rail', () => on('paper', async page => {
	await page.getByRole('group', { name: 'Rail that energy means' }).getByText('VDD_GPU').click();
	await settle(page);
	// 2 W for 129 ms.
	const main = await page.locator('.figure.main').innerText();

	near(Number(main.match(/^[\d.]+/)[0]), 258, 2, main);
	const row = await page.locator('#layers tbody tr', { hasText: 'conv1' }).innerText();

	check(/80\.\d+ ± [\d.]+ mJ|8\d ± \d+ mJ/.test(row), row);
	equal(await page.locator('[aria-pressed=true]').innerText(), 'VDD_GPU');
}));

test('plots are saved as they are seen', () => on('paper', async page => {
	const save = async name => {
		const [download] = await Promise.all([page.waitForEvent('download'),
			page.getByRole('button', { name }).click()]);

		return fs.readFileSync(await download.path());
	};
	const svg = (await save('Save power as SVG')).toString();

	check(svg.startsWith('<svg') && svg.includes('VDD_CPU') && svg.trim().endsWith('</svg>'),
	      'an SVG file');
	await page.evaluate(text => {
		const error = new DOMParser().parseFromString(text, 'image/svg+xml').querySelector('parsererror');

		if (error)
			throw new Error(error.textContent);
	}, svg);
	equal((await save('Save inference as PNG')).subarray(1, 4).toString(), 'PNG');
	const csv = (await save('Save samples in view as CSV')).toString().split('\n');

	equal(csv[0], 'rail,window_begin_ns,window_end_ns,power_mw');
	check(csv.length > 2000, csv.length + ' lines');
	check(csv.slice(1, -1).every(l => /^VDD_(CPU|GPU),-?\d+,\d+,[\d.]+$/.test(l)), csv[1]);
	const table = (await save('Save the table as CSV')).toString().split('\n');

	equal(table.length, 6);
	check(table[4].includes('"fc, the last"'), table[4]);
}));

// Nothing beside the page's width; what is wider scrolls in its own box.
test('fits 420 to 1900 pixels', () => on('paper', async page => {
	for (const width of [420, 800, 1400, 1900]) {
		await page.setViewportSize({ width, height: 800 });
		await settle(page);
		equal(await page.evaluate(() => document.documentElement.scrollWidth -
			document.documentElement.clientWidth), 0, width + ': the page scrolls sideways');
		const inView = to => page.evaluate(x => {
			document.querySelector('#layers .wrap').scrollLeft = x;
			return [...document.querySelectorAll('#layers tbody tr:first-child .first, ' +
				'#layers tbody tr:first-child .second')].map(c => {
				const r = c.getBoundingClientRect();

				return r.left >= 0 && r.right <= innerWidth && r.width > 60;
			}).join();
		}, to);

		equal(await inView(0), 'true,true', width + ' pixels');
		equal(await inView(1e4), 'true,true', width + ' pixels, scrolled to the last column');
	}
}));

// Contrast is all that the theme changes: once is enough.
for (const [name, dark] of [['paper', false], ['paper', true], ['nomarks', false],
	['compared', false]])
	test('axe: ' + name + (dark ? ', dark' : ', light'), () => on(name, async page => {
		await page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = true; }));
		// Not as a script of the page: its policy refuses what it did not come with.
		await page.evaluate(axe);
		const found = await page.evaluate(async () =>
			(await window.axe.run(document, { resultTypes: ['violations'] })).violations
				.map(v => v.impact + ' ' + v.id + ': ' + v.nodes.map(n => n.target + ' ' +
					n.failureSummary).slice(0, 3).join('; ')));

		equal(found.join('\n'), '');
	}, { dark }));

test('without script, and on paper', () => on('paper', async page => {
	const text = await page.locator('#static').innerText();

	for (const word of ['papernet', 'conv2', 'fc, the last', 'energy ± 95 %', 'idle', 'What was run'])
		check(text.includes(word), 'it has "' + word + '"');
	equal(await page.locator('#static tbody tr, #static table:nth-of-type(1) tr').count() > 4, true);
	equal(await page.locator('#static svg').count(), 1);
}, { script: false }));

test('prints on A4, no column cut', () => on('paper', async page => {
	const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });

	check(pdf.length > 5000 && pdf.subarray(0, 4).toString() === '%PDF', 'a PDF file');
	// 297 mm less two margins of 12 mm, at 96 pixels an inch.
	await page.setViewportSize({ width: Math.floor((297 - 24) / 25.4 * 96), height: 700 });
	await page.emulateMedia({ media: 'print' });
	check(await page.locator('#app').isHidden(), 'the interactive part is not printed');
	const wide = await page.evaluate(() => [...document.querySelectorAll('#static table, #static svg')]
		.filter(e => e.getBoundingClientRect().right > innerWidth + 1).length);

	equal(wide, 0, 'tables or plots beyond the right edge');
}));

test('names do no harm', () => on('hostile', async page => {
	const html = fs.readFileSync(path.join(pages, 'hostile', 'report.html'), 'utf8');

	equal(html.match(/<\/script>/g).length, 2, 'scripts closed');
	equal(await page.evaluate(() => window.harmed), undefined);
	const text = await page.locator('#layers').innerText();

	check(text.includes('<img src=x onerror=') && text.includes('</script>'), 'names are shown as they are');
	equal(await page.locator('main img, main script').count(), 0);
}));

test('two measurements', () => on('compared', async page => {
	const main = await page.locator('.figure.main').innerText();

	near(Number(main.match(/^\+([\d.]+)/)[1]), 12, 1, main);
	check(/\+[23]\.\d %/.test(main), main);
	check(/conv1 = node_0/.test(await first(page)), await first(page));
	await page.getByRole('button', { name: 'B − A ± 95 %' }).click();
	check(/conv2 = node_2 ●/.test(await first(page)), 'the greatest difference first: ' + await first(page));
	equal(await page.locator('#layers .verdict').count(), 1);
	check(/1 of 4/.test(await texts(page, '.figures')), 'how many differ');
	const before = await page.evaluate(() => synergyReport.plot.view.t1);

	await page.getByRole('button', { name: 'Zoom in' }).click();
	check(await page.evaluate(() => synergyReport.plot.view.t1) < before, 'the plot zooms');
}));

test('a recording without marks', () => on('nomarks', async page => {
	const text = await page.locator('#app .figures').innerText();

	check(/3\.0\d J|2\.9\d+ ± [\d.]+ J/.test(text) && text.includes('VDD_GPU'), text);
	equal(await page.locator('#layers').count(), 0);
	equal(await page.locator('#timeline').count(), 1);
}));

test('a thousand layers', () => on('large', async page => {
	const size = fs.statSync(path.join(pages, 'large', 'report.html')).size;

	check(size < 2e6, size + ' bytes');
	const nodes = await page.evaluate(() => document.querySelectorAll('*').length);

	check(nodes < 60000, nodes + ' nodes');
	const step = async () => {
		await settle(page);
		return page.evaluate(() => synergyReport.timeline.stats);
	};
	const check1 = s => {
		check(s.points < 4 * 3 * 1400, s.points + ' points drawn');
		check(s.spans < 3 * 1400, s.spans + ' intervals drawn');
		check(s.scanned < 140000, s.scanned + ' samples looked at');
	};

	check1(await step());
	for (let i = 0; i < 20; i++) {
		await page.evaluate(() => synergyReport.timeline.view.zoom(.6, 3e9));
		check1(await step());
	}
	const s = await step();

	check(s.spans > 1 && s.points > 3, 'in the end there is something to see');
	await page.getByRole('button', { name: 'Energy ± 95 %' }).click();
	const energies = await page.evaluate(() => synergyReport.table.shown.map(r => r.row.energy_uj[0]));

	equal(energies.length, 1000);
	check(energies.every((e, i) => !i || e <= energies[i - 1]), 'sorted');
}));

run(setup, teardown);
