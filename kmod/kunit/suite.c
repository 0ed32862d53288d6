// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite "synergy" of the pure parts: ring, registers, plan, speed and ticks, as
 * the kernel's compiler makes them. A module of its own, synergy-kunit.ko,
 * built where the kernel has KUnit; it touches no device.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../ina3221/regs.c"
#include "../ina3221/plan.c"
#include "../stream/ring.c"
#include "../ina3221/speed.c"
#include "../tick.c"
#include "../ina3221/latency.c"
#include "cases.h"

static struct kunit_suite synergy_suite = {
	.name = "synergy",
	.test_cases = synergy_cases,
};

kunit_test_suites(&synergy_suite);

MODULE_DESCRIPTION("KUnit tests of synergy.ko's pure parts");
MODULE_AUTHOR("The SyNERGY authors");
MODULE_LICENSE("GPL");
