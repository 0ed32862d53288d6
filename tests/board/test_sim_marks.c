// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts between marks, as synergy.ko has them, equal the plugin's own between
 * the same marks, but for the marks' own instructions; this test says how many
 * those are. Advanced-SIMD counts are equal exactly: the kernel uses none.
 */
/* board: timeout=60 debug=no */
#include "sim_session.h"

#define LAYERS	200
#define INTERVALS (2 * LAYERS)

enum { SIMD, INST, BUS, MEM, COLUMNS };

static const uint64_t events[COLUMNS] = { 0x74, 0x08, 0x19, 0x13 };

struct interval {
	int64_t count[COLUMNS];
	int64_t pj[SIM_RAILS];
	int seen;
};

static struct interval stream[INTERVALS], truth[INTERVALS];

/* Layers from almost nothing to a millisecond, with and without memory. */
static void work(int layer)
{
	static uint64_t memory[1 << 16] __attribute__((aligned(64)));
	uint64_t n = 1 + layer * layer * 4;
	const uint64_t *at = memory;

	__asm__ volatile("1:	fmla	v0.4s, v1.4s, v2.4s\n"
			 "	fmla	v3.4s, v4.4s, v5.4s\n"
			 "	subs	%0, %0, #1\n"
			 "	b.ne	1b\n"
			 : "+r"(n) : : "v0", "v3", "cc");
	for (n = 0; layer % 2 && n < (uint64_t)layer * 16; n++)
		__asm__ volatile("ldr q6, [%0]" : : "r"(at + n * 16 % (1 << 16)) : "v6", "memory");
}

static void take_stream(const struct session *s)
{
	const struct synergy_record *record = NULL;
	const struct synergy_marker_record *mark;
	int i, sign;

	while ((record = session_next(s, record, SYNERGY_RECORD_MARKER))) {
		mark = (const struct synergy_marker_record *)record;
		if (!CHECK(mark->id < INTERVALS && mark->n_counts == COLUMNS))
			return;
		sign = mark->kind == SYNERGY_MARK_END ? 1 : -1;
		stream[mark->id].seen++;
		CHECK_EQ(mark->cpu, 1);
		for (i = 0; i < COLUMNS; i++)
			stream[mark->id].count[i] += sign * (int64_t)mark->count[i].value;
	}
}

static void take_truth(void)
{
	FILE *file = fopen(SIM_DEBUGFS "marks", "r");
	static char line[4096];
	uint64_t v[64];
	int n, i, sign;
	char *at;

	if (!CHECK(file))
		return;
	CHECK(fgets(line, sizeof(line), file));
	CHECK(!strncmp(line, "time_ns,at_ns,kind,id,cookie,tid,cpu,VDD_IN_pj,", 47));
	while (fgets(line, sizeof(line), file)) {
		for (n = 0, at = line; n < 64 && *at; n++) {
			v[n] = strtoull(at, &at, 10);
			at += *at == ',' || *at == '\n';
		}
		/* 7 for the mark, 3 rails, 5 for each of 4 cores */
		if (!CHECK(n == 30 && v[3] < INTERVALS && v[6] == 1))
			break;
		sign = v[2] == SYNERGY_MARK_END ? 1 : -1;
		truth[v[3]].seen++;
		for (i = 0; i < SIM_RAILS; i++)
			truth[v[3]].pj[i] += sign * (int64_t)v[7 + i];
		truth[v[3]].count[INST] += sign * (int64_t)v[15];
		truth[v[3]].count[SIMD] += sign * (int64_t)v[16];
		truth[v[3]].count[BUS] += sign * (int64_t)v[17];
		truth[v[3]].count[MEM] += sign * (int64_t)v[18];
	}
	fclose(file);
}

struct spread {
	int64_t least;
	int64_t most;
	double mean;
};

/* What the stream has more than the truth, over all intervals. */
static struct spread own(int column)
{
	struct spread s = { INT64_MAX, INT64_MIN, 0 };
	int64_t more;
	int i;

	for (i = 0; i < INTERVALS; i++) {
		more = stream[i].count[column] - truth[i].count[column];
		s.least = more < s.least ? more : s.least;
		s.most = more > s.most ? more : s.most;
		s.mean += (double)more / INTERVALS;
	}
	return s;
}

static void compare(void)
{
	static const char *const names[COLUMNS] = { "SIMD", "instructions", "bus accesses",
						    "memory accesses" };
	struct spread s[COLUMNS];
	int i;

	for (i = 0; i < INTERVALS; i++) {
		if (!CHECK(stream[i].seen == 2 && truth[i].seen == 2))
			return;
		/* Empty intervals between the layers have none at all. */
		PARAMS("interval %d", i);
		CHECK_EQ(truth[i].count[SIMD], (i % 2 ? 0 : 2 * (1 + i / 2 * (i / 2) * 4)));
		CHECK_GT(truth[i].pj[SIM_VDD_CPU], 0);
		CHECK_GT(truth[i].pj[SIM_VDD_IN], truth[i].pj[SIM_VDD_CPU]);
	}
	printf("what a pair of marks adds to its interval's counts:\n");
	for (i = 0; i < COLUMNS; i++) {
		s[i] = own(i);
		printf("  %s: mean %.1f, from %" PRId64 " to %" PRId64 "\n", names[i], s[i].mean,
		       s[i].least, s[i].most);
	}
	CHECK_EQ(s[SIMD].least, 0);
	CHECK_EQ(s[SIMD].most, 0);
	/* The logging of truth is part of it; a tick may come in between. */
	CHECK_GT(s[INST].least, 0);
	CHECK_LT(s[INST].mean, 3000);
	CHECK_LT(s[INST].mean - s[INST].least, 0.1 * s[INST].least);
	CHECK_GE(s[BUS].least, 0);
	CHECK_LT(s[BUS].mean, 200);
}

TEST(counts_and_energy)
{
	struct session s;
	int i;

	if (sim_pmu_type() < 0)
		SKIP("QEMU runs without the plugin: there is no simulated PMU");
	session_run_on(1);
	REQUIRE(!session_start(&s, 1000000, 0, events, COLUMNS));
	for (i = 0; i < LAYERS; i++) {
		CHECK(!session_mark(&s, SYNERGY_MARK_BEGIN, 2 * i, i));
		work(i);
		CHECK(!session_mark(&s, SYNERGY_MARK_END, 2 * i, i));
		CHECK(!session_mark(&s, SYNERGY_MARK_BEGIN, 2 * i + 1, i));
		CHECK(!session_mark(&s, SYNERGY_MARK_END, 2 * i + 1, i));
	}
	session_stop(&s);
	take_stream(&s);
	take_truth();
	compare();
	session_end(&s);
}
