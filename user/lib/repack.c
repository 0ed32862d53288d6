// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A later module's records have larger entries in their arrays. Readers here index
 * them as they know them, so the entries are cut to that. Pure.
 */
#include "lib/internal.h"

#include <string.h>

struct array {
	size_t fixed, known;
	__u32 *n, *size;
};

static bool array_of(struct synergy_record *record, struct array *a)
{
	struct synergy_power_record *power = (void *)record;
	struct synergy_pmu_record *pmu = (void *)record;
	struct synergy_marker_record *marker = (void *)record;

	switch (record->type) {
	case SYNERGY_RECORD_POWER:
		*a = (struct array){ sizeof(*power), sizeof(power->channel[0]),
				     &power->n_channels, &power->channel_size };
		return true;
	case SYNERGY_RECORD_PMU:
		*a = (struct array){ sizeof(*pmu), sizeof(pmu->count[0]), &pmu->n_counts,
				     &pmu->count_size };
		return true;
	case SYNERGY_RECORD_MARKER:
		*a = (struct array){ sizeof(*marker), sizeof(marker->count[0]),
				     &marker->n_counts, &marker->count_size };
		return true;
	default:
		return false;
	}
}

bool synergy_record_fits(const struct synergy_record *record)
{
	struct array a;

	return !array_of((struct synergy_record *)record, &a) || !*a.n || *a.size == a.known;
}

void synergy_record_repack(const struct synergy_record *from, struct synergy_record *to)
{
	const char *entry = (const char *)from;
	struct array a;
	__u32 i, wide;

	memcpy(to, from, sizeof(*from));
	if (!array_of(to, &a))
		return;
	memcpy(to, from, a.fixed);
	wide = *a.size;
	for (i = 0; i < *a.n; i++)
		memcpy((char *)to + a.fixed + i * a.known, entry + a.fixed + (size_t)i * wide,
		       a.known);
	*a.size = a.known;
	to->size = a.fixed + *a.n * a.known;
}
