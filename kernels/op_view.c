// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Operators that change no data: Reshape and its kin share memory with their
 * input where the planner can arrange it and copy where it cannot. Dropout at
 * inference is one of them; its mask is all true. Cast changes the type.
 */
#include <string.h>

#include "kernels/op.h"
#include "model/convert.h"

static void view_run(const struct synergy_call *call)
{
	if (call->dst[0] != call->src[0])
		memcpy(call->dst[0], call->src[0], call->out[0]->bytes);
}

static const struct synergy_kernel view = {
	.method = "view",
	.flags = SYNERGY_KERNEL_IN_PLACE | SYNERGY_KERNEL_VIEW,
	.run = view_run,
};

synergy_kernel_list synergy_view_kernels = { &view, NULL };

/* Training mode with ratio 0 keeps everything too; other ratios are random. */
static bool dropout_supports(const struct synergy_call *call)
{
	const struct synergy_dropout_params *p = &call->node->p.dropout;

	return !p->training || p->ratio == 0;
}

/* The mask before opset 12 has the data's type, later it is boolean. */
static void dropout_run(const struct synergy_call *call)
{
	int64_t i;

	view_run(call);
	if (call->n_out < 2 || !call->out[1])
		return;
	if (call->out[1]->dtype == SYNERGY_F32)
		for (i = 0; i < call->out[1]->count; i++)
			((float *)call->dst[1])[i] = 1;
	else
		memset(call->dst[1], 1, call->out[1]->bytes);
}

static const struct synergy_kernel dropout = {
	.method = "view",
	.flags = SYNERGY_KERNEL_IN_PLACE | SYNERGY_KERNEL_VIEW,
	.supports = dropout_supports,
	.run = dropout_run,
};

synergy_kernel_list synergy_dropout_kernels = { &dropout, NULL };

static bool is_real(enum synergy_dtype dtype)
{
	return dtype == SYNERGY_F32 || dtype == SYNERGY_F64;
}

static int64_t load_int(const void *data, enum synergy_dtype dtype, int64_t i)
{
	switch (dtype) {
	case SYNERGY_I32:
		return ((const int32_t *)data)[i];
	case SYNERGY_I64:
		return ((const int64_t *)data)[i];
	case SYNERGY_I8:
		return ((const int8_t *)data)[i];
	default:
		return ((const uint8_t *)data)[i];
	}
}

static double load_real(const void *data, enum synergy_dtype dtype, int64_t i)
{
	if (dtype == SYNERGY_F32)
		return (double)((const float *)data)[i];
	return dtype == SYNERGY_F64 ? ((const double *)data)[i] : (double)load_int(data, dtype, i);
}

/* What does not fit keeps its low bits, as between integers in C. */
static void store_int(void *data, enum synergy_dtype dtype, int64_t i, int64_t v)
{
	switch (dtype) {
	case SYNERGY_I32:
		((int32_t *)data)[i] = (int32_t)v;
		break;
	case SYNERGY_I64:
		((int64_t *)data)[i] = v;
		break;
	case SYNERGY_BOOL:
		((uint8_t *)data)[i] = v != 0;
		break;
	default:
		((uint8_t *)data)[i] = (uint8_t)v;
		break;
	}
}

static void store_real(void *data, enum synergy_dtype dtype, int64_t i, double v)
{
	if (dtype == SYNERGY_F32)
		((float *)data)[i] = (float)v;
	else if (dtype == SYNERGY_F64)
		((double *)data)[i] = v;
	else
		store_int(data, dtype, i, dtype == SYNERGY_BOOL ? v != 0 : synergy_real_to_s64(v));
}

static bool castable(enum synergy_dtype dtype)
{
	return is_real(dtype) || dtype == SYNERGY_I32 ||
	       dtype == SYNERGY_I64 || dtype == SYNERGY_BOOL || dtype == SYNERGY_I8 ||
	       dtype == SYNERGY_U8;
}

static bool cast_supports(const struct synergy_call *call)
{
	return castable(call->in[0]->dtype) && castable(call->out[0]->dtype);
}

static void cast_run(const struct synergy_call *call)
{
	const enum synergy_dtype from = call->in[0]->dtype, to = call->out[0]->dtype;
	int64_t i;

	if (is_real(from) || is_real(to))
		for (i = 0; i < call->out[0]->count; i++)
			store_real(call->dst[0], to, i, load_real(call->src[0], from, i));
	else
		for (i = 0; i < call->out[0]->count; i++)
			store_int(call->dst[0], to, i, load_int(call->src[0], from, i));
}

static const struct synergy_kernel cast = {
	.method = "reference",
	.supports = cast_supports,
	.run = cast_run,
};

synergy_kernel_list synergy_cast_kernels = { &cast, NULL };
