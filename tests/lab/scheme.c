// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a rail is sampled: lengths of the chip's conversions, how often, and how well
 * their times are known (what synergy.ko states on the virtual board).
 */
#include <string.h>

#include "lab.h"

const struct lab_scheme lab_schemes[LAB_SCHEMES] = {
	/* Three rails with bus voltages now and then: each has a third of the time. */
	{ "3x332", 332e3, 996e3, 0, 0, 15e3, 0.3, 1e6 },
	/* The same with conversions that begin again now and then. */
	{ "3x332r", 332e3, 996e3, 0, 20e6, 15e3, 0.3, 1e6 },
	/* Short conversions, triggered by the tick. */
	{ "140", 140e3, 1000003, 100e3, 0, 8e3, 0.3, 1e6 },
	/* One rail at its ceiling. */
	{ "max", 140e3, 140e3, 0, 0, 50e3, 0.3, 140e3 },
	/* Two rails in turn at the ceiling. */
	{ "2x140", 140e3, 280e3, 0, 20e6, 30e3, 0.3, 280e3 },
};

const struct lab_scheme *lab_scheme_find(const char *name)
{
	size_t i;

	for (i = 0; i < LAB_SCHEMES; i++)
		if (!strcmp(lab_schemes[i].name, name))
			return &lab_schemes[i];
	return NULL;
}
