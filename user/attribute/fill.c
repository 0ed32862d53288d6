// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The result put into the layers table, with its provenance lines. No arithmetic beyond
 * units and the sensor's part.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "attribute/attribute.h"

static int find_rail(const struct synergy_attribute_result *r, const char *label)
{
	size_t i;

	for (i = 0; i < r->n_rails; i++)
		if (!strcmp(r->rails[i].label, label))
			return (int)i;
	return -1;
}

static struct synergy_layers_row *find_row(struct synergy_layers *t, size_t index)
{
	size_t i;

	/* Rows are in order of their index as a rule. */
	if (index < t->n_rows && t->rows[index].index == index &&
	    synergy_layers_is_layer(&t->rows[index]))
		return &t->rows[index];
	for (i = 0; i < t->n_rows; i++)
		if (t->rows[i].index == index && synergy_layers_is_layer(&t->rows[i]))
			return &t->rows[i];
	return NULL;
}

/* The sensor's part of an energy over a time, at 95 %. */
static double sensor_u95(const struct synergy_rail_result *v, double uj, double us)
{
	return 2 * synergy_sensor_u_uj(&v->sensor, uj, us);
}

static void fill_rails(struct synergy_layers *t, struct synergy_layers_row *row,
		       const struct synergy_attribute_result *r, int chosen, int layer)
{
	size_t i;

	for (i = 0; i < r->n_rails; i++) {
		const struct synergy_rail_result *v = &r->rails[i];
		const struct synergy_layer_figures *f = layer < 0 ? &v->between : &v->layers[layer];
		int column = synergy_layers_find_rail(t, v->label);

		if (column >= 0) {
			row->rail_uj[column] = f->energy_uj.value;
			row->rail_ci95_uj[column] = f->energy_uj.ci95;
		}
		if ((int)i == chosen) {
			row->energy_uj = f->energy_uj.value;
			row->energy_ci95_uj = f->energy_uj.ci95;
			row->sensor_u95_uj = sensor_u95(v, f->energy_uj.value, row->time_us);
			row->power_mw = f->power_uw / 1e3;
			row->samples = f->samples;
			row->resolved = f->resolved;
		}
	}
}

static int fill_layer(struct synergy_layers *t, const struct synergy_attribute_result *r,
		      int chosen, size_t layer, struct synergy_error *err)
{
	struct synergy_layers_row *row = find_row(t, layer);
	size_t k;

	if (!(r->times[layer] > 0))
		return 0;
	if (!row)
		return synergy_error_set(err, EINVAL, "layer %zu was marked but is not in the table",
					 layer);
	row->time_us = r->time_us[layer];
	for (k = 0; k < r->n_events && k < t->n_events; k++)
		row->events[k] = r->counts[layer * r->n_events + k];
	fill_rails(t, row, r, chosen, (int)layer);
	return 0;
}

static int fill_between(struct synergy_layers *t, const struct synergy_attribute_result *r,
			int chosen)
{
	const char *network = t->n_rows ? t->rows[0].network : "network";
	uint32_t index = t->n_rows ? t->rows[t->n_rows - 1].index + 1 : 0;
	struct synergy_layers_row *row;
	size_t k;

	/* Of a program's names one row has what none of them encloses. */
	if (!(r->between_us > 0))
		return 0;
	row = synergy_layers_add(t, network, index, SYNERGY_LAYERS_BETWEEN,
				 SYNERGY_LAYERS_BETWEEN, 0);
	if (!row)
		return -1;
	row->time_us = r->between_us;
	for (k = 0; k < r->n_events && k < t->n_events; k++)
		row->events[k] = r->between_counts[k];
	fill_rails(t, row, r, chosen, -1);
	return 0;
}

/* One row for all layers that no sample met, so that the rows add up to the total. */
static int fill_unattributed(struct synergy_layers *t, const struct synergy_attribute_result *r,
			     int chosen)
{
	struct synergy_layers_row *row = NULL;
	size_t i;

	for (i = 0; i < r->n_rails; i++) {
		const struct synergy_rail_result *v = &r->rails[i];
		int column = synergy_layers_find_rail(t, v->label);

		if (!v->n_unattributed)
			continue;
		if (!row)
			row = synergy_layers_add(t, t->rows[0].network,
						 t->rows[t->n_rows - 1].index + 1,
						 SYNERGY_LAYERS_UNATTRIBUTED,
						 SYNERGY_LAYERS_UNATTRIBUTED, 0);
		if (!row)
			return -1;
		if (column >= 0) {
			row->rail_uj[column] = v->unattributed_uj.value;
			row->rail_ci95_uj[column] = v->unattributed_uj.ci95;
		}
		if ((int)i != chosen)
			continue;
		row->energy_uj = v->unattributed_uj.value;
		row->energy_ci95_uj = v->unattributed_uj.ci95;
		row->samples = 0;
		row->resolved = 0;
	}
	return 0;
}

/* The whole inference: the rows add up to it. */
static int fill_total(struct synergy_layers *t, const struct synergy_attribute_result *r,
		      int chosen)
{
	struct synergy_layers_row *row = synergy_layers_make_total(t);
	size_t i;

	if (!row)
		return -1;
	row->time_us = r->run_us;
	for (i = 0; i < r->n_events && i < t->n_events; i++)
		row->events[i] = r->run_counts[i];
	for (i = 0; i < r->n_rails; i++) {
		const struct synergy_rail_result *v = &r->rails[i];
		int column = synergy_layers_find_rail(t, v->label);

		if (column >= 0) {
			row->rail_uj[column] = v->total_uj.value;
			row->rail_ci95_uj[column] = v->total_uj.ci95;
		}
		if ((int)i != chosen)
			continue;
		row->energy_uj = v->total_uj.value;
		row->energy_ci95_uj = v->total_uj.ci95;
		row->sensor_u95_uj = sensor_u95(v, v->total_uj.value, r->run_us);
		row->power_mw = v->total_uj.value / r->run_us * 1e3;
		row->samples = (double)v->n_samples;
	}
	return 0;
}

static int set_count(struct synergy_layers *t, const char *key, uint64_t n)
{
	return synergy_layers_set_number(t, key, 15, (double)n);
}

static int set_figure(struct synergy_layers *t, const char *key, const struct synergy_figure *f,
		      double scale)
{
	return synergy_layers_set_figure(t, key, f->value * scale, f->ci95 * scale);
}

static int meta_rail(struct synergy_layers *t, const struct synergy_rail_result *v)
{
	int bad = 0;

	bad |= synergy_layers_set_meta(t, "rail", "%s", v->label);
	bad |= set_count(t, "power_samples", v->n_samples);
	bad |= synergy_layers_set_number(t, "power_coverage", 6, v->coverage);
	bad |= set_count(t, "outliers", v->n_outliers);
	bad |= synergy_layers_set_number(t, "noise_uw", 4, v->noise_uw);
	if (v->source.mohm > 0)
		bad |= synergy_layers_set_figure(t, "source_mohm", v->source.mohm,
						 1.96 * v->source.se_mohm);
	bad |= synergy_layers_set_number(t, "pause_us", 4, v->pause_us);
	bad |= set_count(t, "unknowns", v->n_unknowns);
	bad |= synergy_layers_set_number(t, "condition", 3, v->condition);
	bad |= set_figure(t, "total_uj", &v->total_uj, 1);
	bad |= set_figure(t, "between_uj", &v->between.energy_uj, 1);
	bad |= synergy_layers_set_number(t, "unattributed_uj", 6, v->unattributed_uj.value);
	bad |= synergy_layers_set_number(t, "integrated_trapezoid_uj", 9, v->trapezoid_uj);
	bad |= synergy_layers_set_number(t, "outlier_uj", 4, v->outlier_uj);
	bad |= set_figure(t, "idle_before_mw", &v->idle_before_uw, 1e-3);
	bad |= set_figure(t, "idle_after_mw", &v->idle_after_uw, 1e-3);
	bad |= set_figure(t, "idle_mw", &v->idle_uw, 1e-3);
	bad |= set_figure(t, "net_uj", &v->net_uj, 1);
	bad |= synergy_layers_set_number(t, "sensor_offset_uw", 5, v->sensor.offset_uw);
	bad |= synergy_layers_set_number(t, "sensor_scale", 4, v->sensor.scale);
	if (*v->sensor.sensor.source)
		bad |= synergy_layers_set_meta(t, "sensor_source", "%s", v->sensor.sensor.source);
	bad |= synergy_layers_set_number(t, "period_us", 6, v->period_us);
	if (!isnan(v->time_check.delay_ns)) {
		bad |= synergy_layers_set_figure(t, "time_delay_us", v->time_check.delay_ns / 1e3,
						 2 * v->time_check.u_ns / 1e3);
		bad |= synergy_layers_set_number(t, "rail_lag_us", 4, v->time_check.lag_ns / 1e3);
	}
	bad |= synergy_layers_set_number(t, "run_to_run_pct", 4, 100 * v->run_sd);
	bad |= synergy_layers_set_number(t, "power_drift_pct", 4, 100 * v->drift_share);
	bad |= synergy_layers_set_number(t, "power_drift_p", 3, v->drift_p);
	return bad;
}

static int meta_losses(struct synergy_layers *t, const struct synergy_attribute_result *r)
{
	const struct synergy_collect_notes *n = &r->notes;
	int bad = 0;

	bad |= set_count(t, "samples_taken", n->samples);
	bad |= set_count(t, "samples_repeated", n->repeats);
	bad |= set_count(t, "samples_late", n->late);
	bad |= set_count(t, "records_lost", n->lost);
	bad |= set_count(t, "samples_invalidated", n->invalidated);
	bad |= set_count(t, "bus_errors", n->errors);
	bad |= set_count(t, "runs_incomplete", n->incomplete_runs);
	return bad;
}

/* The result's events come in the order of the stream's columns, as the table's do. */
int synergy_attribute_fill(struct synergy_layers *t, const struct synergy_attribute_result *r,
			   const char *rail, struct synergy_error *err)
{
	int chosen = rail ? find_rail(r, rail) : -1, bad = 0;
	size_t i;

	if (rail && chosen < 0)
		return synergy_error_set(err, EINVAL, "rail '%s': no samples of it in the stream",
					 rail);
	for (i = 0; i < r->n_layers; i++)
		if (fill_layer(t, r, chosen, i, err))
			return -1;
	if (fill_between(t, r, chosen) || fill_unattributed(t, r, chosen) ||
	    fill_total(t, r, chosen))
		return synergy_error_set(err, ENOMEM, "layers table: out of memory");
	bad |= set_count(t, "runs_measured", r->n_runs);
	bad |= synergy_layers_set_number(t, "run_us", 9, r->run_us);
	bad |= synergy_layers_set_number(t, "run_sd_us", 4, r->run_sd_us);
	if (chosen >= 0)
		bad |= meta_rail(t, &r->rails[chosen]);
	bad |= meta_losses(t, r);
	if (bad)
		return synergy_error_set(err, ENOMEM, "layers table: out of memory");
	return 0;
}
