/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two measurements side by side: what each layer and the whole take more or less in the
 * second, how sure that is, and which differences are more than chance. Layers are
 * matched by name, and where names differ by operator and place.
 *
 * An estimate's error has two parts: what every measurement draws again (noise, what
 * varies from run to run), and what another one alike repeats (a course of the power
 * that the windows do not resolve, the windows' common time error, the supply). The
 * second cancels between two that are alike: one method, one set-up of sampling. The
 * sensor's offset and gain are the same where one board measured both, and cancel, too.
 *
 *	se^2 = own_a^2 + own_b^2 + rest^2,  rest = |repeated_a - repeated_b| where alike,
 *	else the root of the sum of their squares;
 *	degrees of freedom by Welch and Satterthwaite [1]
 *	default: significant at a false discovery rate of 5 % over all layers [2]
 *
 * [1] B. L. Welch, The generalization of Student's problem, Biometrika 34 (1947).
 * [2] Y. Benjamini, Y. Hochberg, Controlling the false discovery rate, J. R. Statist.
 *     Soc. B 57 (1995).
 */
#ifndef SYNERGY_REPORT_COMPARE_H
#define SYNERGY_REPORT_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "layers/layers.h"
#include "lib/error.h"
#include "report/grid.h"
#include "report/profile.h"

#define SYNERGY_COMPARE_RATE	0.05	/* of false discoveries; and the level without control */

/* A value and the standard errors of both kinds; NaN: not known. */
struct synergy_estimate {
	double value;
	double own, dof;		/* drawn again each time, and its degrees of freedom */
	double repeated;
};

/* One of the two measurements. */
struct synergy_compare_side {
	char *name;			/* the file's */
	struct synergy_stream *stream;	/* of a recording; NULL of a table */
	struct synergy_profile *profile;
	struct synergy_layers *layers;
	const char *rail;		/* that energies are of; NULL: no power */
	struct synergy_estimate total_uj, net_uj, run_us;
	double sensor_offset_uw, sensor_scale;	/* standard uncertainties; NaN: not known */
	size_t n_runs;			/* 0: not known */
};

/* One layer, or a pair of them. */
struct synergy_compare_row {
	const struct synergy_layers_row *a, *b;	/* one of them may be NULL */
	struct synergy_estimate a_uj, b_uj;
	bool alike;			/* so that what is repeated cancels */
	double difference_uj, ci95_uj;	/* b - a; NaN where one is not known */
	double p;			/* of a difference as large by chance; NaN not tested */
	bool differs;			/* significant with the false discovery rate controlled */
	bool differs_alone;		/* at 5 %, as if it were the only one looked at */
};

struct synergy_comparison {
	struct synergy_compare_side a, b;
	size_t n_rows;			/* in the order of a, those of b alone at their place */
	struct synergy_compare_row *rows;
	struct synergy_compare_row between, total, net;	/* total and net have no layers */
	double time_ci95_us;		/* of the difference of an inference's time; NaN */
	size_t n_tested, n_differ, n_differ_alone;
	size_t n_only_a, n_only_b, n_by_place;
	bool same_sensor;		/* one board, rail and shunt: what is common cancels */
	double sensor_u95_uj;		/* what is left of it in the total's difference; NaN */
};

/**
 * synergy_compare - read and compare
 * @a: a recording, a layers.csv, or a directory that has one of them
 * @b: likewise
 * @rail: that energies are of; NULL: a's default one
 * @out: the comparison
 * @error: why not
 *
 * Return: 0, or -1 with errno: what reading gave; ENOENT no such rail; ENODATA no layer
 * can be matched, or a measurement has no layers; ENOMEM.
 */
int synergy_compare(const char *a, const char *b, const char *rail,
		    struct synergy_comparison **out, struct synergy_error *error);
void synergy_comparison_free(struct synergy_comparison *comparison);	/* NULL is fine */

/*
 * Number @i of the ways in which the two were made differently (back end, threads,
 * kernel, ...): the key, and the value of each or NULL. 0: there are no more.
 */
int synergy_comparison_set_up(const struct synergy_comparison *comparison, size_t i,
			      const char **key, const char **a, const char **b);

/* Writers. -1 when out took an error or there was no memory. */
int synergy_comparison_print(const struct synergy_comparison *comparison,
			     const struct synergy_terminal *terminal, FILE *out);
int synergy_comparison_write_json(const struct synergy_comparison *comparison, FILE *out);
int synergy_comparison_write_html(const struct synergy_comparison *comparison, FILE *out);

/* compare_match.c: the pairs of rows; -1 ENOMEM. For compare.c and its tests. */
int synergy_compare_match(const struct synergy_layers *a, const struct synergy_layers *b,
			  struct synergy_comparison *comparison);
/* compare_test.c: differences and which are significant, from the rows' estimates. -1 ENOMEM. */
int synergy_compare_test(struct synergy_comparison *comparison);
/* Degrees of freedom from a half-width and its standard error; infinite where normal. */
double synergy_compare_dof(double ci95, double se);

#endif /* SYNERGY_REPORT_COMPARE_H */
