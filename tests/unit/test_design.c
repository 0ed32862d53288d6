// SPDX-License-Identifier: GPL-2.0-only
/*
 * A window's equation: whatever the rail's time constant and however the window is moved,
 * its shares sum to one. What is missing would be added to every energy.
 */
#include <math.h>
#include <stdlib.h>

#include "attribute/internal.h"
#include "tests/lab/lab.h"
#include "tests/framework/test.h"

static struct synergy_attribute_input *sampled(const char *scheme)
{
	struct lab_network *n = lab_network_make(LAB_SHORT, 5, 0);
	struct lab_session s = {
		.network = n, .board = lab_board_find("agx-orin"), .scheme = lab_scheme_find(scheme),
		.n_runs = 3, .seed = 6, .rails = 1U << LAB_CPU, .pause_low_ns = 2e6,
		.pause_high_ns = 6e6, .idle_ns = 20e6,
	};
	struct lab_truth t;
	struct synergy_attribute_input *in = lab_run(&s, &t);

	lab_truth_free(&t);
	lab_network_free(n);
	return in;
}

static double sum_of_shares(const struct synergy_design *d, const struct synergy_row *row)
{
	double sum = 0;
	size_t k;

	for (k = 0; k < row->n; k++)
		if (row->unknown[k] != synergy_design_onset(d))
			sum += row->share[k];
	return sum;
}

/* The greatest |sum - 1| of all windows, as they are and moved by each considered parameter. */
static double worst(const struct synergy_design *d)
{
	struct synergy_row row = { 0 };
	double most = 0;
	int parameter;
	size_t i;

	for (i = 0; i < d->n_windows; i++)
		for (parameter = 0; parameter <= SYNERGY_CONSIDERED; parameter++) {
			struct synergy_move move = synergy_design_move(d, i, parameter);

			if (!CHECK(!synergy_design_row(d, i, parameter < SYNERGY_CONSIDERED ? &move : NULL, &row)))
				return NAN;
			most = fmax(most, fabs(sum_of_shares(d, &row) - 1));
		}
	synergy_row_free(&row);
	return most;
}

static void shares(const char *scheme, double lag_ns)
{
	struct synergy_timing timing = { .time_ns = 5e3, .lag_ns = lag_ns, .lag_u_ns = lag_ns / 10 };
	struct synergy_attribute_input *in = sampled(scheme);
	struct synergy_timeline t = { 0 };
	struct synergy_design d;
	struct synergy_error err;

	if (!CHECK(in && !synergy_timeline_make(in, &t, &err)))
		return;
	if (CHECK(!synergy_design_make(&t, &in->rails[0], &timing, 8000, &d, &err))) {
		CHECK_GE(d.n_windows, 20);
		CHECK_LE(worst(&d), 1e-9);
		synergy_design_free(&d);
	}
	synergy_timeline_free(&t);
	synergy_attribute_input_free(in);
}

TEST(no_time_constant)
{
	shares("max", 0);
	shares("3x332", 0);
}

TEST(short_time_constant)
{
	shares("max", 20e3);
	shares("3x332", 20e3);
}

TEST(time_constant_of_a_window)
{
	shares("max", 100e3);
	shares("3x332", 300e3);
}
