// SPDX-License-Identifier: GPL-3.0-or-later
/* Both kinds of regressions over a data set; see regress.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/regress.h"

void synergy_regress_refuse(struct synergy_regression *r, const struct synergy_error *why)
{
	size_t i;

	for (i = 0; i < r->n_refused; i++)
		if (!strcmp(r->refused[i].message, why->message))
			return;
	if (r->n_refused < sizeof(r->refused) / sizeof(r->refused[0]))
		r->refused[r->n_refused++] = *why;
}

int synergy_regress(const struct synergy_dataset *d, struct synergy_regression *r,
		    struct synergy_error *err)
{
	size_t i;

	memset(r, 0, sizeof(*r));
	r->left_out = malloc(d->n_networks * sizeof(*r->left_out));
	if (!r->left_out)
		goto nomem;
	for (i = 0; i < d->n_networks; i++)
		r->left_out[i] = (struct synergy_left_out_network){ NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN,
							NAN, NAN };
	r->model.layertype_loo_mean = r->model.layertype_loo_sd = NAN;
	r->model.layertype_loo_rms = NAN;
	if (synergy_regress_networks(d, r) || synergy_regress_layers(d, r))
		goto nomem;
	return 0;
nomem:
	synergy_regression_free(r);
	return synergy_error_set(err, ENOMEM, "regression: out of memory");
}

void synergy_regression_free(struct synergy_regression *r)
{
	free(r->left_out);
	r->left_out = NULL;
}
