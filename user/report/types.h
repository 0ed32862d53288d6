/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which type a layer counts as (conv, depthwise, fc, pool, norm, ...), and totals
 * by type. The operator's type is user/model's; a convolution with as many groups
 * as channels is a type of its own here, because its energy per MAC is another.
 */
#ifndef SYNERGY_REPORT_TYPES_H
#define SYNERGY_REPORT_TYPES_H

#include "layers/layers.h"

#define SYNERGY_TYPES_MAX	24

struct synergy_type_total {
	const char *type;	/* static memory */
	size_t layers;
	double mac;
	double time_us;		/* NaN when no layer of it has one; so below */
	double energy_uj;
	double ci95_uj;		/* root of the sum of squares: layers taken as independent */
};

/* Never NULL: "other" for an operator that is not known, "between" for that row. */
const char *synergy_layer_type(const struct synergy_layers_row *row);

/* Totals in order of energy (time where there is none), greatest first; gives n. */
size_t synergy_type_totals(const struct synergy_layers *table,
			   struct synergy_type_total totals[SYNERGY_TYPES_MAX]);

/* The whole table's, the between row included. */
void synergy_table_total(const struct synergy_layers *table, struct synergy_type_total *total);

#endif /* SYNERGY_REPORT_TYPES_H */
