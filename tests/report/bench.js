// SPDX-License-Identifier: GPL-2.0-only
//
// `make bench-report`: what a report costs in Chromium. For each page given: bytes, nodes,
// CPU time of all the browser's processes from asking for it to its first idle frame, and
// the script's time for a zoom step of the time line (median and worst of 60, from the
// whole recording to 20 us). Aims: 2 s to load, 33 ms a step. NAME=FILE...
'use strict';

const fs = require('fs'), path = require('path');
const { openBrowser } = require('./browser.js');

const STEPS = 60;

async function cpuSeconds(browser) {
	const { processInfo } = await browser.send('SystemInfo.getProcessInfo');

	return processInfo.reduce((sum, p) => sum + p.cpuTime, 0);
}

async function measure(context, browser, file) {
	const page = await context.newPage(), before = await cpuSeconds(browser);

	await page.goto('file://' + path.resolve(file));
	await page.waitForFunction(() => window.synergyReport && synergyReport.timeline.now);
	await page.evaluate(() => new Promise(requestIdleCallback));
	const load = await cpuSeconds(browser) - before;
	const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
	const steps = await page.evaluate(async n => {
		const t = synergyReport.timeline, took = [];
		const factor = (2e4 / t.report.span_ns) ** (1 / n);

		for (let i = 0; i < n; i++) {
			t.view.zoom(factor, t.report.span_ns * .03);
			const began = performance.now();

			t.draw();
			took.push(performance.now() - began);
			await new Promise(requestAnimationFrame);
		}
		return took.sort((a, b) => a - b);
	}, STEPS);

	await page.close();
	return { bytes: fs.statSync(file).size, nodes, load, median: steps[STEPS / 2], worst: steps[STEPS - 1] };
}

async function main() {
	const opened = await openBrowser();

	if (opened.why) {
		console.error('bench: ' + opened.why);
		process.exit(1);
	}
	const browser = await opened.context.browser()?.newBrowserCDPSession() ??
		await opened.context.newCDPSession(opened.context.pages()[0]);

	console.log('%s %s %s %s %s %s', 'report'.padEnd(28), 'bytes'.padStart(9), 'nodes'.padStart(7),
		'load, CPU s'.padStart(12), 'step, ms'.padStart(9), 'worst'.padStart(7));
	for (const arg of process.argv.slice(2)) {
		const [name, file] = arg.split('=');
		const m = await measure(opened.context, browser, file);

		console.log('%s %s %s %s %s %s', name.padEnd(28), String(m.bytes).padStart(9),
			String(m.nodes).padStart(7), m.load.toFixed(2).padStart(12), m.median.toFixed(1).padStart(9),
			m.worst.toFixed(1).padStart(7));
	}
	await opened.close();
}

main();
