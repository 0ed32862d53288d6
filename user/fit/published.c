// SPDX-License-Identifier: GPL-3.0-or-later
/* See published.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/published.h"

enum kind { NETWORK, ROLE, MAC, SIMD, BUS, ENERGY, ERROR_BAR, PREDICTION };

struct layout {
	size_t n;
	enum kind kind[SYNERGY_CSV_MAX_FIELDS];
	int published[SYNERGY_CSV_MAX_FIELDS];	/* PREDICTION: its number */
	int energy;
	double sum[SYNERGY_MAX_PUBLISHED], squares[SYNERGY_MAX_PUBLISHED];
};

static const char *first_line(const char *text, const char *end)
{
	while (text < end && *text == '#') {
		text = memchr(text, '\n', (size_t)(end - text));
		if (!text)
			return end;
		text++;
	}
	return text;
}

int synergy_published_is(const char *text, size_t length)
{
	static const char layers[] = "network,index,layer,";
	const char *end = text + length, *p = first_line(text, end);
	size_t left = (size_t)(end - p);

	return left > 8 && !memcmp(p, "network,", 8) &&
	       !(left >= sizeof(layers) - 1 && !memcmp(p, layers, sizeof(layers) - 1));
}

static int ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);

	return n > m && !strcmp(s + n - m, tail);
}

static int header(struct synergy_csv *csv, struct synergy_dataset *d, const char *energy,
		  struct layout *l, struct synergy_error *err)
{
	char list[256] = "";
	size_t i, energies = 0;

	l->n = csv->n;
	l->energy = -1;
	for (i = 0; i < csv->n; i++) {
		const char *s = csv->fields[i];

		if (!strcmp(s, "network") && !i) {
			l->kind[i] = NETWORK;
		} else if (!strcmp(s, "role")) {
			l->kind[i] = ROLE;
		} else if (!strcmp(s, "conv_mac")) {
			l->kind[i] = MAC;
		} else if (!strcmp(s, "simd")) {
			l->kind[i] = SIMD;
		} else if (!strcmp(s, "bus_access")) {
			l->kind[i] = BUS;
		} else if (!strncmp(s, "paper_pred_", 11) && ends_with(s, "_mj") &&
			   d->n_published < SYNERGY_MAX_PUBLISHED) {
			l->kind[i] = PREDICTION;
			l->published[i] = (int)d->n_published;
			snprintf(d->published[d->n_published++].column, 64, "%s", s);
		} else if (ends_with(s, "_err_mj")) {
			l->kind[i] = ERROR_BAR;
		} else if (ends_with(s, "_mj")) {
			l->kind[i] = ENERGY;
			energies++;
			if (strlen(list) + strlen(s) + 3 < sizeof(list))
				sprintf(list + strlen(list), "%s%s", *list ? ", " : "", s);
			if (energy ? !strcmp(s, energy) : energies == 1)
				l->energy = (int)i;
		} else {
			return synergy_csv_error(csv, i, err, "not a column of a published table");
		}
	}
	if (l->energy < 0)
		return synergy_error_set(err, EINVAL, "%s:%zu: no energy column '%s' (there are: %s)",
					 csv->name, csv->line, energy ? energy : "..._mj", list);
	if (energies > 1 && !energy)
		return synergy_error_set(err, EINVAL,
					 "%s:%zu: several energy columns (%s): choose one with --energy",
					 csv->name, csv->line, list);
	snprintf(d->energy_column, sizeof(d->energy_column), "%s", csv->fields[l->energy]);
	return synergy_csv_header(csv) ?
		synergy_error_set(err, ENOMEM, "%s: out of memory", csv->name) : 0;
}

static int take(struct synergy_csv *csv, size_t i, struct synergy_network_data *n,
		double *predictions, const struct layout *l, struct synergy_error *err)
{
	double v;

	if (l->kind[i] == NETWORK)
		return 0;
	if (l->kind[i] == ROLE) {
		n->role = !strcmp(csv->fields[i], "fit") ? 1 : !strcmp(csv->fields[i], "test") ? 2 : -1;
		return n->role < 0 ? synergy_csv_error(csv, i, err, "must be fit or test") : 0;
	}
	if (synergy_csv_double(csv, i, 0, &v, err))
		return -1;
	if (v == 0)
		return synergy_csv_error(csv, i, err, "a measurement of zero (leave it empty)");
	if (l->kind[i] == MAC)
		n->conv[SYNERGY_F_MAC] = v;
	else if (l->kind[i] == SIMD)
		n->conv[SYNERGY_F_SIMD] = v;
	else if (l->kind[i] == BUS)
		n->conv[SYNERGY_F_BUS] = v;
	else if (l->kind[i] == PREDICTION)
		predictions[l->published[i]] = v * 1e3;
	else if ((int)i == l->energy)
		n->conv_energy_uj = v * 1e3;
	return 0;
}

static void compare(struct synergy_dataset *d, struct layout *l, double measured,
		    const double *predictions)
{
	size_t k;

	for (k = 0; k < d->n_published; k++) {
		double e = fabs(predictions[k] / measured - 1);

		if (isnan(e))
			continue;
		d->published[k].n++;
		l->sum[k] += e;
		l->squares[k] += e * e;
	}
}

static int row(struct synergy_csv *csv, struct synergy_dataset *d, struct layout *l,
	       struct synergy_error *err)
{
	double predictions[SYNERGY_MAX_PUBLISHED];
	struct synergy_network_data *n;
	size_t i, before = d->n_networks;

	if (csv->n != l->n)
		return synergy_error_set(err, EINVAL, "%s:%zu: %zu fields where the header has %zu",
					 csv->name, csv->line, csv->n, l->n);
	if (!*csv->fields[0])
		return synergy_csv_error(csv, 0, err, "a row without a network");
	n = synergy_dataset_network(d, csv->fields[0]);
	if (!n)
		return synergy_error_set(err, ENOMEM, "%s: out of memory", csv->name);
	if (d->n_networks == before)
		return synergy_csv_error(csv, 0, err, "this network is there already");
	for (i = 0; i < SYNERGY_MAX_PUBLISHED; i++)
		predictions[i] = NAN;
	for (i = 0; i < csv->n; i++)
		if (take(csv, i, n, predictions, l, err))
			return -1;
	compare(d, l, n->conv_energy_uj, predictions);
	return 0;
}

int synergy_published_add(struct synergy_dataset *d, const char *text, size_t length,
			  const char *name, const char *energy, struct synergy_error *err)
{
	struct layout l = { 0 };
	struct synergy_csv csv;
	size_t k;
	int r;

	if (synergy_csv_open(&csv, text, length, name, err))
		return -1;
	while ((r = synergy_csv_next(&csv, err)) > 0) {
		if (csv.comment)
			continue;
		if (l.n ? row(&csv, d, &l, err) : header(&csv, d, energy, &l, err)) {
			r = -1;
			break;
		}
	}
	synergy_csv_close(&csv);
	for (k = 0; k < d->n_published; k++) {
		struct synergy_published *p = &d->published[k];
		double n = (double)p->n;

		if (!p->n)
			continue;
		p->mean = l.sum[k] / n;
		p->sd = sqrt(fmax(l.squares[k] / n - p->mean * p->mean, 0));
	}
	return r < 0 ? -1 : 0;
}
