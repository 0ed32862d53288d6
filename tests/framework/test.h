/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests that speak: named cases that register themselves, and checks that print both
 * values and the case's parameters when they do not hold. One framework for the host's
 * programs (tests/unit), the board's (tests/board) and, through kmod/kunit/kunit_test.h,
 * for KUnit. A program links libtest.a, which has main(); it prints TAP and exits with
 * 0 (passed), 77 (all skipped) or 1. See user/doc/tests.md.
 *
 *	TEST(sums_are_sorted)
 *	{
 *		PARAMS("n=%d seed=%llu", n, seed);
 *		CHECK_EQ(sum(values, n), 6);
 *		CHECK_LE(error, 1e-6);
 *	}
 *
 * Each check gives 1 when it held, so that a case can stop where going on is senseless.
 * Not for two threads at once: check in the thread that runs the case.
 */
#ifndef SYNERGY_TESTS_FRAMEWORK_TEST_H
#define SYNERGY_TESTS_FRAMEWORK_TEST_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define TEST_EXIT_SKIP	77

/* One case; they run in the order of the source. */
#define TEST(id)							\
	static void test_case_##id(void);				\
	static struct test_entry test_entry_##id = {			\
		.name = #id, .file = __FILE__, .line = __LINE__,	\
		.run = test_case_##id,					\
	};								\
	__attribute__((constructor))					\
	static void test_register_##id(void)				\
	{								\
		test_register(&test_entry_##id);			\
	}								\
	static void test_case_##id(void)

/*
 * Before the first case of the program, and after the last. Where SETUP fails a check,
 * no case runs and all have failed; where it skips, all are skipped.
 */
#define SETUP								\
	static void test_setup_body(void);				\
	__attribute__((constructor))					\
	static void test_setup_register(void)				\
	{								\
		test_set_fixture(test_setup_body, NULL);		\
	}								\
	static void test_setup_body(void)

#define TEARDOWN							\
	static void test_teardown_body(void);				\
	__attribute__((constructor))					\
	static void test_teardown_register(void)			\
	{								\
		test_set_fixture(NULL, test_teardown_body);		\
	}								\
	static void test_teardown_body(void)

/* What is printed with each failure of this case from here on; the last one counts. */
#define PARAMS(...)		test_params(__VA_ARGS__)

/* Ends a case, or all from SETUP, as one that cannot run here. In a void function. */
#define SKIP(...)		do { test_skip(__VA_ARGS__); return; } while (0)

/* A check without which going on is senseless. In a void function. */
#define REQUIRE(cond)		do { if (!CHECK(cond)) return; } while (0)

#define CHECK(cond)		test_check(!!(cond), TEST_SITE(#cond, NULL))
#define CHECK_EQ(a, b)		test_check_order(TEST_VALUE(a), "==", TEST_VALUE(b), TEST_SITE(#a, #b))
#define CHECK_NE(a, b)		test_check_order(TEST_VALUE(a), "!=", TEST_VALUE(b), TEST_SITE(#a, #b))
#define CHECK_LT(a, b)		test_check_order(TEST_VALUE(a), "<", TEST_VALUE(b), TEST_SITE(#a, #b))
#define CHECK_LE(a, b)		test_check_order(TEST_VALUE(a), "<=", TEST_VALUE(b), TEST_SITE(#a, #b))
#define CHECK_GT(a, b)		test_check_order(TEST_VALUE(a), ">", TEST_VALUE(b), TEST_SITE(#a, #b))
#define CHECK_GE(a, b)		test_check_order(TEST_VALUE(a), ">=", TEST_VALUE(b), TEST_SITE(#a, #b))
/* |a - b| <= tolerance; NaN fails */
#define CHECK_NEAR(a, b, tolerance) \
	test_check_near(a, b, tolerance, TEST_SITE(#a, #b))
/* |a - b| <= share * |b|; NaN fails */
#define CHECK_REL(a, b, share)	test_check_rel(a, b, share, TEST_SITE(#a, #b))
#define CHECK_STR(a, b)		test_check_str(a, b, TEST_SITE(#a, #b))
/* @text has @part somewhere */
#define CHECK_HAS(text, part)	test_check_has(text, part, TEST_SITE(#text, #part))
#define CHECK_BYTES(a, b, size)	test_check_bytes(a, b, size, TEST_SITE(#a, #b))
/* The call gives -1 with exactly this errno. */
#define CHECK_FAILS(call, err)	test_check_fails(call, err, TEST_SITE(#call, #err))

/* ---- what the macros are made of ---- */

struct test_entry {
	const char *name;
	const char *file;
	int line;
	void (*run)(void);
	struct test_entry *next;
};

/* Where a check stands, and its text. */
struct test_site {
	const char *file;
	int line;
	const char *a;
	const char *b;
};

struct test_value {
	enum { TEST_SIGNED, TEST_UNSIGNED, TEST_REAL, TEST_POINTER } kind;
	union {
		long long s;
		unsigned long long u;
		double r;
		const volatile void *p;
	};
};

#define TEST_SITE(a, b)	(&(const struct test_site){ __FILE__, __LINE__, a, b })

#define TEST_VALUE(x)	_Generic((x),					\
	_Bool: test_unsigned, char: test_signed,			\
	signed char: test_signed, unsigned char: test_unsigned,		\
	short: test_signed, unsigned short: test_unsigned,		\
	int: test_signed, unsigned int: test_unsigned,			\
	long: test_signed, unsigned long: test_unsigned,		\
	long long: test_signed, unsigned long long: test_unsigned,	\
	float: test_real, double: test_real, long double: test_real,	\
	default: test_pointer)(x)

static inline struct test_value test_signed(long long s)
{
	return (struct test_value){ .kind = TEST_SIGNED, .s = s };
}

static inline struct test_value test_unsigned(unsigned long long u)
{
	return (struct test_value){ .kind = TEST_UNSIGNED, .u = u };
}

static inline struct test_value test_real(double r)
{
	return (struct test_value){ .kind = TEST_REAL, .r = r };
}

static inline struct test_value test_pointer(const volatile void *p)
{
	return (struct test_value){ .kind = TEST_POINTER, .p = p };
}

void test_register(struct test_entry *c);
void test_set_fixture(void (*setup)(void), void (*teardown)(void));
void test_params(const char *format, ...) __attribute__((format(printf, 1, 2)));
void test_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

int test_check(int held, const struct test_site *site);
int test_check_order(struct test_value a, const char *order, struct test_value b,
		     const struct test_site *site);
int test_check_near(double a, double b, double tolerance, const struct test_site *site);
int test_check_rel(double a, double b, double share, const struct test_site *site);
int test_check_str(const char *a, const char *b, const struct test_site *site);
int test_check_has(const char *text, const char *part, const struct test_site *site);
int test_check_bytes(const void *a, const void *b, size_t size, const struct test_site *site);
int test_check_fails(long result, int err, const struct test_site *site);

/* A failure of a helper that has its own words. */
void test_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * test_failures() - checks that did not hold so far, in this process
 *
 * Return: their number in the case that runs. For the exit status of a child, whose
 * failures the parent does not see; and for programs with a main() of their own.
 */
int test_failures(void);

/**
 * test_seed() - the seed of a case's random choices
 * @otherwise: the one that is used when none was given; 0: another each time
 *
 * Return: --seed N or $SYNERGY_SEED; printed with every failure.
 */
uint64_t test_seed(uint64_t otherwise);

/* Arguments of the program that are no options of the framework; NULL ends them. */
extern char **test_arguments;

/* The larger one, or NaN once there was one: fmax() and a plain comparison forget it. */
static inline double test_worse(double worst, double d)
{
	return d > worst || isnan(d) ? d : worst;
}

/* ---- for main.c ---- */

struct test_entry *test_cases(void);
int test_setup(void);
/* Return: checks of it that failed */
int test_teardown(void);
/* Return: 0 passed, 1 failed, TEST_EXIT_SKIP with the reason in @reason */
int test_run(struct test_entry *c, const char **reason);
void test_set_seed(const char *text);

#endif /* SYNERGY_TESTS_FRAMEWORK_TEST_H */
