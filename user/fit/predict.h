/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Energy of a network from its model file and a fitted model: per layer and in
 * total, with 95 % intervals, and where the fit says little.
 */
#ifndef SYNERGY_FIT_PREDICT_H
#define SYNERGY_FIT_PREDICT_H

#include "layers/layers.h"
#include "fit/model.h"

/* Where a network would run; synergy_clock_at() */
struct synergy_clock {
	double khz, volts;
	int interpolated;			/* the voltage, between two that were measured at */
	int outside_khz, outside_volts;		/* beyond what was measured */
	double low_khz, high_khz, low_volts, high_volts;
};

struct synergy_predicted_layer {
	enum synergy_layer_type type, by;	/* its type; the type whose model was used */
	double energy_uj, ci95_uj;		/* NaN: no model serves */
	double time_us;				/* at a clock; else NaN */
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
	struct synergy_clock clock;		/* khz 0: of no clock in particular */
	double total_time_us;			/* of the layers, at the clock */
};

/*
 * Rows: synergy_layers_from_graph() or a measured table; "(between)" rows are
 * passed over. EINVAL: an operator of no known type, or a model without parts per
 * layer type; ENOMEM.
 */
int synergy_predict(const struct synergy_model *m, const struct synergy_layers *t,
		    struct synergy_prediction *p, struct synergy_error *err);
/**
 * synergy_clock_at - an operating point, held against those that were measured at
 * @m: model with a part "volts" and operating points
 * @khz: clock
 * @volts: voltage there; 0: by the model's points, a straight line between two of them
 * @at: takes it
 * @err: EINVAL: a model of no clock, or a clock beyond the points without a voltage
 *
 * Return: 0, or -1.
 */
int synergy_clock_at(const struct synergy_model *m, double khz, double volts,
		     struct synergy_clock *at, struct synergy_error *err);

/*
 * The same as synergy_predict() at an operating point, by counts and cycles of each layer
 * type. EINVAL: an operator of no known type, or a model without counts; ENOMEM.
 */
int synergy_predict_at(const struct synergy_model *m, const struct synergy_layers *t,
		       const struct synergy_clock *at, struct synergy_prediction *p,
		       struct synergy_error *err);
void synergy_prediction_free(struct synergy_prediction *p);	/* what is in it */

/* Sentences on what is doubtful, i from 0; 0 when there are no more, else 1. */
int synergy_prediction_remark(const struct synergy_prediction *p, const struct synergy_layers *t,
			      size_t i, char *buf, size_t size);

#endif
