// SPDX-License-Identifier: GPL-3.0-or-later
// From the embedded JSON (user/report/page_data.h) to typed arrays, and the questions
// that plots ask of them. Times are ns from the trace's start.

function decodeBytes(text) {
	if (typeof Uint8Array.fromBase64 === 'function')
		return Uint8Array.fromBase64(text);
	const raw = atob(text), bytes = new Uint8Array(raw.length);

	for (let i = 0; i < raw.length; i++)
		bytes[i] = raw.charCodeAt(i);
	return bytes;
}

function decode(text, bytesEach, get) {
	const bytes = decodeBytes(text), view = new DataView(bytes.buffer, bytes.byteOffset);
	const n = Math.floor(bytes.length / bytesEach);
	const out = bytesEach === 2 ? new Uint16Array(n) :
		get === 'getFloat32' ? new Float32Array(n) : new Uint32Array(n);

	for (let i = 0; i < n; i++)
		out[i] = view[get](i * bytesEach, true);
	return out;
}

const decodeU16 = text => decode(text, 2, 'getUint16');
const decodeU32 = text => decode(text, 4, 'getUint32');
const decodeF32 = text => decode(text, 4, 'getFloat32');

// Begins from differences; double precision holds a month of ns exactly.
function decodeTimes(t0, text) {
	const differences = decodeU32(text), times = new Float64Array(differences.length);
	let at = t0;

	for (let i = 0; i < differences.length; i++)
		times[i] = at += differences[i];
	return times;
}

// The first index whose value is not below x.
function lowerBound(array, x) {
	let low = 0, high = array.length;

	while (low < high) {
		const middle = (low + high) >> 1;

		if (array[middle] < x)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const EMPTY_BUCKET = 65535;

// One rail's power over time: buckets over the whole recording, samples where kept.
class Series {
	constructor(json) {
		this.offset = json.offset;
		this.step = json.step;
		this.dt = json.level.dt;
		this.level = decodeU16(json.level.v);	// least, mean, most
		this.chunks = json.chunks.map(c => {
			const begin = decodeTimes(c.t0, c.dt), n = begin.length;
			const window = typeof c.w === 'number' ?
				new Uint32Array(n).fill(c.w) : decodeU32(c.w);

			return { begin, window, v: decodeU16(c.v),
				from: begin[0], to: begin[n - 1] + window[n - 1] };
		});
	}

	value(code) {
		return this.offset + this.step * code;
	}

	// Is every sample between these times kept singly?
	isWhole(t0, t1) {
		const first = Math.max(t0, 0);

		return this.chunks.some(c => c.from <= first + this.dt && c.to + this.dt >=
			Math.min(t1, this.end()));
	}

	end() {
		return this.level.length / 3 * this.dt;
	}

	// Samples whose windows meet [t0, t1]: how many there are, at most `most` + 1.
	count(t0, t1, most) {
		let n = 0;

		for (const c of this.chunks) {
			const from = lowerBound(c.begin, t0 - 1e7), to = lowerBound(c.begin, t1);

			n += Math.max(0, to - from);
			if (n > most)
				break;
		}
		return n;
	}

	// Calls f(begin, end, mW) for each kept sample that meets [t0, t1].
	forSamples(t0, t1, f) {
		for (const c of this.chunks) {
			if (c.to < t0 || c.from > t1)
				continue;
			for (let i = Math.max(0, lowerBound(c.begin, t0) - 1); i < c.begin.length &&
			     c.begin[i] <= t1; i++)
				if (c.begin[i] + c.window[i] >= t0)
					f(c.begin[i], c.begin[i] + c.window[i], this.value(c.v[i]));
		}
	}

	// Least, mean and most for each of n columns of [t0, t1]; NaN where there is nothing.
	columns(t0, t1, n) {
		const out = { least: new Float64Array(n).fill(NaN), mean: new Float64Array(n).fill(NaN),
			most: new Float64Array(n).fill(NaN), scanned: 0 };
		const sum = new Float64Array(n), weight = new Float64Array(n);
		const scale = n / (t1 - t0);
		const add = (x, least, mean, most) => {
			if (x < 0 || x >= n)
				return;
			if (!weight[x] || least < out.least[x])
				out.least[x] = least;
			if (!weight[x] || most > out.most[x])
				out.most[x] = most;
			sum[x] += mean;
			weight[x]++;
		};

		this.addLevel(t0, t1, scale, add, out);
		for (const c of this.chunks) {
			if (c.to < t0 || c.from > t1)
				continue;
			for (let i = lowerBound(c.begin, t0); i < c.begin.length && c.begin[i] <= t1; i++) {
				const mw = this.value(c.v[i]);

				out.scanned++;
				add(Math.floor((c.begin[i] + c.window[i] / 2 - t0) * scale), mw, mw, mw);
			}
		}
		for (let x = 0; x < n; x++)
			if (weight[x])
				out.mean[x] = sum[x] / weight[x];
		return out;
	}

	// The buckets of [t0, t1] that no chunk covers.
	addLevel(t0, t1, scale, add, out) {
		const last = Math.min(this.level.length / 3 - 1, Math.floor(t1 / this.dt));

		for (let i = Math.max(0, Math.floor(t0 / this.dt)); i <= last; i++) {
			const middle = (i + .5) * this.dt;

			if (this.level[3 * i] === EMPTY_BUCKET ||
			    this.chunks.some(c => middle >= c.from && middle <= c.to))
				continue;
			out.scanned++;
			const first = Math.floor((i * this.dt - t0) * scale);
			const end = Math.max(first, Math.ceil(((i + 1) * this.dt - t0) * scale) - 1);

			// A bucket wider than a pixel fills all of its pixels.
			for (let x = Math.max(0, first); x <= end; x++)
				add(x, this.value(this.level[3 * i]), this.value(this.level[3 * i + 1]),
				    this.value(this.level[3 * i + 2]));
		}
	}

	// The power at a time: the mean of what is met within `reach`, or the nearest sample.
	near(t, reach) {
		const mw = this.mean(t - reach, t + reach);
		let found = mw, distance = Infinity;

		if (!Number.isNaN(mw))
			return mw;
		this.forSamples(t - this.dt, t + this.dt, (begin, end, value) => {
			const d = Math.max(begin - t, t - end);

			if (d < distance) {
				distance = d;
				found = value;
			}
		});
		return found;
	}

	// Mean power of [t0, t1]: windows by how much of them lies within; NaN: nothing known.
	mean(t0, t1) {
		let sum = 0, weight = 0;

		this.forSamples(t0, t1, (begin, end, mw) => {
			const share = Math.min(end, t1) - Math.max(begin, t0);

			if (share > 0) {
				sum += share * mw;
				weight += share;
			}
		});
		if (weight)
			return sum / weight;
		const columns = this.columns(t0, t1, 256);

		for (const mw of columns.mean)
			if (!Number.isNaN(mw)) {
				sum += mw;
				weight++;
			}
		return weight ? sum / weight : NaN;
	}
}

// All intervals in order of their begin.
function decodeSpans(json) {
	const spans = [];

	for (const c of json.chunks) {
		const begin = decodeTimes(c.t0, c.dt), length = decodeF32(c.length);
		const id = decodeU32(c.id), lane = decodeU16(c.lane), name = decodeU16(c.name);

		for (let i = 0; i < begin.length; i++)
			spans.push({ begin: begin[i], end: begin[i] + Math.max(0, length[i]),
				point: length[i] < 0, id: id[i], name: json.names[name[i]] || 'mark ' + id[i],
				thread: lane[i] >> 8, depth: lane[i] & 255 });
	}
	return spans;
}

const PHASE_NAMES = { run: 'inference', warmup: 'warm-up', idle: 'idle', command: 'command',
	check: 'time check' };

// What the figures are of.
const NOUNS = {
	inference: { of: 'an inference', one: 'one inference', many: 'inferences' },
	run: { of: 'a run', one: 'one run', many: 'runs' },
	recording: { of: 'the recording', one: 'the recording', many: 'recordings' },
};

// Inferences are numbered from 1, whatever number the program gave to the first one.
function countRuns(phases) {
	const runs = phases.filter(p => p.kind === 'run');
	const least = runs.reduce((a, p) => Math.min(a, p.first), Infinity);

	for (const p of runs)
		p.first += 1 - least;
	return phases;
}

function phaseName(phase) {
	const name = PHASE_NAMES[phase.kind] || phase.kind;

	if (phase.kind !== 'run')
		return name;
	return phase.n > 1 ? name + 's ' + phase.first + '–' + (phase.first + phase.n - 1) :
		name + ' ' + phase.first;
}

function decodeFold(json) {
	const places = decodeF32(json.segments), ids = decodeU32(json.id);
	const segments = [];

	for (let i = 0; i < ids.length; i++)
		segments.push({ begin: places[2 * i], length: places[2 * i + 1],
			id: ids[i] === 0xffffffff ? null : ids[i] });
	return { runs: json.runs, odd: json.odd, run_us: json.run_us, segments,
		rails: json.rails.map(r => ({
			samples: r.samples || 0,
			bins: r.bins ? decodeU16(r.bins.v) : new Uint16Array(0),
			points: r.points ? decodeU16(r.points) : new Uint16Array(0),
		})) };
}

// Frequencies, temperatures, cooling: values that hold until the next one.
function makeTrack(json) {
	const kinds = {
		freq: { title: 'clock of cpu' + json.index, unit: 'hertz', factor: 1e3 },
		temp: { title: json.name || 'zone ' + json.index, unit: 'celsius', factor: 1e-3 },
		cooling: { title: json.name || 'cooling ' + json.index, unit: 'state', factor: 1 },
	};
	const kind = kinds[json.kind];
	const v = json.v.map(x => x === null ? NaN : x * kind.factor), known = v.filter(isNumber);

	return { ...kind, kind: json.kind, t: json.t, v, changes: json.changes,
		least: Math.min(...known), most: Math.max(...known) };
}

// The value at a time; NaN before the first.
function trackAt(track, t) {
	const i = lowerBound(track.t, t + 1) - 1;

	return i < 0 ? NaN : track.v[i];
}

function formatTrack(track, value) {
	if (!isNumber(value))
		return NONE;
	return track.unit === 'hertz' ? format('hertz', value) : track.unit === 'celsius' ?
		fixed(value, 1) + ' °C' : fixed(value, 0);
}

// The layers as objects, one per row; energy by rail as the page's rails are numbered.
function decodeRows(json, rails) {
	const order = rails.map(r => json.rails.indexOf(r.label));

	return json.name.map((name, i) => {
		const value = key => json[key] ? json[key][i] : null;
		const row = {
			name, index: json.index[i], op: json.op[i], type: json.type[i],
			method: json.method[i], mac: json.mac[i], time_us: json.time_us[i],
			samples: json.samples[i],
			energy_uj: order.map(r => r < 0 ? null : json.energy_uj[r][i]),
			ci95_uj: order.map(r => r < 0 ? null : json.ci95_uj[r][i]),
			events: json.events.map(e => e[i]),
		};
		const moved = [value('bytes_in'), value('bytes_out')];

		// Weights are float32 where nothing else is said.
		row.bytes = moved.every(isNumber) ? moved[0] + moved[1] + 4 * (value('params') || 0) : null;
		row.macPerByte = row.mac > 0 && row.bytes > 0 ? row.mac / row.bytes : null;
		row.gmacs = row.mac > 0 && row.time_us > 0 ? row.mac / row.time_us / 1e3 : null;
		row.gbs = row.bytes > 0 && row.time_us > 0 ? row.bytes / row.time_us / 1e3 : null;
		return row;
	});
}

// Energy with what follows from it, on one rail.
function onRail(row, rail) {
	const uj = row.energy_uj[rail], ci = row.ci95_uj[rail];
	const bounded = onlyBounded(uj, ci);

	return {
		uj, ci, bounded,
		resolved: isResolved(uj, ci),
		power_mw: isNumber(uj) && !bounded && row.time_us > 0 ? uj / row.time_us * 1e3 : null,
		pjPerMac: isNumber(uj) && !bounded && row.mac > 0 ? uj / row.mac * 1e6 : null,
	};
}

// The sensor's own part of an energy over a time, 95 %: what offset and scale may be off.
// It is common to all layers. Above idle no time counts.
function sensorPart(sensor, uj, us) {
	if (!sensor || !isNumber(uj))
		return null;
	return 2 * Math.hypot((sensor.scale || 0) * uj, sensor.offset_uw * us / 1e6);
}

function sumOf(values) {
	const known = values.filter(isNumber);

	return known.length ? known.reduce((a, b) => a + b, 0) : null;
}

// Totals by type, the greatest first.
function typeTotals(rows, rail) {
	const types = new Map();

	for (const row of rows) {
		if (!types.has(row.type))
			types.set(row.type, []);
		types.get(row.type).push(row);
	}
	return [...types].map(([type, of]) => {
		const uj = rail < 0 ? null : sumOf(of.map(r => r.energy_uj[rail]));
		const ci2 = rail < 0 ? null : sumOf(of.map(r => isNumber(r.ci95_uj[rail]) ?
			r.ci95_uj[rail] ** 2 : null));

		return { type, layers: of.length, mac: sumOf(of.map(r => r.mac)),
			time_us: sumOf(of.map(r => r.time_us)), uj, ci: ci2 === null ? null : Math.sqrt(ci2) };
	}).sort((a, b) => (b.uj === null ? -1 : b.uj) - (a.uj === null ? -1 : a.uj) ||
		b.time_us - a.time_us);
}

class Report {
	constructor(json) {
		this.json = json;
		this.rails = json.rails;
		this.series = json.trace.series.map(s => new Series(s));
		this.span_ns = Math.max(json.trace.span_ns, 1);
		this.phases = countRuns(json.phases.map(([kind, begin, end, first, n]) =>
			({ kind, begin, end, first, n })).sort((a, b) => a.begin - b.begin));
		this.spans = decodeSpans(json.spans);
		this.spansMet = json.spans.met;
		this.tracks = (json.tracks || []).map(makeTrack);
		this.fold = json.fold ? decodeFold(json.fold) : null;
		this.noun = NOUNS[json.subject.unit] || NOUNS.inference;
		this.layers = json.layers ? decodeRows(json.layers, json.rails) : [];
		// A row that is all of it says no more than the rails' own figures.
		if (this.noun === NOUNS.recording && this.layers.length === 1)
			this.layers = [];
		this.rest = json.rest ? decodeRows(json.rest, json.rails) : [];
		this.eventNames = json.layers ? json.layers.event_names : [];
		this.byIndex = new Map(this.layers.map(row => [row.index, row]));
		this.rail = json.rail;		// which energy is meant; -1 none
		this.types = typeTotals(this.layers, json.rail).map(t => t.type);
	}

	// The inferences whose samples are all kept, so that they can be shown singly.
	wholeRuns() {
		const main = this.series[Math.max(0, this.rail)];

		return this.phases.filter(p => p.kind === 'run' && p.n === 1 && main &&
			main.isWhole(p.begin, p.end));
	}

	spanName(span) {
		const row = this.byIndex.get(span.id);

		return span.name || (row ? row.name : 'mark ' + span.id);
	}
}
