// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * synergy-fit: from measured networks to a model that predicts others. Reads
 * layers.csv files (or a published table of one row a network), fits, prints every
 * coefficient with its error and how well left-out networks are predicted, and
 * writes model.json. All arithmetic is in user/fit.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gsl/gsl_errno.h>
#include <gsl/gsl_version.h>

#include "layers/csv.h"
#include "fit/dataset.h"
#include "fit/frequency.h"
#include "fit/regress.h"
#include "lib/synergy.h"
#include "tools/tool.h"

struct fit_options {
	const char *model, *predictions, *volts;
	struct synergy_dataset_options data;
};

#define O struct fit_options

static const struct synergy_option options[] = {
	SYNERGY_TEXT("output", 'o', "FILE", O, model, NULL,
		     "write the model (JSON) for synergy-predict"),
	SYNERGY_TEXT("predictions", 'p', "FILE", O, predictions, NULL,
		     "write each network's measurement beside what models fitted without it "
		     "predict (CSV)"),
	SYNERGY_TEXT("volts", 0, "LIST", O, volts, NULL,
		     "DATA are results.csv files of synergy-sweep: fit energy over voltage and "
		     "frequency; LIST has them, as 1.73GHz:1.1,710MHz:0.9"),
	SYNERGY_TEXT("rail", 0, "NAME", O, data.rail, NULL,
		     "fit this rail's energy (the files' energy_uj)"),
	SYNERGY_TEXT("simd", 0, "EVENT", O, data.simd, NULL,
		     "event column of SIMD instructions (the first with ase_spec in its name)"),
	SYNERGY_TEXT("bus", 0, "EVENT", O, data.bus, NULL,
		     "event column of bus accesses (bus_access)"),
	SYNERGY_TEXT("inst", 0, "EVENT", O, data.inst, NULL,
		     "event column of instructions (inst_retired)"),
	SYNERGY_TEXT("energy", 0, "COLUMN", O, data.energy, NULL,
		     "energy column of a published table"),
	SYNERGY_END,
};

#undef O

static const struct synergy_tool tool = {
	.name = "synergy-fit",
	.operands = "DATA...",
	.about = "Fits energy models to measured networks. DATA are layers.csv files as synergy-run "
		 "writes them (any number of networks and runs), or one published table with a row "
		 "a network: network[,role],conv_mac[,simd,bus_access],NAME_mj...",
	.after =
"Results go to standard output. Exit status: 0 done, 1 failed (one line on standard\n"
"error), 2 wrong usage. Models that the data do not carry are listed with the reason.\n",
	.files = "*.csv",
	.options = options,
	.least_operands = 1,
	.most_operands = SIZE_MAX,
	.missing = "no data given",
};

/* What one count of a column costs, in a unit that can be read. */
static void print_coefficient(const struct synergy_model_part *p, size_t k)
{
	const char *column = synergy_feature_name(p->column[k]);

	if (strcmp(p->target, "energy_uj"))
		printf("      %-10s %12.5g +- %.2g %s each\n", column, p->coef[k], p->se[k],
		       p->target);
	else if (p->column[k] == SYNERGY_F_TIME)
		printf("      %-10s %12.5g +- %.2g mW\n", column, p->coef[k] * 1e3, p->se[k] * 1e3);
	else if (p->column[k] == SYNERGY_F_ONE)
		printf("      %-10s %12.5g +- %.2g uJ a layer\n", column, p->coef[k], p->se[k]);
	else if (p->column[k] == SYNERGY_F_MAC2)
		printf("      %-10s %12.5g +- %.2g mJ each\n", column, p->coef[k] * 1e-3,
		       p->se[k] * 1e-3);
	else
		printf("      %-10s %12.5g +- %.2g nJ each\n", column, p->coef[k] * 1e3,
		       p->se[k] * 1e3);
}

static void print_part(const struct synergy_model_part *p)
{
	size_t k;

	printf("  %-10s %s from", p->name, p->target);
	for (k = 0; k < p->p; k++)
		printf("%s %s", k ? "," : "", synergy_feature_name(p->column[k]));
	printf("; %zu observations, %zu networks", p->n, p->networks);
	if (p->weighted)
		printf(", weights 1/y^%d", p->weighted);
	printf("\n");
	for (k = 0; k < p->p; k++)
		print_coefficient(p, k);
	if (!isnan(p->r2))
		printf("      R2 %.5f, condition %.3g, residual %.3g %s (%.1f %%)\n", p->r2,
		       p->condition, p->sigma,
		       p->weighted ? "weighted" : p->target, 100 * p->sigma_relative);
	if (p->loo_n)
		printf("      networks left out: %.2f +- %.2f %% (%zu)\n", 100 * p->loo_mean,
		       100 * p->loo_sd, p->loo_n);
}

/* Bus accesses per SIMD instruction once more, each taken from the MACs. */
static void print_ratio(const struct synergy_model *m, const char *scope)
{
	const struct synergy_model_part *bus = synergy_model_find(m, scope, "bus_mac");
	const struct synergy_model_part *simd = synergy_model_find(m, scope, "simd");

	if (bus && simd)
		printf("  bus accesses per SIMD through the MACs: %.5g\n",
		       bus->coef[0] / simd->coef[0]);
}

static void print_scope(const struct synergy_model *m, const char *scope, const char *title)
{
	size_t i, n = 0;

	for (i = 0; i < m->n_parts; i++) {
		if (strcmp(m->parts[i].scope, scope))
			continue;
		if (!n++)
			printf("\n%s\n", title);
		print_part(&m->parts[i]);
	}
	print_ratio(m, scope);
}

static void print_value(double v)
{
	if (isnan(v))
		printf(" %11s", "-");
	else
		printf(" %11.1f", v / 1e3);
}

static void print_networks(const struct synergy_dataset *d, const struct synergy_regression *r)
{
	size_t i;

	printf("\nNetworks, mJ; predictions by models that had not seen them\n");
	printf("  %-16s %11s %11s %11s %11s %11s", "network", "conv meas.", "counters", "mac", "mac2",
	       "chain");
	if (d->n_layers)
		printf(" %11s %11s %11s", "all meas.", "counters+", "layer types");
	printf("\n");
	for (i = 0; i < d->n_networks; i++) {
		const struct synergy_network_data *n = &d->networks[i];
		const struct synergy_left_out_network *u = &r->left_out[i];

		printf("  %-16s", n->name);
		print_value(n->conv_energy_uj);
		print_value(u->conv_counters);
		print_value(u->conv_mac);
		print_value(u->conv_mac2);
		print_value(u->conv_chain);
		if (d->n_layers) {
			print_value(n->energy_uj);
			print_value(u->counters_plus);
			print_value(u->layertype);
		}
		printf("\n");
	}
}

static void print_all(const struct synergy_dataset *d, const struct synergy_regression *r)
{
	const struct synergy_model *m = &r->model;
	size_t unsampled = 0, i;

	for (i = 0; i < d->n_networks; i++)
		unsampled += d->networks[i].unsampled;
	printf("%zu networks, %zu layers", d->n_networks, d->n_layers);
	if (unsampled)
		printf(" (%zu of them met by no sample: in the networks' totals only)", unsampled);
	if (*d->simd_event)
		printf("; simd: %s", d->simd_event);
	if (*d->bus_event)
		printf("; bus accesses: %s", d->bus_event);
	if (*d->energy_column)
		printf("; energy: %s", d->energy_column);
	printf("\n");
	print_scope(m, "conv", "Convolution layers of a network together");
	print_scope(m, "all", "All layers of a network together");
	print_scope(m, "layer", "All layers, one by one");
	print_scope(m, "type", "Per layer type, from the model file alone");
	if (m->layertype_loo_n)
		printf("\nWhole network from its file alone, networks left out: %.2f +- %.2f %% (%zu)\n",
		       100 * m->layertype_loo_mean, 100 * m->layertype_loo_sd, m->layertype_loo_n);
	for (i = 0; i < d->n_published; i++)
		printf("\nPublished predictions %s against the measurements: %.2f +- %.2f %% (%zu networks)\n",
		       d->published[i].column, 100 * d->published[i].mean,
		       100 * d->published[i].sd, d->published[i].n);
	print_networks(d, r);
	if (r->n_refused)
		printf("\nNot fitted\n");
	for (i = 0; i < r->n_refused; i++)
		printf("  %s\n", r->refused[i].message);
}

static void put_value(FILE *out, double v)
{
	if (isnan(v))
		fputc(',', out);
	else
		fprintf(out, ",%.9g", v);
}

static void put_error(FILE *out, double predicted, double measured)
{
	if (isnan(predicted) || isnan(measured))
		fputc(',', out);
	else
		fprintf(out, ",%.4f", 100 * (predicted / measured - 1));
}

/* Errors are signed percentages of the measurement. */
static int write_predictions(const char *path, const struct synergy_dataset *d,
			     const struct synergy_regression *r)
{
	FILE *out = fopen(path, "we");
	size_t i;
	int bad;

	if (!out)
		return -1;
	fputs("network,measured_uj,conv_measured_uj,pred_counters_uj,pred_counters_plus_uj,pred_mac_uj,pred_mac2_uj,pred_layertype_uj,conv_pred_counters_uj,conv_pred_counters_plus_uj,conv_pred_mac_uj,conv_pred_mac2_uj,conv_pred_chain_uj,err_counters_pct,err_counters_plus_pct,err_mac_pct,err_layertype_pct,conv_err_counters_pct,conv_err_mac_pct\n",
	      out);
	for (i = 0; i < d->n_networks; i++) {
		const struct synergy_network_data *n = &d->networks[i];
		const struct synergy_left_out_network *u = &r->left_out[i];
		const double values[] = {
			n->energy_uj, n->conv_energy_uj, u->counters, u->counters_plus, u->mac,
			u->mac2, u->layertype, u->conv_counters, u->conv_counters_plus,
			u->conv_mac, u->conv_mac2, u->conv_chain,
		};
		size_t k;

		synergy_csv_put(out, n->name);
		for (k = 0; k < sizeof(values) / sizeof(values[0]); k++)
			put_value(out, values[k]);
		put_error(out, u->counters, n->energy_uj);
		put_error(out, u->counters_plus, n->energy_uj);
		put_error(out, u->mac, n->energy_uj);
		put_error(out, u->layertype, n->energy_uj);
		put_error(out, u->conv_counters, n->conv_energy_uj);
		put_error(out, u->conv_mac, n->conv_energy_uj);
		fputc('\n', out);
	}
	bad = ferror(out);
	return fclose(out) || bad ? -1 : 0;
}

static void provenance(struct synergy_model *m, const struct synergy_dataset *d, int argc,
		       char **argv)
{
	char names[448] = "", date[32];
	time_t now = time(NULL);
	struct tm tm;
	size_t i;
	int k;

	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	synergy_model_note(m, "tool", "synergy-fit %s, GSL %s", SYNERGY_LIB_VERSION, gsl_version);
	synergy_model_note(m, "date", "%s", date);
	for (i = 0; i < d->n_networks; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 i ? " " : "", d->networks[i].name);
	synergy_model_note(m, "networks", "%s", names);
	synergy_model_note(m, "layers", "%zu", d->n_layers);
	synergy_model_note(m, "simd_event", "%s", d->simd_event);
	synergy_model_note(m, "bus_event", "%s", d->bus_event);
	for (k = 0; k < argc && k < 20; k++) {
		char key[16];

		snprintf(key, sizeof(key), "data%d", k);
		synergy_model_note(m, key, "%s", argv[k]);
	}
}

static int write_model(const char *path, const struct synergy_model *m)
{
	FILE *out = fopen(path, "we");
	int bad;

	if (!out)
		return -1;
	bad = synergy_model_write(m, out);
	return fclose(out) || bad ? -1 : 0;
}

static int fail(const char *message)
{
	synergy_say("%s", message);
	return SYNERGY_EXIT_FAILED;
}

static int run(int argc, char **argv, const struct fit_options *o)
{
	struct synergy_dataset d = { 0 };
	struct synergy_regression r;
	struct synergy_error err;
	int i, status = 0;

	for (i = 0; i < argc; i++)
		if (synergy_dataset_add(&d, argv[i], &o->data, &err)) {
			synergy_dataset_free(&d);
			return fail(err.message);
		}
	if (synergy_dataset_finish(&d, &err) || synergy_regress(&d, &r, &err)) {
		synergy_dataset_free(&d);
		return fail(err.message);
	}
	print_all(&d, &r);
	provenance(&r.model, &d, argc, argv);
	if (!r.model.n_parts)
		status = fail("nothing could be fitted (the reasons are above)");
	if (!status && o->model && write_model(o->model, &r.model)) {
		synergy_say("%s: %s", o->model, strerror(errno));
		status = SYNERGY_EXIT_FAILED;
	}
	if (!status && o->predictions && write_predictions(o->predictions, &d, &r)) {
		synergy_say("%s: %s", o->predictions, strerror(errno));
		status = SYNERGY_EXIT_FAILED;
	}
	synergy_regression_free(&r);
	synergy_dataset_free(&d);
	if (fflush(stdout) || ferror(stdout))
		return fail("standard output could not be written");
	return status;
}

/* ---- over voltage and frequency ---- */

/* What a column costs at 1 V, in a unit that can be read. */
static void print_volts_coefficient(const struct synergy_frequency_fit *fit, size_t k)
{
	static const struct {
		const char *name, *unit;
		double scale;
	} of[] = {
		[SYNERGY_F_SIMD_V2] = { "SIMD instruction", "nJ/V^2", 1e3 },
		[SYNERGY_F_BUS_V2] = { "bus access", "nJ/V^2", 1e3 },
		[SYNERGY_F_INST_V2] = { "instruction", "nJ/V^2", 1e3 },
		[SYNERGY_F_BUS] = { "bus access", "nJ at any voltage", 1e3 },
		[SYNERGY_F_TIME_V] = { "leakage", "mW/V", 1e3 },
		[SYNERGY_F_TIME] = { "constant", "mW", 1e3 },
	};
	const struct synergy_model_part *p = &fit->part;
	enum synergy_feature c = p->column[k];

	if (p->se[k] > 0)
		printf("  %-18s %11.5g +- %.2g %s\n", of[c].name, p->coef[k] * of[c].scale,
		       fit->half[k] * of[c].scale, of[c].unit);
	else
		printf("  %-18s %11s %s\n", of[c].name, "none", of[c].unit);
}

static void print_left_out(const struct synergy_left_out *o, const char *name)
{
	if (o->n)
		printf("  without %-12s %6.2f %% in the mean, %.2f %% at worst (%zu predicted)\n", name,
		       100 * o->mean, 100 * o->worst, o->n);
	else
		printf("  without %-12s cannot be fitted\n", name);
}

static void print_frequencies(const struct synergy_frequency_data *d,
			      const struct synergy_frequency_fit *fit)
{
	const struct synergy_model_part *p = &fit->part;
	char name[32];
	size_t i, k;

	printf("%zu layers' runs of %zu networks at %zu frequencies", d->n_rows, d->n_networks,
	       fit->n_frequencies);
	if (d->vague || d->no_clock)
		printf("; left out: %zu known to worse than 10 %%, %zu of no fixed clock", d->vague,
		       d->no_clock);
	printf("\n\nEnergy over voltage and frequency, with 95 %% intervals\n");
	for (k = 0; k < p->p; k++)
		print_volts_coefficient(fit, k);
	printf("  R2 %.5f, condition %.3g, residual %.1f %%\n", p->r2, p->condition,
	       100 * p->sigma_relative);
	printf("\n%12s %8s %12s %12s\n", "frequency", "voltage", "SIMD, nJ", "bus, nJ");
	for (i = 0; i < fit->n_frequencies; i++) {
		const struct synergy_operating_point *at = &d->points[fit->frequencies[i].which];
		double v2 = at->volts * at->volts * 1e3;

		printf("%8.0f MHz %6.3f V %12.4g %12.4g\n", at->khz / 1e3, at->volts,
		       v2 * p->coef[0], v2 * p->coef[1] + 1e3 * p->coef[3]);
	}
	printf("\nNetworks' energy, predicted by fits that had not seen it\n");
	for (i = 0; i < fit->n_frequencies; i++) {
		snprintf(name, sizeof(name), "%.0f MHz", d->points[fit->frequencies[i].which].khz / 1e3);
		print_left_out(&fit->frequencies[i], name);
	}
	for (i = 0; i < fit->n_networks; i++)
		print_left_out(&fit->networks[i], d->networks[fit->networks[i].which]);
	if (!fit->n_counts)
		printf("\nNo counts by layer type (synergy-predict --frequency): the data have no column bytes_in\n");
	else if (fit->left_out_n)
		printf("\nNetworks at each frequency from their files alone, networks left out: %.2f +- %.2f %% (%zu)\n",
		       100 * fit->left_out_mean, 100 * fit->left_out_sd, fit->left_out_n);
}

static int by_khz(const void *a, const void *b)
{
	double x = ((const struct synergy_operating_point *)a)->khz;
	double y = ((const struct synergy_operating_point *)b)->khz;

	return (x > y) - (x < y);
}

static int write_volts_model(const struct fit_options *o, const struct synergy_frequency_data *d,
			     const struct synergy_frequency_fit *fit)
{
	struct synergy_model *m = calloc(1, sizeof(*m));
	int result;
	size_t i;

	if (!m)
		return -1;
	m->parts[m->n_parts++] = fit->part;
	for (i = 0; i < fit->n_counts; i++)
		m->parts[m->n_parts++] = fit->counts[i];
	m->layertype_loo_mean = fit->left_out_mean;
	m->layertype_loo_sd = fit->left_out_sd;
	m->layertype_loo_rms = fit->left_out_rms;
	m->layertype_loo_n = fit->left_out_n;
	m->between_share = fit->between_share;
	synergy_model_note(m, "tool", "synergy-fit %s, GSL %s", SYNERGY_LIB_VERSION, gsl_version);
	synergy_model_note(m, "rail", "%s", o->data.rail ? o->data.rail : "as reported");
	for (i = 0; i < fit->n_frequencies; i++) {
		const struct synergy_operating_point *at = &d->points[fit->frequencies[i].which];

		m->points[m->n_points++] = *at;
	}
	qsort(m->points, m->n_points, sizeof(*m->points), by_khz);
	result = write_model(o->model, m);
	free(m);
	return result;
}

static int run_volts(int argc, char **argv, const struct fit_options *o)
{
	struct synergy_frequency_data d = { 0 };
	struct synergy_frequency_fit fit = { 0 };
	struct synergy_error err;
	int i, bad = synergy_frequency_volts(o->volts, &d, &err);

	for (i = 0; !bad && i < argc; i++)
		bad = synergy_frequency_add(&d, argv[i], &o->data, &err);
	bad = bad || synergy_frequency_regress(&d, &fit, &err) ||
		synergy_frequency_counts(&d, &fit, &err);
	if (!bad) {
		print_frequencies(&d, &fit);
		if (o->model && write_volts_model(o, &d, &fit))
			bad = synergy_error_set(&err, errno, "%s: %s", o->model, strerror(errno));
	}
	free(fit.networks);
	synergy_frequency_free(&d);
	if (bad)
		return fail(err.message);
	return fflush(stdout) || ferror(stdout) ? fail("standard output could not be written") : 0;
}

int main(int argc, char **argv)
{
	struct fit_options o = { 0 };
	int status;

	gsl_set_error_handler_off();
	status = synergy_tool_parse(&tool, &o, argc, argv);
	if (status >= 0)
		return status;
	if (o.volts && (o.predictions || o.data.energy))
		return synergy_usage_error("--volts fits a sweep: no --predictions, --energy with it");
	return o.volts ? run_volts(argc - optind, argv + optind, &o) :
			 run(argc - optind, argv + optind, &o);
}
