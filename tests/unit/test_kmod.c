// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's pure parts (ring, registers, plan, speed, ticks) in user space, with the
 * cases that KUnit runs in the kernel: kmod/kunit/cases.h. Also the sizes of
 * the UAPI's structures, which must be the same for 32-bit programs.
 */
#include "unit.h"

#include "../../kmod/ina3221/regs.c"
#include "../../kmod/ina3221/plan.c"
#include "../../kmod/stream/ring.c"
#include "../../kmod/ina3221/speed.c"
#include "../../kmod/tick.c"
#include "../../kmod/ina3221/latency.c"

struct kunit {
	const char *name;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
};

#define KUNIT_CASE(fn)	{ .run_case = fn, .name = #fn }

static void expect_equal(struct kunit *test, long long a, long long b, const char *file, int line,
			 const char *what)
{
	if (!unit_check(a == b, file, line, what))
		fprintf(stderr, "%s: %lld is not %lld\n", test->name, a, b);
}

#define KUNIT_EXPECT_TRUE(test, cond)	((void)(test), CHECK(cond))
#define KUNIT_EXPECT_EQ(test, a, b)	expect_equal(test, a, b, __FILE__, __LINE__, #a " == " #b)

#include "../../kmod/kunit/cases.h"

static void uapi_sizes(void)
{
	CHECK(sizeof(struct synergy_record) == 24);
	CHECK(sizeof(struct synergy_power_channel) == 56);
	CHECK(sizeof(struct synergy_power_record) == 56);
	CHECK(sizeof(struct synergy_count) == 24);
	CHECK(sizeof(struct synergy_pmu_record) == 40);
	CHECK(sizeof(struct synergy_marker_record) == 64);
	CHECK(sizeof(struct synergy_lost_record) == 64);
	CHECK(sizeof(struct synergy_error_record) == 56);
	CHECK(sizeof(struct synergy_info_record) == 32);
	CHECK(sizeof(struct synergy_device) == 72);
	CHECK(sizeof(struct synergy_chip) == 128);
	CHECK(sizeof(struct synergy_rail) == 64);
	CHECK(sizeof(struct synergy_event) == 104);
	CHECK(sizeof(struct synergy_configure) == 72);
	CHECK(sizeof(struct synergy_control) == 8);
	CHECK(sizeof(struct synergy_mark) == 24);
	CHECK(sizeof(struct synergy_client) == 24);
	CHECK(sizeof(struct synergy_stats) == 360);
	CHECK(sizeof(struct synergy_session) == 64);
}

int main(void)
{
	const struct kunit_case *c;

	uapi_sizes();
	for (c = synergy_cases; c->run_case; c++) {
		struct kunit test = { .name = c->name };

		c->run_case(&test);
	}
	return unit_result();
}
