// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite "synergy" of the pure parts, as the kernel's compiler makes them. A
 * module of its own, synergy-kunit.ko, built where the kernel has KUnit; it touches no
 * device.
 */
#include <linux/module.h>

#include "kunit_test.h"

#include "pure_parts.h"
#include "cases.h"

/* One that is missing here is a function that nobody uses: the compiler says so. */
static struct kunit_case synergy_cases[] = {
	KUNIT_CASE(case_shunt_values),
	KUNIT_CASE(case_offsets_of_the_shunt),
	KUNIT_CASE(case_bus_values),
	KUNIT_CASE(case_current_and_power),
	KUNIT_CASE(case_saturation),
	KUNIT_CASE(case_codes),
	KUNIT_CASE(case_ring_order),
	KUNIT_CASE(case_ring_whole_records),
	KUNIT_CASE(case_ring_loss),
	KUNIT_CASE(case_ring_marker_space),
	KUNIT_CASE(case_ring_random),
	KUNIT_CASE(case_plan_ceilings),
	KUNIT_CASE(case_plan_bus_limit),
	KUNIT_CASE(case_plan_one_khz),
	KUNIT_CASE(case_plan_chosen_conversion),
	KUNIT_CASE(case_plan_sweep),
	KUNIT_CASE(case_plan_refusals),
	KUNIT_CASE(case_plan_guarded),
	KUNIT_CASE(case_tick_grid),
	KUNIT_CASE(case_tick_jump),
	KUNIT_CASE(case_tick_dither),
	KUNIT_CASE(case_speed_halves),
	KUNIT_CASE(case_speed_slack),
	KUNIT_CASE(case_speed_wanders),
	KUNIT_CASE(case_latency),
	KUNIT_CASE(case_tick_bucket),
	{ }
};

static struct kunit_suite synergy_suite = {
	.name = "synergy",
	.test_cases = synergy_cases,
};

kunit_test_suites(&synergy_suite);

MODULE_DESCRIPTION("KUnit tests of synergy.ko's pure parts");
MODULE_AUTHOR("The SyNERGY authors");
MODULE_LICENSE("GPL");
