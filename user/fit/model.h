/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fitted model and its file, model.json ("synergy-model 1"). A model is a list
 * of parts; each is one regression with what is needed to predict and to judge:
 * coefficients, covariance, relative residual, the range it was fitted in, and its
 * error on networks that it had not seen.
 *
 * Parts over whole networks (the papers'), scope "conv" or "all":
 *	counters	E = x1 bus + x2 simd
 *	counters+	the same with time (what is drawn whatever runs)
 *	simd		SIMD = a MAC
 *	bus		bus = b SIMD
 *	bus_mac		bus = c MAC (over simd's a: bus per SIMD through the MACs)
 *	chain		E from MAC through the three above (coefficients derived)
 *	mac		E = c MAC
 *	mac2		E = c MAC + d MAC^2
 * Part over layers of all types, scope "layer":
 *	law		E = bus, simd, time, and instructions where they can be distinguished from time
 * Part over layers at several frequencies, scope "clock" (frequency.h):
 *	volts	E = V^2 simd, V^2 bus, V^2 instructions, bus, V time, time
 *	simd/TYPE, bus_access/TYPE, inst/TYPE, cycles/TYPE: a layer's counts from the
 *		model file alone, one a layer type
 * Parts per layer, scope "type": one a layer type, named as the type, from the
 * model file alone.
 */
#ifndef SYNERGY_FIT_MODEL_H
#define SYNERGY_FIT_MODEL_H

#include <stdint.h>
#include <stdio.h>

#include "fit/dataset.h"
#include "fit/features.h"
#include "lib/error.h"

#define SYNERGY_MODEL_FORMAT	"synergy-model 1"
#define SYNERGY_PART_COLUMNS	8
#define SYNERGY_MODEL_PARTS	64
#define SYNERGY_OPERATING_POINTS	32

struct synergy_operating_point {
	double khz, volts;
};

struct synergy_model_part {
	char name[24], scope[8];
	char target[24];		/* "energy_uj", or a feature's name */
	size_t p;
	enum synergy_feature column[SYNERGY_PART_COLUMNS];
	double coef[SYNERGY_PART_COLUMNS], se[SYNERGY_PART_COLUMNS];
	double cov[SYNERGY_PART_COLUMNS * SYNERGY_PART_COLUMNS];	/* p x p */
	double low[SYNERGY_PART_COLUMNS], high[SYNERGY_PART_COLUMNS];	/* fitted range */
	size_t n, networks;		/* observations, networks that they come from */
	double sigma;			/* residual standard deviation, target's unit */
	double sigma_relative;		/* of residual / fitted, weighted by what was measured */
	double r2, condition;
	int weighted;			/* exponent k of the weights 1 / y^k */
	double intensity;		/* of a layer type: median operations per byte; NaN not known */
	double loo_mean, loo_sd;	/* |error| on left-out networks, shares; NaN not known */
	size_t loo_n;
};

struct synergy_model_note {
	char key[64], value[448];
};

struct synergy_model {
	size_t n_parts;
	struct synergy_model_part parts[SYNERGY_MODEL_PARTS];
	double layertype_loo_mean, layertype_loo_sd;	/* whole network from its file; NaN none */
	double layertype_loo_rms;	/* root mean square of the relative error there (JSON: signed_sd) */
	size_t layertype_loo_n;
	double between_share;		/* of the layers' energy, for what lies between */
	size_t n_points;		/* measured at, rising clocks; parts of scope "clock" */
	struct synergy_operating_point points[SYNERGY_OPERATING_POINTS];
	size_t n_notes;
	struct synergy_model_note notes[32];	/* provenance */
};

/* Of the part "volts", in their order. */
#define SYNERGY_VOLTS_COLUMNS	6
extern const enum synergy_feature synergy_volts_columns[SYNERGY_VOLTS_COLUMNS];

const struct synergy_model_part *synergy_model_find(const struct synergy_model *m,
						    const char *scope, const char *name);
int synergy_model_note(struct synergy_model *m, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));	/* -1: no room */

int synergy_model_write(const struct synergy_model *m, FILE *out);	/* -1: the stream's error */
/* EINVAL (names file, member and value), ENOMEM, open's. The model is the caller's to free(). */
int synergy_model_read(const char *path, struct synergy_model **out, struct synergy_error *err);

#endif
