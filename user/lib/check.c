// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * May a record be believed? Its size against the buffer, its counts against its
 * size; of this version of the interface and of version 1, which recordings may
 * have. Pure: nothing is read outside [record, record + available), so that this
 * is what the fuzzer and the unit tests call.
 */
#include "lib/internal.h"

#include <string.h>

#include "lib/version1.h"

static int bad(const char **why, const char *phrase)
{
	if (why)
		*why = phrase;
	return -1;
}

/* The least a record of a type holds, and what its array is like. */
struct layout {
	size_t fixed;
	size_t count_offset;		/* 0: no array */
	size_t size_offset;		/* of an entry's size; 0: it has element bytes */
	size_t element;			/* at the least */
	__u32 max_count;
};

struct format {
	size_t head;			/* of every record */
	size_t info_head;
	size_t info[SYNERGY_INFO_SESSION + 1];	/* bodies by kind */
	struct layout layouts[SYNERGY_RECORD_NAME + 1];
};

#define COUNTED(record, count, size, entry, max)				\
	.fixed = sizeof(record), .count_offset = offsetof(record, count),	\
	.size_offset = size, .element = sizeof(entry), .max_count = max

static const struct format version2 = {
	.head = sizeof(struct synergy_record),
	.info_head = sizeof(struct synergy_info_record),
	.info = {
		[SYNERGY_INFO_DEVICE] = sizeof(struct synergy_device),
		[SYNERGY_INFO_CHIP] = sizeof(struct synergy_chip),
		[SYNERGY_INFO_RAIL] = sizeof(struct synergy_rail),
		[SYNERGY_INFO_EVENT] = sizeof(struct synergy_event),
		[SYNERGY_INFO_SESSION] = sizeof(struct synergy_session),
	},
	.layouts = {
		[SYNERGY_RECORD_INFO] = { sizeof(struct synergy_info_record) + 8 },
		[SYNERGY_RECORD_POWER] = {
			COUNTED(struct synergy_power_record, n_channels,
				offsetof(struct synergy_power_record, channel_size),
				struct synergy_power_channel, SYNERGY_CHANNELS) },
		[SYNERGY_RECORD_PMU] = {
			COUNTED(struct synergy_pmu_record, n_counts,
				offsetof(struct synergy_pmu_record, count_size),
				struct synergy_count, SYNERGY_MAX_EVENTS) },
		[SYNERGY_RECORD_MARKER] = {
			COUNTED(struct synergy_marker_record, n_counts,
				offsetof(struct synergy_marker_record, count_size),
				struct synergy_count, SYNERGY_MAX_EVENTS) },
		[SYNERGY_RECORD_LOST] = { sizeof(struct synergy_lost_record) },
		[SYNERGY_RECORD_ERROR] = { sizeof(struct synergy_error_record) },
		[SYNERGY_RECORD_FREQ] = { sizeof(struct synergy_freq_record) },
		[SYNERGY_RECORD_TEMP] = { sizeof(struct synergy_temp_record) },
		[SYNERGY_RECORD_NAME] = { sizeof(struct synergy_name_record) },
	},
};

static const struct format version1 = {
	.head = sizeof(struct version1_record),
	.info_head = sizeof(struct version1_info_record),
	.info = {
		[SYNERGY_INFO_DEVICE] = sizeof(struct version1_device),
		[SYNERGY_INFO_CHIP] = sizeof(struct synergy_chip),
		[SYNERGY_INFO_RAIL] = sizeof(struct version1_rail),
		[SYNERGY_INFO_EVENT] = sizeof(struct version1_event),
		[SYNERGY_INFO_SESSION] = sizeof(struct version1_session),
	},
	.layouts = {
		[SYNERGY_RECORD_INFO] = { sizeof(struct version1_info_record) + 8 },
		[SYNERGY_RECORD_POWER] = {
			COUNTED(struct version1_power_record, n_channels, 0,
				struct version1_power_channel, SYNERGY_CHANNELS) },
		[SYNERGY_RECORD_PMU] = {
			COUNTED(struct version1_pmu_record, n_counts, 0, struct synergy_count,
				SYNERGY_MAX_EVENTS) },
		[SYNERGY_RECORD_MARKER] = {
			COUNTED(struct version1_marker_record, n_counts, 0,
				struct synergy_count, SYNERGY_MAX_EVENTS) },
		[SYNERGY_RECORD_LOST] = { sizeof(struct version1_lost_record) },
		[SYNERGY_RECORD_ERROR] = { sizeof(struct version1_error_record) },
	},
};

static __u32 u32_at(const void *record, size_t offset)
{
	__u32 value;

	memcpy(&value, (const char *)record + offset, sizeof(value));
	return value;
}

static int check_info(const struct format *format, const void *record, const char **why)
{
	size_t have = u32_at(record, 0) - format->info_head;
	__u32 kind = u32_at(record, format->head);
	size_t need = kind <= SYNERGY_INFO_SESSION ? format->info[kind] : 0;

	if (have < need)
		return bad(why, "INFO record is shorter than what it should hold");
	/* A later module's kind is skipped; in version 1 an event had no size. */
	if (!need || format == &version1)
		return 0;
	need = u32_at(record, format->info_head);
	if (need < format->info[kind] || need > have)
		return bad(why, "INFO record's body has another size than it says");
	return 0;
}

static int check_array(const struct layout *layout, const void *record, const char **why)
{
	static const char *const too_many[] = {
		[SYNERGY_RECORD_POWER] = "POWER record has more channels than it has room for",
		[SYNERGY_RECORD_PMU] = "PMU record has more counters than it has room for",
		[SYNERGY_RECORD_MARKER] = "MARKER record has more counters than it has room for",
	};
	const struct synergy_record *head = record;
	__u32 count = u32_at(record, layout->count_offset);
	size_t element = layout->element;

	if (layout->size_offset)
		element = u32_at(record, layout->size_offset);
	if (count && (element < layout->element || element % 8))
		return bad(why, "record's entries have a size that they cannot have");
	if (count > layout->max_count || (count && count > (head->size - layout->fixed) / element))
		return bad(why, too_many[head->type]);
	return 0;
}

static int too_short(const char **why, __u16 type)
{
	static const char *const phrases[] = {
		[SYNERGY_RECORD_INFO] = "INFO record is too short",
		[SYNERGY_RECORD_POWER] = "POWER record is too short",
		[SYNERGY_RECORD_PMU] = "PMU record is too short",
		[SYNERGY_RECORD_MARKER] = "MARKER record is too short",
		[SYNERGY_RECORD_LOST] = "LOST record is too short",
		[SYNERGY_RECORD_ERROR] = "ERROR record is too short",
		[SYNERGY_RECORD_FREQ] = "FREQ record is too short",
		[SYNERGY_RECORD_TEMP] = "TEMP record is too short",
		[SYNERGY_RECORD_NAME] = "NAME record is too short",
	};

	return bad(why, phrases[type]);
}

/* A user record's text ends, and so does a name within its field. */
static int check_text(const char *text, size_t bytes, const char **why, const char *phrase)
{
	return bytes && !text[bytes - 1] ? 0 : bad(why, phrase);
}

static int check_source(const struct synergy_record *record, const char **why)
{
	if (record->size < sizeof(struct synergy_source_record))
		return bad(why, "SOURCE record is too short");
	return check_text(((const struct synergy_source_record *)record)->name,
			  SYNERGY_NAME_LEN, why, "SOURCE record's name does not end");
}

static int check(const struct format *format, const struct synergy_record *record,
		 size_t available, const char **why)
{
	const struct layout *layout = NULL;

	if (available < format->head)
		return 1;
	if (record->size < format->head)
		return bad(why, "record is shorter than its own header");
	if (record->size % 8)
		return bad(why, "record's size is not a multiple of 8");
	if (record->size > SYNERGY_RECORD_MAX_BYTES)
		return bad(why, "record is longer than any can be");
	if (record->type <= SYNERGY_RECORD_NAME && format->layouts[record->type].fixed)
		layout = &format->layouts[record->type];
	if (layout && record->size < layout->fixed)
		return too_short(why, record->type);
	if (record->size > available)
		return 1;
	if (record->type == SYNERGY_RECORD_NOTE || record->type == SYNERGY_RECORD_LAYERS)
		return check_text((const char *)record + format->head,
				  record->size - format->head, why,
				  "user record's text does not end");
	if (record->type == SYNERGY_RECORD_SOURCE && format == &version2)
		return check_source(record, why);
	if (!layout)
		return 0;
	if (record->type == SYNERGY_RECORD_INFO)
		return check_info(format, record, why);
	if (record->type == SYNERGY_RECORD_NAME)
		return check_text(((const struct synergy_name_record *)record)->name,
				  SYNERGY_NAME_LEN, why, "NAME record's name does not end");
	return layout->count_offset ? check_array(layout, record, why) : 0;
}

int synergy_record_check(const struct synergy_record *record, size_t available, const char **why)
{
	return check(&version2, record, available, why);
}

int synergy_version1_check(const struct synergy_record *record, size_t available,
			   const char **why)
{
	return check(&version1, record, available, why);
}
