// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The sampled part of the page's data; see page_trace.h.
 *
 * A series' value v is offset + step x u16. Its level is buckets of equal length with
 * three of these each, least, mean and most (65535, 0, 0: no sample). Its chunks are
 * single samples: begins as u32 differences, so that a chunk ends where one would not
 * fit. Spans are coded alike.
 */
#include "report/page_trace.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/mark_names.h"
#include "report/page_json.h"

/*
 * Of all rails together. With 8 bytes of base64 a sample and as many a bucket, 16 a
 * span, these come to 1.1 MB: the rest of 2 MB is for a thousand layers' rows.
 */
#define MOST_SAMPLES	65536
#define MOST_BUCKETS	49152
#define LEAST_BUCKETS	1024
#define TAIL_SHARE	8	/* one sample in so many is one of the last */

#define SMALLEST_STEP	1e-6	/* mW; of a rail that never changed */
#define U16_MOST	65534
#define U16_NONE	65535

static int put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value);
}

static json_t *give(json_t *value, int bad)
{
	if (!bad)
		return value;
	json_decref(value);
	return NULL;
}

/* Arrays in the file are little-endian whatever made them. */
static json_t *put_u16(const uint16_t *v, size_t n)
{
	uint8_t *bytes = malloc(2 * n + 1);
	json_t *value;
	size_t i;

	for (i = 0; bytes && i < n; i++) {
		bytes[2 * i] = (uint8_t)v[i];
		bytes[2 * i + 1] = (uint8_t)(v[i] >> 8);
	}
	value = bytes ? synergy_json_base64(bytes, 2 * n) : NULL;
	free(bytes);
	return value;
}

static json_t *put_u32(const uint32_t *v, size_t n)
{
	uint8_t *bytes = malloc(4 * n + 1);
	json_t *value;
	size_t i;

	for (i = 0; bytes && i < 4 * n; i++)
		bytes[i] = (uint8_t)(v[i / 4] >> 8 * (i % 4));
	value = bytes ? synergy_json_base64(bytes, 4 * n) : NULL;
	free(bytes);
	return value;
}

static json_t *put_f32(const float *v, size_t n)
{
	uint32_t *bits = malloc(4 * n + 1);
	json_t *value;

	if (!bits)
		return NULL;
	memcpy(bits, v, 4 * n);
	value = put_u32(bits, n);
	free(bits);
	return value;
}

struct scale {
	double offset, step;
};

static struct scale scale_of(const struct synergy_trace_rail *r)
{
	double range = r->max_mw - r->min_mw;

	return (struct scale){ r->min_mw, range > 0 ? range / U16_MOST : SMALLEST_STEP };
}

static uint16_t code(const struct scale *s, double mw)
{
	double v = (mw - s->offset) / s->step + 0.5;

	return v < 0 ? 0 : v > U16_MOST ? U16_MOST : (uint16_t)v;
}

static double since_start(const struct synergy_profile *p, uint64_t ns)
{
	return (double)(int64_t)(ns - p->trace.start_ns);
}

static size_t sampled_rails(const struct synergy_profile *p)
{
	size_t n = 0;
	uint32_t r;

	for (r = 0; r < p->trace.n_rails; r++)
		n += p->trace.rails[r].samples > 0;
	return n ? n : 1;
}

void synergy_page_rail_label(const struct synergy_profile *p, uint32_t rail, char *label,
			     size_t size)
{
	const struct synergy_stream_info *info = synergy_stream_info(p->stream);

	if (rail < info->n_rails && *info->rails[rail].label)
		snprintf(label, size, "%.*s", SYNERGY_LABEL_LEN, info->rails[rail].label);
	else
		snprintf(label, size, "rail %u", rail);
}

/* ---- buckets ---- */

static json_t *put_level(const struct synergy_profile *p, const struct synergy_trace_rail *r)
{
	size_t most = MOST_BUCKETS / sampled_rails(p), per = 1, n, i, k;
	struct scale scale = scale_of(r);
	json_t *level = json_object();
	uint16_t *v;
	int bad;

	if (most < LEAST_BUCKETS)
		most = LEAST_BUCKETS;
	while ((r->n_buckets + per - 1) / per > most)
		per *= 2;
	n = (r->n_buckets + per - 1) / per;
	v = calloc(3 * n + 1, sizeof(*v));
	if (!v)
		return give(level, 1);
	for (i = 0; i < n; i++) {
		double least = INFINITY, high = -INFINITY, sum = 0;
		uint64_t samples = 0;

		for (k = i * per; k < (i + 1) * per && k < r->n_buckets; k++) {
			if (!r->buckets[k].n)
				continue;
			least = fmin(least, r->buckets[k].min_mw);
			high = fmax(high, r->buckets[k].max_mw);
			sum += r->buckets[k].sum_mw;
			samples += r->buckets[k].n;
		}
		v[3 * i] = samples ? code(&scale, least) : U16_NONE;
		v[3 * i + 1] = samples ? code(&scale, sum / (double)samples) : 0;
		v[3 * i + 2] = samples ? code(&scale, high) : 0;
	}
	bad = put(level, "dt", synergy_json_number((double)p->trace.bucket_ns * (double)per)) |
		put(level, "v", put_u16(v, 3 * n));
	free(v);
	return give(level, bad);
}

/* ---- single samples ---- */

static json_t *put_chunk(const struct synergy_profile *p, const struct scale *scale,
			 const struct synergy_trace_sample *s, size_t n)
{
	uint32_t *begin = calloc(n, sizeof(*begin)), *window = calloc(n, sizeof(*window));
	uint16_t *v = calloc(n, sizeof(*v));
	json_t *chunk = json_object();
	size_t i, alike = 0;
	int bad = !begin || !window || !v;

	for (i = 0; !bad && i < n; i++) {
		begin[i] = i ? (uint32_t)(s[i].begin_ns - s[i - 1].begin_ns) : 0;
		window[i] = s[i].window_ns;
		alike += window[i] == window[0];
		v[i] = code(scale, s[i].mw);
	}
	if (!bad)
		bad = put(chunk, "t0", synergy_json_number(since_start(p, s[0].begin_ns))) |
			put(chunk, "dt", put_u32(begin, n)) |
			put(chunk, "w", alike == n ? json_integer(window[0]) : put_u32(window, n)) |
			put(chunk, "v", put_u16(v, n));
	free(begin);
	free(window);
	free(v);
	return give(chunk, bad);
}

/* Ends a chunk where a difference would not fit: a gap of over four seconds. */
static int put_chunks(const struct synergy_profile *p, const struct scale *scale,
		      const struct synergy_trace_sample *s, size_t n, json_t *chunks)
{
	size_t from, to;

	for (from = 0; from < n; from = to) {
		for (to = from + 1; to < n && s[to].begin_ns >= s[to - 1].begin_ns &&
		     s[to].begin_ns - s[to - 1].begin_ns <= UINT32_MAX; to++)
			;
		if (json_array_append_new(chunks, put_chunk(p, scale, s + from, to - from)))
			return -1;
	}
	return 0;
}

static const struct synergy_trace_sample *sample_at(const struct synergy_trace_rail *r, uint64_t i)
{
	return i < r->n_head ? &r->head[i] : &r->tail[(i - r->n_head) % SYNERGY_TRACE_TAIL];
}

/* All, or the first ones and the last ones. */
static json_t *put_samples(const struct synergy_profile *p, const struct synergy_trace_rail *r)
{
	size_t most = MOST_SAMPLES / sampled_rails(p), tail = most / TAIL_SHARE, n = 0;
	struct synergy_trace_sample *last;
	struct scale scale = scale_of(r);
	json_t *chunks = json_array();
	uint64_t i;
	int bad;

	if (r->samples <= most)
		return give(chunks, put_chunks(p, &scale, r->head, r->samples, chunks));
	if (tail > SYNERGY_TRACE_TAIL)
		tail = SYNERGY_TRACE_TAIL;
	last = calloc(tail + 1, sizeof(*last));
	if (!last)
		return give(chunks, 1);
	for (i = r->samples - tail; i < r->samples; i++)
		if (i >= most - tail)
			last[n++] = *sample_at(r, i);
	bad = put_chunks(p, &scale, r->head, most - tail, chunks) |
		put_chunks(p, &scale, last, n, chunks);
	free(last);
	return give(chunks, bad);
}

static json_t *put_trace(const struct synergy_profile *p)
{
	json_t *trace = json_object(), *series = json_array(), *one;
	uint64_t last_ns = p->trace.start_ns;
	double number = 0;
	uint32_t r;
	int bad = 0;

	for (r = 0; r < p->trace.n_rails; r++) {
		const struct synergy_trace_rail *rail = &p->trace.rails[r];

		if (!rail->samples)
			continue;
		if (rail->last_ns > last_ns)
			last_ns = rail->last_ns;
		one = json_object();
		bad |= put(one, "rail", synergy_json_number(number++)) |
			put(one, "offset", synergy_json_number(scale_of(rail).offset)) |
			put(one, "step", synergy_json_number(scale_of(rail).step)) |
			put(one, "level", put_level(p, rail)) |
			put(one, "chunks", put_samples(p, rail)) |
			json_array_append_new(series, one);
	}
	bad |= put(trace, "span_ns", synergy_json_number(since_start(p, last_ns))) |
		put(trace, "period_ns", synergy_json_number((double)p->trace.period_ns)) |
		put(trace, "series", series);
	return give(trace, bad);
}

/* ---- phases and intervals ---- */

static json_t *put_phases(const struct synergy_profile *p)
{
	static const char *const kinds[SYNERGY_PHASE_KINDS] = {
		[SYNERGY_PHASE_RUN] = "run", [SYNERGY_PHASE_WARMUP] = "warmup",
		[SYNERGY_PHASE_IDLE] = "idle", [SYNERGY_PHASE_COMMAND] = "command",
		[SYNERGY_PHASE_CHECK] = "check",
	};
	json_t *phases = json_array(), *one;
	size_t i;

	for (i = 0; i < p->spans.n_phases; i++) {
		const struct synergy_phase *f = &p->spans.phases[i];

		one = json_array();
		if (json_array_append_new(one, json_string(kinds[f->kind])) |
		    json_array_append_new(one, synergy_json_number(since_start(p, f->begin_ns))) |
		    json_array_append_new(one, synergy_json_number(since_start(p, f->end_ns))) |
		    json_array_append_new(one, json_integer(f->first)) |
		    json_array_append_new(one, json_integer(f->n)) |
		    json_array_append_new(phases, one))
			return give(phases, 1);
	}
	return phases;
}

static int by_begin(const void *a, const void *b)
{
	const struct synergy_span *x = a, *y = b;

	if (x->begin_ns != y->begin_ns)
		return x->begin_ns < y->begin_ns ? -1 : 1;
	return x->end_ns > y->end_ns ? -1 : x->end_ns < y->end_ns;
}

/* A thread's number in the order that they are met; those past the 200th share a lane. */
static uint16_t lane_of(uint32_t *tids, size_t *n, uint32_t tid)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (tids[i] == tid)
			return (uint16_t)i;
	if (*n == 200)
		return 199;
	tids[*n] = tid;
	return (uint16_t)(*n)++;
}

/* A process's id has one name; those past the first so many are called by their numbers. */
#define MOST_NAMES	4096

struct names {
	struct synergy_mark_names *find;
	json_t *list;
	size_t n;
	struct {
		uint32_t tgid, id;
	} known[MOST_NAMES];
};

/* The name's place in the list; MOST_NAMES: none. Layers come in order: it is looked for from there. */
static uint16_t name_of(const struct synergy_profile *p, struct names *names,
			const struct synergy_span *s, size_t *at)
{
	char text[256];
	size_t i, k;

	for (i = 0; i < names->n; i++) {
		k = (*at + i) % names->n;
		if (names->known[k].tgid == s->tgid && names->known[k].id == s->id) {
			*at = k + 1;
			return (uint16_t)k;
		}
	}
	if (names->n == MOST_NAMES ||
	    json_array_append_new(names->list, synergy_json_string(synergy_mark_names_find(names->find,
				p->stream, s->tgid, s->id, text, sizeof(text)))))
		return MOST_NAMES;
	names->known[names->n].tgid = s->tgid;
	names->known[names->n].id = s->id;
	return (uint16_t)names->n++;
}

static json_t *put_span_chunk(const struct synergy_profile *p, const struct synergy_span *s,
			      size_t n, uint32_t *tids, size_t *n_tids, struct names *names)
{
	uint32_t *begin = calloc(n, sizeof(*begin)), *id = calloc(n, sizeof(*id));
	uint16_t *name = calloc(n, sizeof(*name));
	uint16_t *lane = calloc(n, sizeof(*lane));
	float *length = calloc(n, sizeof(*length));
	json_t *chunk = json_object();
	int bad = !begin || !id || !name || !lane || !length;
	size_t i, at = 0;

	for (i = 0; !bad && i < n; i++) {
		begin[i] = i ? (uint32_t)(s[i].begin_ns - s[i - 1].begin_ns) : 0;
		length[i] = s[i].point ? -1 : (float)(s[i].end_ns - s[i].begin_ns);
		id[i] = s[i].id;
		name[i] = name_of(p, names, &s[i], &at);
		lane[i] = (uint16_t)(lane_of(tids, n_tids, s[i].tid) << 8 |
				     (s[i].depth < 255 ? s[i].depth : 255));
	}
	if (!bad)
		bad = put(chunk, "t0", synergy_json_number(since_start(p, s[0].begin_ns))) |
			put(chunk, "dt", put_u32(begin, n)) |
			put(chunk, "length", put_f32(length, n)) |
			put(chunk, "id", put_u32(id, n)) | put(chunk, "name", put_u16(name, n)) |
			put(chunk, "lane", put_u16(lane, n));
	free(begin);
	free(id);
	free(name);
	free(lane);
	free(length);
	return give(chunk, bad);
}

static size_t kept_spans(const struct synergy_spans *s, struct synergy_span *kept)
{
	size_t n = s->n_head;
	const struct synergy_span *one;
	uint64_t i;

	if (n)
		memcpy(kept, s->head, n * sizeof(*kept));
	for (i = 0; (one = synergy_spans_tail(s, i)); i++)
		kept[n++] = *one;
	qsort(kept, n, sizeof(*kept), by_begin);
	return n;
}

static json_t *put_spans(const struct synergy_profile *p)
{
	struct synergy_span *s = calloc(SYNERGY_SPANS_HEAD + SYNERGY_SPANS_TAIL, sizeof(*s));
	json_t *spans = json_object(), *chunks = json_array(), *threads = json_array();
	struct names *names = calloc(1, sizeof(*names));
	size_t n, from, to, n_tids = 0;
	uint32_t tids[200];
	int bad = !s || !names;

	if (names) {
		names->find = synergy_mark_names_new();
		names->list = json_array();
		bad |= !names->find || !names->list;
	}

	n = bad ? 0 : kept_spans(&p->spans, s);
	for (from = 0; from < n; from = to) {
		for (to = from + 1; to < n &&
		     s[to].begin_ns - s[to - 1].begin_ns <= UINT32_MAX; to++)
			;
		bad |= json_array_append_new(chunks, put_span_chunk(p, s + from, to - from, tids,
								    &n_tids, names));
	}
	for (from = 0; from < n_tids; from++)
		bad |= json_array_append_new(threads, json_integer(tids[from]));
	free(s);
	if (names) {
		bad |= put(spans, "names", names->list);
		synergy_mark_names_free(names->find);
		free(names);
	}
	bad |= put(spans, "met", synergy_json_number((double)p->spans.n_spans)) |
		put(spans, "threads", threads) | put(spans, "chunks", chunks);
	return give(spans, bad);
}

/* ---- the folded inference ---- */

#define ALL_RAILS	UINT32_MAX

/* Bins that hold at least FOLD_LEAST samples on average: the mean is then worth drawing. */
#define FOLD_LEAST	6

static json_t *put_fold_bins(const struct synergy_fold_rail *r, const struct scale *scale)
{
	size_t per = 1, n, i, k;
	json_t *bins = json_object();
	uint16_t *v;
	int bad;

	while (per < SYNERGY_FOLD_BINS / 32 &&
	       (double)r->samples * (double)per < (double)FOLD_LEAST * SYNERGY_FOLD_BINS)
		per *= 2;
	n = SYNERGY_FOLD_BINS / per;
	v = calloc(5 * n, sizeof(*v));
	if (!v)
		return give(bins, 1);
	for (i = 0; i < n; i++) {
		double sum = 0, sum2 = 0, least = INFINITY, most = -INFINITY, mean, sd;
		double samples = 0;

		for (k = i * per; k < (i + 1) * per; k++) {
			const struct synergy_fold_bin *b = &r->bins[k];

			if (!b->n)
				continue;
			samples += b->n;
			sum += b->sum_mw;
			sum2 += b->sum_mw2;
			least = fmin(least, b->min_mw);
			most = fmax(most, b->max_mw);
		}
		if (!samples)
			continue;
		mean = sum / samples;
		sd = samples > 1 ? sqrt(fmax(0, sum2 - sum * mean) / (samples - 1)) : 0;
		v[5 * i] = samples > U16_MOST ? U16_MOST : (uint16_t)samples;
		v[5 * i + 1] = code(scale, mean);
		v[5 * i + 2] = (uint16_t)fmin(U16_MOST, sd / scale->step + 0.5);
		v[5 * i + 3] = code(scale, least);
		v[5 * i + 4] = code(scale, most);
	}
	bad = put(bins, "n", synergy_json_number((double)n)) | put(bins, "v", put_u16(v, 5 * n));
	free(v);
	return give(bins, bad);
}

static json_t *put_fold_points(const struct synergy_fold_rail *r, const struct scale *scale)
{
	uint16_t *v = calloc(3 * r->n_points + 1, sizeof(*v));
	json_t *value;
	size_t i;

	if (!v)
		return NULL;
	for (i = 0; i < r->n_points; i++) {
		v[3 * i] = (uint16_t)(r->points[i].at * U16_MOST + 0.5f);
		v[3 * i + 1] = code(scale, r->points[i].mw);
		v[3 * i + 2] = (uint16_t)(r->points[i].run < U16_MOST ? r->points[i].run : U16_MOST);
	}
	value = put_u16(v, 3 * r->n_points);
	free(v);
	return value;
}

static int put_segments(const struct synergy_fold *f, json_t *fold)
{
	float *v = calloc(2 * f->n_segments + 1, sizeof(*v));
	uint32_t *id = calloc(f->n_segments + 1, sizeof(*id));
	size_t i;
	int bad = !v || !id;

	for (i = 0; !bad && i < f->n_segments; i++) {
		v[2 * i] = (float)f->segments[i].begin_us;
		v[2 * i + 1] = (float)f->segments[i].length_us;
		id[i] = f->segments[i].id;
	}
	if (!bad)
		bad = put(fold, "segments", put_f32(v, 2 * f->n_segments)) |
			put(fold, "id", put_u32(id, f->n_segments));
	free(v);
	free(id);
	return bad ? -1 : 0;
}

/* Of all rails, or of one: the page's data and the comparison's. */
static json_t *put_fold(const struct synergy_profile *p, uint32_t only)
{
	json_t *fold = json_object(), *rails = json_array(), *one;
	const struct synergy_fold *f = &p->fold;
	double number = 0;
	uint32_t r;
	int bad = 0;

	for (r = 0; r < p->trace.n_rails; r++) {
		struct scale scale = scale_of(&p->trace.rails[r]);

		if (!p->trace.rails[r].samples || (only != ALL_RAILS && only != r))
			continue;
		one = json_object();
		bad |= put(one, "rail", synergy_json_number(number++));
		if (r < f->n_rails && f->rails[r].bins)
			bad |= put(one, "bins", put_fold_bins(&f->rails[r], &scale)) |
				put(one, "points", put_fold_points(&f->rails[r], &scale)) |
				put(one, "samples",
				    synergy_json_number((double)f->rails[r].samples));
		bad |= json_array_append_new(rails, one);
	}
	bad |= put(fold, "runs", synergy_json_number((double)f->n_runs)) |
		put(fold, "odd", synergy_json_number((double)f->n_odd)) |
		put(fold, "run_us", synergy_json_number(f->run_us)) |
		put(fold, "rails", rails) | put_segments(f, fold);
	return give(fold, bad);
}

/* ---- frequencies, temperatures ---- */

static json_t *put_steps(const struct synergy_profile *p)
{
	static const char *const kinds[] = { "freq", "temp", "cooling" };
	json_t *tracks = json_array(), *one, *times, *values;
	size_t i, k;

	for (i = 0; i < p->steps.n; i++) {
		const struct synergy_step_track *t = &p->steps.tracks[i];
		int bad = 0;

		one = json_object();
		times = json_array();
		values = json_array();
		for (k = 0; k < t->n; k++)
			bad |= json_array_append_new(times, synergy_json_number(since_start(p,
							t->points[k].time_ns))) |
				json_array_append_new(values,
						      synergy_json_number(t->points[k].value));
		if (bad | put(one, "kind", json_string(kinds[t->kind])) |
		    put(one, "index", json_integer(t->index)) |
		    put(one, "name", synergy_json_string(t->name)) |
		    put(one, "changes", synergy_json_number((double)t->changes)) |
		    put(one, "t", times) | put(one, "v", values) |
		    json_array_append_new(tracks, one))
			return give(tracks, 1);
	}
	return tracks;
}

int synergy_page_trace_put(const struct synergy_profile *p, json_t *data)
{
	return put(data, "trace", put_trace(p)) | put(data, "tracks", put_steps(p)) | put(data, "phases", put_phases(p)) |
		put(data, "spans", put_spans(p)) | (p->fold.n_runs ? put(data, "fold", put_fold(p, ALL_RAILS)) : 0);
}

int synergy_page_fold_put(const struct synergy_profile *p, json_t *side)
{
	struct scale scale;
	json_t *object;
	char label[64];
	uint32_t r;

	for (r = 0; r < p->trace.n_rails; r++) {
		synergy_page_rail_label(p, r, label, sizeof(label));
		if (p->trace.rails[r].samples && synergy_profile_rail(p) &&
		    !strcmp(label, synergy_profile_rail(p)))
			break;
	}
	if (!p->fold.n_runs || r == p->trace.n_rails)
		return 0;
	scale = scale_of(&p->trace.rails[r]);
	object = json_object();
	return put(object, "offset", synergy_json_number(scale.offset)) |
		put(object, "step", synergy_json_number(scale.step)) |
		put(side, "scale", object) | put(side, "fold", put_fold(p, r));
}
