// SPDX-License-Identifier: GPL-3.0-or-later
/* See features.h. Tables and the arithmetic of shapes; no fitting. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "fit/features.h"

/*
 * Where data that do not stay in the cache begin: half of the common 2 MiB, since
 * inputs and outputs take turns. A kink, not a law: whether it helps is seen when
 * models are chosen.
 */
#define CACHE_BYTES	1048576.0

static const char *const type_names[SYNERGY_TYPES] = {
	"conv", "pointwise", "depthwise", "fc", "pool", "global_pool", "lrn", "norm", "eltwise",
	"activation", "softmax", "copy", "none",
};

static const char *const feature_names[SYNERGY_FEATURE_COUNT] = {
	"one", "mac", "params", "bytes_in", "bytes_out", "bytes", "column", "window", "pack",
	"far", "column_far", "mac2", "simd", "bus_access", "inst", "time_us",
	"simd_v2", "bus_access_v2", "inst_v2", "time_us_v", "cycles", "traffic_mhz",
};

/* Operators by the names that user/model gives them. */
static const struct {
	const char *op;
	enum synergy_layer_type type;
} ops[] = {
	{ "Conv", SYNERGY_TYPE_CONV }, { "Gemm", SYNERGY_TYPE_FC }, { "MatMul", SYNERGY_TYPE_FC },
	{ "MaxPool", SYNERGY_TYPE_POOL }, { "AveragePool", SYNERGY_TYPE_POOL },
	{ "GlobalMaxPool", SYNERGY_TYPE_GLOBAL_POOL },
	{ "GlobalAveragePool", SYNERGY_TYPE_GLOBAL_POOL }, { "LRN", SYNERGY_TYPE_LRN },
	{ "BatchNorm", SYNERGY_TYPE_NORM }, { "Scale", SYNERGY_TYPE_NORM },
	{ "Add", SYNERGY_TYPE_ELTWISE }, { "Sub", SYNERGY_TYPE_ELTWISE },
	{ "Mul", SYNERGY_TYPE_ELTWISE }, { "Div", SYNERGY_TYPE_ELTWISE },
	{ "Pow", SYNERGY_TYPE_ELTWISE }, { "Eltwise", SYNERGY_TYPE_ELTWISE },
	{ "Unary", SYNERGY_TYPE_ELTWISE }, { "Power", SYNERGY_TYPE_ELTWISE },
	{ "Reduce", SYNERGY_TYPE_ELTWISE }, { "Relu", SYNERGY_TYPE_ACTIVATION },
	{ "LeakyRelu", SYNERGY_TYPE_ACTIVATION }, { "PRelu", SYNERGY_TYPE_ACTIVATION },
	{ "Elu", SYNERGY_TYPE_ACTIVATION }, { "Sigmoid", SYNERGY_TYPE_ACTIVATION },
	{ "Tanh", SYNERGY_TYPE_ACTIVATION }, { "HardSigmoid", SYNERGY_TYPE_ACTIVATION },
	{ "HardSwish", SYNERGY_TYPE_ACTIVATION }, { "Clip", SYNERGY_TYPE_ACTIVATION },
	{ "Softmax", SYNERGY_TYPE_SOFTMAX }, { "LogSoftmax", SYNERGY_TYPE_SOFTMAX },
	{ "Concat", SYNERGY_TYPE_COPY }, { "Split", SYNERGY_TYPE_COPY },
	{ "Slice", SYNERGY_TYPE_COPY }, { "Pad", SYNERGY_TYPE_COPY },
	{ "Transpose", SYNERGY_TYPE_COPY }, { "Gather", SYNERGY_TYPE_COPY },
	{ "Expand", SYNERGY_TYPE_COPY }, { "Cast", SYNERGY_TYPE_COPY },
	{ "Dropout", SYNERGY_TYPE_NONE }, { "Flatten", SYNERGY_TYPE_NONE },
	{ "Reshape", SYNERGY_TYPE_NONE }, { "Squeeze", SYNERGY_TYPE_NONE },
	{ "Unsqueeze", SYNERGY_TYPE_NONE }, { "Identity", SYNERGY_TYPE_NONE },
	{ "Constant", SYNERGY_TYPE_NONE }, { "ConstantOfShape", SYNERGY_TYPE_NONE },
	{ "Shape", SYNERGY_TYPE_NONE },
};

const char *synergy_type_name(enum synergy_layer_type type)
{
	return type_names[type];
}

static int find(const char *const *names, int n, const char *name)
{
	int i;

	for (i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

int synergy_type_find(const char *name)
{
	return find(type_names, SYNERGY_TYPES, name);
}

const char *synergy_feature_name(enum synergy_feature feature)
{
	return feature_names[feature];
}

int synergy_feature_find(const char *name)
{
	return find(feature_names, SYNERGY_FEATURE_COUNT, name);
}

int synergy_layer_is_conv(enum synergy_layer_type type)
{
	return type <= SYNERGY_TYPE_DEPTHWISE;
}

int synergy_layer_type_of(const struct synergy_layers_row *row)
{
	const struct synergy_layer_features *f = &row->features;
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (!strcmp(ops[i].op, row->op))
			break;
	if (i == sizeof(ops) / sizeof(ops[0])) {
		errno = EINVAL;
		return -1;
	}
	if (ops[i].type != SYNERGY_TYPE_CONV)
		return ops[i].type;
	if (f->group > 1 && f->group == f->channels_in)
		return SYNERGY_TYPE_DEPTHWISE;
	return f->kernel_h == 1 && f->kernel_w == 1 ? SYNERGY_TYPE_POINTWISE : SYNERGY_TYPE_CONV;
}

static double known(int64_t v)
{
	return v < 0 ? NAN : (double)v;
}

void synergy_layer_features_of(const struct synergy_layers_row *row, double *f)
{
	const struct synergy_layer_features *l = &row->features;
	double out = known(l->bytes_out) / 4, in = known(l->bytes_in) / 4;
	double kernel = known(l->kernel_h) * known(l->kernel_w), group = known(l->group);
	int i;

	for (i = 0; i < SYNERGY_FEATURE_COUNT; i++)
		f[i] = NAN;
	f[SYNERGY_F_ONE] = 1;
	f[SYNERGY_F_MAC] = (double)row->mac;
	f[SYNERGY_F_PARAMS] = known(l->params);
	f[SYNERGY_F_BYTES_IN] = known(l->bytes_in);
	f[SYNERGY_F_BYTES_OUT] = known(l->bytes_out);
	f[SYNERGY_F_BYTES] = f[SYNERGY_F_BYTES_IN] + f[SYNERGY_F_BYTES_OUT];
	f[SYNERGY_F_WINDOW] = out * kernel;
	if (!strncmp(row->op, "Global", 6))
		f[SYNERGY_F_WINDOW] = in;
	/* im2col writes C/g k k rows of out pixels, for each group; 1x1 needs none. */
	f[SYNERGY_F_COLUMN] = (double)row->mac * group / known(l->channels_out);
	if (kernel == 1 && l->stride_h == 1 && l->stride_w == 1)
		f[SYNERGY_F_COLUMN] = 0;
	/*
	 * GEMM copies the pixels' matrix once for every block of the filters', and
	 * writes the output once for every block of the depth (some 256).
	 */
	f[SYNERGY_F_FAR] = fmax(f[SYNERGY_F_BYTES] - CACHE_BYTES, 0);
	f[SYNERGY_F_COLUMN_FAR] = fmax(4 * f[SYNERGY_F_COLUMN] - CACHE_BYTES, 0);
	if (isnan(f[SYNERGY_F_BYTES]))
		f[SYNERGY_F_FAR] = NAN;
	if (isnan(f[SYNERGY_F_COLUMN]))
		f[SYNERGY_F_COLUMN_FAR] = NAN;
	f[SYNERGY_F_PACK] = out * (1 + floor((double)row->mac / (out > 0 ? out : 1) / 256));
}

double synergy_layer_traffic(const double *f)
{
	return f[SYNERGY_F_BYTES] + (isnan(f[SYNERGY_F_PARAMS]) ? 0 : 4 * f[SYNERGY_F_PARAMS]);
}

double synergy_layer_intensity(const double *f)
{
	double work = fmax(f[SYNERGY_F_MAC], f[SYNERGY_F_WINDOW]);
	double bytes = synergy_layer_traffic(f);

	return work > 0 && bytes > 0 ? work / bytes : NAN;
}

enum synergy_layer_type synergy_type_nearest(const double *by_type, double intensity)
{
	enum synergy_layer_type best = SYNERGY_TYPES;
	double least = INFINITY;
	int t;

	for (t = 0; t < SYNERGY_TYPES; t++) {
		double off = fabs(log(by_type[t] / intensity));

		if (off < least) {
			least = off;
			best = (enum synergy_layer_type)t;
		}
	}
	return best;
}
