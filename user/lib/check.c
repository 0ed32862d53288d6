// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * May a record be believed? Its size against the buffer, its counts against its
 * size. Pure: nothing is read outside [record, record + available), so that this
 * is what the fuzzer and the unit tests call.
 */
#include "lib/internal.h"

#include <string.h>

static int bad(const char **why, const char *phrase)
{
	if (why)
		*why = phrase;
	return -1;
}

/* The least a record of each type holds, and where its array's count is. */
static const struct layout {
	size_t fixed;
	size_t count_offset;	/* 0: no array */
	size_t element;
	__u32 max_count;
	const char *too_short;
	const char *too_many;
} layouts[] = {
	[SYNERGY_RECORD_INFO] = {
		.fixed = sizeof(struct synergy_info_record) + 8,
		.too_short = "INFO record is too short",
	},
	[SYNERGY_RECORD_POWER] = {
		.fixed = sizeof(struct synergy_power_record),
		.count_offset = offsetof(struct synergy_power_record, n_channels),
		.element = sizeof(struct synergy_power_channel),
		.max_count = SYNERGY_CHANNELS,
		.too_short = "POWER record is too short",
		.too_many = "POWER record has more channels than it has room for",
	},
	[SYNERGY_RECORD_PMU] = {
		.fixed = sizeof(struct synergy_pmu_record),
		.count_offset = offsetof(struct synergy_pmu_record, n_counts),
		.element = sizeof(struct synergy_count),
		.max_count = SYNERGY_MAX_EVENTS,
		.too_short = "PMU record is too short",
		.too_many = "PMU record has more counters than it has room for",
	},
	[SYNERGY_RECORD_MARKER] = {
		.fixed = sizeof(struct synergy_marker_record),
		.count_offset = offsetof(struct synergy_marker_record, n_counts),
		.element = sizeof(struct synergy_count),
		.max_count = SYNERGY_MAX_EVENTS,
		.too_short = "MARKER record is too short",
		.too_many = "MARKER record has more counters than it has room for",
	},
	[SYNERGY_RECORD_LOST] = {
		.fixed = sizeof(struct synergy_lost_record),
		.too_short = "LOST record is too short",
	},
	[SYNERGY_RECORD_ERROR] = {
		.fixed = sizeof(struct synergy_error_record),
		.too_short = "ERROR record is too short",
	},
};

static size_t info_fixed(__u32 kind)
{
	switch (kind) {
	case SYNERGY_INFO_DEVICE:
		return sizeof(struct synergy_device);
	case SYNERGY_INFO_CHIP:
		return sizeof(struct synergy_chip);
	case SYNERGY_INFO_RAIL:
		return sizeof(struct synergy_rail);
	case SYNERGY_INFO_EVENT:
		return sizeof(struct synergy_event);
	case SYNERGY_INFO_SESSION:
		return sizeof(struct synergy_session);
	default:
		return 0;	/* a later module's: skipped */
	}
}

static int check_info(const struct synergy_record *record, const char **why)
{
	const struct synergy_info_record *info = (const void *)record;
	size_t need = info_fixed(info->kind);
	size_t have = record->size - sizeof(*info);

	/* An event's size is told by its record: the struct itself has none. */
	if (have < need)
		return bad(why, "INFO record is shorter than what it should hold");
	return 0;
}

static int check_user_text(const struct synergy_record *record, const char **why)
{
	const char *text = (const char *)(record + 1);
	size_t bytes = record->size - sizeof(*record);

	if (!bytes || text[bytes - 1])
		return bad(why, "user record's text does not end");
	return 0;
}

int synergy_record_check(const struct synergy_record *record, size_t available, const char **why)
{
	const struct layout *layout;
	__u32 count;

	if (available < sizeof(*record))
		return 1;
	if (record->size < sizeof(*record))
		return bad(why, "record is shorter than its own header");
	if (record->size % 8)
		return bad(why, "record's size is not a multiple of 8");
	if (record->size > SYNERGY_RECORD_MAX_BYTES)
		return bad(why, "record is longer than any can be");
	if (record->type < sizeof(layouts) / sizeof(layouts[0]) && layouts[record->type].fixed &&
	    record->size < layouts[record->type].fixed)
		return bad(why, layouts[record->type].too_short);
	if (record->size > available)
		return 1;
	if (record->type == SYNERGY_RECORD_NOTE || record->type == SYNERGY_RECORD_LAYERS)
		return check_user_text(record, why);
	if (record->type >= sizeof(layouts) / sizeof(layouts[0]) || !layouts[record->type].fixed)
		return 0;

	layout = &layouts[record->type];
	if (record->type == SYNERGY_RECORD_INFO)
		return check_info(record, why);
	if (!layout->count_offset)
		return 0;
	memcpy(&count, (const char *)record + layout->count_offset, sizeof(count));
	if (count > layout->max_count || count > (record->size - layout->fixed) / layout->element)
		return bad(why, layout->too_many);
	return 0;
}
