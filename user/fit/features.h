/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a layer is and what its file says of its work: the layer types, and the
 * columns that models may use. Columns from WORK on need a measurement; the
 * others are known from the model file alone.
 */
#ifndef SYNERGY_FIT_FEATURES_H
#define SYNERGY_FIT_FEATURES_H

#include "layers/layers.h"

enum synergy_layer_type {
	SYNERGY_TYPE_CONV,		/* kernel larger than 1 */
	SYNERGY_TYPE_POINTWISE,		/* 1x1 convolution */
	SYNERGY_TYPE_DEPTHWISE,		/* one input channel a group */
	SYNERGY_TYPE_FC,
	SYNERGY_TYPE_POOL,
	SYNERGY_TYPE_GLOBAL_POOL,
	SYNERGY_TYPE_LRN,
	SYNERGY_TYPE_NORM,		/* batch normalisation, scale */
	SYNERGY_TYPE_ELTWISE,		/* two or more inputs, or arithmetic */
	SYNERGY_TYPE_ACTIVATION,
	SYNERGY_TYPE_SOFTMAX,
	SYNERGY_TYPE_COPY,		/* data is moved */
	SYNERGY_TYPE_NONE,		/* only the shape changes */
	SYNERGY_TYPES
};

enum synergy_feature {
	SYNERGY_F_ONE,			/* 1: what a layer costs whatever its size */
	SYNERGY_F_MAC,
	SYNERGY_F_PARAMS,
	SYNERGY_F_BYTES_IN,
	SYNERGY_F_BYTES_OUT,
	SYNERGY_F_BYTES,		/* the two together */
	SYNERGY_F_COLUMN,		/* elements that im2col writes */
	SYNERGY_F_WINDOW,		/* output elements times window */
	SYNERGY_F_PACK,			/* elements that a GEMM packs again and again */
	SYNERGY_F_FAR,			/* bytes in and out beyond what a cache holds (1 MiB) */
	SYNERGY_F_COLUMN_FAR,		/* the same of im2col's elements, in bytes */
	SYNERGY_F_MAC2,			/* MACs squared (network models) */
	SYNERGY_F_SIMD,			/* measured: SIMD instructions */
	SYNERGY_F_BUS,			/* bus accesses */
	SYNERGY_F_INST,			/* instructions */
	SYNERGY_F_TIME,			/* us */
	SYNERGY_F_SIMD_V2,		/* these times the voltage squared, or the voltage: frequency.h */
	SYNERGY_F_BUS_V2,
	SYNERGY_F_INST_V2,
	SYNERGY_F_TIME_V,
	SYNERGY_F_CYCLES,		/* time at its clock */
	SYNERGY_F_TRAFFIC_MHZ,		/* bytes in, out and of parameters, times the clock in MHz */
	SYNERGY_FEATURE_COUNT
};

const char *synergy_type_name(enum synergy_layer_type type);	/* "conv" */
int synergy_type_find(const char *name);			/* -1 none */
const char *synergy_feature_name(enum synergy_feature feature);	/* "mac" */
int synergy_feature_find(const char *name);			/* -1 none */

/* -1: an operator that is not known (errno EINVAL) */
int synergy_layer_type_of(const struct synergy_layers_row *row);
int synergy_layer_is_conv(enum synergy_layer_type type);	/* of any kind */
/* Fill the columns known from the file; the measured ones become NaN. */
void synergy_layer_features_of(const struct synergy_layers_row *row, double *f);

/* Bytes in, out and of parameters. */
double synergy_layer_traffic(const double *f);

/*
 * A type without a model of its own is predicted by the model of the type that is
 * nearest to the layer in arithmetic intensity: operations (MACs, or window
 * elements where nothing is multiplied) per byte of activations and parameters.
 * That is known from the file alone, for layers of any type, measured or not.
 */
double synergy_layer_intensity(const double *f);	/* NaN: not known, or no work */
/* by_type: each type's intensity, NaN where it has no model. SYNERGY_TYPES: none. */
enum synergy_layer_type synergy_type_nearest(const double *by_type, double intensity);

#endif
