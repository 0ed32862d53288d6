// SPDX-License-Identifier: GPL-2.0-only
//
// A picture of a report for documents: picture.js report.html picture.png. What a reader
// of 1280 by 960 pixels sees first, in the light colours.
'use strict';

const path = require('path');
const { openBrowser } = require('./browser.js');

const SIZE = { width: 1280, height: 960 };

(async () => {
	const [report, picture] = process.argv.slice(2);
	const browser = await openBrowser({ viewport: SIZE, colorScheme: 'light', reducedMotion: 'reduce' });

	if (browser.why) {
		console.error('picture: ' + browser.why);
		process.exit(1);
	}
	try {
		const page = await browser.context.newPage();

		await page.goto('file://' + path.resolve(report));
		await page.waitForFunction(() => window.synergyReport && synergyReport.timeline.now);
		await page.screenshot({ path: picture });
	} finally {
		await browser.close();
	}
})().catch(e => {
	console.error('picture: ' + e.message);
	process.exit(1);
});
