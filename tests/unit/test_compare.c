// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparison of two measurements: which layer is which, intervals of differences
 * (Welch), and what is significant with the false discovery rate controlled (checked
 * against worked examples).
 */
#include "tests/framework/test.h"

#include <gsl/gsl_cdf.h>
#include <stdlib.h>

#include "report/compare.h"

static struct synergy_layers *table(const char *const *names, const char *const *ops)
{
	struct synergy_layers *t = synergy_layers_new(0, NULL, 0, NULL, NULL);
	uint32_t i;

	for (i = 0; names[i]; i++)
		synergy_layers_add(t, "n", i, names[i], ops ? ops[i] : "Conv", 100);
	synergy_layers_add(t, "n", i, "(between)", SYNERGY_LAYERS_BETWEEN, 0);
	return t;
}

/* "a=b" of pairs, "a=" and "=b" of what is in one only, in the order of the rows. */
static char *matched(struct synergy_layers *a, struct synergy_layers *b,
		     struct synergy_comparison *c)
{
	char *text = calloc(1, 1024);
	size_t i, at = 0;

	memset(c, 0, sizeof(*c));
	CHECK_EQ(synergy_compare_match(a, b, c), 0);
	for (i = 0; i < c->n_rows; i++)
		at += snprintf(text + at, 1024 - at, "%s%s=%s", i ? " " : "",
			       c->rows[i].a ? c->rows[i].a->layer : "",
			       c->rows[i].b ? c->rows[i].b->layer : "");
	CHECK(c->between.a && c->between.b);
	free(c->rows);
	synergy_layers_free(a);
	synergy_layers_free(b);
	return text;
}

static void check_match(const char *const *a, const char *const *a_ops, const char *const *b,
			const char *const *b_ops, const char *expected, size_t by_place)
{
	struct synergy_comparison c;
	char *text = matched(table(a, a_ops), table(b, b_ops), &c);

	CHECK_STR(text, expected);
	CHECK_EQ(c.n_by_place, by_place);
	free(text);
}

#define NAMES(...)	((const char *const[]){ __VA_ARGS__, NULL })

TEST(match_by_name)
{
	check_match(NAMES("a", "b", "c"), NULL, NAMES("a", "b", "c"), NULL, "a=a b=b c=c", 0);
	/* One is missing in each; b's own stands where it stood. */
	check_match(NAMES("a", "b", "c"), NAMES("Conv", "Relu", "Conv"), NAMES("a", "x", "c"),
		    NAMES("Conv", "Gemm", "Conv"), "a=a b= =x c=c", 0);
	check_match(NAMES("a", "b"), NULL, NAMES("b", "a"), NULL, "a=a b=b", 0);
	/* Of several with one name the first is the first. */
	check_match(NAMES("a", "r", "r"), NULL, NAMES("a", "r", "r", "r"), NULL,
		    "a=a r=r r=r =r", 0);
}

TEST(match_by_place)
{
	check_match(NAMES("conv1", "relu1", "fc"), NAMES("Conv", "Relu", "Gemm"),
		    NAMES("x0", "x1", "x2"), NAMES("Conv", "Relu", "Gemm"),
		    "conv1=x0 relu1=x1 fc=x2", 3);
	/* Fused: what is gone is gone, the others find each other. */
	check_match(NAMES("conv1", "relu1", "conv2", "relu2"), NAMES("Conv", "Relu", "Conv", "Relu"),
		    NAMES("n1", "n2"), NAMES("Conv", "Conv"), "conv1=n1 relu1= conv2=n2 relu2=", 2);
	/* Only between the same two pairs: y is behind "same" and x before it. */
	check_match(NAMES("x", "same"), NULL, NAMES("same", "y"), NULL, "x= same=same =y", 0);
}

static struct synergy_comparison comparison(struct synergy_compare_row *rows, size_t n)
{
	return (struct synergy_comparison){ .rows = rows, .n_rows = n };
}

static struct synergy_compare_row row(double a, double se_a, double dof_a, double b, double se_b,
				      double dof_b)
{
	return (struct synergy_compare_row){ .a_uj = { a, se_a, dof_a, 0 },
					     .b_uj = { b, se_b, dof_b, 0 } };
}

/* Welch's example as textbooks have it: n 15 and 15, variances 7.9 and 6.4 (A1 of Ruxton's kind). */
TEST(welch)
{
	double va = 7.9 / 15, vb = 6.4 / 15;
	double dof = (va + vb) * (va + vb) / (va * va / 14 + vb * vb / 14);
	struct synergy_compare_row r = row(20.8, sqrt(va), 14, 23.0, sqrt(vb), 14);
	struct synergy_comparison c = comparison(&r, 1);

	CHECK_EQ(synergy_compare_test(&c), 0);
	CHECK_NEAR(dof, 27.70, 0.01);
	CHECK_NEAR(r.difference_uj, 2.2, 1e-12);
	CHECK_NEAR(r.ci95_uj, sqrt(va + vb) * gsl_cdf_tdist_Pinv(0.975, dof), 1e-9);
	CHECK_NEAR(r.p, 2 * gsl_cdf_tdist_Q(2.2 / sqrt(va + vb), dof), 1e-12);
	CHECK_NEAR(r.p, 0.0327, 0.0005);
	CHECK(r.differs && r.differs_alone);
}

/* What both repeat cancels where they are alike, and not where they are not. */
TEST(repeated_error)
{
	struct synergy_compare_row r[2] = { row(0, 1, INFINITY, 4, 1, INFINITY),
					    row(0, 1, INFINITY, 4, 1, INFINITY) };
	struct synergy_comparison c = comparison(r, 2);

	r[0].a_uj.repeated = r[1].a_uj.repeated = 5;
	r[0].b_uj.repeated = r[1].b_uj.repeated = 6;
	r[0].alike = true;
	CHECK_EQ(synergy_compare_test(&c), 0);
	/* variances 1 + 1 + 1 of 30 degrees, 1 + 1 + 61 of 30 */
	CHECK_NEAR(r[0].ci95_uj, sqrt(3) * gsl_cdf_tdist_Pinv(0.975, 9 * 30), 1e-4);
	CHECK_NEAR(r[1].ci95_uj, sqrt(63) * gsl_cdf_tdist_Pinv(0.975, 63 * 63 * 30 / 3721.), 1e-4);
	CHECK(r[0].differs && !r[1].differs);
}

/* A value without a standard error is no test, and one of a few degrees of freedom a weak one. */
TEST(unknown_and_weak)
{
	struct synergy_compare_row r[] = {
		row(1, NAN, NAN, 2, 1, 9), row(NAN, 1, 9, 2, 1, 9), row(0, 1, 1, 8, 1, 1),
		row(0, 1, INFINITY, 8, 1, INFINITY),
	};
	struct synergy_comparison c = comparison(r, 4);

	CHECK_EQ(synergy_compare_test(&c), 0);
	CHECK(isnan(r[0].p) && isnan(r[0].ci95_uj) && !r[0].differs);
	CHECK_NEAR(r[0].difference_uj, 1, 0);
	CHECK(isnan(r[1].difference_uj));
	CHECK_GT(r[2].p, 0.02);
	CHECK_LT(r[3].p, 1e-7);
	CHECK_EQ(c.n_tested, 2);
	CHECK(r[3].differs);
}

/*
 * The fifteen p values of section 3 of Benjamini and Hochberg's paper (thrombolysis):
 * at a rate of 5 % the four least are discoveries, three would be by Bonferroni.
 */
TEST(false_discovery_rate)
{
	static const double p[15] = { 0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298,
		0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000 };
	struct synergy_compare_row r[15];
	struct synergy_comparison c = comparison(r, 15);
	size_t i;

	/* From p to a difference of that p; not in order. */
	for (i = 0; i < 15; i++)
		r[i * 7 % 15] = row(0, M_SQRT1_2, INFINITY, gsl_cdf_tdist_Qinv(p[i] / 2, 1e6),
				    M_SQRT1_2, INFINITY);
	CHECK_EQ(synergy_compare_test(&c), 0);
	CHECK_EQ(c.n_tested, 15);
	CHECK_EQ(c.n_differ, 4);
	CHECK_EQ(c.n_differ_alone, 9);
	for (i = 0; i < 15; i++) {
		PARAMS("i=%zu", i);
		CHECK_NEAR(r[i * 7 % 15].p, p[i], 1e-6);
		CHECK_EQ(r[i * 7 % 15].differs, i < 4);
	}
}

TEST(none_differ)
{
	struct synergy_compare_row r[20];
	struct synergy_comparison c = comparison(r, 20);
	size_t i;

	for (i = 0; i < 20; i++)
		r[i] = row(5, 1, 20, 5 + .1 * (double)i, 1, 20);
	CHECK_EQ(synergy_compare_test(&c), 0);
	CHECK_EQ(c.n_differ, 0);
}

TEST(degrees_of_freedom)
{
	double dof;

	for (dof = 1.5; dof < 1000; dof *= 1.7) {
		PARAMS("dof=%g", dof);
		CHECK_REL(synergy_compare_dof(3 * gsl_cdf_tdist_Pinv(0.975, dof), 3), dof, 1e-6);
	}
	CHECK(isinf(synergy_compare_dof(1.96, 1.001)));
	CHECK(isnan(synergy_compare_dof(NAN, 1)));
}
