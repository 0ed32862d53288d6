// SPDX-License-Identifier: GPL-3.0-or-later
/* The uncertainty in words and as a budget, see budget.h. */
#include "report/budget.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "report/units.h"

#define COVERAGE_FACTOR	2.0	/* of the sensor's part: 95 % */

static const struct synergy_rail_result *rail_of(const struct synergy_profile *p)
{
	return p->result && p->rail >= 0 ? &p->result->rails[p->rail] : NULL;
}

/* The powers of the layers that matter, least and most, mW. */
static void power_range(const struct synergy_profile *p, double *least, double *most)
{
	size_t i;

	*least = INFINITY;
	*most = 0;
	for (i = 0; i < p->layers->n_rows; i++) {
		const struct synergy_layers_row *row = &p->layers->rows[i];

		if (!synergy_layers_is_layer(row) || row->resolved != 1 || !(row->power_mw > 0))
			continue;
		*least = fmin(*least, row->power_mw);
		*most = fmax(*most, row->power_mw);
	}
}

static void print_offset(const struct synergy_profile *p, const struct synergy_rail_result *v,
			 FILE *out)
{
	double u_mw = v->sensor.offset_uw / 1e3, u_uj = u_mw * p->result->run_us / 1e3;
	char a[32], b[32], c[32], d[32];

	fprintf(out, "sensor (%s, not in +-): offset %.0f uV, at most %.0f, = %s, %s: %s, %s of the total (%.2g, %.2g %%);\n",
		v->label, v->sensor.sensor.u_offset_uv, COVERAGE_FACTOR * v->sensor.sensor.u_offset_uv,
		synergy_format_power(u_mw, a, sizeof(a)),
		synergy_format_power(COVERAGE_FACTOR * u_mw, b, sizeof(b)),
		synergy_format_energy(u_uj, c, sizeof(c)),
		synergy_format_energy(COVERAGE_FACTOR * u_uj, d, sizeof(d)),
		100 * u_uj / v->total_uj.value, 100 * COVERAGE_FACTOR * u_uj / v->total_uj.value);
}

/* Where power comes from, if not from the module. */
static void print_source(const struct synergy_profile *p, const struct synergy_rail_result *v,
			 FILE *out)
{
	const char *source = synergy_stream_note(p->stream, "source"), *rail;
	char key[64];

	if (!source)
		return;
	snprintf(key, sizeof(key), "source %s", v->label);
	rail = synergy_stream_note(p->stream, key);
	fputs("power from ", out);
	synergy_text_put(source, out);
	if (rail) {
		fprintf(out, "; %s: ", v->label);
		synergy_text_put(rail, out);
	}
	fputc('\n', out);
}

void synergy_sensor_print(const struct synergy_profile *p, const char *plus_minus, FILE *out)
{
	const struct synergy_rail_result *v = rail_of(p);
	double least, most;
	char a[32], b[32];

	if (!v || isnan(v->total_uj.value))
		return;
	if (p->result->n_runs == 1 && v->counted)
		fprintf(out, "%s is 95 %%, for what was drawn: energy is counted\n", plus_minus);
	else
		fprintf(out, "%s is 95 %%, for the mean in runs like these (%zu run%s)\n", plus_minus,
			p->result->n_runs, p->result->n_runs == 1 ? "" : "s");
	print_source(p, v, out);
	if (isnan(v->sensor.offset_uw)) {
		fprintf(out, "the sensor's own error (offset, gain, shunt) is not known and not in it\n");
		return;
	}
	print_offset(p, v, out);
	if (isnan(v->sensor.scale))
		fprintf(out, "scale not known (%s)", v->sensor.sensor.source);
	else
		fprintf(out, "scale %.2g %% (95 %%: %.2g %%; %s)", 100 * v->sensor.scale,
			100 * COVERAGE_FACTOR * v->sensor.scale, v->sensor.sensor.source);
	fprintf(out, "; common to all rows; above idle: scale alone\n");
	power_range(p, &least, &most);
	if (most > least)
		fprintf(out, "ratios between rows: at most %.2g %% more (%s against %s); between recordings of this board: less\n",
			100 * COVERAGE_FACTOR * v->sensor.offset_uw / 1e3 * (1 / least - 1 / most),
			synergy_format_power(least, a, sizeof(a)),
			synergy_format_power(most, b, sizeof(b)));
}

/* ---- the budget ---- */

struct budget {
	const struct synergy_profile *p;
	const struct synergy_rail_result *v;
	const char *name;
	const struct synergy_figure *f;
	const struct synergy_parts *parts;
	double us;
	struct synergy_grid *grid;
};

/* A layer by its index or name. */
static int find_layer(struct budget *b, const char *layer, struct synergy_error *error)
{
	char *end;
	size_t i, index = strtoul(layer, &end, 10);

	for (i = 0; i < b->p->layers->n_rows; i++) {
		const struct synergy_layers_row *row = &b->p->layers->rows[i];

		if (!synergy_layers_is_layer(row) || row->index >= b->p->result->n_layers ||
		    (strcmp(row->layer, layer) && (*end || end == layer || row->index != index)))
			continue;
		b->name = row->layer;
		b->f = &b->v->layers[row->index].energy_uj;
		b->parts = &b->v->layers[row->index].parts;
		b->us = row->time_us;
		return 0;
	}
	return synergy_error_set(error, EINVAL, "no layer '%s' in it", layer);
}

static void put_row(const struct budget *b, const char *what, const char *type, double u,
		    double dof, const char *from)
{
	char buf[64];

	synergy_grid_row(b->grid, NULL);
	synergy_grid_cell(b->grid, what);
	synergy_grid_cell(b->grid, type);
	synergy_grid_cell(b->grid, synergy_format_energy(u, buf, sizeof(buf)));
	snprintf(buf, sizeof(buf), "%.3f", 100 * u / fabs(b->f->value));
	synergy_grid_cell(b->grid, isnan(u) ? "-" : buf);
	snprintf(buf, sizeof(buf), "%.0f", dof);
	synergy_grid_cell(b->grid, dof > 0 ? buf : "");
	synergy_grid_cell(b->grid, from);
}

static void put_statistical(const struct budget *b)
{
	const struct synergy_parts *p = b->parts;
	char from[96];

	snprintf(from, sizeof(from), "%zu run%s, left out in turn", b->p->result->n_runs,
		 b->p->result->n_runs == 1 ? "" : "s");
	put_row(b, "noise, and what differs from run to run", "A", p->runs_uj, p->runs_dof,
		b->p->result->n_runs < 3 ? "1 % is assumed: too few runs" : from);
	put_row(b, "course of the power that windows do not resolve", "A", p->shape_uj, 0,
		"smoothness of the layers, fitted");
	snprintf(from, sizeof(from), b->v->time_check.used ? "time check: +- %.1f us" :
		 "as the windows state", b->v->time_check.u_ns / 1e3);
	put_row(b, "time of the windows", b->v->time_check.used ? "A" : "B", p->time_uj, 0, from);
	if (b->v->source.mohm > 0)
		put_row(b, "resistance of the supply", "A", p->supply_uj, 0, "voltages of the recording");
	put_row(b, "step of the converter", "B", p->step_uj, 0, "what noise does not smooth");
	put_row(b, "statistical", "", b->f->se, b->f->dof, "");
}

static void put_sensor(const struct budget *b)
{
	const struct synergy_sensor_part *s = &b->v->sensor;
	const struct synergy_sensor *e = &s->sensor;
	double value = fabs(b->f->value), u = synergy_sensor_u_uj(s, value, b->us);
	char from[64];

	snprintf(from, sizeof(from), "%.0f uV at %.4g mOhm", e->u_offset_uv, e->shunt_uohm / 1e3);
	put_row(b, "offset of the shunt's voltage", "B", s->offset_uw * b->us / 1e6, 0, from);
	put_row(b, "gain", "B", e->u_gain * value, 0, e->source);
	put_row(b, "shunt's resistance", "B", e->u_shunt * value, 0, e->source);
	put_row(b, "bus voltage, its step", "B",
		sqrt(fmax(s->scale * s->scale - e->u_gain * e->u_gain - e->u_shunt * e->u_shunt, 0)) *
		value, 0, e->source);
	put_row(b, "sensor, common to all figures", "", u, 0, "");
	put_row(b, "both", "", hypot(u, b->f->se), 0, "");
}

static void print_expanded(const struct budget *b, const char *pm, FILE *out)
{
	double u = synergy_sensor_u_uj(&b->v->sensor, fabs(b->f->value), b->us);
	double combined = hypot(b->f->ci95, COVERAGE_FACTOR * u);
	char buf[64];

	fprintf(out, "%s at 95 %%: statistical %s (k = %.2f)",
		b->name, synergy_format_interval(b->f->value, b->f->ci95, pm, buf, sizeof(buf)),
		b->f->ci95 / b->f->se);
	if (!isnan(combined))
		fprintf(out, "; with the sensor %s", synergy_format_interval(b->f->value, combined, pm,
									     buf, sizeof(buf)));
	fputc('\n', out);
}

int synergy_budget_print(const struct synergy_profile *p, const char *layer,
			 const struct synergy_terminal *terminal, FILE *out,
			 struct synergy_error *error)
{
	const char *pm = terminal->utf8 ? "\u00b1" : "+-";
	struct budget b = { .p = p, .v = rail_of(p), .name = "an inference" };
	int result;

	if (!b.v || isnan(b.v->total_uj.value))
		return synergy_error_set(error, ENODATA, "no energy of layers in it, so no budget");
	b.f = &b.v->total_uj;
	b.parts = &b.v->total_parts;
	b.us = p->result->run_us;
	if (layer && find_layer(&b, layer, error))
		return -1;
	if (isnan(b.f->value))
		return synergy_error_set(error, ENODATA, "layer '%s' was met by no sample", layer);
	b.grid = synergy_grid_new();
	if (!b.grid)
		return synergy_error_set(error, ENOMEM, "budget: no memory");
	synergy_grid_column(b.grid, "uncertainty from", SYNERGY_GRID_LEFT, 0, false);
	synergy_grid_column(b.grid, "type", SYNERGY_GRID_LEFT, 0, false);
	synergy_grid_column(b.grid, "standard", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(b.grid, "%", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(b.grid, "freedom", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(b.grid, "known from", SYNERGY_GRID_LEFT, 0, false);
	fprintf(out, "%s, %s: ", b.v->label, b.name);
	put_statistical(&b);
	put_sensor(&b);
	fprintf(out, "uncertainty budget (GUM)\n\n");
	result = synergy_grid_print(b.grid, terminal, NULL, out);
	synergy_grid_free(b.grid);
	print_expanded(&b, pm, out);
	return result;
}
