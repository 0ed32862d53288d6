// SPDX-License-Identifier: GPL-2.0-only
//
// Headless Chromium with a fresh profile that asks nothing of the network. SYNERGY_BROWSER
// is the program, NODE_PATH where playwright-core is.
'use strict';

const fs = require('fs'), os = require('os'), path = require('path');

const program = process.env.SYNERGY_BROWSER || '/usr/bin/chromium';
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update', '--disable-sync'];

const WALL_MS = 900000;

// Gives { context, close }, or { why }: what is missing.
async function openBrowser(options = {}) {
	let playwright;

	try {
		playwright = require('playwright-core');
	} catch (e) {
		return { why: 'playwright-core is not there (make report-test-packages)' };
	}
	if (!fs.existsSync(program))
		return { why: program + ' is not there (scripts/setup.sh report-packages)' };
	const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'synergy-browser-'));
	const context = await playwright.chromium.launchPersistentContext(profile, { executablePath: program,
		timeout: WALL_MS, headless: true, args: flags, viewport: { width: 1400, height: 900 }, ...options });

	// Of the clock on the wall, so that a busy machine takes longer; the runner bounds CPU time.
	context.setDefaultTimeout(WALL_MS);

	return { context, close: async () => {
		await context.close();
		fs.rmSync(profile, { recursive: true, force: true });
	} };
}

module.exports = { openBrowser };
