// SPDX-License-Identifier: GPL-2.0-only
//
// ONNX Runtime as a server on stdin and stdout, one thread: every line read
// runs the model once and prints its milliseconds. With an output file: writes
// raw float32 outputs for a raw float32 input and ends. With "profile" in place
// of a file: prints each node's best time as "MS NAME".
//
// usage: engine_ort.js NODE_MODULES MODEL all|disabled [INPUT OUTPUT | profile]

'use strict';
const fs = require('fs');
const path = require('path');
const readline = require('readline');

const [modules, model, level, input, output] = process.argv.slice(2);
const ort = require(path.join(modules, 'onnxruntime-node'));

async function open(extra) {
	return ort.InferenceSession.create(model, Object.assign({
		graphOptimizationLevel: level,
		intraOpNumThreads: 1,
		interOpNumThreads: 1,
		executionMode: 'sequential',
		logSeverityLevel: 3,
	}, extra));
}

function shapeOf(session) {
	const meta = session.inputMetadata[0];
	return meta.shape.map((d) => (typeof d === 'number' && d > 0 ? d : 1));
}

function feedOf(session, file) {
	const shape = shapeOf(session);
	const count = shape.reduce((a, b) => a * b, 1);
	let data = new Float32Array(count);

	if (file) {
		const bytes = fs.readFileSync(file);
		data = new Float32Array(bytes.buffer, bytes.byteOffset, count);
	} else {
		for (let i = 0; i < count; i++)
			data[i] = Math.sin(i * 12.9898) / 2;
	}
	return { [session.inputNames[0]]: new ort.Tensor('float32', data, shape) };
}

// SYNERGY_CPU_TIME: the process's time on processors, for a machine that others use too.
function now() {
	if (!process.env.SYNERGY_CPU_TIME)
		return Number(process.hrtime.bigint()) / 1e6;
	const used = process.cpuUsage();
	return (used.user + used.system) / 1e3;
}

async function timed(session, feed) {
	const begin = now();
	await session.run(feed);
	return now() - begin;
}

async function dump() {
	const session = await open({});
	const result = await session.run(feedOf(session, input));
	const parts = session.outputNames.map((name) => {
		const d = result[name].data;
		return Buffer.from(d.buffer, d.byteOffset, d.byteLength);
	});
	fs.writeFileSync(output, Buffer.concat(parts));
}

async function profile() {
	const prefix = path.join(process.env.TMPDIR || '/tmp', `synergy-ort-${process.pid}`);
	const session = await open({ enableProfiling: true, profileFilePrefix: prefix });
	const feed = feedOf(session, null);
	for (let i = 0; i < 12; i++)
		await session.run(feed);
	session.endProfiling();
	const file = fs.readdirSync(path.dirname(prefix))
		.find((f) => f.startsWith(path.basename(prefix)));
	const full = path.join(path.dirname(prefix), file);
	const best = new Map();
	for (const e of JSON.parse(fs.readFileSync(full, 'utf8'))) {
		if (e.cat !== 'Node' || !e.name.endsWith('_kernel_time'))
			continue;
		const name = e.name.slice(0, -'_kernel_time'.length);
		best.set(name, Math.min(best.get(name) ?? Infinity, e.dur / 1000));
	}
	fs.unlinkSync(full);
	for (const [name, ms] of best)
		console.log(`${ms.toFixed(6)} ${name}`);
}

async function serve() {
	const session = await open({});
	const feed = feedOf(session, null);
	await session.run(feed);
	console.log('ready');
	for await (const line of readline.createInterface({ input: process.stdin })) {
		void line;
		console.log((await timed(session, feed)).toFixed(6));
	}
}

(output ? dump() : input === 'profile' ? profile() : serve()).catch((e) => {
	console.error(`engine_ort: ${e.message}`);
	process.exit(1);
});
