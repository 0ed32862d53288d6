/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The unit tests' assertions. A test is one program: CHECK what must hold, and
 * return unit_result() from main: 0 all held, 1 something did not. A test that
 * cannot run here says why and returns UNIT_SKIP. Failures go to stderr as
 * file:line, and the test goes on. Works in one translation unit, C or C++.
 */
#ifndef SYNERGY_TESTS_UNIT_H
#define SYNERGY_TESTS_UNIT_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#define UNIT_SKIP	77

static int unit_failures;
static int unit_checks;

static inline int unit_check(int held, const char *file, int line, const char *what)
{
	unit_checks++;
	if (held)
		return 1;
	unit_failures++;
	fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
	return 0;
}

static inline int unit_check_near(double a, double b, double tolerance, const char *file, int line,
				  const char *what)
{
	/* Written so that a NaN fails. */
	if (unit_check(fabs(a - b) <= tolerance, file, line, what))
		return 1;
	fprintf(stderr, "%s:%d: %.17g and %.17g differ by %.3g, more than %.3g\n", file, line, a, b,
		fabs(a - b), tolerance);
	return 0;
}

static inline int unit_check_str(const char *a, const char *b, const char *file, int line,
				 const char *what)
{
	if (unit_check(a && b && !strcmp(a, b), file, line, what))
		return 1;
	fprintf(stderr, "%s:%d: \"%s\" and \"%s\" differ\n", file, line, a ? a : "(null)",
		b ? b : "(null)");
	return 0;
}

/* Each gives 1 when it held, so that a test can stop where going on is senseless. */
#define CHECK(cond)		unit_check(!!(cond), __FILE__, __LINE__, #cond)
#define CHECK_NEAR(a, b, tol)	unit_check_near(a, b, tol, __FILE__, __LINE__, #a " ~ " #b)
#define CHECK_STR(a, b)		unit_check_str(a, b, __FILE__, __LINE__, #a " is " #b)

/* The larger one, or NaN once there was one: fmax() and a plain comparison forget it. */
static inline double unit_worse(double worst, double d)
{
	return d > worst || isnan(d) ? d : worst;
}

/* For main's return; a test that checked nothing has failed. */
static inline int unit_result(void)
{
	if (!unit_checks)
		fprintf(stderr, "nothing was checked\n");
	return unit_failures || !unit_checks;
}

#endif /* SYNERGY_TESTS_UNIT_H */
