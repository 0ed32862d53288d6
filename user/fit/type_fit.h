/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A model per layer type from what the model file alone says: of several sets of columns
 * the one that predicts networks left out of its fit best is taken. What is modelled is the
 * observations' energy_uj: energy, or a count of instructions put there (frequency_counts.c).
 */
#ifndef SYNERGY_FIT_TYPE_FIT_H
#define SYNERGY_FIT_TYPE_FIT_H

#include <stddef.h>

#include "fit/dataset.h"
#include "fit/model.h"
#include "lib/error.h"

struct synergy_type_work {
	const struct synergy_dataset *d;
	double *x, *y;			/* room for n_layers rows of SYNERGY_PART_COLUMNS, and 1 */
	size_t *network;
	const char *scope, *target;	/* of the parts; NULL: "type", "energy_uj" */
	int apart;			/* 1: a network's rows may not make up for each other's errors */
};

/* Columns before the end, SYNERGY_FEATURE_COUNT. */
static inline size_t synergy_set_size(const enum synergy_feature *set)
{
	size_t n = 0;

	while (set[n] != SYNERGY_FEATURE_COUNT)
		n++;
	return n;
}

/* Is the layer known well enough, in all of p columns, for a fit? */
int synergy_type_teaches(const struct synergy_observation *l, const enum synergy_feature *set,
			 size_t p);

/* Fit one set of columns to a type's layers, two networks left out (SIZE_MAX: none). */
int synergy_type_fit(const struct synergy_type_work *w, enum synergy_layer_type type,
		     const enum synergy_feature *set, int weighted, size_t without, size_t without2,
		     struct synergy_model_part *part, struct synergy_error *err);

/**
 * synergy_type_choose - the best set of columns for each type, a network left out
 * @w: the layers
 * @without: network, or SIZE_MAX
 * @parts: takes SYNERGY_TYPES parts
 * @have: takes 1 where a type has one
 *
 * Return: how many types have one.
 */
size_t synergy_type_choose(const struct synergy_type_work *w, size_t without,
			   struct synergy_model_part *parts, int *have);

/* A layer by its type's part, or by that of the type nearest in arithmetic intensity; NaN: by none. */
double synergy_type_predict(const struct synergy_model_part *parts, const int *have,
			    const struct synergy_observation *l);

#endif
