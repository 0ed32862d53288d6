/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Figures as people read them: three significant digits and a unit that fits.
 */
#ifndef SYNERGY_REPORT_UNITS_H
#define SYNERGY_REPORT_UNITS_H

#include <stdbool.h>
#include <stddef.h>

/* Each fills buf and returns it; NaN gives "-". */
char *synergy_format_time(double us, char *buf, size_t size);		/* "1.23 ms" */
char *synergy_format_energy(double uj, char *buf, size_t size);		/* "45.6 mJ" */
char *synergy_format_power(double mw, char *buf, size_t size);		/* "1.23 W" */
char *synergy_format_count(double count, char *buf, size_t size);	/* "105 M" */
char *synergy_format_bytes(double bytes, char *buf, size_t size);	/* "1.5 MiB" */
/* value +- ci95 with the digits that the interval warrants: "12.34 +-0.12 mJ". */
char *synergy_format_interval(double uj, double ci95_uj, const char *plus_minus, char *buf,
			      size_t size);
/*
 * A layer's: the interval if it is resolved, "~" before it if not; and where the
 * interval reaches zero, so that nothing but a bound is known, that: "< 650 uJ".
 */
char *synergy_format_layer(double uj, double ci95_uj, bool resolved, const char *plus_minus,
			   char *buf, size_t size);
/* Is a bound all that is known? Then share and power say nothing either. */
bool synergy_only_bounded(double uj, double ci95_uj, bool resolved);

#endif /* SYNERGY_REPORT_UNITS_H */
