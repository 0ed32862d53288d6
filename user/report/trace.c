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

#include "lib/array.h"

#define FIRST_BUCKET_NS	250000		/* 2 s in all: doubled until the recording fits */

void synergy_trace_begin(struct synergy_trace *trace)
{
	memset(trace, 0, sizeof(*trace));
	trace->bucket_ns = FIRST_BUCKET_NS;
}

void synergy_trace_end(struct synergy_trace *trace)
{
	uint32_t r;

	for (r = 0; r < trace->n_rails; r++) {
		free(trace->rails[r].buckets);
		free(trace->rails[r].head);
		free(trace->rails[r].tail);
	}
	free(trace->rails);
	memset(trace, 0, sizeof(*trace));
}

static int grow_rails(struct synergy_trace *trace, uint32_t rail)
{
	struct synergy_trace_rail *grown;
	uint32_t i;

	if (rail < trace->n_rails)
		return 0;
	if (rail >= SYNERGY_MAX_RAILS) {
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

/* ---- buckets ---- */

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

static void halve_rail(struct synergy_trace_rail *rail)
{
	static const struct synergy_trace_bucket empty;
	struct synergy_trace_bucket *b = rail->buckets, pair;
	uint32_t half = (rail->n_buckets + 1) / 2, i;

	for (i = 0; i < half; i++) {
		pair = b[2 * i];
		if (2 * i + 1 < rail->n_buckets)
			merge(&pair, &b[2 * i + 1]);
		b[i] = pair;
	}
	for (i = half; i < rail->n_buckets; i++)
		b[i] = empty;
	rail->n_buckets = half;
}

static void halve(struct synergy_trace *trace)
{
	uint32_t r;

	for (r = 0; r < trace->n_rails; r++)
		halve_rail(&trace->rails[r]);
	trace->bucket_ns *= 2;
}

static int add_to_bucket(struct synergy_trace *trace, struct synergy_trace_rail *rail,
			 uint64_t middle_ns, double mw)
{
	struct synergy_trace_bucket one = { .n = 1, .sum_mw = mw, .min_mw = mw, .max_mw = mw };
	uint32_t at, allocated = rail->buckets_allocated;

	if (middle_ns < trace->start_ns)
		return 0;
	while ((middle_ns - trace->start_ns) / trace->bucket_ns >= SYNERGY_TRACE_BUCKETS)
		halve(trace);
	at = (uint32_t)((middle_ns - trace->start_ns) / trace->bucket_ns);
	if (at >= allocated) {
		struct synergy_trace_bucket *grown;

		for (allocated = allocated ? allocated : 256; allocated <= at;)
			allocated *= 2;
		grown = reallocarray(rail->buckets, allocated, sizeof(*grown));
		if (!grown)
			return -1;
		memset(grown + rail->buckets_allocated, 0,
		       (allocated - rail->buckets_allocated) * sizeof(*grown));
		rail->buckets = grown;
		rail->buckets_allocated = allocated;
	}
	merge(&rail->buckets[at], &one);
	if (at >= rail->n_buckets)
		rail->n_buckets = at + 1;
	return 0;
}

/* ---- single samples ---- */

static int keep_sample(struct synergy_trace_rail *rail, const struct synergy_trace_sample *s)
{
	if (rail->samples < SYNERGY_TRACE_HEAD) {
		if (synergy_array_grow(&rail->head, rail->n_head, sizeof(*rail->head)))
			return -1;
		rail->head[rail->n_head++] = *s;
		return 0;
	}
	if (!rail->tail) {
		rail->tail = calloc(SYNERGY_TRACE_TAIL, sizeof(*rail->tail));
		if (!rail->tail)
			return -1;
	}
	rail->tail[(rail->samples - SYNERGY_TRACE_HEAD) % SYNERGY_TRACE_TAIL] = *s;
	return 0;
}

/* ---- records ---- */

static int add_sample(struct synergy_trace *trace, const struct synergy_power_channel *channel)
{
	struct synergy_trace_rail *rail = &trace->rails[channel->rail];
	uint64_t middle = channel->window_begin_ns / 2 + channel->window_end_ns / 2;
	uint64_t window = channel->window_end_ns - channel->window_begin_ns;
	uint64_t apart = middle - rail->before_ns;
	double mw = (double)channel->power_uw / 1e3;
	struct synergy_trace_sample sample = {
		.begin_ns = channel->window_begin_ns,
		.window_ns = window > UINT32_MAX ? UINT32_MAX : (uint32_t)window,
		.mw = (float)mw,
	};

	if (!trace->start_ns)
		trace->start_ns = channel->window_begin_ns;
	if (!rail->samples) {
		rail->first_ns = channel->window_begin_ns;
	} else if (middle <= rail->before_ns) {
		return 0;	/* time does not go back in a stream; a file may lie */
	} else if (trace->period_ns && apart > 4 * trace->period_ns) {
		rail->gaps++;
		rail->gap_ns += apart;
	} else {
		rail->energy_uj += (rail->before_mw + mw) / 2 * (double)apart / 1e6;
	}
	if (keep_sample(rail, &sample) || add_to_bucket(trace, rail, middle, mw))
		return -1;
	rail->before_ns = middle;
	rail->before_mw = mw;
	rail->last_ns = channel->window_end_ns;
	rail->samples++;
	rail->sum_mw += mw;
	rail->min_mw = fmin(rail->min_mw, mw);
	rail->max_mw = fmax(rail->max_mw, mw);
	return 0;
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
		const struct synergy_power_channel *c =
			SYNERGY_ENTRY(power, struct synergy_power_channel, channel_size, i);

		if (c->flags & (SYNERGY_CHANNEL_F_NO_BUS | SYNERGY_CHANNEL_F_REPEAT))
			continue;
		if (grow_rails(trace, c->rail) || add_sample(trace, c))
			return -1;
	}
	return 0;
}
