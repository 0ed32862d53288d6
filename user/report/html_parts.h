/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parts of report.html that are there without its script, and on paper.
 */
#ifndef SYNERGY_REPORT_HTML_PARTS_H
#define SYNERGY_REPORT_HTML_PARTS_H

#include <stdio.h>

#include "report/profile.h"
#include "report/types.h"

/* Text of unknown origin, for elements and quoted attributes. */
void synergy_html_put(const char *text, FILE *out);
/* A figure as units.h formats it: "us" and "uJ" get their micro sign. */
void synergy_html_put_figure(const char *text, FILE *out);
/* From the doctype to the body's begin, the style sheet included. */
void synergy_html_write_head(const char *title, FILE *out);
/* The style sheet's class of a layer type: its colour. */
const char *synergy_html_type_class(const char *type);

void synergy_html_write_types(const struct synergy_type_total *totals, size_t n,
			      const struct synergy_type_total *total, bool power, FILE *out);
void synergy_html_write_layers(const struct synergy_layers *table, bool power, FILE *out);
/* Power over the whole recording as SVG; nothing when there is none. */
void synergy_html_write_trace(const struct synergy_profile *profile, FILE *out);

#endif /* SYNERGY_REPORT_HTML_PARTS_H */
