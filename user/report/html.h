/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A report in one HTML file that loads nothing from elsewhere: energy per layer,
 * totals by type, the power trace, where the figures come from, what was lost.
 */
#ifndef SYNERGY_REPORT_HTML_H
#define SYNERGY_REPORT_HTML_H

#include <stdio.h>

#include "report/profile.h"

/* -1 when out took an error. Also without layers: then the trace alone. */
int synergy_html_write(const struct synergy_profile *profile, FILE *out);

#endif /* SYNERGY_REPORT_HTML_H */
