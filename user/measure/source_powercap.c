// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * powercap: energy counters of a PC's processor (RAPL). A zone is a directory with
 * energy_uj; its sub-zones (core, dram) are parts of it.
 */
#include "measure/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * Intel's manual (SDM 3B, 15.10) has the counters advance about every millisecond, in
 * units of 2^-16 to 2^-14 J as a rule; the kernel gives whole microjoules.
 */
#define UPDATE_NS	1000000
#define STEP_NJ		61035

/* "package-1-dram" for a part of one of several packages, else the zone's own name. */
static void label_zone(const struct synergy_source *source, const char *zone, const char *name,
		       char *label, size_t size)
{
	const char *last = strrchr(zone, ':');
	char parent[64], other[64];

	snprintf(label, size, "%s", name);
	if (!last || last == strchr(zone, ':') || strncmp(zone, "intel-rapl:", 11))
		return;
	if (!synergy_source_line(source, parent, sizeof(parent), "class/powercap/%.*s/name",
				 (int)(last - zone), zone) ||
	    !synergy_source_line(source, other, sizeof(other), "class/powercap/intel-rapl:1/name") ||
	    strncmp(other, "package", 7))
		return;
	snprintf(label, size, "%s-%s", parent, name);
}

int synergy_source_powercap(struct synergy_source *source, struct synergy_error *error)
{
	char path[320], name[64], label[128];
	struct synergy_source_channel c;
	int result = 0;
	char **zones;
	double range;
	size_t n, i;

	if (synergy_source_list(source, "class/powercap", "", &zones, &n))
		result = synergy_error_set(error, ENOMEM, "powercap: no memory");
	for (i = 0; i < n && !result; i++) {
		if (!synergy_source_line(source, name, sizeof(name), "class/powercap/%s/name",
					 zones[i]) ||
		    !synergy_source_number(source, &range, "class/powercap/%s/max_energy_range_uj",
					   zones[i]))
			continue;
		c = (struct synergy_source_channel){
			.kind = SYNERGY_CHANNEL_ENERGY, .scale = { 1, 0 }, .range_uj = range,
			.update_ns = UPDATE_NS, .device = source->n_devices++,
			.sensor = { .step_nj = STEP_NJ, .flags = SYNERGY_SOURCE_F_COUNTED },
		};
		label_zone(source, zones[i], name, label, sizeof(label));
		snprintf(c.label, sizeof(c.label), "%.*s", (int)sizeof(c.label) - 1, label);
		snprintf(c.about, sizeof(c.about), "powercap %.*s", 48, zones[i]);
		snprintf(path, sizeof(path), "class/powercap/%s/energy_uj", zones[i]);
		result = synergy_source_add(source, &c, (const char *const[]){ path, NULL }, error);
	}
	synergy_source_list_free(zones, n);
	return result;
}
