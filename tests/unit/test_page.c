// SPDX-License-Identifier: GPL-2.0-only
/*
 * What report.html draws from, made from records: phases and intervals, the folded
 * inference, single samples at both ends; all in bounded memory. And that its data
 * can stand within a script element.
 */
#include "tests/framework/test.h"

#include <stdlib.h>

#include "lib/recording.h"
#include "report/fold.h"
#include "report/page_json.h"
#include "report/provenance.h"
#include "report/spans.h"
#include "report/steps.h"
#include "report/trace.h"

#define MS	1000000ULL

static struct synergy_marker_record mark(uint32_t kind, uint32_t id, uint64_t cookie, uint64_t ns)
{
	return (struct synergy_marker_record){
		.hdr = { .size = sizeof(struct synergy_marker_record),
			 .type = SYNERGY_RECORD_MARKER, .time_ns = ns,
			 .flags = id >= SYNERGY_MARK_ID_COMMAND - 1 ? SYNERGY_MARKER_F_TOOL : 0 },
		.done_ns = ns, .cookie = cookie, .kind = kind, .id = id, .tid = 7,
		.count_size = sizeof(struct synergy_count),
	};
}

struct one_power {
	struct synergy_power_record head;
	struct synergy_power_channel c[1];
};

static struct one_power power(uint32_t rail, uint64_t begin_ns, uint64_t window_ns, int64_t uw)
{
	return (struct one_power){
		.head = { .hdr = { .size = sizeof(struct one_power),
				   .type = SYNERGY_RECORD_POWER }, .n_channels = 1,
			  .channel_size = sizeof(struct synergy_power_channel) },
		.c[0] = { .rail = rail, .power_uw = uw, .window_begin_ns = begin_ns,
			  .window_end_ns = begin_ns + window_ns },
	};
}

static void span_mark(struct synergy_spans *s, uint32_t kind, uint32_t id, uint64_t cookie,
		      uint64_t ns)
{
	struct synergy_marker_record m = mark(kind, id, cookie, ns);

	CHECK_EQ(synergy_spans_record(s, &m.hdr), 0);
}

static void span(struct synergy_spans *s, uint32_t id, uint64_t cookie, uint64_t from, uint64_t to)
{
	span_mark(s, SYNERGY_MARK_BEGIN, id, cookie, from);
	span_mark(s, SYNERGY_MARK_END, id, cookie, to);
}

TEST(spans)
{
	struct synergy_spans s;

	synergy_spans_begin(&s);
	span(&s, SYNERGY_MARK_ID_IDLE, 0, 10, 20);
	span_mark(&s, SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_RUN, 3, 30);
	span_mark(&s, SYNERGY_MARK_BEGIN, 5, 3, 31);
	span(&s, 9, 3, 32, 34);
	span_mark(&s, SYNERGY_MARK_POINT, 8, 0, 35);
	span_mark(&s, SYNERGY_MARK_END, 5, 3, 40);
	span_mark(&s, SYNERGY_MARK_END, SYNERGY_MARK_ID_RUN, 3, 41);
	span(&s, SYNERGY_MARK_ID_RUN, 4 | SYNERGY_MARK_COOKIE_WARMUP, 50, 60);
	span_mark(&s, SYNERGY_MARK_END, 77, 0, 61);	/* never begun */

	CHECK_EQ(s.n_phases, 3);
	CHECK_EQ(s.phases[0].kind, SYNERGY_PHASE_IDLE);
	CHECK_EQ(s.phases[0].end_ns, 20);
	CHECK_EQ(s.phases[1].kind, SYNERGY_PHASE_RUN);
	CHECK_EQ(s.phases[1].first, 3);
	CHECK_EQ(s.phases[2].kind, SYNERGY_PHASE_WARMUP);
	CHECK_EQ(s.phases[2].begin_ns, 50);
	CHECK_EQ(s.n_spans, 3);
	CHECK_EQ(s.n_head, 3);
	CHECK_EQ(s.head[0].id, 9);
	CHECK_EQ(s.head[0].depth, 1);
	CHECK_EQ(s.head[0].run, 3);
	CHECK(s.head[1].id == 8 && s.head[1].point);
	CHECK_EQ(s.head[2].id, 5);
	CHECK_EQ(s.head[2].depth, 0);
	CHECK_EQ(s.head[2].end_ns, 40);
	synergy_spans_end(&s);
}

/* A check is one phase, however many busy and idle steps it has; a program's ids are its own. */
TEST(check_and_command)
{
	struct synergy_marker_record m;
	struct synergy_spans s;
	uint64_t t, i;

	synergy_spans_begin(&s);
	span_mark(&s, SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_COMMAND, 0, 1);
	span(&s, SYNERGY_MARK_ID_IDLE, 0, 10 * MS, 600 * MS);
	for (i = 0, t = 700 * MS; i < 50; i++, t += 8 * MS) {
		span(&s, SYNERGY_MARK_ID_COMMAND - 1, i, t, t + 4 * MS);
		span(&s, SYNERGY_MARK_ID_IDLE, i, t + 4 * MS, t + 8 * MS);
	}
	span(&s, SYNERGY_MARK_ID_IDLE, 99, t + 100 * MS, t + 900 * MS);
	/* Without the tools' flag an id is only a number. */
	m = mark(SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_RUN, 5, t + 901 * MS);
	m.hdr.flags = 0;
	CHECK_EQ(synergy_spans_record(&s, &m.hdr), 0);
	m = mark(SYNERGY_MARK_END, SYNERGY_MARK_ID_RUN, 5, t + 902 * MS);
	m.hdr.flags = 0;
	CHECK_EQ(synergy_spans_record(&s, &m.hdr), 0);
	span_mark(&s, SYNERGY_MARK_END, SYNERGY_MARK_ID_COMMAND, 0, t + 903 * MS);
	REQUIRE(s.n_phases == 4);
	CHECK_EQ(s.phases[0].kind, SYNERGY_PHASE_IDLE);
	CHECK_EQ(s.phases[1].kind, SYNERGY_PHASE_CHECK);
	CHECK_EQ(s.phases[1].n, 100);
	CHECK_EQ(s.phases[1].begin_ns, 700 * MS);
	CHECK_EQ(s.phases[1].end_ns, t);
	CHECK_EQ(s.phases[2].kind, SYNERGY_PHASE_IDLE);
	CHECK_EQ(s.phases[3].kind, SYNERGY_PHASE_COMMAND);
	REQUIRE(s.n_spans == 1);
	CHECK_EQ(s.head[0].id, SYNERGY_MARK_ID_RUN);
	synergy_spans_end(&s);
}

static void freq(struct synergy_steps *s, uint32_t cpu, uint32_t policy, uint32_t khz, uint64_t ns)
{
	struct synergy_freq_record f = {
		.hdr = { .size = sizeof(f), .type = SYNERGY_RECORD_FREQ, .time_ns = ns },
		.cpu = cpu, .policy = policy, .khz = khz,
	};

	CHECK_EQ(synergy_steps_record(s, &f.hdr), 0);
}

TEST(steps_moved)
{
	struct synergy_steps s;
	double least, greatest;

	synergy_steps_begin(&s);
	freq(&s, 0, 0, 1000, 100);	/* found: no change */
	freq(&s, 0, 0, 1000, 200);
	freq(&s, 0, 0, 500, 300);
	freq(&s, 0, 0, 2000, 400);
	REQUIRE(s.n == 1);
	CHECK_EQ(s.tracks[0].changes, 2);
	CHECK_EQ(synergy_steps_moved(&s.tracks[0], 50, 299), 0);
	CHECK_EQ(synergy_steps_moved(&s.tracks[0], 250, 350), 1);
	CHECK_EQ(synergy_steps_moved(&s.tracks[0], 299, 300), 0);
	CHECK_EQ(synergy_steps_moved(&s.tracks[0], 310, 390), 0);
	CHECK_EQ(synergy_steps_moved(&s.tracks[0], 350, 1000), 1);
	CHECK_EQ(synergy_steps_moved(&s.tracks[0], 400, 1000), 0);
	synergy_steps_range(&s.tracks[0], &least, &greatest);
	CHECK_NEAR(least, 500, 0);
	CHECK_NEAR(greatest, 2000, 0);
	synergy_steps_end(&s);
}

TEST(steps)
{
	struct synergy_temp_record t = {
		.hdr = { .size = sizeof(t), .type = SYNERGY_RECORD_TEMP, .time_ns = 5 },
		.kind = SYNERGY_TEMP_ZONE, .index = 2, .value = -1500,
	};
	struct synergy_steps s;
	uint32_t i;

	synergy_steps_begin(&s);
	memset(t.name, 'z', sizeof(t.name));	/* to the end of its field */
	CHECK_EQ(synergy_steps_record(&s, &t.hdr), 0);
	for (i = 0; i < 5 * SYNERGY_STEPS_POINTS; i++) {
		freq(&s, 0, 0, i & 1 ? 1000 : 2000, i);
		freq(&s, 1, 0, 3, i);		/* another core of the policy */
	}
	freq(&s, 4, 4, 0, 9);
	REQUIRE(s.n == 3);
	CHECK_EQ(s.tracks[0].kind, SYNERGY_STEP_TEMP);
	CHECK_EQ(strlen(s.tracks[0].name), SYNERGY_LABEL_LEN);
	CHECK_NEAR(s.tracks[0].points[0].value, -1500, 0);
	CHECK_EQ(s.tracks[1].changes, 5 * SYNERGY_STEPS_POINTS - 1);
	CHECK_LE(s.tracks[1].n, SYNERGY_STEPS_POINTS);
	CHECK_GT(s.tracks[1].n, SYNERGY_STEPS_POINTS / 4);
	CHECK(isnan(s.tracks[2].points[0].value));
	/* Those past the last that is drawn are left out, and do no harm. */
	for (i = 10; i < 10 + 2 * SYNERGY_STEPS_TRACKS; i++)
		freq(&s, i, i, 1, 7);
	CHECK_EQ(s.n, SYNERGY_STEPS_TRACKS);
	synergy_steps_end(&s);
}

/* More than is kept: phases become fewer and still cover all; the last layers are there. */
TEST(many_spans)
{
	const uint32_t runs = 3 * SYNERGY_SPANS_PHASES + 17;
	struct synergy_spans s;
	uint64_t covered = 0;
	uint32_t i;

	synergy_spans_begin(&s);
	for (i = 0; i < runs; i++) {
		span_mark(&s, SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_RUN, i, i * 100ULL + 1);
		span(&s, 0, i, i * 100ULL + 10, i * 100ULL + 20);
		span(&s, 1, i, i * 100ULL + 20, i * 100ULL + 90);
		span_mark(&s, SYNERGY_MARK_END, SYNERGY_MARK_ID_RUN, i, i * 100ULL + 99);
	}
	CHECK_LE(s.n_phases, SYNERGY_SPANS_PHASES);
	CHECK_GT(s.n_phases, SYNERGY_SPANS_PHASES / 4);
	for (i = 0; i < s.n_phases; i++) {
		CHECK(!i || s.phases[i].begin_ns > s.phases[i - 1].end_ns);
		CHECK_EQ(s.phases[i].first, covered);
		covered += s.phases[i].n;
	}
	CHECK_EQ(covered, runs);
	CHECK_EQ(s.n_spans, 2ULL * runs);
	CHECK_EQ(s.n_head, SYNERGY_SPANS_HEAD);
	for (i = 0; synergy_spans_tail(&s, i); i++)
		;
	CHECK_EQ(i, SYNERGY_SPANS_TAIL);
	CHECK_EQ(synergy_spans_tail(&s, i - 1)->end_ns, (runs - 1) * 100ULL + 90);
	CHECK_EQ(synergy_spans_tail(&s, 0)->end_ns, (runs - SYNERGY_SPANS_TAIL / 2) * 100ULL + 20);
	synergy_spans_end(&s);
}

/* Begins without ends may not grow the memory, and the newest still match. */
TEST(never_ended)
{
	struct synergy_spans s;
	uint32_t i;

	synergy_spans_begin(&s);
	for (i = 0; i < 10 * SYNERGY_SPANS_OPEN; i++)
		span_mark(&s, SYNERGY_MARK_BEGIN, i, 0, i);
	CHECK_EQ(s.n_open, SYNERGY_SPANS_OPEN);
	span_mark(&s, SYNERGY_MARK_END, i - 1, 0, i);
	CHECK_EQ(s.n_spans, 1);
	synergy_spans_end(&s);
}

/* ---- the folded inference ---- */

static void fold_mark(struct synergy_fold *f, uint32_t kind, uint32_t id, uint64_t run, uint64_t ns)
{
	struct synergy_marker_record m = mark(kind, id, run, ns);

	CHECK_EQ(synergy_fold_record(f, &m.hdr), 0);
}

/*
 * One inference: layer 0 of 1 W for `first` ms, layer 1 of 3 W for 10 ms, 1 ms before,
 * between and after at 0.5 W; a sample each 100 us. Gives the time after it.
 */
static uint64_t fold_run(struct synergy_fold *f, uint64_t run, uint64_t at, uint64_t first,
			 uint32_t second_id)
{
	const uint64_t border[] = { at + MS, at + (1 + first) * MS, at + (2 + first) * MS,
		at + (12 + first) * MS, at + (13 + first) * MS };
	struct one_power p;
	uint64_t t;

	fold_mark(f, SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_RUN, run, at);
	fold_mark(f, SYNERGY_MARK_BEGIN, 0, run, border[0]);
	fold_mark(f, SYNERGY_MARK_END, 0, run, border[1]);
	fold_mark(f, SYNERGY_MARK_BEGIN, second_id, run, border[2]);
	fold_mark(f, SYNERGY_MARK_END, second_id, run, border[3]);
	for (t = at; t < border[4]; t += MS / 10) {
		int64_t uw = 500000;

		if (t >= border[0] && t < border[1])
			uw = 1000000;
		else if (t >= border[2] && t < border[3])
			uw = 3000000;
		p = power(2, t, MS / 10, uw);
		CHECK_EQ(synergy_fold_record(f, &p.head.hdr), 0);
	}
	fold_mark(f, SYNERGY_MARK_END, SYNERGY_MARK_ID_RUN, run, border[4]);
	return border[4] + MS;
}

static double bin_mean(const struct synergy_fold_rail *r, double from, double to)
{
	double sum = 0, n = 0;
	int i;

	for (i = (int)(from * SYNERGY_FOLD_BINS); i < (int)(to * SYNERGY_FOLD_BINS); i++) {
		sum += r->bins[i].sum_mw;
		n += r->bins[i].n;
	}
	return sum / n;
}

TEST(fold)
{
	const struct synergy_fold_rail *r;
	struct synergy_fold f;
	uint64_t at = 1000 * MS;
	size_t i;

	CHECK_EQ(synergy_fold_begin(&f), 0);
	/* Inferences of different lengths: 23, 28, 23, ... ms; one has another layer. */
	at = fold_run(&f, 9 | SYNERGY_MARK_COOKIE_WARMUP, at, 30, 1);
	for (i = 0; i < 6; i++)
		at = fold_run(&f, i, at, i & 1 ? 15 : 10, i == 4 ? 8 : 1);
	CHECK_EQ(synergy_fold_finish(&f), 0);
	CHECK_EQ(f.n_runs, 5);
	CHECK_EQ(f.n_odd, 1);
	CHECK_NEAR(f.run_us, (3 * 28 + 2 * 23) * 1e3 / 5, 1e-6);
	CHECK_EQ(f.n_segments, 5);
	CHECK_EQ(f.segments[0].id, SYNERGY_FOLD_GAP);
	CHECK_EQ(f.segments[1].id, 0);
	CHECK_EQ(f.segments[3].id, 1);
	/* The axis is the first inference's: 1, 10, 1, 10, 1 of 23 ms. */
	CHECK_NEAR(f.segments[3].begin_us, f.run_us * 12 / 23, 1e-6);
	CHECK(f.n_rails == 3 && !f.rails[0].bins && f.rails[2].bins);
	r = &f.rails[2];
	CHECK_EQ(r->samples, 3 * 280 + 2 * 230);
	CHECK_EQ(r->n_points, r->samples);
	CHECK_NEAR(bin_mean(r, 1.2 / 23, 10.8 / 23), 1000, 1e-3);
	CHECK_NEAR(bin_mean(r, 12.2 / 23, 21.8 / 23), 3000, 1e-3);
	CHECK_NEAR(bin_mean(r, 0, .9 / 23), 500, 1e-3);
	CHECK_NEAR(bin_mean(r, 22.1 / 23, 1), 500, 1e-3);
	synergy_fold_end(&f);
}

/* A run that never ends, more samples than may wait, marks of no run: nothing, and no harm. */
TEST(fold_odd)
{
	struct synergy_fold f;
	struct one_power p;
	uint64_t t = MS;
	uint32_t i;

	CHECK_EQ(synergy_fold_begin(&f), 0);
	fold_mark(&f, SYNERGY_MARK_END, 3, 0, 5);
	fold_mark(&f, SYNERGY_MARK_END, SYNERGY_MARK_ID_RUN, 0, 6);
	fold_mark(&f, SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_RUN, 0, 7);
	fold_mark(&f, SYNERGY_MARK_BEGIN, 1, 0, 8);
	fold_mark(&f, SYNERGY_MARK_END, 1, 0, 9);
	for (i = 0; i < SYNERGY_FOLD_SAMPLES + 10; i++, t += 10) {
		p = power(0, t, 10, 1000);
		CHECK_EQ(synergy_fold_record(&f, &p.head.hdr), 0);
	}
	fold_mark(&f, SYNERGY_MARK_END, SYNERGY_MARK_ID_RUN, 0, t);
	t = fold_run(&f, 1, t + MS, 10, 1);
	fold_mark(&f, SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_RUN, 2, t);
	CHECK_EQ(synergy_fold_finish(&f), 0);
	CHECK_EQ(f.n_long, 1);
	CHECK_EQ(f.n_runs, 1);
	CHECK_EQ(f.n_odd, 0);
	synergy_fold_end(&f);
}

/* ---- samples ---- */

TEST(kept_samples)
{
	const uint64_t n = SYNERGY_TRACE_HEAD + 3 * SYNERGY_TRACE_TAIL + 5;
	const struct synergy_trace_sample *last;
	struct synergy_trace trace;
	struct one_power p;
	uint64_t i;

	synergy_trace_begin(&trace);
	for (i = 0; i < n; i++) {
		p = power(0, 1000 * MS + i * MS, MS / 2, (int64_t)i * 1000);
		CHECK_EQ(synergy_trace_record(&trace, &p.head.hdr), 0);
	}
	CHECK_EQ(trace.rails[0].n_head, SYNERGY_TRACE_HEAD);
	CHECK_NEAR(trace.rails[0].head[100].mw, 100, 0);
	CHECK_EQ(trace.rails[0].head[100].window_ns, MS / 2);
	last = &trace.rails[0].tail[(n - 1 - SYNERGY_TRACE_HEAD) % SYNERGY_TRACE_TAIL];
	CHECK_NEAR(last->mw, (double)(n - 1), 0);
	CHECK_EQ(last->begin_ns, 1000 * MS + (n - 1) * MS);
	CHECK_LE(trace.rails[0].n_buckets, SYNERGY_TRACE_BUCKETS);
	CHECK_GT(trace.rails[0].n_buckets, SYNERGY_TRACE_BUCKETS / 2);
	synergy_trace_end(&trace);
}

/* ---- JSON ---- */

TEST(inline)
{
	char *text = NULL;
	size_t size;
	json_t *a = json_array();
	FILE *out = open_memstream(&text, &size);

	json_array_append_new(a, synergy_json_string("</script><!--"));
	json_array_append_new(a, synergy_json_string("\xff" "bad"));
	json_array_append_new(a, synergy_json_string(NULL));
	json_array_append_new(a, synergy_json_number(NAN));
	json_array_append_new(a, synergy_json_number(1.5));
	json_array_append_new(a, synergy_json_number(-INFINITY));
	json_array_append_new(a, synergy_json_base64("\x00\xff\x01", 3));
	CHECK_EQ(synergy_json_write_inline(a, out), 0);
	fclose(out);
	CHECK_STR(text, "[\"\\u003c/script>\\u003c!--\",\"\xef\xbf\xbd" "bad\",null,null,1.5,null,\"AP8B\"]");
	free(text);
	json_decref(a);

	out = fopen("/dev/full", "w");
	setbuf(out, NULL);
	a = json_array();
	CHECK_EQ(synergy_json_write_inline(a, out), -1);
	json_decref(a);
	fclose(out);
}

TEST(groups)
{
	CHECK_STR(synergy_provenance_groups[synergy_provenance_group("network")], "What was run");
	CHECK_STR(synergy_provenance_groups[synergy_provenance_group("runs")], "What was run");
	CHECK_STR(synergy_provenance_groups[synergy_provenance_group("runs_measured")],
		  "How energy was attributed");
	CHECK_STR(synergy_provenance_groups[synergy_provenance_group("rail VDD_CPU")],
		  "How it was sampled");
	CHECK_STR(synergy_provenance_groups[synergy_provenance_group("rail")],
		  "How energy was attributed");
	CHECK_STR(synergy_provenance_groups[synergy_provenance_group("cpu")], "On which machine");
}
