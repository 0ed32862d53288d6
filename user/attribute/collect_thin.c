// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Recordings that are too long to be kept: of zones of equal time every second is kept,
 * then every fourth, and so on. Zones are spread over the whole recording, and each is
 * kept whole with its marks, so what is known of them is a fair sample of it all; times
 * and counts of a program's names are exact all the same (calls.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/collect.h"
#include "lib/array.h"
#include "lib/recording.h"

/* Zones in the recording when it is first thinned: half of them are left then, and as many
 * again whenever it has doubled. Many more would cut more intervals at their ends.
 */
#define ZONES	64
/* A zone holds some inferences whole. */
#define RUNS_IN_ZONE	4

int synergy_zones_list(const struct synergy_zones *z, uint64_t until_ns, uint64_t (**kept)[2],
		       size_t *n)
{
	uint64_t begin;

	*kept = NULL;
	*n = 0;
	for (begin = z->start_ns; begin < until_ns; begin += z->length_ns * z->stride) {
		if (synergy_array_grow(kept, *n, sizeof(**kept))) {
			free(*kept);
			return -1;
		}
		(*kept)[*n][0] = begin;
		(*kept)[(*n)++][1] = begin + z->length_ns;
	}
	return 0;
}

static uint64_t longest_run(const struct synergy_collect *c)
{
	uint64_t ns = 0;
	size_t i;

	for (i = 0; i < c->n_intervals; i++) {
		const struct synergy_raw_interval *v = &c->intervals[i];

		if (v->tool && v->id == SYNERGY_MARK_ID_RUN && v->end_ns - v->begin_ns > ns)
			ns = v->end_ns - v->begin_ns;
	}
	return ns;
}

static void thin_rail(struct synergy_collect *c, struct synergy_collect_rail *r)
{
	struct synergy_rail_samples *s = &r->s;
	size_t i, to = 0;

	for (i = 0; i < s->n; i++) {
		if (!synergy_zones_keep(&c->zones, s->end_ns[i]))
			continue;
		s->begin_ns[to] = s->begin_ns[i];
		s->end_ns[to] = s->end_ns[i];
		s->power_uw[to] = s->power_uw[i];
		s->current_ma[to] = s->current_ma[i];
		s->bus_mv[to] = s->bus_mv[i];
		s->bus_time_ns[to] = s->bus_time_ns[i];
		s->lsb_uw[to] = s->lsb_uw[i];
		s->window_error_ns[to] = s->window_error_ns[i];
		s->tick_ns[to] = s->tick_ns[i];
		to++;
	}
	if (s->n)
		r->bus_step_sum *= (double)to / (double)s->n;
	s->n = to;
	c->n_samples += to;
}

/* Inferences that lie in a kept zone as a whole, and what is within them; commands all. */
static void thin_intervals(struct synergy_collect *c)
{
	const struct synergy_zones *z = &c->zones;
	size_t i, to = 0;

	for (i = 0; i < c->n_intervals; i++) {
		const struct synergy_raw_interval *v = &c->intervals[i];
		bool command = v->tool && v->id == SYNERGY_MARK_ID_COMMAND;
		bool whole = synergy_zones_keep(z, v->begin_ns) && synergy_zones_keep(z, v->end_ns) &&
			     v->end_ns - v->begin_ns < z->length_ns;

		if (command || whole)
			c->intervals[to++] = *v;
	}
	c->n_intervals = to;
}

/* Drop what lies in zones that are not kept. */
static int apply(struct synergy_collect *c)
{
	uint64_t (*kept)[2];
	size_t i, n;

	c->n_samples = 0;
	for (i = 0; i < c->n_rails; i++)
		thin_rail(c, &c->rails[i]);
	thin_intervals(c);
	if (synergy_zones_list(&c->zones, c->last_ns + c->zones.length_ns, &kept, &n))
		return -1;
	synergy_calls_thin(&c->calls, (const uint64_t (*)[2])kept, n);
	free(kept);
	return 0;
}

int synergy_collect_thin(struct synergy_collect *c)
{
	struct synergy_zones *z = &c->zones;
	uint64_t longest;

	if (!z->stride) {
		longest = RUNS_IN_ZONE * longest_run(c);
		z->start_ns = c->first_ns;
		z->length_ns = (c->last_ns - c->first_ns) / ZONES + 1;
		if (z->length_ns < longest)
			z->length_ns = longest;
	}
	z->stride = z->stride ? 2 * z->stride : 2;
	c->notes.stride = z->stride;
	return apply(c);
}

int synergy_collect_thin_marks(struct synergy_collect *c)
{
	if (c->calls.n_pieces + c->n_intervals <= SYNERGY_COLLECT_PIECES)
		return 0;
	/* Marks are taken everywhere, and dropped here. */
	if (c->zones.stride && apply(c))
		return -1;
	if (c->calls.n_pieces + c->n_intervals <= SYNERGY_COLLECT_PIECES / 2)
		return 0;
	return synergy_collect_thin(c);
}
