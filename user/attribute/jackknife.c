// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The delete-one-run jackknife (step 5 of the method; [1]): the rail is solved again
 * with each run left out, at the same noise and priors, and the scatter of the energies
 * is what differs from run to run, whatever it is: the layer's power and time, bursts
 * that windows met by chance, noise that goes on from window to window. The runs'
 * offsets stay in what was measured, and times are those of the runs that remain.
 *
 * Of more than GROUPS runs every GROUPS-th is left out together.
 *
 * [1] Shao and Wu, Annals of Statistics 17 (1989) 1176.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/internal.h"

#define GROUPS		20	/* so many degrees of freedom are enough for a t of 2.1 */
#define LEAST_RUNS	3

/*
 * Mean times of the runs that remain: layers, and between them at the end; ns per run. Of
 * times that are known, and no sample of others, none is left out.
 */
static int mean_times(const struct synergy_timeline *t, size_t groups, int fixed, double *ns)
{
	size_t n = t->n_layers + 1, i, g;
	double *all = calloc(n, sizeof(*all));

	if (!all)
		return -1;
	for (i = 0; i < t->n; i++) {
		const struct synergy_piece *p = &t->pieces[i];
		size_t at = p->layer < SYNERGY_PIECE_OUTSIDE ? p->layer : t->n_layers;
		double length = (double)(p->end_ns - p->begin_ns);

		if (p->layer == SYNERGY_PIECE_OUTSIDE)
			continue;
		all[at] += length;
		if (!fixed)
			ns[p->run % groups * n + at] += length;
	}
	for (g = 0; g < groups; g++) {
		size_t left = fixed ? 0 : (t->n_runs - g + groups - 1) / groups;

		for (i = 0; i < n; i++)
			ns[g * n + i] = (all[i] - ns[g * n + i]) / (double)(t->n_runs - left);
	}
	free(all);
	return 0;
}

/* Add the windows of a group (SIZE_MAX: of all), offsets left in, with this sign. */
static int add_windows(struct synergy_solution *q, struct synergy_normal *m, size_t group,
		       size_t groups, double sign)
{
	size_t i;

	for (i = 0; i < q->d.n_windows; i++) {
		if (q->outlier[i] || (group != SIZE_MAX && q->d.run[i] % groups != group))
			continue;
		if (synergy_solution_row(q, i, 1))
			return -1;
		synergy_normal_add(m, &q->row, q->s->power_uw[q->d.window[i]],
				   sign / q->variance[i]);
	}
	return 0;
}

/* What the runs of a group have above what the others, in m, let expect. */
static int add_residuals(struct synergy_solution *q, const struct synergy_normal *m, size_t group,
			 size_t groups)
{
	size_t i;

	for (i = 0; i < q->d.n_windows; i++) {
		struct synergy_run_sums *v = &q->run_sums[q->d.run[i]];
		double e;

		if (q->outlier[i] || q->d.run[i] % groups != group)
			continue;
		if (synergy_solution_row(q, i, 1))
			return -1;
		e = q->s->power_uw[q->d.window[i]] - synergy_row_value(&q->row, m->theta);
		v->level += e / q->variance[i];
		v->weight += 1 / q->variance[i];
		v->square += e * e / q->variance[i];
		v->n++;
	}
	return 0;
}

/* By layer, a bit for each group that has windows of it. */
static int find_groups(const struct synergy_solution *q, size_t groups, struct synergy_jackknife *k)
{
	size_t i;

	k->groups = calloc(k->n_layers + 1, sizeof(*k->groups));
	if (!k->groups)
		return -1;
	for (i = 0; i < q->d.n_windows; i++)
		if (!q->outlier[i] && q->d.layer[i] < k->n_layers)
			k->groups[q->d.layer[i]] |= 1U << q->d.run[i] % groups;
	return 0;
}

/*
 * A layer that is met in one group alone would be the prior's when that is left out, and
 * says nothing of what differs between runs: it stays as it is.
 */
static int keep_single(struct synergy_solution *q, struct synergy_jackknife *k, size_t groups)
{
	size_t n = k->n_layers + 1, i, g;
	double *whole = calloc(n, sizeof(*whole));

	if (!whole || mean_times(q->t, 1, 1, whole) || synergy_solution_energies(q, &q->m, whole)) {
		free(whole);
		return -1;
	}
	for (i = 0; i < k->n_layers; i++)
		for (g = 0; g < groups && !synergy_jackknife_repeats(k, i); g++)
			k->energy[g * n + i] = whole[i];
	free(whole);
	return 0;
}

int synergy_jackknife(struct synergy_solution *q, struct synergy_jackknife *k)
{
	size_t groups = q->t->n_runs < GROUPS ? q->t->n_runs : GROUPS, n = q->t->n_layers + 1, g;
	struct synergy_normal all = { 0 }, rest = { 0 };
	int result = -1;

	*k = (struct synergy_jackknife){ .n_layers = q->t->n_layers };
	if (q->t->n_runs < LEAST_RUNS)
		return 0;
	k->energy = calloc(groups * n, sizeof(*k->energy));
	if (!k->energy || find_groups(q, groups, k) ||
	    mean_times(q->t, groups, q->in->fixed_times, k->energy) ||
	    synergy_normal_alloc(&all, &q->d) ||
	    synergy_normal_alloc(&rest, &q->d) ||
	    synergy_solution_add_priors(q, &all) || add_windows(q, &all, SIZE_MAX, groups, 1))
		goto out;
	for (g = 0; g < groups; g++) {
		synergy_normal_copy(&rest, &all);
		if (add_windows(q, &rest, g, groups, -1) || synergy_normal_solve(&rest) ||
		    synergy_solution_energies(q, &rest, &k->energy[g * n]) ||
		    add_residuals(q, &rest, g, groups))
			goto out;
	}
	if (q->in->fixed_times && keep_single(q, k, groups))
		goto out;
	k->n_groups = groups;
	result = 0;
out:
	synergy_normal_free(&all);
	synergy_normal_free(&rest);
	return result;
}

double synergy_jackknife_variance(const struct synergy_jackknife *k, const uint32_t *layers,
				  size_t n)
{
	double mean = 0, squares = 0, groups = (double)k->n_groups;
	size_t g, i, columns = k->n_layers + 1;
	int pass;

	for (pass = 0; pass < 2; pass++)
		for (g = 0; g < k->n_groups; g++) {
			const double *e = &k->energy[g * columns];
			double sum = 0;

			for (i = 0; i < n; i++)
				sum += e[layers ? layers[i] : i];
			if (pass)
				squares += (sum - mean) * (sum - mean);
			else
				mean += sum / groups;
		}
	return k->n_groups ? (groups - 1) / groups * squares : 0;
}

void synergy_jackknife_free(struct synergy_jackknife *k)
{
	free(k->energy);
	free(k->groups);
}
