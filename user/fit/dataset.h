/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The data that models are fitted to: layers of measured networks (layers.csv,
 * any number, the same network in several files is averaged), or published
 * tables with one row a network (network, conv_mac, simd, bus_access, *_mj ...).
 */
#ifndef SYNERGY_FIT_DATASET_H
#define SYNERGY_FIT_DATASET_H

#include <stddef.h>

#include "layers/layers.h"
#include "fit/features.h"
#include "lib/error.h"

/* One measured layer. */
struct synergy_observation {
	size_t network;
	enum synergy_layer_type type;
	double energy_uj, ci95_uj;	/* NaN where the table has none */
	double f[SYNERGY_FEATURE_COUNT];
};

/* One network; NaN: not known. */
struct synergy_network_data {
	char *name;
	int role;			/* 0 none, 1 fit, 2 test */
	double energy_uj;		/* whole: layers and what is between them */
	double between_uj;
	double conv_energy_uj;		/* convolution layers together */
	double conv[SYNERGY_FEATURE_COUNT];	/* MAC, SIMD, BUS, INST, TIME of these */
	double all[SYNERGY_FEATURE_COUNT];	/* of all layers */
	size_t layers, unresolved;
	size_t unsampled;		/* layers without energy: in no model's rows */
	size_t files, last_file;	/* how many it came in; private */
	size_t summed, summed_conv;	/* layers in the sums; private */
};

/* A published prediction beside the measurement. */
struct synergy_published {
	char column[64];
	size_t n;
	double mean, sd;		/* of |predicted - measured| / measured */
};

#define SYNERGY_MAX_PUBLISHED	8

struct synergy_dataset {
	size_t n_networks, n_layers, n_files;
	struct synergy_network_data *networks;
	struct synergy_observation *layers;	/* none for published tables */
	size_t n_published;
	struct synergy_published published[SYNERGY_MAX_PUBLISHED];
	char simd_event[256], bus_event[256], inst_event[256];	/* columns that were taken */
	char energy_column[64];
};

struct synergy_dataset_options {
	const char *simd, *bus, *inst;	/* event columns; NULL: by their common names */
	const char *rail;		/* NULL: energy_uj */
	const char *energy;		/* column of a published table; NULL: the only one */
};

/* Add a file. EINVAL (the message names file, line, column, value), ENOMEM, open's. */
int synergy_dataset_add(struct synergy_dataset *d, const char *path,
			const struct synergy_dataset_options *o, struct synergy_error *err);
/* After the last file: averages and sums per network. EINVAL without data. */
int synergy_dataset_finish(struct synergy_dataset *d, struct synergy_error *err);
void synergy_dataset_free(struct synergy_dataset *d);	/* what is in it */

#endif
