/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a layer executes, from its model file alone: SIMD instructions, bus accesses,
 * instructions and cycles, a model each for each layer type, fitted to a sweep's runs. With
 * the part "volts" (frequency.h) they give a network's energy at a clock before it runs.
 * Counts do not depend on the clock, and a layer's are averaged over all runs; cycles do
 * where the memory takes its own time, and are averaged over the runs at a clock.
 */
#ifndef SYNERGY_FIT_FREQUENCY_COUNTS_H
#define SYNERGY_FIT_FREQUENCY_COUNTS_H

#include <stddef.h>

#include "fit/features.h"
#include "fit/model.h"
#include "lib/error.h"

#define SYNERGY_COUNTS	4		/* simd, bus_access, inst, cycles */
extern const enum synergy_feature synergy_counts[SYNERGY_COUNTS];

/* A layer in a run: its row of results.csv. */
struct synergy_counted_layer {
	char *key;			/* alike for the same layer in other runs */
	size_t network, point;
	enum synergy_layer_type type;
	double energy_uj, ci95_uj;
	double f[SYNERGY_FEATURE_COUNT];	/* known from the file, and what was measured */
};

struct synergy_frequency_data;
struct synergy_frequency_fit;

/**
 * synergy_frequency_counts - the models of counts, and the whole chain's error
 * @d: a sweep
 * @fit: its fit; takes counts, n_counts, unseen_* and between_share
 * @error: why not
 *
 * Without columns of the layers' features in the data n_counts stays 0.
 *
 * Return: 0, or -1 with errno ENOMEM.
 */
int synergy_frequency_counts(const struct synergy_frequency_data *d,
			     struct synergy_frequency_fit *fit, struct synergy_error *error);

#endif
