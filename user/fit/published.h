/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Published per-network tables: a header beginning with "network", then columns
 * by name: role (fit or test), conv_mac, simd, bus_access, energies in mJ (NAME_mj),
 * and paper_pred_..._mj, predictions that the source itself gives. Other columns
 * are errors; an empty field means not published.
 */
#ifndef SYNERGY_FIT_PUBLISHED_H
#define SYNERGY_FIT_PUBLISHED_H

#include "layers/csv.h"
#include "fit/dataset.h"

int synergy_published_is(const char *text, size_t length);
int synergy_published_add(struct synergy_dataset *d, const char *text, size_t length,
			  const char *name, const char *energy, struct synergy_error *err);
/* In dataset.c: find or add. NULL: ENOMEM. */
struct synergy_network_data *synergy_dataset_network(struct synergy_dataset *d, const char *name);

#endif
