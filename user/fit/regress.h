/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a data set to a model: the papers' regressions over networks, and the
 * models per layer type, each with its error on networks left out of its fit.
 */
#ifndef SYNERGY_FIT_REGRESS_H
#define SYNERGY_FIT_REGRESS_H

#include "fit/dataset.h"
#include "fit/model.h"

/* What was predicted for one network by models that had not seen it; NaN none. uJ. */
struct synergy_left_out_network {
	double counters, mac, mac2, chain;	/* whole network */
	double counters_plus;		/* whole network, by the law of the others' layers */
	/* convolution layers together */
	double conv_counters, conv_counters_plus, conv_mac, conv_mac2, conv_chain;
	double layertype;		/* from the model file alone */
};

struct synergy_regression {
	struct synergy_model model;
	struct synergy_left_out_network *left_out;	/* by network of the data set */
	size_t n_refused;
	struct synergy_error refused[32];	/* models that the data do not carry, and why */
};

/* ENOMEM. What cannot be fitted is listed in refused, not an error. */
int synergy_regress(const struct synergy_dataset *d, struct synergy_regression *r,
		    struct synergy_error *err);
void synergy_regression_free(struct synergy_regression *r);	/* what is in it */

/* network_fit.c: the papers' models; layer_fit.c: those per layer type. ENOMEM. */
int synergy_regress_networks(const struct synergy_dataset *d, struct synergy_regression *r);
int synergy_regress_layers(const struct synergy_dataset *d, struct synergy_regression *r);

/* Remember why a model could not be fitted, once for each reason. */
void synergy_regress_refuse(struct synergy_regression *r, const struct synergy_error *why);

#endif
