// SPDX-License-Identifier: GPL-3.0-or-later
/* Attribution as a whole: marks first, then rail by rail. See attribute.h. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "attribute/internal.h"

void synergy_attribute_free(struct synergy_attribute_result *r)
{
	size_t i;

	if (!r)
		return;
	for (i = 0; r->rails && i < r->n_rails; i++)
		free(r->rails[i].layers);
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
	size_t layers = in->n_layers + 1, i;

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
		if (!r->rails[i].layers)
			goto fail;
	}
	return r;
fail:
	synergy_attribute_free(r);
	return NULL;
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

int synergy_attribute(const struct synergy_attribute_input *in,
		      const struct synergy_attribute_options *options,
		      struct synergy_attribute_result **out, struct synergy_error *err)
{
	struct synergy_attribute_result *r;
	struct synergy_timeline t;
	size_t i;
	int saved;

	*out = NULL;
	if (synergy_timeline_make(in, &t, err))
		return -1;
	r = allocate(in);
	if (!r || synergy_timeline_figures(in, &t, r)) {
		synergy_error_set(err, ENOMEM, "attribution: out of memory");
		goto fail;
	}
	for (i = 0; i < in->n_rails; i++)
		if (solve_rail(in, &t, &in->rails[i], options, &r->rails[i], err))
			goto fail;
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

/* "CPU" as a word of its own: VDD_CPU, CPU@chip1, but not CPUGPU. */
static int has_word_cpu(const char *label)
{
	const char *p = label;

	while ((p = strcasestr(p, "cpu")) != NULL) {
		if ((p == label || !isalpha((unsigned char)p[-1])) && !isalpha((unsigned char)p[3]))
			return 1;
		p += 3;
	}
	return 0;
}

int synergy_attribute_default_rail(const struct synergy_attribute_result *r)
{
	size_t i;

	for (i = 0; i < r->n_rails; i++)
		if (!strcmp(r->rails[i].label, "VDD_CPU"))
			return (int)i;
	for (i = 0; i < r->n_rails; i++)
		if (has_word_cpu(r->rails[i].label))
			return (int)i;
	return r->n_rails ? 0 : -1;
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
