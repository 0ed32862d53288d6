// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The result put into the layers table, with its provenance lines, and into
 * sentences for the user. No arithmetic beyond units.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
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
	bad |= synergy_layers_set_number(t, "power_drift_pct", 4, 100 * v->drift_share);
	bad |= synergy_layers_set_number(t, "power_drift_t", 3, v->drift_t);
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
	bad |= set_count(t, "samples_disowned", n->disowned);
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

/* ---- remarks ---- */

struct remarks {
	char *buf;
	size_t size, wanted, n;
};

/* Number n of the remarks is written when it is the wanted one. */
static void remark(struct remarks *m, int applies, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void remark(struct remarks *m, int applies, const char *fmt, ...)
{
	va_list args;

	if (!applies)
		return;
	if (m->n++ == m->wanted) {
		va_start(args, fmt);
		vsnprintf(m->buf, m->size, fmt, args);
		va_end(args);
	}
}

static void stream_remarks(struct remarks *m, const struct synergy_collect_notes *n)
{
	remark(m, n->lost > 0, "%llu records were lost because they were not read in time (%llu power samples, %llu marks)",
	       (unsigned long long)n->lost, (unsigned long long)n->lost_power,
	       (unsigned long long)n->lost_markers);
	remark(m, n->errors > 0, "%llu bus or counter errors are in the stream; what they hit is missing",
	       (unsigned long long)n->errors);
	remark(m, n->repeats > 0, "%llu samples repeated the one before and were left out: the rate is above what the chip converts",
	       (unsigned long long)n->repeats);
	remark(m, n->late * 100 > n->samples, "%llu of %llu samples came late",
	       (unsigned long long)n->late, (unsigned long long)n->samples);
	remark(m, n->reconfigured > 0, "the chip's set-up was changed from outside %llu times",
	       (unsigned long long)n->reconfigured);
	remark(m, n->disowned > 0, "%llu samples were left out: the chip was found not to be set up as it was told",
	       (unsigned long long)n->disowned);
	remark(m, n->saturated > 0, "%llu values were at the end of the scale: power is understated",
	       (unsigned long long)n->saturated);
	remark(m, n->filtered > 0, "the chip averages over rounds: its filter mixes neighbouring layers, and intervals are too narrow");
	remark(m, n->incomplete_runs > 0, "%llu inferences lost a mark and were left out",
	       (unsigned long long)n->incomplete_runs);
	remark(m, n->abandoned > 0, "%llu intervals were never ended by the program and were left out",
	       (unsigned long long)n->abandoned);
	remark(m, n->unmatched > 0, "%llu marks have no other half and were left out",
	       (unsigned long long)n->unmatched);
	remark(m, n->no_bus * 100 > n->samples, "%llu values of %llu samples came before a bus voltage was known and were left out",
	       (unsigned long long)n->no_bus, (unsigned long long)n->samples);
	remark(m, n->migrated > 0, "%llu intervals changed the core: their counts were left out (pin the program)",
	       (unsigned long long)n->migrated);
	remark(m, n->multiplexed > 0, "counters were multiplexed in %llu intervals: their counts are scaled up, not exact",
	       (unsigned long long)n->multiplexed);
}

/* What is worth narrowing: layers of this share of the time, to this share of their energy. */
#define MATTERS_SHARE	0.01
#define NARROW_SHARE	0.05
/* Past so many runs a number says no more than that it is hopeless. */
#define MOST_RUNS	10000.0

/*
 * "layer 3 (+-12 %), ..." of the layers that matter and are wide, widest first, and
 * how many runs would narrow them all: intervals shrink with the root of the runs.
 */
static double wide_layers(const struct synergy_attribute_result *r,
			  const struct synergy_rail_result *v, char *text, size_t size, size_t *n)
{
	double last = INFINITY, needed = 0;
	size_t at = 0, told;

	for (told = *n = 0;; told++) {
		double wide = NARROW_SHARE, rel;
		size_t i, which = 0, more = 0;

		for (i = 0; i < r->n_layers; i++) {
			const struct synergy_figure *e = &v->layers[i].energy_uj;

			if (!(r->times[i] > 0) || r->time_us[i] < MATTERS_SHARE * r->run_us)
				continue;
			rel = isnan(e->value) ? 1e6 + (double)i :
				fmin(e->ci95 / fabs(e->value), 1e6 - 1);
			*n += !told && rel > NARROW_SHARE;
			if (rel > wide && rel < last) {
				wide = rel;
				which = i;
				more = 1;
			}
		}
		if (!more)
			return needed;
		last = wide;
		needed = fmax(needed, (double)r->n_runs * pow(wide / NARROW_SHARE, 2));
		if (told > 3 || at >= size)
			continue;
		if (told == 3)
			snprintf(text + at, size - at, ", ...");
		else if (wide >= 1)
			at += snprintf(text + at, size - at, "%slayer %zu (not known)",
				       told ? ", " : "", which);
		else
			at += snprintf(text + at, size - at, "%slayer %zu (+-%.0f %%)",
				       told ? ", " : "", which, 100 * wide);
	}
}

static void unresolved_remarks(struct remarks *m, const struct synergy_attribute_result *r,
			       const struct synergy_rail_result *v)
{
	size_t i, layers_run = 0, unresolved = 0, unseen = 0, wide;
	char layers[160] = "", runs[48];
	double time_us = 0, needed;

	for (i = 0; i < r->n_layers; i++) {
		if (!(r->times[i] > 0))
			continue;
		layers_run++;
		unseen += !(v->layers[i].samples > 0);
		if (v->layers[i].resolved)
			continue;
		unresolved++;
		time_us += r->time_us[i];
	}
	remark(m, v->n_samples && unresolved, "rail %s: %zu of %zu layers are not resolved (%zu were met by no sample); together they take %.1f %% of the time",
	       v->label, unresolved, layers_run, unseen, 100 * time_us / r->run_us);
	needed = wide_layers(r, v, layers, sizeof(layers), &wide);
	if (needed > MOST_RUNS)
		snprintf(runs, sizeof(runs), "more than %.0f runs", MOST_RUNS);
	else
		snprintf(runs, sizeof(runs), "about %.0f runs", ceil(needed));
	remark(m, v->n_samples && wide, "rail %s: of the layers of 1 %% of the time and more, %zu %s known to worse than 5 %%: %s; %s would narrow %s, there were %zu",
	       v->label, wide, wide == 1 ? "is" : "are", layers, runs, wide == 1 ? "it" : "them all",
	       r->n_runs);
}

static void rail_remarks(struct remarks *m, const struct synergy_attribute_result *r,
			 const struct synergy_rail_result *v)
{
	remark(m, !v->n_samples, "rail %s: no sample lies within an inference: no energy can be told",
	       v->label);
	unresolved_remarks(m, r, v);
	remark(m, v->n_outliers > 0, "rail %s: %zu of %zu samples fit no layer and were left out (%.3g uJ per inference)",
	       v->label, v->n_outliers, v->n_samples, v->outlier_uj);
	remark(m, fabs(v->drift_t) > 3 && fabs(v->drift_share) > 0.005, "rail %s: power drifted by %+.1f %% from the first run to the last (t %.1f)",
	       v->label, 100 * v->drift_share, v->drift_t);
	remark(m, fabs(v->warmup_t) > 4 && fabs(v->warmup_share) > 0.005, "rail %s: the first run's power was %+.1f %% off the others' (more warm-up runs?)",
	       v->label, 100 * v->warmup_share);
	remark(m, fabs(v->idle_before_uw.value - v->idle_after_uw.value) >
	       fmax(hypot(v->idle_before_uw.ci95, v->idle_after_uw.ci95),
		    0.02 * v->idle_uw.value),
	       "rail %s: idle power changed from %.0f to %.0f mW (temperature, or something else ran)",
	       v->label, v->idle_before_uw.value / 1e3, v->idle_after_uw.value / 1e3);
}

int synergy_attribute_remark(const struct synergy_attribute_result *r, size_t rail, size_t i,
			     char *buf, size_t size)
{
	struct remarks m = { .buf = buf, .size = size, .wanted = i };

	if (size)
		*buf = '\0';
	stream_remarks(&m, &r->notes);
	remark(&m, fabs(r->time_drift_t) > 3 && fabs(r->time_drift_share) > 0.01,
	       "an inference's time drifted by %+.1f %% from the first run to the last (frequency, temperature?)",
	       100 * r->time_drift_share);
	remark(&m, r->run_sd_us > 0.05 * r->run_us,
	       "an inference's time varies by %.1f %% (standard deviation): other load, or the frequency changes",
	       100 * r->run_sd_us / r->run_us);
	if (rail < r->n_rails)
		rail_remarks(&m, r, &r->rails[rail]);
	return m.n > i;
}
