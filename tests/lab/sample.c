// SPDX-License-Identifier: GPL-2.0-only
/*
 * The converter: windows of its own clock, their stated times, the shunt's voltage
 * with offset, gain, noise and steps, and what can be wrong with it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

#define SHUNT_STEP_UV	40.0
#define BUS_STEP_MV	8.0

struct converter {
	const struct lab_session *s;
	struct lab_random r;
	double clock;			/* its time over nominal time */
	double common;			/* of the windows' stated times, -1..1 */
	double stuck_from_ns, stuck_to_ns, stuck_uv;
};

static int allocate(struct synergy_rail_samples *r, size_t n)
{
	r->begin_ns = calloc(n, sizeof(*r->begin_ns));
	r->end_ns = calloc(n, sizeof(*r->end_ns));
	r->power_uw = calloc(n, sizeof(*r->power_uw));
	r->lsb_uw = calloc(n, sizeof(*r->lsb_uw));
	r->window_error_ns = calloc(n, sizeof(*r->window_error_ns));
	r->tick_ns = calloc(n, sizeof(*r->tick_ns));
	return r->begin_ns && r->end_ns && r->power_uw && r->lsb_uw && r->window_error_ns &&
	       r->tick_ns ? 0 : -1;
}

/* What the register says of a mean power, in uV. */
static double convert(struct converter *c, int rail, double uw, double at_ns)
{
	const struct lab_board *b = c->s->board;
	const struct lab_sensor *e = &c->s->sensor;
	double uv_per_uw = b->shunt_uohm[rail] / b->mv[rail] / 1e3, uv;

	uv = (1 + e->gain) * ((1 + e->shunt) * uw * uv_per_uw + e->offset_uv) +
	     b->white_uw[rail] * uv_per_uw * lab_normal(&c->r);
	uv = rint(uv / SHUNT_STEP_UV) * SHUNT_STEP_UV;
	if (at_ns >= c->stuck_from_ns && at_ns < c->stuck_to_ns)
		return c->stuck_uv;
	c->stuck_uv = uv;
	return uv;
}

static void take(struct converter *c, int rail, const struct lab_history *h,
		 struct synergy_rail_samples *r, double begin, size_t *cell)
{
	const struct lab_scheme *k = c->s->scheme;
	const struct lab_board *b = c->s->board;
	double length = k->window_ns * c->clock, uw_per_uv = b->mv[rail] * 1e3 / b->shunt_uohm[rail];
	double error_share = c->s->time_error < 0 ? 0 : c->s->time_error > 0 ? c->s->time_error : 1;
	double late = error_share * k->uncertainty_ns * ((1 - k->random_share) * c->common +
					   k->random_share * lab_between(&c->r, -1, 1));
	double uv = convert(c, rail, lab_history_mean(h, rail, begin, begin + length, cell), begin);
	double stated = floor(begin - late - c->s->late_ns);

	r->begin_ns[r->n] = (uint64_t)stated;
	r->end_ns[r->n] = (uint64_t)(stated + length);
	r->power_uw[r->n] = uv * uw_per_uv;
	r->lsb_uw[r->n] = SHUNT_STEP_UV * uw_per_uv;
	r->window_error_ns[r->n] = (uint32_t)k->uncertainty_ns;
	r->tick_ns[r->n] = r->end_ns[r->n];
	r->n++;
}

static int sample_rail(struct converter *c, int rail, const struct lab_history *h,
		       struct synergy_rail_samples *r)
{
	const struct lab_scheme *k = c->s->scheme;
	double cycle = k->period_ns * (k->dither_ns > 0 ? 1 : c->clock);
	double end = h->now_ns - 2 * k->period_ns - k->dither_ns;
	double at = h->end_ns[0] + lab_uniform(&c->r) * cycle, restart = at + k->restart_ns;
	size_t cell = 0;

	if (allocate(r, (size_t)((h->now_ns - h->end_ns[0]) / k->window_ns / c->clock) + 16))
		return -1;
	snprintf(r->label, sizeof(r->label), "%s", lab_rail_names[rail]);
	synergy_sensor_default(&r->sensor, c->s->board->shunt_uohm[rail], 0, 0);
	r->bus_step_share = BUS_STEP_MV / c->s->board->mv[rail];
	while (at < end) {
		take(c, rail, h, r, at + k->dither_ns * lab_uniform(&c->r), &cell);
		at += cycle;
		if (k->restart_ns > 0 && at > restart) {
			at += cycle * lab_uniform(&c->r);
			restart = at + k->restart_ns * lab_between(&c->r, 0.5, 1.5);
		}
	}
	return 0;
}

int lab_sample(const struct lab_session *s, const struct lab_history *h,
	       struct synergy_attribute_input *in)
{
	double length = h->now_ns - h->end_ns[0];
	struct converter c = { .s = s };
	int rail;

	lab_seed(&c.r, lab_mix(s->seed, 2));
	c.clock = 1 + s->board->clock * lab_between(&c.r, -1, 1);
	c.common = lab_between(&c.r, -1, 1);
	c.stuck_from_ns = h->end_ns[0] + s->stuck_at * length;
	c.stuck_to_ns = c.stuck_from_ns + s->stuck_share * length;
	for (rail = 0; rail < LAB_RAILS; rail++)
		if (s->rails & 1U << rail &&
		    sample_rail(&c, rail, h, &in->rails[in->n_rails++]))
			return -1;
	return 0;
}

double lab_seen_uj(const struct lab_session *s, int rail, double uj, double ns)
{
	const struct lab_board *b = s->board;

	return (1 + s->sensor.gain) * ((1 + s->sensor.shunt) * uj +
		s->sensor.offset_uv * b->mv[rail] * 1e3 / b->shunt_uohm[rail] * ns / 1e9);
}
