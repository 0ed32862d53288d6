// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Parameters that are considered, not estimated (step 4 of the method; [1]): the data
 * cannot tell them from the layers' own power, so each keeps its prior variance, which
 * reaches every figure through the solution's sensitivity to it.
 *
 * The windows' common time error: the rail is solved again with all windows earlier and
 * later by one standard deviation, at the same noise and priors. A derivative would not
 * do: what a layer shorter than the error does is smeared in a solution that is late. So
 * for the rail's time constant.
 *
 * The supply's resistance, as uncertain as load_line.c left it. The converter's step: a
 * value rounded in steps of q, whose noise has standard deviation s, keeps a mean error
 * of up to q / pi exp(-2 (pi s / q)^2), of which the root mean square is taken; layers
 * have it each on their own.
 *
 * [1] Schmidt, Application of state-space methods to navigation problems, 1966.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "attribute/internal.h"

void synergy_considered_free(struct synergy_considered *c)
{
	int k;

	for (k = 0; k < SYNERGY_CONSIDERED; k++)
		free(c->time_uj[k]);
	free(c->supply_uj);
	free(c->step_uj);
}

static void own_times(const struct synergy_solution *q, double *ns)
{
	size_t i;

	for (i = 0; i < q->t->n_layers; i++)
		ns[i] = q->t->layer_ns[i] * q->t->times[i];
	ns[i] = q->t->between_ns;
}

/* Energies were all windows other than they are thought to be. */
static int solve_moved(struct synergy_solution *q, struct synergy_normal *m,
		       enum synergy_considered_parameter parameter, double *e)
{
	size_t i;

	synergy_normal_clear(m);
	if (synergy_solution_add_priors(q, m))
		return -1;
	for (i = 0; i < q->d.n_windows; i++) {
		struct synergy_move move = synergy_design_move(&q->d, i, parameter);

		if (q->outlier[i])
			continue;
		if (synergy_design_row(&q->d, i, &move, &q->row))
			return -1;
		synergy_normal_add(m, &q->row, synergy_solution_measured(q, i), 1 / q->variance[i]);
	}
	if (synergy_normal_solve(m))
		return -1;
	own_times(q, e);
	return synergy_solution_energies(q, m, e);
}

static double step_error_uw(const struct synergy_solution *q, size_t layer)
{
	double step = q->lsb_uw, own = q->layer_variance[layer] - step * step / 12;

	return step > 0 ? step / M_PI / M_SQRT2 *
			  exp(-2 * M_PI * M_PI * fmax(own, 0) / (step * step)) : 0;
}

int synergy_consider(struct synergy_solution *q, struct synergy_considered *c)
{
	size_t n = q->t->n_layers + 1, i;
	double *energy = calloc(n, sizeof(*energy));
	struct synergy_normal m = { 0 };
	int bad, k;

	*c = (struct synergy_considered){ .supply_uj = calloc(n, sizeof(double)),
					  .step_uj = calloc(n, sizeof(double)) };
	bad = !energy || !c->supply_uj || !c->step_uj ||
	      synergy_normal_alloc(&m, &q->d);
	for (k = 0; !bad && k < SYNERGY_CONSIDERED; k++) {
		c->time_uj[k] = calloc(n, sizeof(double));
		bad = !c->time_uj[k] || solve_moved(q, &m, k, c->time_uj[k]);
	}
	synergy_normal_free(&m);
	if (!bad) {
		own_times(q, energy);
		bad = synergy_solution_energies(q, &q->m, energy);
	}
	for (i = 0; !bad && i < n; i++) {
		double s = i + 1 < n ? q->t->layer_ns[i] * q->t->times[i] / 1e9 : 0;

		for (k = 0; k < SYNERGY_CONSIDERED; k++)
			c->time_uj[k][i] -= energy[i];
		if (s > 0) {
			c->supply_uj[i] = energy[i] * synergy_voltage_relative_se(q->s, energy[i] / s);
			c->step_uj[i] = step_error_uw(q, i) * s;
		}
	}
	free(energy);
	return bad ? -1 : 0;
}

double synergy_considered_time(const struct synergy_considered *c, const uint32_t *layers, size_t n)
{
	double sum[SYNERGY_CONSIDERED] = { 0 };
	size_t i;
	int k;

	for (k = 0; k < SYNERGY_CONSIDERED; k++)
		for (i = 0; i < n; i++)
			sum[k] += c->time_uj[k][layers ? layers[i] : i];
	return hypot(fmax(fabs(sum[SYNERGY_CONSIDERED_EARLIER]), fabs(sum[SYNERGY_CONSIDERED_LATER])),
		     sum[SYNERGY_CONSIDERED_LAG]);
}
