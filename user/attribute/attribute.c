// SPDX-License-Identifier: GPL-3.0-or-later
/* Attribution as a whole: marks first, then rail by rail. See attribute.h. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "attribute/internal.h"
#include "attribute/phases.h"

void synergy_attribute_free(struct synergy_attribute_result *r)
{
	size_t i;

	if (!r)
		return;
	for (i = 0; r->rails && i < r->n_rails; i++) {
		free(r->rails[i].layers);
		free(r->rails[i].inclusive);
		free(r->rails[i].sums);
	}
	free(r->rails);
	free(r->time_us);
	free(r->time_sd_us);
	free(r->times);
	free(r->counts);
	free(r->run_counts);
	free(r->between_counts);
	free(r);
}

static struct synergy_attribute_result *allocate(const struct synergy_attribute_input *in)
{
	struct synergy_attribute_result *r = calloc(1, sizeof(*r));
	size_t layers = in->n_layers + 1, i, k;

	if (!r)
		return NULL;
	r->n_layers = in->n_layers;
	r->n_runs = in->n_runs;
	r->n_events = in->n_events;
	r->n_rails = in->n_rails;
	r->notes = in->notes;
	r->time_us = calloc(layers, sizeof(double));
	r->time_sd_us = calloc(layers, sizeof(double));
	r->times = calloc(layers, sizeof(double));
	r->counts = calloc(layers * (in->n_events + 1), sizeof(double));
	r->run_counts = calloc(in->n_events + 1, sizeof(double));
	r->between_counts = calloc(in->n_events + 1, sizeof(double));
	r->rails = calloc(in->n_rails + 1, sizeof(*r->rails));
	if (!r->time_us || !r->time_sd_us || !r->times || !r->counts || !r->run_counts ||
	    !r->between_counts || !r->rails)
		goto fail;
	for (i = 0; i < in->n_rails; i++) {
		r->rails[i].layers = calloc(layers, sizeof(*r->rails[i].layers));
		r->rails[i].sums = calloc(in->n_sums + 1, sizeof(*r->rails[i].sums));
		if (!r->rails[i].layers || !r->rails[i].sums)
			goto fail;
		for (k = 0; k < in->n_sums; k++)
			r->rails[i].sums[k].energy_uj = (struct synergy_figure){ .value = NAN, .se = NAN, .ci95 = NAN };
	}
	return r;
fail:
	synergy_attribute_free(r);
	return NULL;
}

/* A word of its own: of "cpu" VDD_CPU, CPU@chip1, but not CPUGPU. */
static int has_word(const char *label, const char *word)
{
	size_t n = strlen(word);
	const char *p = label;

	while ((p = strcasestr(p, word)) != NULL) {
		if ((p == label || !isalpha((unsigned char)p[-1])) && !isalpha((unsigned char)p[n]))
			return 1;
		p += n;
	}
	return 0;
}

static int find_word(const struct synergy_attribute_result *r, const char *word)
{
	size_t i;

	for (i = 0; i < r->n_rails; i++)
		if (has_word(r->rails[i].label, word))
			return (int)i;
	return -1;
}

int synergy_attribute_cpu_rail(const struct synergy_attribute_result *r)
{
	return find_word(r, "cpu");
}

/* By its name, else the one that takes more than all others together. */
int synergy_attribute_input_rail(const struct synergy_attribute_result *r)
{
	int named = find_word(r, "in");
	double sum = 0;
	size_t i;

	if (named < 0)
		named = find_word(r, "vin");
	if (named >= 0)
		return named;
	for (i = 0; i < r->n_rails; i++)
		sum += fmax(r->rails[i].total_uj.value, 0);
	for (i = 0; r->n_rails > 1 && i < r->n_rails; i++)
		if (r->rails[i].total_uj.value > sum / 2)
			return (int)i;
	return -1;
}

int synergy_attribute_default_rail(const struct synergy_attribute_result *r)
{
	int rail = synergy_attribute_input_rail(r);

	if (rail < 0)
		rail = synergy_attribute_cpu_rail(r);
	return rail >= 0 ? rail : r->n_rails ? 0 : -1;
}

/* The rails behind the input cannot take more than it gives, sensors' errors allowed for. */
static void check_parts(struct synergy_attribute_result *r)
{
	struct synergy_parts_check *c = &r->parts_check;
	int input = find_word(r, "in");
	double u = 0;
	size_t i;

	*c = (struct synergy_parts_check){ .state = SYNERGY_CHECK_NONE };
	if (input < 0 || r->n_rails < 2)
		return;
	for (i = 0; i < r->n_rails; i++) {
		const struct synergy_rail_result *v = &r->rails[i];

		*((int)i == input ? &c->whole_uj : &c->parts_uj) += v->total_uj.value;
		u = hypot(u, hypot(v->total_uj.se,
				   synergy_sensor_u_uj(&v->sensor, v->total_uj.value, r->run_us)));
	}
	c->u_uj = u;
	if (!isnan(u) && c->whole_uj > 0)
		c->state = c->parts_uj - c->whole_uj > 2 * u ? SYNERGY_CHECK_FAILED :
							       SYNERGY_CHECK_PASSED;
}

#define DRIFT_SHARE	0.3	/* of a window's stated uncertainty: what may change after the check */

/* One rail at its windows' proper times. */
static int solve_rail(const struct synergy_attribute_input *in, const struct synergy_timeline *t,
		      const struct synergy_rail_samples *s,
		      const struct synergy_attribute_options *o, struct synergy_rail_result *r,
		      struct synergy_error *err)
{
	struct synergy_time_check *check = &r->time_check;
	struct synergy_timing timing = { 0 }, none = { 0 };
	struct synergy_rail_samples moved = *s;
	uint64_t later;
	size_t i;
	int result;

	synergy_time_check(&in->intervals, s, check);
	if (!check->used)
		return synergy_rail_solve(in, t, s, &none, o, r, err);
	moved.begin_ns = malloc((s->n + 1) * sizeof(*moved.begin_ns));
	moved.end_ns = malloc((s->n + 1) * sizeof(*moved.end_ns));
	if (!moved.begin_ns || !moved.end_ns) {
		result = synergy_error_set(err, ENOMEM, "attribution: out of memory");
		goto out;
	}
	timing.time_ns = hypot(check->u_ns, DRIFT_SHARE * check->stated_ns / sqrt(3));
	timing.lag_ns = check->lag_ns;
	timing.lag_u_ns = check->lag_u_ns;
	later = (uint64_t)-llrint(check->delay_ns - check->lag_ns);
	for (i = 0; i < s->n; i++) {
		moved.begin_ns[i] = s->begin_ns[i] + later;
		moved.end_ns[i] = s->end_ns[i] + later;
	}
	result = synergy_rail_solve(in, t, &moved, &timing, o, r, err);
out:
	free(moved.begin_ns);
	free(moved.end_ns);
	return result;
}

static int attribute_phases(const struct synergy_attribute_input *in,
			    const struct synergy_attribute_options *options,
			    struct synergy_attribute_result **out, struct synergy_error *err)
{
	struct synergy_attribute_result *blocks, *rows;
	struct synergy_attribute_input solver;
	size_t i;
	int bad;

	synergy_phases_solver(in, &solver);
	if (synergy_attribute(&solver, options, &blocks, err))
		return -1;
	rows = allocate(in);
	for (i = 0; rows && i < in->n_rails; i++) {
		free(rows->rails[i].layers);
		free(rows->rails[i].sums);
		rows->rails[i].layers = rows->rails[i].sums = NULL;
	}
	bad = !rows || synergy_phases_result(in, blocks, rows);
	if (!bad)
		check_parts(rows);
	synergy_attribute_free(blocks);
	if (bad) {
		synergy_attribute_free(rows);
		return synergy_error_set(err, ENOMEM, "attribution: out of memory");
	}
	*out = rows;
	return 0;
}

int synergy_attribute(const struct synergy_attribute_input *in,
		      const struct synergy_attribute_options *options,
		      struct synergy_attribute_result **out, struct synergy_error *err)
{
	struct synergy_attribute_result *r;
	struct synergy_timeline t;
	size_t i;
	int saved;

	*out = NULL;
	if (in->phases)
		return attribute_phases(in, options, out, err);
	if (synergy_timeline_make(in, &t, err))
		return -1;
	r = allocate(in);
	if (!r || synergy_timeline_figures(in, &t, r)) {
		synergy_error_set(err, ENOMEM, "attribution: out of memory");
		goto fail;
	}
	for (i = 0; i < in->n_rails; i++) {
		if (solve_rail(in, &t, &in->rails[i], options, &r->rails[i], err))
			goto fail;
		if (synergy_sampling(&t, &in->rails[i], &r->rails[i])) {
			synergy_error_set(err, ENOMEM, "attribution: out of memory");
			goto fail;
		}
		synergy_sensor_part(&in->rails[i], &r->rails[i].sensor);
	}
	check_parts(r);
	synergy_timeline_free(&t);
	*out = r;
	return 0;
fail:
	saved = errno;
	synergy_timeline_free(&t);
	synergy_attribute_free(r);
	errno = saved;
	return -1;
}

double synergy_attribute_widest(const struct synergy_attribute_result *r, size_t rail,
				double min_share, size_t *layer)
{
	const struct synergy_rail_result *v = &r->rails[rail];
	double widest = NAN;
	size_t i;

	for (i = 0; i < r->n_layers; i++) {
		const struct synergy_figure *e = &v->layers[i].energy_uj;
		double share = r->time_us[i] / r->run_us, wide;

		if (!(r->times[i] > 0) || share < min_share)
			continue;
		wide = isnan(e->value) ? INFINITY : e->ci95 / fabs(e->value);
		if (isnan(widest) || wide > widest) {
			widest = wide;
			if (layer)
				*layer = i;
		}
	}
	return widest;
}
