/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sampled part of the page's data (page_data.h): power, phases, intervals and the
 * folded inference, in as many bytes as a page may have however long the recording is.
 */
#ifndef SYNERGY_REPORT_PAGE_TRACE_H
#define SYNERGY_REPORT_PAGE_TRACE_H

#include <jansson.h>
#include <stddef.h>

#include "report/profile.h"

/* Adds "trace", "tracks", "phases", "spans" and "fold" to @data. -1: no memory. */
int synergy_page_trace_put(const struct synergy_profile *profile, json_t *data);

/* Adds "fold" of the rail that energy means, and its "scale", to @side; nothing when there is none. */
int synergy_page_fold_put(const struct synergy_profile *profile, json_t *side);

/* The label of the stream's rail number @rail, or "rail N". */
void synergy_page_rail_label(const struct synergy_profile *profile, uint32_t rail, char *label,
			     size_t size);

#endif /* SYNERGY_REPORT_PAGE_TRACE_H */
