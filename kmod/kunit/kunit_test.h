/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The test framework (tests/framework/test.h) on KUnit: named cases, checks that print
 * both values and the case's parameters. Integers only. A suite lists its cases as
 * KUNIT_CASE(case_NAME); KUnit runs one at a time.
 */
#ifndef SYNERGY_KUNIT_TEST_H
#define SYNERGY_KUNIT_TEST_H

#include <kunit/test.h>
#include <linux/kernel.h>

static struct kunit *kunit_running;
static char kunit_params[160];

#define TEST(name)							\
	static void case_body_##name(void);				\
	static void case_##name(struct kunit *test)			\
	{								\
		kunit_running = test;					\
		kunit_params[0] = 0;					\
		case_body_##name();					\
	}								\
	static void case_body_##name(void)

#define PARAMS(...)	snprintf(kunit_params, sizeof(kunit_params), __VA_ARGS__)

#define CHECK(cond) \
	KUNIT_EXPECT_TRUE_MSG(kunit_running, cond, "with %s", kunit_params)

#define KUNIT_ORDER(order, a, b)						\
	KUNIT_EXPECT_##order##_MSG(kunit_running, (long long)(a), (long long)(b), \
				   "with %s", kunit_params)
#define CHECK_EQ(a, b)	KUNIT_ORDER(EQ, a, b)
#define CHECK_NE(a, b)	KUNIT_ORDER(NE, a, b)
#define CHECK_LT(a, b)	KUNIT_ORDER(LT, a, b)
#define CHECK_LE(a, b)	KUNIT_ORDER(LE, a, b)
#define CHECK_GT(a, b)	KUNIT_ORDER(GT, a, b)
#define CHECK_GE(a, b)	KUNIT_ORDER(GE, a, b)
#define CHECK_NEAR(a, b, tolerance)						\
	KUNIT_ORDER(LE, abs((long long)(a) - (long long)(b)), tolerance)

#endif /* SYNERGY_KUNIT_TEST_H */
