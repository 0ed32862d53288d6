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

#endif /* SYNERGY_REPORT_PROVENANCE_H */
