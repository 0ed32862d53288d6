// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel facilities that modules reach in different ways, or not at all: see
 * compat.h.
 */
#include <linux/capability.h>

#include "compat.h"
#include "internal.h"

int synergy_pmu_allowed(const struct synergy_event *events, u32 n)
{
	return !n || perfmon_capable() ? 0 : -EACCES;
}
