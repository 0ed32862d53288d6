// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Softmax and LogSoftmax along one axis, or over all dimensions from it on.
 */
#include <math.h>
#include <string.h>

#include "kernels/op.h"
#include "kernels/parts.h"

struct softmax {
	const struct synergy_call *call;
	int64_t outer, size, inner;
};

static void sizes_of(const struct synergy_call *call, struct softmax *s)
{
	const struct synergy_softmax_params *p = &call->node->p.softmax;
	const struct synergy_tensor *x = call->in[0];
	const int end = p->flattened || !x->rank ? x->rank : p->axis + 1;

	*s = (struct softmax){ call, synergy_dims_product(x, 0, p->axis),
			       synergy_dims_product(x, p->axis, end),
			       synergy_dims_product(x, end, x->rank) };
}

static void ref_column(const float *x, float *y, int64_t size, int64_t step, bool log_of)
{
	float max = x[0];
	double sum = 0;
	int64_t i;

	for (i = 1; i < size; i++)
		max = x[i * step] > max ? x[i * step] : max;
	for (i = 0; i < size; i++)
		sum += exp((double)x[i * step] - (double)max);
	for (i = 0; i < size; i++) {
		double v = (double)x[i * step] - (double)max;

		y[i * step] = (float)(log_of ? v - log(sum) : exp(v) / sum);
	}
}

static void ref_run(const struct synergy_call *call)
{
	const bool log_of = call->node->kind == SYNERGY_OP_LOG_SOFTMAX;
	const float *x = call->src[0];
	float *y = call->dst[0];
	struct softmax s;
	int64_t o, i;

	if (!call->out[0]->count)
		return;
	sizes_of(call, &s);
	for (o = 0; o < s.outer; o++, x += s.size * s.inner, y += s.size * s.inner)
		for (i = 0; i < s.inner; i++)
			ref_column(x + i, y + i, s.size, s.inner, log_of);
}

static const struct synergy_kernel softmax_ref = {
	.method = "reference",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = synergy_call_is_f32,
	.run = ref_run,
};

static bool simd_supports(const struct synergy_call *call)
{
	struct softmax s;

	sizes_of(call, &s);
	return synergy_call_is_f32(call) && s.size > 0 && call->out[0]->count > 0;
}

/* A row that lies dense. */
static void softmax_row(const struct synergy_simd *simd, const float *x, float *y, int64_t size,
			bool log_of)
{
	const float max = simd->max(x, size), sum = simd->exp_sum(x, y, size, max);

	if (log_of)
		synergy_affine(simd, x, y, size, 1, -max - logf(sum));
	else
		synergy_affine(simd, y, y, size, 1 / sum, 0);
}

static void rows_part(void *arg, int part, int parts)
{
	const struct softmax *s = arg;
	const struct synergy_range r = synergy_part_range(s->outer, part, parts, 1);
	const bool log_of = s->call->node->kind == SYNERGY_OP_LOG_SOFTMAX;
	int64_t o;

	for (o = r.begin; o < r.end; o++)
		softmax_row(s->call->env->simd, (const float *)s->call->src[0] + o * s->size,
			    (float *)s->call->dst[0] + o * s->size, s->size, log_of);
}

/* Columns, a stretch of them that stays in cache at a time: maxima and sums as vectors. */
#define STRETCH	256

static void softmax_columns(const struct softmax *s, const float *x, float *y, int64_t n)
{
	const bool log_of = s->call->node->kind == SYNERGY_OP_LOG_SOFTMAX;
	const struct synergy_simd *simd = s->call->env->simd;
	const struct synergy_map to_exp = { .function = SYNERGY_FN_EXP };
	const struct synergy_map to_log = { .function = SYNERGY_FN_LOG };
	float max[STRETCH], sum[STRETCH] = { 0 }, e[STRETCH];
	int64_t k;

	memcpy(max, x, (size_t)n * sizeof(*max));
	for (k = 1; k < s->size; k++)
		simd->zip(SYNERGY_ZIP_MAX, max, 1, x + k * s->inner, 1, max, n);
	for (k = 0; k < s->size; k++) {
		float *to = log_of ? e : y + k * s->inner;

		simd->zip(SYNERGY_ZIP_SUB, x + k * s->inner, 1, max, 1, to, n);
		simd->map(&to_exp, to, to, n);
		simd->zip(SYNERGY_ZIP_ADD, sum, 1, to, 1, sum, n);
	}
	if (log_of) {
		simd->map(&to_log, sum, sum, n);
		simd->zip(SYNERGY_ZIP_ADD, sum, 1, max, 1, sum, n);
	}
	for (k = 0; k < s->size; k++)
		simd->zip(log_of ? SYNERGY_ZIP_SUB : SYNERGY_ZIP_DIV,
			  (log_of ? x : y) + k * s->inner, 1, sum, 1, y + k * s->inner, n);
}

static void columns_part(void *arg, int part, int parts)
{
	const struct softmax *s = arg;
	const int64_t stretches = (s->inner + STRETCH - 1) / STRETCH;
	const struct synergy_range r = synergy_part_range(s->outer * stretches, part, parts, 1);
	int64_t i, at, first, n;

	for (i = r.begin; i < r.end; i++) {
		first = i % stretches * STRETCH;
		at = i / stretches * s->size * s->inner + first;
		n = s->inner - first < STRETCH ? s->inner - first : STRETCH;
		softmax_columns(s, (const float *)s->call->src[0] + at,
				(float *)s->call->dst[0] + at, n);
	}
}

static void simd_run(const struct synergy_call *call)
{
	struct softmax s;

	sizes_of(call, &s);
	synergy_run_parts(call->env->threads, call->out[0]->count, SYNERGY_PART_ELEMENTS / 8,
			  s.inner == 1 ? rows_part : columns_part, &s);
}

/* In place a row's own x is gone when LogSoftmax subtracts: it is given other memory. */
static bool softmax_simd_supports(const struct synergy_call *call)
{
	return simd_supports(call) && call->node->kind == SYNERGY_OP_SOFTMAX;
}

static const struct synergy_kernel softmax_simd = {
	.method = "simd",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = softmax_simd_supports,
	.run = simd_run,
};

static const struct synergy_kernel log_softmax_simd = {
	.method = "simd",
	.supports = simd_supports,
	.run = simd_run,
};

synergy_kernel_list synergy_softmax_kernels = {
	&softmax_simd, &log_softmax_simd, &softmax_ref, NULL,
};
