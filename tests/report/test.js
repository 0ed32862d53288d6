// SPDX-License-Identifier: GPL-2.0-only
//
// The test framework of the page's script: named cases, both values in a failure, TAP.
// As tests/framework has it for C and shells: `--list` names the cases, `--only NAME`
// runs one, and may be repeated; exit status 0 passed, 77 all skipped, 1 otherwise.
'use strict';

const cases = [];
let checks = 0, failures = 0, current = '';

function test(name, f) {
	cases.push({ name: name.replace(/[^A-Za-z0-9]+/g, '_'), f });
}

function check(held, what) {
	checks++;
	if (held)
		return true;
	failures++;
	const at = new Error().stack.split('\n').find(l => /\.js:\d/.test(l) && !/test\.js/.test(l)) || '';

	console.error('%s: failed: %s (%s)', current, what, at.trim().replace(/^at /, ''));
	return false;
}

function equal(a, b, what = '') {
	return check(Object.is(a, b), (what && what + ': ') + JSON.stringify(a) + ' is not ' +
		JSON.stringify(b));
}

// Written so that a NaN fails.
function near(a, b, tolerance, what = '') {
	return check(Math.abs(a - b) <= tolerance, (what && what + ': ') + a + ' and ' + b +
		' differ by more than ' + tolerance);
}

async function runCase(number, c) {
	const before = [checks, failures];

	current = c.name;
	try {
		await c.f();
	} catch (e) {
		check(false, e.stack);
	}
	if (checks === before[0])
		check(false, 'nothing was checked');
	console.log((failures === before[1] ? 'ok ' : 'not ok ') + number + ' - ' + c.name);
}

// setup() gives a reason to skip, or nothing; teardown() follows in any case.
async function run(setup = () => null, teardown = () => null) {
	const only = process.argv.filter((a, i) => process.argv[i - 1] === '--only');
	const chosen = cases.filter(c => !only.length || only.includes(c.name));

	if (process.argv.includes('--list')) {
		cases.forEach(c => console.log(c.name));
		return;
	}
	try {
		const why = await setup();

		if (why) {
			console.log('SKIP: ' + why);
			process.exitCode = 77;
			return;
		}
		console.log('1..' + chosen.length);
		for (const [i, c] of chosen.entries())
			await runCase(i + 1, c);
	} finally {
		await teardown();
	}
	process.exitCode = failures || !checks ? 1 : 0;
}

module.exports = { test, run, check, equal, near };
