// SPDX-License-Identifier: GPL-3.0-or-later
/* See frequency.h; reading is in frequency_read.c. */
#include "fit/frequency.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "fit/part.h"

#define NONE		SIZE_MAX

#define N_COLUMNS	SYNERGY_VOLTS_COLUMNS

void synergy_frequency_features(const struct synergy_frequency_row *row, double volts, double *f)
{
	size_t k;

	for (k = 0; k < SYNERGY_FEATURE_COUNT; k++)
		f[k] = NAN;
	f[SYNERGY_F_SIMD_V2] = row->simd * volts * volts;
	f[SYNERGY_F_BUS_V2] = row->bus * volts * volts;
	f[SYNERGY_F_INST_V2] = row->inst * volts * volts;
	f[SYNERGY_F_BUS] = row->bus;
	f[SYNERGY_F_TIME_V] = row->time_us * volts;
	f[SYNERGY_F_TIME] = row->time_us;
}

struct rows {
	size_t *network;
	double *x, *y;
};

/* Leave a point or a network out (NONE: neither). */
static int fit_without(const struct synergy_frequency_data *d, struct rows *w, size_t point,
		       size_t network, struct synergy_model_part *part, struct synergy_error *error)
{
	struct synergy_part_data q = { .name = "volts", .scope = "clock", .target = "energy_uj",
				       .p = N_COLUMNS, .columns = synergy_volts_columns, .x = w->x, .y = w->y,
				       .network = w->network, .weighted = 1, .nonnegative = 1 };
	double f[SYNERGY_FEATURE_COUNT];
	size_t i, k;

	for (i = 0; i < d->n_rows; i++) {
		const struct synergy_frequency_row *row = &d->rows[i];

		if (row->point == point || row->network == network)
			continue;
		synergy_frequency_features(row, d->points[row->point].volts, f);
		for (k = 0; k < N_COLUMNS; k++)
			w->x[q.n * N_COLUMNS + k] = f[synergy_volts_columns[k]];
		w->y[q.n] = row->energy_uj;
		w->network[q.n++] = row->network;
	}
	return synergy_part_fit(&q, part, error);
}

static int open_rows(const struct synergy_frequency_data *d, struct rows *w)
{
	*w = (struct rows){ .network = malloc((d->n_rows + 1) * sizeof(*w->network)),
			    .x = malloc((d->n_rows + 1) * N_COLUMNS * sizeof(*w->x)),
			    .y = malloc((d->n_rows + 1) * sizeof(*w->y)) };
	return w->network && w->x && w->y ? 0 : -1;
}

static void close_rows(struct rows *w)
{
	free(w->network);
	free(w->x);
	free(w->y);
}

int synergy_frequency_fit_without(const struct synergy_frequency_data *d, size_t network,
				  struct synergy_model_part *part, struct synergy_error *error)
{
	struct rows w;
	int result = open_rows(d, &w) ? synergy_error_set(error, ENOMEM, "frequencies: no memory") :
					fit_without(d, &w, NONE, network, part, error);
	int saved = errno;

	close_rows(&w);
	errno = saved;
	return result;
}

/* A network at a frequency: all its layers that are known, in all runs together. */
static double error_of(const struct synergy_frequency_data *d, const struct synergy_model_part *part,
		       size_t point, size_t network)
{
	double f[SYNERGY_FEATURE_COUNT], predicted = 0, measured = 0;
	size_t i;

	for (i = 0; i < d->n_rows; i++) {
		const struct synergy_frequency_row *row = &d->rows[i];

		if (row->point != point || row->network != network)
			continue;
		synergy_frequency_features(row, d->points[point].volts, f);
		predicted += synergy_part_predict(part, f);
		measured += row->energy_uj;
	}
	return measured > 0 ? fabs(predicted / measured - 1) : NAN;
}

static void add_error(struct synergy_left_out *o, double error)
{
	if (isnan(error))
		return;
	o->mean = (o->mean * (double)o->n + error) / (double)(o->n + 1);
	o->worst = fmax(o->worst, error);
	o->n++;
}

static int leave_out(const struct synergy_frequency_data *d, struct rows *w,
		     struct synergy_frequency_fit *fit)
{
	struct synergy_model_part part;
	struct synergy_error why;
	size_t i, k;

	for (i = 0; i < d->n_points; i++) {
		struct synergy_left_out *o = &fit->frequencies[fit->n_frequencies];

		*o = (struct synergy_left_out){ .which = i };
		for (k = 0; k < d->n_rows && d->rows[k].point != i; k++)
			;
		if (k == d->n_rows)
			continue;	/* a voltage that is given, and not measured at */
		fit->n_frequencies++;
		if (fit_without(d, w, i, NONE, &part, &why)) {
			if (errno == ENOMEM)
				return -1;
			continue;
		}
		for (k = 0; k < d->n_networks; k++)
			add_error(o, error_of(d, &part, i, k));
	}
	for (k = 0; k < d->n_networks; k++) {
		struct synergy_left_out *o = &fit->networks[fit->n_networks++];

		*o = (struct synergy_left_out){ .which = k };
		if (fit_without(d, w, NONE, k, &part, &why)) {
			if (errno == ENOMEM)
				return -1;
			continue;
		}
		for (i = 0; i < d->n_points; i++)
			add_error(o, error_of(d, &part, i, k));
	}
	return 0;
}

static int regress(const struct synergy_frequency_data *d, struct rows *w,
		   struct synergy_frequency_fit *fit, struct synergy_error *error)
{
	size_t k, active = 0;
	double sum = 0;

	if (fit_without(d, w, NONE, NONE, &fit->part, error))
		return -1;
	for (k = 0; k < N_COLUMNS; k++)
		active += fit->part.se[k] > 0;
	for (k = 0; k < N_COLUMNS; k++)
		fit->half[k] = fit->part.se[k] * gsl_cdf_tdist_Pinv(0.975, (double)(d->n_rows - active));
	if (leave_out(d, w, fit))
		return synergy_error_set(error, ENOMEM, "frequencies: no memory");
	if (fit->n_frequencies < 2)
		return synergy_error_set(error, EDOM, "all was measured at one frequency: what depends on it cannot be fitted");
	for (k = 0; k < fit->n_networks; k++) {
		sum += fit->networks[k].mean;
		fit->part.loo_n += fit->networks[k].n > 0;
	}
	if (fit->part.loo_n)
		fit->part.loo_mean = sum / (double)fit->part.loo_n;
	return 0;
}

int synergy_frequency_regress(const struct synergy_frequency_data *d,
			      struct synergy_frequency_fit *fit, struct synergy_error *error)
{
	struct rows w;
	int result;

	memset(fit, 0, sizeof(*fit));
	fit->networks = calloc(d->n_networks + 1, sizeof(*fit->networks));
	result = open_rows(d, &w) || !fit->networks ?
		synergy_error_set(error, ENOMEM, "frequencies: no memory") : regress(d, &w, fit, error);
	close_rows(&w);
	if (result) {
		free(fit->networks);
		fit->networks = NULL;
	}
	return result;
}
