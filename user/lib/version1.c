// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Records of version 1 as today's; the contract is in version1.h. Pure.
 */
#include "lib/version1.h"

#include <string.h>
#include <time.h>

#include "lib/recording.h"

static void convert_power(const struct version1_power_record *from,
			  struct synergy_power_record *to)
{
	__u32 i;

	to->hdr.size = sizeof(*to) + from->n_channels * sizeof(to->channel[0]);
	to->chip = from->chip;
	to->n_channels = from->n_channels;
	to->channel_size = sizeof(to->channel[0]);
	to->missed = !!(from->hdr.flags & SYNERGY_POWER_F_LATE);
	to->bus_begin_ns = from->bus_begin_ns;
	to->bus_end_ns = from->bus_end_ns;
	for (i = 0; i < from->n_channels; i++) {
		/* Fields were appended to it. */
		memcpy(&to->channel[i], &from->channel[i], sizeof(from->channel[i]));
		to->channel[i].window_error_ns = from->window_error_ns;
		to->channel[i].reserved = 0;
	}
}

static void convert_pmu(const struct version1_pmu_record *from, struct synergy_pmu_record *to)
{
	to->hdr.size = sizeof(*to) + from->n_counts * sizeof(to->count[0]);
	to->cpu = from->cpu;
	to->n_counts = from->n_counts;
	to->count_size = sizeof(to->count[0]);
	to->done_ns = from->done_ns;
	memcpy(to->count, from->count, from->n_counts * sizeof(to->count[0]));
}

/* The tools' own marks had ids of their own, and no flag. */
static void convert_marker(const struct version1_marker_record *from,
			   struct synergy_marker_record *to)
{
	to->hdr.size = sizeof(*to) + from->n_counts * sizeof(to->count[0]);
	if (from->id == SYNERGY_MARK_ID_RUN || from->id == SYNERGY_MARK_ID_IDLE)
		to->hdr.flags |= SYNERGY_MARKER_F_TOOL;
	to->done_ns = from->done_ns;
	to->cookie = from->cookie;
	to->kind = from->kind;
	to->id = from->id;
	to->cpu = from->cpu;
	to->tid = from->tid;
	to->tgid = from->tgid;
	to->n_counts = from->n_counts;
	to->count_size = sizeof(to->count[0]);
	memcpy(to->count, from->count, from->n_counts * sizeof(to->count[0]));
}

static void convert_lost(const struct version1_lost_record *from, struct synergy_lost_record *to)
{
	__u64 named = from->count_power + from->count_pmu + from->count_marker;

	to->hdr.size = sizeof(*to);
	to->count = from->count;
	to->last_ns = from->last_ns;
	to->by_type[SYNERGY_RECORD_POWER] = from->count_power;
	to->by_type[SYNERGY_RECORD_PMU] = from->count_pmu;
	to->by_type[SYNERGY_RECORD_MARKER] = from->count_marker;
	to->by_type[0] = from->count > named ? from->count - named : 0;
}

static void convert_device(const struct version1_device *from, struct synergy_device *to)
{
	to->flags = from->flags;
	to->api_version = from->api_version;
	to->n_chips = from->n_chips;
	to->n_rails = from->n_rails;
	to->n_cpus = from->n_cpus;
	to->min_period_ns = from->min_period_ns;
	to->owner_tgid = from->owner_tgid;
	to->clock_id = CLOCK_MONOTONIC;
	to->raw_clock_id = CLOCK_MONOTONIC;
	memcpy(to->module_version, from->module_version, sizeof(to->module_version));
}

static void convert_rail(const struct version1_rail *from, struct synergy_rail *to)
{
	to->flags = from->flags;
	to->index = from->index;
	to->chip = from->chip;
	to->channel = from->channel;
	to->shunt_uohm = from->shunt_uohm;
	memcpy(to->label, from->label, sizeof(to->label));
}

static void convert_event(const struct version1_event *from, struct synergy_event *to)
{
	to->type = from->type;
	to->column = from->column;
	to->flags = from->flags;
	to->config = from->config;
	to->config1 = from->config1;
	to->config2 = from->config2;
	memcpy(to->name, from->name, sizeof(to->name));
}

static void convert_session(const struct version1_session *from, struct synergy_session *to)
{
	to->flags = from->flags;
	to->state = from->state;
	to->n_columns = from->n_columns;
	to->period_ns = from->period_ns;
	to->rail_mask = from->rail_mask;
	to->pmu_every = from->pmu_every;
	to->sampler_cpu = from->sampler_cpu;
	to->dither_ns = from->dither_ns;
	to->clock_id = CLOCK_MONOTONIC;
	to->raw_clock_id = CLOCK_MONOTONIC;
	to->start_ns = from->start_ns;
	to->realtime_offset_ns = from->realtime_offset_ns;
}

/* Return: bytes of the body */
static size_t convert_body(const struct version1_info_record *from, void *body)
{
	switch (from->kind) {
	case SYNERGY_INFO_DEVICE:
		convert_device((const void *)from->body, body);
		return sizeof(struct synergy_device);
	case SYNERGY_INFO_RAIL:
		convert_rail((const void *)from->body, body);
		return sizeof(struct synergy_rail);
	case SYNERGY_INFO_EVENT:
		convert_event((const void *)from->body, body);
		return sizeof(struct synergy_event);
	case SYNERGY_INFO_SESSION:
		convert_session((const void *)from->body, body);
		return sizeof(struct synergy_session);
	case SYNERGY_INFO_CHIP:
		memcpy(body, from->body, sizeof(struct synergy_chip));
		return sizeof(struct synergy_chip);
	default:
		memcpy(body, from->body, from->hdr.size - sizeof(*from));
		return from->hdr.size - sizeof(*from);
	}
}

static void convert_info(const struct version1_info_record *from, struct synergy_info_record *to)
{
	__u32 bytes = convert_body(from, to->body);

	to->hdr.size = sizeof(*to) + bytes;
	to->kind = from->kind;
	if (from->kind <= SYNERGY_INFO_SESSION)
		memcpy(to->body, &bytes, sizeof(bytes));
}

void synergy_version1_convert(const struct synergy_record *record, struct synergy_record *to)
{
	const struct version1_record *from = (const void *)record;
	size_t rest = from->size - sizeof(*from);

	memset(to, 0, from->size + SYNERGY_VERSION1_GROWTH);
	to->type = from->type;
	to->flags = from->flags;
	to->seq = from->seq;
	to->time_ns = from->time_ns;
	to->raw_ns = from->time_ns;
	switch (from->type) {
	case SYNERGY_RECORD_INFO:
		convert_info((const void *)from, (void *)to);
		return;
	case SYNERGY_RECORD_POWER:
		convert_power((const void *)from, (void *)to);
		return;
	case SYNERGY_RECORD_PMU:
		convert_pmu((const void *)from, (void *)to);
		return;
	case SYNERGY_RECORD_MARKER:
		convert_marker((const void *)from, (void *)to);
		return;
	case SYNERGY_RECORD_LOST:
		convert_lost((const void *)from, (void *)to);
		return;
	case SYNERGY_RECORD_ERROR:
		break;	/* the same after the head */
	default:
		/* What version 1 did not have is not what has that number today. */
		if (from->type <= SYNERGY_RECORD_NAME)
			to->type = 0;
	}
	to->size = sizeof(*to) + rest;
	memcpy(to + 1, from + 1, rest);
}
