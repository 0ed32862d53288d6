// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test framework's cases and checks: test.h. Failures go to stderr, each with its
 * place, both values, and the case's parameters and seed.
 */
#include "test.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

/* Failures of a case that are printed; a loop may have millions. */
#define PRINTED	20

static struct test_entry *cases;
static void (*set_up)(void);
static void (*tear_down)(void);
static int checks, failures;
static int skipped;
static char params[512], reason[256];
static uint64_t seed;
static int seed_given, seed_used;
static char *no_arguments[1];

char **test_arguments = no_arguments;

static int before(const struct test_entry *a, const struct test_entry *b)
{
	int file = strcmp(a->file, b->file);

	return file ? file < 0 : a->line < b->line;
}

/* The order in which constructors run is the compiler's. */
void test_register(struct test_entry *c)
{
	struct test_entry **at = &cases;

	while (*at && before(*at, c))
		at = &(*at)->next;
	c->next = *at;
	*at = c;
}

struct test_entry *test_cases(void)
{
	return cases;
}

void test_set_fixture(void (*setup)(void), void (*teardown)(void))
{
	if (setup)
		set_up = setup;
	if (teardown)
		tear_down = teardown;
}

void test_params(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(params, sizeof(params), format, args);
	va_end(args);
}

void test_skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	skipped = 1;
}

int test_failures(void)
{
	return failures;
}

void test_set_seed(const char *text)
{
	seed = strtoull(text, NULL, 0);
	seed_given = 1;
}

uint64_t test_seed(uint64_t otherwise)
{
	const char *text = getenv("SYNERGY_SEED");

	if (!seed_given && text)
		test_set_seed(text);
	if (!seed_given)
		seed = otherwise ? otherwise : (uint64_t)time(NULL);
	seed_used = 1;
	return seed;
}

/* A failure is counted. Return: its words are to be printed, with finish() after them */
static int begin(const char *file, int line)
{
	if (failures++ >= PRINTED)
		return 0;
	if (file)
		fprintf(stderr, "%s:%d: ", file, line);
	return 1;
}

static void finish(void)
{
	if (params[0])
		fprintf(stderr, "    with %s\n", params);
	if (seed_used)
		fprintf(stderr, "    seed %" PRIu64 "\n", seed);
	if (failures == PRINTED)
		fprintf(stderr, "    (further failures of this case are counted only)\n");
}

void test_fail(const char *format, ...)
{
	va_list args;

	if (!begin(NULL, 0))
		return;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	putc('\n', stderr);
	finish();
}

int test_check(int held, const struct test_site *site)
{
	int e = errno;

	checks++;
	if (held)
		return 1;
	if (begin(site->file, site->line)) {
		fprintf(stderr, "failed: %s\n", site->a);
		if (e)
			fprintf(stderr, "    errno is %d (%s)\n", e, strerror(e));
		finish();
	}
	return 0;
}

static void print_value(const char *text, struct test_value v)
{
	fprintf(stderr, "    %s = ", text);
	switch (v.kind) {
	case TEST_SIGNED:
		fprintf(stderr, v.s > 4095 || v.s < -4095 ? "%lld (0x%llx)\n" : "%lld\n", v.s, v.s);
		break;
	case TEST_UNSIGNED:
		fprintf(stderr, v.u > 4095 ? "%llu (0x%llx)\n" : "%llu\n", v.u, v.u);
		break;
	case TEST_REAL:
		fprintf(stderr, "%.17g\n", v.r);
		break;
	case TEST_POINTER:
		fprintf(stderr, "%p\n", (void *)v.p);
		break;
	}
}

static long double as_real(struct test_value v)
{
	return v.kind == TEST_SIGNED ? (long double)v.s :
	       v.kind == TEST_UNSIGNED ? (long double)v.u : (long double)v.r;
}

/* By value, whatever the types' signs. Return: -1, 0, 1; 2 not comparable (NaN) */
static int compare(struct test_value a, struct test_value b)
{
	if (a.kind == TEST_POINTER || b.kind == TEST_POINTER) {
		uintptr_t x = a.kind == TEST_POINTER ? (uintptr_t)a.p : (uintptr_t)a.u;
		uintptr_t y = b.kind == TEST_POINTER ? (uintptr_t)b.p : (uintptr_t)b.u;

		return x < y ? -1 : x > y;
	}
	if (a.kind == TEST_REAL || b.kind == TEST_REAL) {
		long double x = as_real(a), y = as_real(b);

		return isnan(x) || isnan(y) ? 2 : x < y ? -1 : x > y;
	}
	if (a.kind == TEST_SIGNED && a.s < 0)
		return b.kind == TEST_SIGNED && b.s < 0 ? (a.s < b.s ? -1 : a.s > b.s) : -1;
	if (b.kind == TEST_SIGNED && b.s < 0)
		return 1;
	return a.u < b.u ? -1 : a.u > b.u;
}

int test_check_order(struct test_value a, const char *order, struct test_value b,
		     const struct test_site *site)
{
	int c = compare(a, b), held;

	checks++;
	switch (order[0]) {
	case '=':
		held = c == 0;
		break;
	case '!':
		held = c != 0;
		break;
	case '<':
		held = c == -1 || (order[1] && c == 0);
		break;
	default:
		held = c == 1 || (order[1] && c == 0);
	}
	if (held)
		return 1;
	if (begin(site->file, site->line)) {
		fprintf(stderr, "failed: %s %s %s\n", site->a, order, site->b);
		print_value(site->a, a);
		print_value(site->b, b);
		finish();
	}
	return 0;
}

/* Written so that a NaN fails. */
static int check_apart(double a, double b, double allowed, const char *allowance,
		       const struct test_site *site)
{
	checks++;
	if (fabs(a - b) <= allowed)
		return 1;
	if (begin(site->file, site->line)) {
		fprintf(stderr, "failed: %s is near %s\n", site->a, site->b);
		print_value(site->a, test_real(a));
		print_value(site->b, test_real(b));
		fprintf(stderr, "    apart by %.6g; allowed %.6g%s\n", fabs(a - b), allowed, allowance);
		finish();
	}
	return 0;
}

int test_check_near(double a, double b, double tolerance, const struct test_site *site)
{
	return check_apart(a, b, tolerance, "", site);
}

int test_check_rel(double a, double b, double share, const struct test_site *site)
{
	char allowance[64];

	snprintf(allowance, sizeof(allowance), " (%.3g of the second; it is %.3g)", share,
		 fabs(a - b) / fabs(b));
	return check_apart(a, b, share * fabs(b), allowance, site);
}

int test_check_str(const char *a, const char *b, const struct test_site *site)
{
	checks++;
	if (a && b && !strcmp(a, b))
		return 1;
	if (begin(site->file, site->line)) {
		fprintf(stderr, "failed: %s is %s\n    \"%s\"\n    \"%s\"\n", site->a, site->b,
			a ? a : "(null)", b ? b : "(null)");
		finish();
	}
	return 0;
}

int test_check_has(const char *text, const char *part, const struct test_site *site)
{
	checks++;
	if (text && part && strstr(text, part))
		return 1;
	if (begin(site->file, site->line)) {
		fprintf(stderr, "failed: %s has %s\n    \"%s\"\n    lacks \"%s\"\n", site->a, site->b,
			text ? text : "(null)", part ? part : "(null)");
		finish();
	}
	return 0;
}

int test_check_bytes(const void *a, const void *b, size_t size, const struct test_site *site)
{
	const unsigned char *x = a, *y = b;
	size_t i = 0;

	checks++;
	if (x && y)
		while (i < size && x[i] == y[i])
			i++;
	if (x && y && i == size)
		return 1;
	if (begin(site->file, site->line)) {
		fprintf(stderr, "failed: %zu bytes of %s are those of %s\n", size, site->a, site->b);
		if (x && y)
			fprintf(stderr, "    byte %zu: 0x%02x and 0x%02x\n", i, x[i], y[i]);
		finish();
	}
	return 0;
}

int test_check_fails(long result, int err, const struct test_site *site)
{
	int e = errno;

	checks++;
	if (result == -1 && e == err)
		return 1;
	if (begin(site->file, site->line)) {
		fprintf(stderr, "failed: %s fails with %s\n    returned %ld, %s; expected -1, %s\n",
			site->a, site->b, result, result == -1 ? strerror(e) : "success",
			strerror(err));
		finish();
	}
	return 0;
}

static void start(void)
{
	checks = failures = skipped = 0;
	params[0] = reason[0] = 0;
	seed_used = 0;
	errno = 0;
}

int test_setup(void)
{
	start();
	if (set_up)
		set_up();
	fflush(stdout);
	if (skipped)
		printf("1..0 # SKIP %s\n", reason);
	return skipped ? TEST_EXIT_SKIP : failures ? 1 : 0;
}

int test_teardown(void)
{
	start();
	if (tear_down)
		tear_down();
	return failures;
}

int test_run(struct test_entry *c, const char **why)
{
	start();
	c->run();
	*why = reason;
	if (skipped && !failures)
		return TEST_EXIT_SKIP;
	if (!checks && !failures) {
		fprintf(stderr, "%s:%d: nothing was checked\n", c->file, c->line);
		return 1;
	}
	return failures ? 1 : 0;
}
