/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Energy of a network from its model file and a fitted model: per layer and in
 * total, with 95 % intervals, and where the fit says little.
 */
#ifndef SYNERGY_FIT_PREDICT_H
#define SYNERGY_FIT_PREDICT_H

#include "layers/layers.h"
#include "fit/model.h"

struct synergy_predicted_layer {
	enum synergy_layer_type type, by;	/* its type; the type whose model was used */
	double energy_uj, ci95_uj;		/* NaN: no model serves */
	int outside;				/* 1: beyond the range that was fitted */
	enum synergy_feature outside_column;
	double outside_value, outside_low, outside_high;
};

struct synergy_prediction {
	size_t n;				/* as rows of the table */
	struct synergy_predicted_layer *layers;
	double between_uj;
	double total_uj, total_ci95_uj;
	double conv_uj;				/* convolution layers together, by types */
	double conv_mac_uj, conv_mac_ci95_uj;	/* the same by E = c MAC; NaN no such part */
	double conv_chain_uj;			/* and through SIMD and bus accesses */
	size_t n_outside, n_missing, n_fallback;
};

/*
 * Rows: synergy_layers_from_graph() or a measured table; "(between)" rows are
 * passed over. EINVAL: an operator of no known type, or a model without parts per
 * layer type; ENOMEM.
 */
int synergy_predict(const struct synergy_model *m, const struct synergy_layers *t,
		    struct synergy_prediction *p, struct synergy_error *err);
void synergy_prediction_free(struct synergy_prediction *p);	/* what is in it */

/* Sentences on what is doubtful, i from 0; 0 when there are no more, else 1. */
int synergy_prediction_remark(const struct synergy_prediction *p, const struct synergy_layers *t,
			      size_t i, char *buf, size_t size);

#endif
