// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Layer types and their totals; see types.h.
 */
#include "report/types.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/quantised.h"

const char *synergy_layer_type(const struct synergy_layers_row *row)
{
	int kind;

	if (!synergy_layers_is_layer(row))
		return strcmp(row->op, SYNERGY_LAYERS_BETWEEN) ? "unattributed" : "between";
	for (kind = 0; kind < SYNERGY_OP_COUNT; kind++) {
		const struct synergy_op_info *info = synergy_op_info(kind);

		if (strcmp(info->name, row->op))
			continue;
		if (synergy_op_is_convolution(kind) && row->features.group > 1 &&
		    row->features.group == row->features.channels_in)
			return "depthwise";
		return info->type;
	}
	return "other";
}

/* NaN stands for "nothing yet". */
static void add(double *sum, double value)
{
	if (!isnan(value))
		*sum = isnan(*sum) ? value : *sum + value;
}

static void begin(struct synergy_type_total *t, const char *type)
{
	memset(t, 0, sizeof(*t));
	t->type = type;
	t->time_us = t->energy_uj = t->ci95_uj = NAN;
}

static void add_row(struct synergy_type_total *t, const struct synergy_layers_row *row)
{
	double ci = row->energy_ci95_uj;

	t->layers += !!synergy_layers_is_layer(row);
	t->mac += (double)row->mac;
	add(&t->time_us, row->time_us);
	add(&t->energy_uj, row->energy_uj);
	add(&t->ci95_uj, ci * ci);
}

static void end(struct synergy_type_total *t)
{
	t->ci95_uj = sqrt(t->ci95_uj);
}

static int by_energy(const void *a, const void *b)
{
	const struct synergy_type_total *x = a, *y = b;
	double p = isnan(x->energy_uj) ? -1 : x->energy_uj;
	double q = isnan(y->energy_uj) ? -1 : y->energy_uj;

	if (p == q) {
		p = isnan(x->time_us) ? -1 : x->time_us;
		q = isnan(y->time_us) ? -1 : y->time_us;
	}
	if (p == q)
		return strcmp(x->type, y->type);
	return p < q ? 1 : -1;
}

size_t synergy_type_totals(const struct synergy_layers *table,
			   struct synergy_type_total totals[SYNERGY_TYPES_MAX])
{
	size_t n = 0, i, at;

	for (i = 0; i < table->n_rows; i++) {
		const char *type = synergy_layer_type(&table->rows[i]);

		for (at = 0; at < n && strcmp(totals[at].type, type); at++)
			;
		if (at == n) {
			/* More types than there is room for share the last place. */
			if (n == SYNERGY_TYPES_MAX)
				at = n - 1;
			else
				begin(&totals[n++], type);
		}
		add_row(&totals[at], &table->rows[i]);
	}
	for (i = 0; i < n; i++)
		end(&totals[i]);
	qsort(totals, n, sizeof(*totals), by_energy);
	return n;
}

void synergy_table_total(const struct synergy_layers *table, struct synergy_type_total *total)
{
	size_t i;

	begin(total, "total");
	for (i = 0; i < table->n_rows; i++)
		add_row(total, &table->rows[i]);
	end(total);
}
