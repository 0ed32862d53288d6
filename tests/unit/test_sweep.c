// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sweep's plan (text, product, orders) and the clock on a cpufreq tree of files.
 */
#include "tests/framework/test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sweep/clock.h"
#include "sweep/plan.h"

static struct synergy_error error;

TEST(plan_text)
{
	struct synergy_sweep_plan *p = synergy_sweep_plan_new(), *q = synergy_sweep_plan_new();
	char *text = NULL;
	size_t size;
	FILE *out;

	CHECK_EQ(synergy_sweep_plan_parse(p, "# a comment\n\nmodels:  a.onnx b.onnx\r\n"
		"clocks: 204MHz, 1.73GHz schedutil\ncpus: 1 4-7,2\nthreads: 1\nrepeats: 3\nseed: 9\n"
		"options: --until 2 -e A,B", "text", &error), 0);
	CHECK_EQ(p->axes[SYNERGY_AXIS_MODEL].n, 2);
	CHECK_EQ(p->axes[SYNERGY_AXIS_CLOCK].n, 3);
	CHECK_STR(p->axes[SYNERGY_AXIS_CPU].words[1], "4-7,2");
	CHECK_EQ(p->options.n, 4);
	CHECK_STR(p->options.words[3], "A,B");
	CHECK_EQ(synergy_sweep_plan_configs(p), 12);
	CHECK_EQ(synergy_sweep_plan_check(p, &error), 0);
	/* What is written is the same plan. */
	out = open_memstream(&text, &size);
	CHECK_EQ(synergy_sweep_plan_write(p, out), 0);
	fclose(out);
	CHECK_EQ(synergy_sweep_plan_parse(q, text, "text", &error), 0);
	CHECK_EQ(synergy_sweep_plan_configs(q), 12);
	CHECK_EQ(q->repeats, 3);
	CHECK_EQ(q->seed, 9);
	CHECK_STR(synergy_sweep_plan_word(q, 11, SYNERGY_AXIS_CLOCK), "schedutil");
	CHECK_STR(synergy_sweep_plan_word(q, 0, SYNERGY_AXIS_CLOCK), "204MHz");
	CHECK_STR(synergy_sweep_plan_word(q, 1, SYNERGY_AXIS_CPU), "4-7,2");
	CHECK_STR(synergy_sweep_plan_word(q, 1, SYNERGY_AXIS_BACKEND), "");
	free(text);
	synergy_sweep_plan_free(p);
	synergy_sweep_plan_free(q);
}

static void refused(const char *text, const char *why)
{
	struct synergy_sweep_plan *p = synergy_sweep_plan_new();

	PARAMS("%s", text);
	error.message[0] = '\0';
	CHECK_FAILS(synergy_sweep_plan_parse(p, text, "plan", &error) ? -1 :
		    synergy_sweep_plan_check(p, &error), EINVAL);
	CHECK_HAS(error.message, why);
	synergy_sweep_plan_free(p);
}

TEST(plan_refused)
{
	refused("models a", "plan:1: models a: not `key: words'");
	refused("x: a", "x: no such key");
	refused("\n\nclocks: 12", "plan:3: 12: not a frequency");
	refused("clocks: 1MHz 2MHz 1MHz", "1MHz is named twice");
	refused("threads: 0", "0: not a number");
	refused("threads: 4x", "4x: not a number");
	refused("repeats: 0", "repeats: 0");
	refused("repeats: 1 2", "repeats: 1 2");
	refused("clocks:", "nothing is named");
	refused("threads: 1", "no model");
	refused("models: a b c\nthreads: 1 2 3 4 5 6 7 8 9 10\nbatches: 1 2 3 4 5\nrepeats: 1000",
		"more than 100000 runs");
	refused("clocks: sched/../util", "neither a frequency nor a governor");
}

/* A block is all configurations once; blocks differ; seeds differ; the same is the same. */
TEST(orders)
{
	struct synergy_sweep_plan *p = synergy_sweep_plan_new();
	size_t a[60], b[60], i, seen[60] = { 0 }, same = 0;

	CHECK_EQ(synergy_sweep_plan_parse(p, "models: a b c d e\nthreads: 1 2 3\nbatches: 1 2 3 4",
					  "p", &error), 0);
	REQUIRE(synergy_sweep_plan_configs(p) == 60);
	synergy_sweep_plan_order(p, 0, a);
	synergy_sweep_plan_order(p, 0, b);
	CHECK_BYTES(a, b, sizeof(a));
	for (i = 0; i < 60; i++)
		seen[a[i]]++;
	for (i = 0; i < 60; i++)
		CHECK_EQ(seen[i], 1);
	synergy_sweep_plan_order(p, 1, b);
	for (i = 0; i < 60; i++)
		same += a[i] == b[i];
	CHECK_LT(same, 10);
	p->seed = 2;
	synergy_sweep_plan_order(p, 0, b);
	for (i = same = 0; i < 60; i++)
		same += a[i] == b[i];
	CHECK_LT(same, 10);
	synergy_sweep_plan_free(p);
}

TEST(clock_words)
{
	struct synergy_clock c;

	CHECK_EQ(synergy_clock_parse("1.73GHz", &c, &error), 0);
	CHECK_EQ(c.khz, 1730000);
	CHECK_EQ(synergy_clock_parse("710400khz", &c, &error), 0);
	CHECK_EQ(c.khz, 710400);
	CHECK_EQ(synergy_clock_parse("found", &c, &error), 0);
	CHECK_EQ(c.kind, SYNERGY_CLOCK_FOUND);
	CHECK_EQ(synergy_clock_parse("schedutil", &c, &error), 0);
	CHECK_EQ(c.kind, SYNERGY_CLOCK_GOVERNOR);
	CHECK_FAILS(synergy_clock_parse("710", &c, &error), EINVAL);
	CHECK_FAILS(synergy_clock_parse("1e99GHz", &c, &error), EINVAL);
	CHECK_FAILS(synergy_clock_parse("-5MHz", &c, &error), EINVAL);
	CHECK_FAILS(synergy_clock_parse("a_governor_of_a_very_long_name", &c, &error), EINVAL);
}

/* ---- a cpufreq of files ---- */

static char root[64];

static void put(unsigned int policy, const char *file, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/devices/system/cpu/cpufreq/policy%u/%s", root, policy, file);
	f = fopen(path, "w");
	if (CHECK(f != NULL)) {
		fputs(text, f);
		fclose(f);
	}
}

static const char *get(unsigned int policy, const char *file)
{
	static char text[64];
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/devices/system/cpu/cpufreq/policy%u/%s", root, policy, file);
	f = fopen(path, "r");
	text[0] = '\0';
	if (f && !fgets(text, sizeof(text), f))
		text[0] = '\0';
	if (f)
		fclose(f);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void make_tree(unsigned int policy, const char *governors, const char *frequencies)
{
	char command[256];

	snprintf(command, sizeof(command), "mkdir -p %s/sys/devices/system/cpu/cpufreq/policy%u", root,
		 policy);
	CHECK_EQ(system(command), 0);
	put(policy, "scaling_governor", "schedutil\n");
	put(policy, "scaling_min_freq", "204000\n");
	put(policy, "scaling_max_freq", "1300000\n");
	put(policy, "cpuinfo_min_freq", "102000\n");
	put(policy, "cpuinfo_max_freq", "1734000\n");
	put(policy, "scaling_setspeed", "<unsupported>\n");
	put(policy, "scaling_available_governors", governors);
	if (frequencies)
		put(policy, "scaling_available_frequencies", frequencies);
}

SETUP
{
	strcpy(root, "/tmp/synergy-sweep-XXXXXX");
	CHECK(mkdtemp(root) != NULL);
	make_tree(0, "userspace schedutil performance \n", "102000 204000 710400 1734000 \n");
	make_tree(4, "schedutil performance\n", NULL);
}

TEARDOWN
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	CHECK_EQ(system(command), 0);
}

static int set(const struct synergy_policies *ps, const char *word)
{
	struct synergy_clock c;

	CHECK_EQ(synergy_clock_parse(word, &c, &error), 0);
	return synergy_clock_set(ps, &c, &error);
}

TEST(set_and_restore)
{
	struct synergy_policies ps, again;
	char *text = NULL;
	size_t size;
	FILE *out;

	CHECK_EQ(synergy_policies_find(&ps, root, &error), 0);
	REQUIRE(ps.n == 2);
	CHECK_EQ(ps.list[1].number, 4);
	CHECK_STR(ps.list[0].governor, "schedutil");
	CHECK_EQ(ps.list[0].max_khz, 1300000);
	CHECK_EQ(ps.list[0].setspeed_khz, 0);

	/* 710 MHz is the step of 710.4; beyond the limits as found, which are widened. */
	CHECK_EQ(set(&ps, "710MHz"), 0);
	CHECK_STR(get(0, "scaling_governor"), "userspace");
	CHECK_STR(get(0, "scaling_setspeed"), "710400");
	CHECK_STR(get(4, "scaling_governor"), "schedutil");
	CHECK_STR(get(4, "scaling_min_freq"), "710000");
	CHECK_STR(get(4, "scaling_max_freq"), "710000");
	CHECK_EQ(set(&ps, "1734MHz"), 0);
	CHECK_STR(get(4, "scaling_min_freq"), "1734000");
	CHECK_STR(get(0, "scaling_max_freq"), "1734000");

	/* A governor rules within the limits as found. */
	CHECK_EQ(set(&ps, "performance"), 0);
	CHECK_STR(get(0, "scaling_governor"), "performance");
	CHECK_STR(get(0, "scaling_max_freq"), "1300000");
	CHECK_STR(get(4, "scaling_min_freq"), "204000");

	/* What is not there is refused with what is, and nothing is written. */
	CHECK_FAILS(set(&ps, "500MHz"), EINVAL);
	CHECK_HAS(error.message, "policy0: 500000 kHz: it has 102000 204000 710400 1734000");
	CHECK_FAILS(set(&ps, "ondemand"), EINVAL);
	CHECK_HAS(error.message, "it has userspace schedutil performance");
	CHECK_STR(get(0, "scaling_governor"), "performance");

	/* The state on disk restores it, too. */
	out = open_memstream(&text, &size);
	CHECK_EQ(synergy_policies_write(&ps, out), 0);
	fclose(out);
	CHECK_EQ(synergy_policies_parse(&again, root, text, "state", &error), 0);
	CHECK_EQ(synergy_clock_restore(&again, &error), 0);
	CHECK_STR(get(0, "scaling_governor"), "schedutil");
	CHECK_STR(get(0, "scaling_min_freq"), "204000");
	CHECK_STR(get(4, "scaling_max_freq"), "1300000");
	free(text);
	synergy_policies_clear(&ps);
	synergy_policies_clear(&again);
	CHECK_FAILS(synergy_policies_parse(&again, root, "policy0 x 1 2\n", "state", &error), EINVAL);
	synergy_policies_clear(&again);
}

TEST(no_cpufreq)
{
	struct synergy_policies ps;
	struct synergy_clock c;

	CHECK_EQ(synergy_policies_find(&ps, "/nowhere", &error), 0);
	CHECK_EQ(ps.n, 0);
	CHECK_EQ(synergy_clock_parse("found", &c, &error), 0);
	CHECK_EQ(synergy_clock_set(&ps, &c, &error), 0);
	CHECK_FAILS(set(&ps, "1GHz"), ENOTSUP);
	CHECK_EQ(synergy_hottest("/nowhere"), INT32_MIN);
	synergy_policies_clear(&ps);
}
