// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event names against a made-up /sys: a big.LITTLE machine with two core PMUs, a
 * memory controller, and a PMU that says nothing of cores.
 */
#include "tests/framework/test.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/events.h"
#include "measure/closest_match.h"

static char root[] = "/tmp/synergy-events-XXXXXX";

static void put(const char *path, const char *text)
{
	char full[512], *slash;
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (slash = full + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	f = fopen(full, "w");
	if (CHECK(f != NULL)) {
		fprintf(f, "%s\n", text);
		fclose(f);
	}
}

static void put_pmu(const char *pmu, const char *file, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "bus/event_source/devices/%s/%s", pmu, file);
	put(path, text);
}

static void make_tree(void)
{
	put("devices/system/cpu/online", "0-5");

	put_pmu("armv8_cortex_a57", "type", "8");
	put_pmu("armv8_cortex_a57", "cpus", "0-3");
	put_pmu("armv8_cortex_a57", "format/event", "config:0-15");
	put_pmu("armv8_cortex_a57", "format/long", "config1:0");
	put_pmu("armv8_cortex_a57", "format/split", "config2:0-3,32-35");
	put_pmu("armv8_cortex_a57", "events/bus_access", "event=0x0019");
	put_pmu("armv8_cortex_a57", "events/cpu_cycles", "event=0x0011");

	put_pmu("armv8_nvidia_denver", "type", "9");
	put_pmu("armv8_nvidia_denver", "cpus", "4-5");
	put_pmu("armv8_nvidia_denver", "format/event", "config:0-15");
	put_pmu("armv8_nvidia_denver", "events/cpu_cycles", "event=0x0011");

	/* another PMU of the same cores that knows more */
	put_pmu("more_pmu", "type", "30");
	put_pmu("more_pmu", "cpus", "4-5");
	put_pmu("more_pmu", "events/cpu_cycles", "config=0x1");
	put_pmu("more_pmu", "events/simd", "config=0x2");

	put_pmu("arm_dsu", "type", "10");
	put_pmu("arm_dsu", "cpumask", "0");
	put_pmu("arm_dsu", "format/event", "config:0-31");
	put_pmu("arm_dsu", "events/bus_access", "event=0x19");
	put_pmu("arm_dsu", "events/scu_snoops", "event=0x61,long");
	put_pmu("arm_dsu", "events/scu_pfu", "event=0x62");
	put_pmu("arm_dsu", "events/scu_pfu.unit", "lines");

	put_pmu("board_0", "type", "20");
	put_pmu("board_0", "events/joules", "config=0x5,config2=7");
	put_pmu("board_1", "type", "21");
	put_pmu("board_1", "events/joules", "config=0x5,config2=7");
	put_pmu("board_1", "cpumask", "0-5");
}

static int resolve(const char *list, struct synergy_events *events, struct synergy_error *error)
{
	error->message[0] = '\0';
	errno = 0;
	return synergy_events_resolve(list, root, events, error);
}

TEST(explicit)
{
	struct synergy_events e;
	struct synergy_error error;

	if (CHECK(!resolve("armv8_cortex_a57/config=0x74,name=ase_spec/,cycles", &e, &error))) {
		CHECK_EQ(e.n, 2);
		CHECK_EQ(e.n_columns, 2);
		CHECK_EQ(e.events[0].type, 8);
		CHECK_EQ(e.events[0].config, 0x74);
		CHECK_EQ(e.events[0].column, 0);
		CHECK_EQ(e.events[1].column, 1);
		CHECK_STR(e.events[0].name, "ase_spec");
		CHECK_EQ(e.events[1].type, PERF_TYPE_HARDWARE);
		CHECK_EQ(e.events[1].config, PERF_COUNT_HW_CPU_CYCLES);
		CHECK_STR(e.events[1].name, "cycles");
		synergy_events_free(&e);
	}
	/* fields: a plain one, a flag, bits in two places, an event's own name */
	if (CHECK(!resolve("armv8_cortex_a57/event=0x1b,long,split=0xa5/:u", &e, &error))) {
		CHECK_EQ(e.events[0].config, 0x1b);
		CHECK_EQ(e.events[0].config1, 1);
		CHECK_EQ(e.events[0].config2, (0x5 | 0xaULL << 32));
		CHECK_EQ(e.events[0].flags, SYNERGY_EVENT_F_EXCLUDE_KERNEL);
		CHECK_STR(e.events[0].name, "armv8_cortex_a57/event=0x1b,long,split=0xa5/:u");
		synergy_events_free(&e);
	}
	if (CHECK(!resolve("armv8_cortex_a57/bus_access/", &e, &error))) {
		CHECK_EQ(e.n, 1);
		CHECK_EQ(e.events[0].config, 0x19);
		synergy_events_free(&e);
	}
	/* board stands for board_0 and board_1: alternatives of one column */
	if (CHECK(!resolve("board/joules,name=j/", &e, &error))) {
		CHECK_EQ(e.n, 2);
		CHECK_EQ(e.n_columns, 1);
		CHECK_EQ(e.events[0].config, 5);
		CHECK_EQ(e.events[0].config2, 7);
		CHECK_STR(e.events[1].name, "j");
		synergy_events_free(&e);
	}
}

TEST(names)
{
	struct synergy_events e;
	struct synergy_error error;

	/* two core PMUs know it */
	if (CHECK(!resolve("CPU_CYCLES", &e, &error))) {
		CHECK_EQ(e.n, 3);
		CHECK_EQ(e.n_columns, 1);
		CHECK_EQ(e.events[0].type, 8);
		CHECK_EQ(e.events[1].type, 9);
		CHECK(!*e.note);
		CHECK_EQ(e.events[0].column, 0);
		CHECK_EQ(e.events[1].column, 0);
		CHECK_STR(e.events[1].name, "CPU_CYCLES");
		synergy_events_free(&e);
	}
	/* two PMUs of the same cores: the one that knows the other name, too */
	if (CHECK(!resolve("cpu_cycles:u,simd", &e, &error))) {
		CHECK_EQ(e.n, 4);
		CHECK_EQ(e.n_columns, 2);
		CHECK_EQ(e.events[0].type, 30);
		CHECK_EQ(e.events[0].config, 1);
		CHECK_EQ(e.events[3].type, 30);
		CHECK_EQ(e.events[3].config, 2);
		CHECK_HAS(e.note, "counted by more_pmu; armv8_nvidia_denver knows it");
		synergy_events_free(&e);
	}
	/* a core PMU and the DSU know it: the DSU's is something else */
	if (CHECK(!resolve("bus_access", &e, &error))) {
		CHECK_EQ(e.n, 1);
		CHECK_EQ(e.events[0].type, 8);
		CHECK_EQ(e.events[0].config, 0x19);
		synergy_events_free(&e);
	}
	/* only the DSU knows it */
	if (CHECK(!resolve("scu_pfu", &e, &error))) {
		CHECK_EQ(e.n, 1);
		CHECK_EQ(e.events[0].type, 10);
		synergy_events_free(&e);
	}
	if (CHECK(!resolve("r1b:k", &e, &error))) {
		CHECK_EQ(e.events[0].type, PERF_TYPE_RAW);
		CHECK_EQ(e.events[0].config, 0x1b);
		CHECK_EQ(e.events[0].flags, SYNERGY_EVENT_F_EXCLUDE_USER);
		synergy_events_free(&e);
	}
	if (CHECK(!resolve("LLC-load-misses", &e, &error))) {
		CHECK_EQ(e.events[0].type, PERF_TYPE_HW_CACHE);
		CHECK_EQ(e.events[0].config, (PERF_COUNT_HW_CACHE_LL | 1 << 16));
		synergy_events_free(&e);
	}
	/* libpfm4 has the kernel's names under another prefix whatever the machine */
	if (CHECK(!resolve("perf::PERF_COUNT_HW_BRANCH_MISSES", &e, &error))) {
		CHECK_EQ(e.events[0].type, PERF_TYPE_HARDWARE);
		CHECK_EQ(e.events[0].config, PERF_COUNT_HW_BRANCH_MISSES);
		synergy_events_free(&e);
	}
	if (CHECK(!resolve("", &e, &error)))
		CHECK(e.n == 0 && e.n_columns == 0);
}

static void refused(const char *list, int errno_value, const char *words)
{
	struct synergy_events e;
	struct synergy_error error;
	int result = resolve(list, &e, &error);

	if (!CHECK(result == -1 && errno == errno_value) || !CHECK(strstr(error.message, words)))
		fprintf(stderr, "  list \"%s\": %d, errno %d, \"%s\"\n", list, result, errno,
			error.message);
}

TEST(refused)
{
	char many[1024] = "r1";
	int i;

	refused("bus_acess", ENOENT, "near it: bus_access");
	refused("cylces", ENOENT, "cycles");
	refused("zzzzzzzzzzzz", ENOENT, "zzzzzzzzzzzz");
	refused("nopmu/config=1/", ENOENT, "armv8_cortex_a57, armv8_nvidia_denver");
	refused("armv8_cortex_a57/evnt=1/", ENOENT, "no field evnt");
	refused("armv8_cortex_a57/nothing/", ENOENT, "no event or field nothing");
	refused("armv8_cortex_a57/event=0x10000/", EINVAL, "does not fit into config:0-15");
	refused("armv8_cortex_a57/event=x/", EINVAL, "not a number");
	refused("armv8_cortex_a57/event=-1/", EINVAL, "not a number");
	refused("armv8_cortex_a57/config=1", EINVAL, "not of the form");
	refused("armv8_cortex_a57/config=1/x", EINVAL, "not of the form");
	refused("/config=1/", EINVAL, "not of the form");
	refused("armv8_cortex_a57/config=1,,name=x/", EINVAL, "empty term");
	refused("armv8_cortex_a57/../type=1/", ENOENT, "no field ../type");
	refused("armv8_cortex_a57/../type/", ENOENT, "no event or field ../type");
	refused("cycles,,instructions", EINVAL, "empty name");
	refused("cycles,", EINVAL, "empty name");
	refused("cycles,cycles", EINVAL, "is there already");
	for (i = 2; i < 40; i++)
		sprintf(many + strlen(many), ",r%x", i);
	refused(many, E2BIG, "more than 32");
}

TEST(near)
{
	struct synergy_closest near;
	char list[128];

	synergy_closest_begin(&near, "ASE_SEPC");
	synergy_closest_offer(&near, "inst_retired");
	synergy_closest_offer(&near, "ase_spec");
	synergy_closest_offer(&near, "ASE_SPEC");
	CHECK_EQ(synergy_closest_list(&near, list, sizeof(list)), 1);
	CHECK_STR(list, "ase_spec");

	synergy_closest_begin(&near, "");
	synergy_closest_offer(&near, "a");
	CHECK_EQ(synergy_closest_list(&near, list, sizeof(list)), 1);
}

SETUP
{
	REQUIRE(mkdtemp(root));
	make_tree();
}

TEARDOWN
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	CHECK_EQ(system(command), 0);
}
