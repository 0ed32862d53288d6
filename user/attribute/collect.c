// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The collector: from records, one after another, to arrays of samples and
 * intervals. It pairs marks, takes differences of counters, leaves out what
 * carries no information (repeats, warm-ups, inferences that lost a mark) and
 * counts what it left out. It does no arithmetic on power.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/collect.h"
#include "lib/recording.h"

struct synergy_collect *synergy_collect_new(void)
{
	struct synergy_collect *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->max_samples = SYNERGY_COLLECT_SAMPLES;
	c->notes.stride = 1;
	c->open = calloc(SYNERGY_MAX_OPEN, sizeof(*c->open));
	if (!c->open) {
		free(c);
		return NULL;
	}
	return c;
}

void synergy_collect_limit(struct synergy_collect *c, size_t samples)
{
	c->max_samples = samples ? samples : SYNERGY_COLLECT_SAMPLES;
}

void synergy_collect_free(struct synergy_collect *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < c->n_rails; i++)
		synergy_free_samples(&c->rails[i].s);
	synergy_calls_free(&c->calls);
	synergy_index_clear(&c->runner_of);
	free(c->runners);
	free(c->rails);
	free(c->intervals);
	free(c->open);
	free(c->threads);
	free(c->thread_at);
	free(c);
}

/* The first entry of a column names it; the others are its stand-ins on other cores. */
static void take_event(struct synergy_collect *c, const struct synergy_event *info)
{
	if (info->column >= SYNERGY_MAX_EVENTS)
		return;
	if (c->n_events <= info->column)
		c->n_events = info->column + 1;
	if (!*c->events[info->column])
		snprintf(c->events[info->column], sizeof(c->events[0]), "%.*s",
			 (int)sizeof(info->name), info->name);
}

static int take_info(struct synergy_collect *c, const struct synergy_info_record *r)
{
	size_t body = r->hdr.size - sizeof(*r);

	switch (r->kind) {
	case SYNERGY_INFO_RAIL:
		if (body >= sizeof(struct synergy_rail))
			return synergy_collect_rail(c, (const struct synergy_rail *)r->body);
		break;
	case SYNERGY_INFO_EVENT:
		if (body >= sizeof(struct synergy_event))
			take_event(c, (const struct synergy_event *)r->body);
		break;
	}
	return 0;
}

/* What synergy-record wrote around a command before it had a mark of its own kind. */
static void take_layers(struct synergy_collect *c, const struct synergy_record *record)
{
	const char *text = (const char *)(record + 1);
	size_t size = record->size - sizeof(*record);

	c->command_row = memmem(text, size, "\",Command,", strlen("\",Command,")) != NULL;
}

static void take_lost(struct synergy_collect *c, const struct synergy_lost_record *l)
{
	c->notes.lost += l->count;
	c->notes.lost_power += l->by_type[SYNERGY_RECORD_POWER];
	c->notes.lost_markers += l->by_type[SYNERGY_RECORD_MARKER];
}

int synergy_collect_record(struct synergy_collect *c, const struct synergy_record *record,
			   struct synergy_error *err)
{
	static const size_t least[] = {
		[SYNERGY_RECORD_INFO] = sizeof(struct synergy_info_record),
		[SYNERGY_RECORD_POWER] = sizeof(struct synergy_power_record),
		[SYNERGY_RECORD_PMU] = sizeof(struct synergy_pmu_record),
		[SYNERGY_RECORD_MARKER] = sizeof(struct synergy_marker_record),
		[SYNERGY_RECORD_LOST] = sizeof(struct synergy_lost_record),
		[SYNERGY_RECORD_ERROR] = sizeof(struct synergy_error_record),
	};
	uint16_t type = record->type;

	if (type < sizeof(least) / sizeof(least[0]) && record->size < least[type])
		return synergy_error_set(err, EINVAL, "record %llu: type %u of %u bytes",
					 (unsigned long long)record->seq, type, record->size);
	switch (type) {
	case SYNERGY_RECORD_SOURCE:
		if (record->size >= sizeof(struct synergy_source_record) &&
		    synergy_collect_source(c, (const struct synergy_source_record *)record))
			return synergy_error_set(err, ENOMEM, "rails: out of memory");
		break;
	case SYNERGY_RECORD_INFO:
		if (take_info(c, (const struct synergy_info_record *)record))
			return synergy_error_set(err, ENOMEM, "rails: out of memory");
		break;
	case SYNERGY_RECORD_POWER:
		return synergy_collect_power(c, (const struct synergy_power_record *)record, err);
	case SYNERGY_RECORD_MARKER:
		return synergy_collect_marker(c, (const struct synergy_marker_record *)record, err);
	case SYNERGY_RECORD_LAYERS:
		take_layers(c, record);
		break;
	case SYNERGY_RECORD_LOST:
		take_lost(c, (const struct synergy_lost_record *)record);
		break;
	case SYNERGY_RECORD_ERROR:
		synergy_collect_error(c, (const struct synergy_error_record *)record);
		break;
	}
	return 0;
}
