/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where figures come from: the notes and the set-up that a recording carries, as
 * `key: value` lines of the layers table.
 */
#ifndef SYNERGY_REPORT_PROVENANCE_H
#define SYNERGY_REPORT_PROVENANCE_H

#include "layers/layers.h"
#include "lib/synergy.h"

void synergy_provenance_set(struct synergy_layers *table, const struct synergy_stream *stream);

/* What a key is about, for those who read it: one of a few headings, never NULL. */
#define SYNERGY_PROVENANCE_GROUPS	4
extern const char *const synergy_provenance_groups[SYNERGY_PROVENANCE_GROUPS];
int synergy_provenance_group(const char *key);	/* index of the heading */

#endif /* SYNERGY_REPORT_PROVENANCE_H */
