// SPDX-License-Identifier: GPL-2.0-only
/*
 * Least squares against NIST's certified results, with the digits that must agree
 * stated per set; weights; non-negative coefficients; and what must be refused,
 * with the reason.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_errno.h>

#include "layers/csv.h"
#include "fit/linear.h"
#include "tests/framework/test.h"

#define MAX_ROWS	100

static const char *const names[] = { "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9",
				     "c10" };

/* digits: log10 of the relative error that is allowed, of coefficients and errors. */
static const struct nist {
	const char *name;
	int polynomial;			/* degree; 0: columns as they are */
	int intercept;
	double digits, se_digits;
} sets[] = {
	{ "norris", 0, 1, 12, 12 },
	{ "noint1", 0, 0, 14, 13 },
	{ "noint2", 0, 0, 14, 13 },
	{ "longley", 0, 1, 12, 11 },
	{ "wampler1", 5, 1, 11, 9 },
	{ "filip", 10, 1, 7, 7 },
};

struct table {
	size_t n, p;
	double x[MAX_ROWS * SYNERGY_LINEAR_MAX_COLUMNS], y[MAX_ROWS];
	double b[16], se[16], s[16];
};

static void put_row(const struct nist *set, struct table *t, const double *v, size_t fields)
{
	size_t i = t->n++, k;

	t->y[i] = v[0];
	if (set->polynomial) {
		t->p = (size_t)set->polynomial + 1;
		t->x[i * t->p] = 1;
		for (k = 1; k < t->p; k++)
			t->x[i * t->p + k] = t->x[i * t->p + k - 1] * v[1];
		return;
	}
	t->p = fields - 1 + (size_t)set->intercept;
	for (k = 0; k < t->p; k++)
		t->x[i * t->p + k] = set->intercept ? (k ? v[k] : 1) : v[k + 1];
}

static int load(const struct nist *set, struct table *t)
{
	const char *dir = getenv("SYNERGY_TEST_DATA");
	struct synergy_csv csv;
	struct synergy_error err;
	char path[512], *text;
	size_t length, k;
	double v[16];

	memset(t, 0, sizeof(*t));
	snprintf(path, sizeof(path), "%s/nist/%s.csv", dir ? dir : "tests/data", set->name);
	if (synergy_csv_slurp(path, 1 << 20, &text, &length, &err)) {
		fprintf(stderr, "%s\n", err.message);
		return -1;
	}
	CHECK(!synergy_csv_open(&csv, text, length, path, &err));
	while (synergy_csv_next(&csv, &err) > 0) {
		if (csv.comment || !strcmp(csv.fields[0], "kind"))
			continue;
		for (k = 1; k < csv.n && k <= 16; k++)
			CHECK(!synergy_csv_double(&csv, k, -HUGE_VAL, &v[k - 1], &err));
		if (!strcmp(csv.fields[0], "data"))
			put_row(set, t, v, csv.n - 1);
		else
			memcpy(csv.fields[0][0] == 'b' ? t->b : csv.fields[0][1] ? t->se : t->s, v,
			       sizeof(v));
	}
	synergy_csv_close(&csv);
	free(text);
	return 0;
}

static double relative(double got, double want)
{
	return want != 0 ? fabs(got / want - 1) : fabs(got);
}

static void test_nist(const struct nist *set)
{
	struct synergy_linear fit;
	struct synergy_error err;
	struct table t;
	double worst = 0, worst_se = 0;
	size_t k;

	if (!CHECK(!load(set, &t)))
		return;
	struct synergy_linear_problem q = { .what = set->name, .n = t.n, .p = t.p, .x = t.x,
					    .y = t.y, .names = names,
					    .intercept = set->intercept };

	if (!CHECK(!synergy_linear_fit(&q, &fit, &err))) {
		fprintf(stderr, "%s\n", err.message);
		return;
	}
	for (k = 0; k < t.p; k++) {
		worst = test_worse(worst, relative(fit.coef[k], t.b[k]));
		worst_se = test_worse(worst_se, relative(fit.se[k], t.se[k]));
	}
	printf("%-9s %zu observations, condition %.3g: coefficients agree to %.1f digits, errors to %.1f\n",
	       set->name, t.n, fit.condition, -log10(worst + 1e-17), -log10(worst_se + 1e-17));
	CHECK_LE(worst, pow(10, -set->digits));
	CHECK_LE(worst_se, pow(10, -set->se_digits));
	CHECK_LE(relative(fit.sigma, t.s[0]), pow(10, -set->se_digits));
	CHECK_NEAR(fit.r2, t.s[1], pow(10, -set->se_digits));
	synergy_linear_free(&fit);
}

TEST(weights)
{
	/* two groups of equal x: the weighted mean of each, then the line through them */
	const double x[] = { 1, 1, 1, 1, 1, 2, 1, 2 }, y[] = { 1, 3, 10, 20 }, w[] = { 3, 1, 1, 1 };
	struct synergy_linear_problem q = { .what = "w", .n = 4, .p = 2, .x = x, .y = y,
					    .weight = w, .names = names, .intercept = 1 };
	struct synergy_linear fit;

	CHECK(!synergy_linear_fit(&q, &fit, NULL));
	CHECK_NEAR(fit.coef[0] + fit.coef[1], 1.5, 1e-12);
	CHECK_NEAR(fit.coef[0] + 2 * fit.coef[1], 15, 1e-12);
	CHECK_NEAR(fit.residual[1], 1.5, 1e-12);
	CHECK_NEAR(fit.rss, 3 * 0.25 + 2.25 + 50, 1e-10);
	synergy_linear_free(&fit);
}

/* Against all subsets: the best one without a negative coefficient is the answer. */
TEST(nonnegative)
{
	unsigned int seed = 12345, trial;
	size_t i, k;

	for (trial = 0; trial < 50; trial++) {
		double x[12 * 4], y[12], best = INFINITY;
		struct synergy_linear_problem q = { .what = "nn", .n = 12, .p = 4, .x = x, .y = y,
						    .names = names, .nonnegative = 1 };
		struct synergy_linear fit;
		unsigned int set;

		for (i = 0; i < 48; i++)
			x[i] = (seed = seed * 1664525 + 1013904223) / 4294967296.0;
		for (i = 0; i < 12; i++)
			y[i] = (seed = seed * 1664525 + 1013904223) / 4294967296.0 - 0.2 +
			       x[4 * i] - 0.8 * x[4 * i + 2];
		for (set = 1; set < 16; set++) {
			double sub[48];
			size_t p = 0, ok = 1;
			struct synergy_linear_problem r = q;

			for (k = 0; k < 4; k++)
				p += set >> k & 1;
			for (i = 0; i < 12; i++) {
				size_t m = 0;

				for (k = 0; k < 4; k++)
					if (set >> k & 1)
						sub[i * p + m++] = x[i * 4 + k];
			}
			r.x = sub;
			r.p = p;
			r.nonnegative = 0;
			CHECK(!synergy_linear_fit(&r, &fit, NULL));
			for (k = 0; k < p; k++)
				ok &= fit.coef[k] >= 0;
			if (ok)
				best = fmin(best, fit.rss);
			synergy_linear_free(&fit);
		}
		CHECK(!synergy_linear_fit(&q, &fit, NULL));
		CHECK_NEAR(fit.rss, best, 1e-9 * best);
		for (k = 0; k < 4; k++)
			CHECK_GE(fit.coef[k], 0);
		synergy_linear_free(&fit);
	}
}

static void refuse(const struct synergy_linear_problem *q, const char *why)
{
	struct synergy_linear fit;
	struct synergy_error err = { "" };

	CHECK_FAILS(synergy_linear_fit(q, &fit, &err), EDOM);
	if (!CHECK(strstr(err.message, why) != NULL))
		fprintf(stderr, "'%s'\n", err.message);
}

TEST(refusals)
{
	double x[] = { 1, 2, 4, 1, 3, 6, 1, 4, 8, 1, 5, 10 }, y[] = { 1, 2, 3, 5 };
	double w[] = { 1, 1, 0, 1 };
	struct synergy_linear_problem q = { .what = "E", .n = 4, .p = 3, .x = x, .y = y,
					    .names = names, .intercept = 1 };
	size_t i;

	refuse(&q, "c1, c2");			/* c2 is twice c1 */
	q.n = 3;
	refuse(&q, "3 observations for 3 coefficients");
	q.n = 4;
	for (i = 0; i < 4; i++)
		x[3 * i + 2] = 7;
	refuse(&q, "'c2' is constant");
	for (i = 0; i < 4; i++)
		x[3 * i + 2] = 0;
	refuse(&q, "'c2' is zero");
	x[5] = NAN;
	refuse(&q, "not finite");
	x[5] = 3;
	y[1] = INFINITY;
	refuse(&q, "observation 1 is not finite");
	y[1] = 2;
	q.weight = w;
	refuse(&q, "weight 2 is 0");
	q.weight = NULL;
	q.nonnegative = 1;
	q.intercept = 0;
	q.p = 1;
	for (i = 0; i < 4; i++)
		x[i] = -1;
	refuse(&q, "no coefficient is positive");
}

TEST(nist)
{
	size_t i;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		PARAMS("%s", sets[i].name);
		test_nist(&sets[i]);
	}
}

SETUP
{
	gsl_set_error_handler_off();
}
