/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The terminal's table for recordings of any program: a row a name that it marked. */
#ifndef SYNERGY_REPORT_PHASES_TABLE_H
#define SYNERGY_REPORT_PHASES_TABLE_H

#include <stdio.h>

#include "report/grid.h"
#include "report/profile.h"

/* The profile's input has phases. -1 when out took an error or there was no memory. */
int synergy_phases_print(const struct synergy_profile *profile,
			 const struct synergy_terminal *terminal, FILE *out);

#endif /* SYNERGY_REPORT_PHASES_TABLE_H */
