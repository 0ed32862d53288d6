// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The thinned power trace; see trace.h. When the buckets are full, two become one
 * and each new one is twice as long.
 */
#include "report/trace.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKET_NS	1000000
#define MAX_RAILS	1024

void synergy_trace_begin(struct synergy_trace *trace)
{
	memset(trace, 0, sizeof(*trace));
	trace->bucket_ns = FIRST_BUCKET_NS;
}

void synergy_trace_end(struct synergy_trace *trace)
{
	free(trace->rails);
	memset(trace, 0, sizeof(*trace));
}

static int grow(struct synergy_trace *trace, uint32_t rail)
{
	struct synergy_trace_rail *grown;
	uint32_t i;

	if (rail < trace->n_rails)
		return 0;
	if (rail >= MAX_RAILS) {
		errno = EBADMSG;
		return -1;
	}
	grown = reallocarray(trace->rails, rail + 1, sizeof(*grown));
	if (!grown)
		return -1;
	trace->rails = grown;
	for (i = trace->n_rails; i <= rail; i++) {
		memset(&grown[i], 0, sizeof(*grown));
		grown[i].min_mw = INFINITY;
		grown[i].max_mw = -INFINITY;
	}
	trace->n_rails = rail + 1;
	return 0;
}

static void merge(struct synergy_trace_bucket *into, const struct synergy_trace_bucket *b)
{
	if (!b->n)
		return;
	if (!into->n) {
		*into = *b;
		return;
	}
	into->n += b->n;
	into->sum_mw += b->sum_mw;
	into->min_mw = fmin(into->min_mw, b->min_mw);
	into->max_mw = fmax(into->max_mw, b->max_mw);
}

static void halve(struct synergy_trace *trace)
{
	static const struct synergy_trace_bucket empty;
	struct synergy_trace_bucket *b, pair;
	uint32_t r, i;

	for (r = 0; r < trace->n_rails; r++) {
		b = trace->rails[r].buckets;
		for (i = 0; i < SYNERGY_TRACE_BUCKETS / 2; i++) {
			pair = b[2 * i];
			merge(&pair, &b[2 * i + 1]);
			b[i] = pair;
		}
		for (; i < SYNERGY_TRACE_BUCKETS; i++)
			b[i] = empty;
	}
	trace->bucket_ns *= 2;
}

static void add_sample(struct synergy_trace *trace, const struct synergy_power_channel *channel)
{
	struct synergy_trace_rail *rail = &trace->rails[channel->rail];
	struct synergy_trace_bucket one = { .n = 1 };
	uint64_t middle = channel->window_begin_ns / 2 + channel->window_end_ns / 2;
	uint64_t apart = middle - rail->before_ns;
	double mw = channel->power_uw / 1e3;

	if (!trace->start_ns)
		trace->start_ns = middle;
	if (!rail->samples) {
		rail->first_ns = channel->window_begin_ns;
	} else if (middle <= rail->before_ns) {
		return;		/* time does not go back in a stream; a file may lie */
	} else if (trace->period_ns && apart > 4 * trace->period_ns) {
		rail->gaps++;
		rail->gap_ns += apart;
	} else {
		rail->energy_uj += (rail->before_mw + mw) / 2 * apart / 1e6;
	}
	rail->before_ns = middle;
	rail->before_mw = mw;
	rail->last_ns = channel->window_end_ns;
	rail->samples++;
	rail->sum_mw += mw;
	rail->min_mw = fmin(rail->min_mw, mw);
	rail->max_mw = fmax(rail->max_mw, mw);

	if (middle < trace->start_ns)
		return;
	while ((middle - trace->start_ns) / trace->bucket_ns >= SYNERGY_TRACE_BUCKETS)
		halve(trace);
	one.sum_mw = one.min_mw = one.max_mw = mw;
	merge(&rail->buckets[(middle - trace->start_ns) / trace->bucket_ns], &one);
}

int synergy_trace_record(struct synergy_trace *trace, const struct synergy_record *record)
{
	const struct synergy_power_record *power = (const void *)record;
	const struct synergy_info_record *info = (const void *)record;
	uint32_t i;

	if (record->type == SYNERGY_RECORD_INFO && info->kind == SYNERGY_INFO_SESSION)
		trace->period_ns = ((const struct synergy_session *)info->body)->period_ns;
	if (record->type != SYNERGY_RECORD_POWER || (record->flags & SYNERGY_POWER_F_REPEAT))
		return 0;
	for (i = 0; i < power->n_channels; i++) {
		if (power->channel[i].flags & SYNERGY_CHANNEL_F_NO_BUS)
			continue;
		if (grow(trace, power->channel[i].rail))
			return -1;
		add_sample(trace, &power->channel[i]);
	}
	return 0;
}
