/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Energy over voltage and frequency, fitted to a sweep's results.csv:
 *
 *	E = V^2 (a SIMD + b bus + c instructions) + d bus + V l t + s t
 *
 * with V the voltage that goes with the clock, and t the time, which a lower clock
 * lengthens: a, b and c are what work costs at 1 V, d what it costs in a part of its own
 * voltage (the memory), l what leaks, s what else is drawn whatever runs. No coefficient
 * is below zero. It is judged by frequencies and networks that are left out of the fit.
 */
#ifndef SYNERGY_FIT_FREQUENCY_H
#define SYNERGY_FIT_FREQUENCY_H

#include <stddef.h>

#include "fit/dataset.h"
#include "fit/frequency_counts.h"
#include "fit/model.h"
#include "lib/error.h"

/* One layer of one run. */
struct synergy_frequency_row {
	size_t network, point;
	double energy_uj, simd, bus, inst, time_us;
};

struct synergy_frequency_data {
	size_t n_points;
	struct synergy_operating_point points[SYNERGY_OPERATING_POINTS];
	size_t n_networks;
	char **networks;
	size_t n_rows;
	struct synergy_frequency_row *rows;
	size_t no_clock, vague;		/* rows left out: of a governor; known to worse than 10 % */
	size_t n_counted;
	struct synergy_counted_layer *counted;	/* where the file has the layers' features */
	double layers_uj, between_uj;	/* sums over all runs */
};

/* Networks predicted at one left-out frequency, or one left-out network at all; shares. */
struct synergy_left_out {
	size_t which;			/* point or network */
	size_t n;			/* networks at a frequency; 0: not predicted */
	double mean, worst;		/* of |predicted / measured - 1| */
};

struct synergy_frequency_fit {
	struct synergy_model_part part;	/* scope "clock", name "volts" */
	double half[SYNERGY_PART_COLUMNS];	/* of the 95 % intervals: Student's t */
	size_t n_frequencies, n_networks;
	struct synergy_left_out frequencies[SYNERGY_OPERATING_POINTS];
	struct synergy_left_out *networks;
	size_t n_counts;
	struct synergy_model_part counts[SYNERGY_COUNTS * SYNERGY_TYPES];	/* scope "clock" */
	/* networks at clocks from their files alone, networks left out; NaN: fewer than three */
	double left_out_mean, left_out_sd, left_out_rms;
	size_t left_out_n;		/* networks */
	double between_share;		/* of the layers' energy */
};

/**
 * synergy_frequency_parse - a frequency with its unit
 * @word: "1.73GHz", "710MHz:0.9"
 * @end: takes what follows the unit
 *
 * Return: kHz; NaN where there is none, or it is not above 0.
 */
double synergy_frequency_parse(const char *word, const char **end);

/**
 * synergy_frequency_volts - operating points by their text
 * @list: "1GHz:1.1,500MHz:0.9", frequencies with their unit, volts
 * @data: takes them
 * @error: names the word
 *
 * Return: 0, or -1 with errno EINVAL.
 */
int synergy_frequency_volts(const char *list, struct synergy_frequency_data *data,
			    struct synergy_error *error);

/**
 * synergy_frequency_add - a sweep's results.csv
 * @data: with its operating points
 * @path: of the file
 * @o: rail and event columns, as for layers.csv
 * @error: names file, line and column
 *
 * Return: 0, or -1 with errno EINVAL (a frequency without a voltage, too), ENOMEM, or of
 * reading.
 */
int synergy_frequency_add(struct synergy_frequency_data *data, const char *path,
			  const struct synergy_dataset_options *o, struct synergy_error *error);
void synergy_frequency_free(struct synergy_frequency_data *data);	/* what is in it */

/**
 * synergy_frequency_regress - fit, and judge
 * @data: added
 * @fit: takes the result; free(fit->networks)
 * @error: why not
 *
 * Return: 0, or -1 with errno EDOM (fewer than two frequencies, columns that depend on
 * each other), ENOMEM.
 */
int synergy_frequency_regress(const struct synergy_frequency_data *data,
			      struct synergy_frequency_fit *fit, struct synergy_error *error);

/**
 * synergy_frequency_features - a row's columns at an operating point
 * @row: counts and time
 * @volts: voltage
 * @f: takes them, SYNERGY_FEATURE_COUNT
 */
void synergy_frequency_features(const struct synergy_frequency_row *row, double volts, double *f);

/* The fit of all rows but a network's. -1: EDOM, ENOMEM. */
int synergy_frequency_fit_without(const struct synergy_frequency_data *d, size_t network,
				  struct synergy_model_part *part, struct synergy_error *error);

#endif /* SYNERGY_FIT_FREQUENCY_H */
