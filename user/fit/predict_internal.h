/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What predictions from energies by layer type and predictions at a clock share. */
#ifndef SYNERGY_FIT_PREDICT_INTERNAL_H
#define SYNERGY_FIT_PREDICT_INTERNAL_H

#include "fit/model.h"
#include "fit/predict.h"

/* f'Cov f of the part's columns. */
double synergy_part_variance(const struct synergy_model_part *p, const double *f);
/* Student's t, two-sided 95 %, and the degrees of freedom of a part's fit. */
double synergy_t95(double dof);
double synergy_part_freedom(const struct synergy_model_part *p);
/* Note the first column that lies beyond what was fitted. */
void synergy_part_check_range(const struct synergy_model_part *p, const double *f,
			      struct synergy_predicted_layer *l);
/* The layer's type into l->type and l->by. -1: EINVAL, names layer and operator. */
int synergy_predict_type(const struct synergy_layers_row *row, struct synergy_predicted_layer *l,
			 struct synergy_error *err);
/* Add a predicted layer to the sums and numbers of p. */
void synergy_prediction_count(struct synergy_prediction *p, const struct synergy_predicted_layer *l);

#endif
