// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Arithmetic on two or more tensors with numpy's broadcasting: Add, Sub, Mul, Div, Pow,
 * PRelu, and Sum, Max, Min, Mean, Prod (Caffe's Eltwise). Whatever broadcasts how, what is
 * left is rows in which each operand goes on by one or stands still (model/nest.h).
 */
#include "kernels/op.h"
#include "kernels/parts.h"
#include "model/nest.h"
#include "model/number.h"

static bool zip_of(enum synergy_op_kind kind, enum synergy_zip *zip)
{
	switch (kind) {
	case SYNERGY_OP_ADD:
		*zip = SYNERGY_ZIP_ADD;
		return true;
	case SYNERGY_OP_SUB:
		*zip = SYNERGY_ZIP_SUB;
		return true;
	case SYNERGY_OP_MUL:
		*zip = SYNERGY_ZIP_MUL;
		return true;
	case SYNERGY_OP_DIV:
		*zip = SYNERGY_ZIP_DIV;
		return true;
	case SYNERGY_OP_PRELU:
		*zip = SYNERGY_ZIP_PRELU;
		return true;
	default:
		return false;
	}
}

struct zip_job {
	const struct synergy_simd *simd;
	enum synergy_zip zip;
	struct synergy_nest nest;
	const float *a, *b;
	float *y;
};

/* Elements begin..end-1 of every row from row `first` on. */
static void zip_rows(const struct zip_job *job, struct synergy_range rows, struct synergy_range row)
{
	const struct synergy_nest *n = &job->nest;
	const int64_t sa = n->stride[0][n->rank - 1], sb = n->stride[1][n->rank - 1];
	const int64_t length = synergy_nest_row(n);
	struct synergy_nest_at at;
	int64_t r;

	synergy_nest_seek(n, rows.begin, &at);
	for (r = rows.begin; r < rows.end; r++, synergy_nest_next(n, &at))
		job->simd->zip(job->zip, job->a + at.offset[0] + row.begin * sa, (int)sa,
			       job->b + at.offset[1] + row.begin * sb, (int)sb,
			       job->y + r * length + row.begin, row.end - row.begin);
}

/* Rows are dealt out; where there are few, each is cut. */
static void zip_part(void *arg, int part, int parts)
{
	const struct zip_job *job = arg;
	const int64_t rows = synergy_nest_rows(&job->nest), row = synergy_nest_row(&job->nest);
	const struct synergy_range all_rows = { 0, rows }, all = { 0, row };

	if (rows >= parts)
		zip_rows(job, synergy_part_range(rows, part, parts, 1), all);
	else
		zip_rows(job, all_rows, synergy_part_range(row, part, parts, 64));
}

/* a and b of any shapes that broadcast to y's. */
static void zip_tensors(const struct synergy_call *call, enum synergy_zip zip,
			const struct synergy_tensor *a, const void *a_data,
			const struct synergy_tensor *b, const void *b_data)
{
	const struct synergy_tensor *const both[2] = { a, b };
	struct zip_job job = { .simd = call->env->simd, .zip = zip, .a = a_data, .b = b_data,
			       .y = call->dst[0] };

	if (!call->out[0]->count)
		return;
	synergy_nest_broadcast(&job.nest, call->out[0], both, 2);
	synergy_run_parts(call->env->threads, call->out[0]->count, SYNERGY_PART_ELEMENTS, zip_part,
			  &job);
}

static bool binary_supports(const struct synergy_call *call)
{
	enum synergy_zip zip;

	return synergy_call_is_f32(call) && zip_of(call->node->kind, &zip);
}

static void binary_run(const struct synergy_call *call)
{
	enum synergy_zip zip = SYNERGY_ZIP_ADD;

	zip_of(call->node->kind, &zip);
	zip_tensors(call, zip, call->in[0], call->src[0], call->in[1], call->src[1]);
}

static const struct synergy_kernel binary_simd = {
	.method = "simd",
	.flags = SYNERGY_KERNEL_IN_PLACE | SYNERGY_KERNEL_IN_PLACE_1,
	.supports = binary_supports,
	.run = binary_run,
};

/* A slope for each channel is a vector along that axis. */
static void prelu_run(const struct synergy_call *call)
{
	const int axis = call->node->p.prelu.channel_axis;
	struct synergy_tensor slope = *call->in[1];
	int d;

	if (axis >= 0 && slope.count > 1) {
		slope.rank = call->out[0]->rank - axis;
		for (d = 1; d < slope.rank; d++)
			slope.dims[d] = 1;
	}
	zip_tensors(call, SYNERGY_ZIP_PRELU, call->in[0], call->src[0], &slope, call->src[1]);
}

static const struct synergy_kernel prelu_simd = {
	.method = "simd",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = synergy_call_is_f32,
	.run = prelu_run,
};

synergy_kernel_list synergy_prelu_kernels = { &prelu_simd, &synergy_kernel_eval_elements, NULL };

/* --- Pow with an exponent that is known ------------------------------------------------------- */

static bool power_map(const struct synergy_call *call, struct synergy_map *map)
{
	static const struct {
		float exponent;
		struct synergy_map map;
	} known[] = {
		{ 1, { SYNERGY_FN_AFFINE, 1, 0, 0 } },	{ 2, { SYNERGY_FN_SQUARE, 0, 0, 0 } },
		{ 3, { SYNERGY_FN_CUBE, 0, 0, 0 } },	{ 0.5f, { SYNERGY_FN_SQRT, 0, 0, 0 } },
		{ -1, { SYNERGY_FN_RECIPROCAL, 0, 0, 0 } },
		{ -0.5f, { SYNERGY_FN_RECIPROCAL_SQRT, 0, 0, 0 } },
	};
	const struct synergy_tensor *b = call->in[1];
	double exponent;
	size_t i;

	if (!synergy_is_f32(call->in[0]) || !b->is_const || !call->src[1] || b->count != 1 ||
	    call->in[0]->count != call->out[0]->count)
		return false;
	exponent = synergy_load_real(call->src[1], b->dtype, 0);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (exponent == (double)known[i].exponent) {
			*map = known[i].map;
			return true;
		}
	return false;
}

static bool power_supports(const struct synergy_call *call)
{
	struct synergy_map map;

	return power_map(call, &map);
}

struct power_job {
	const struct synergy_call *call;
	struct synergy_map map;
};

static void power_part(void *arg, int part, int parts)
{
	const struct power_job *job = arg;
	const struct synergy_call *call = job->call;
	const struct synergy_range r = synergy_part_range(call->out[0]->count, part, parts, 64);

	call->env->simd->map(&job->map, (const float *)call->src[0] + r.begin,
			     (float *)call->dst[0] + r.begin, r.end - r.begin);
}

static void power_run(const struct synergy_call *call)
{
	struct power_job job = { .call = call };

	power_map(call, &job.map);
	synergy_run_parts(call->env->threads, call->out[0]->count, SYNERGY_PART_ELEMENTS, power_part,
			  &job);
}

static const struct synergy_kernel power_simd = {
	.method = "simd",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = power_supports,
	.run = power_run,
};

synergy_kernel_list synergy_binary_kernels = {
	&binary_simd, &power_simd, &synergy_kernel_eval_elements, NULL,
};

/* --- any number of operands ------------------------------------------------------------------- */

static bool eltwise_supports(const struct synergy_call *call)
{
	return synergy_call_is_f32(call) && call->n_in >= 2 && !call->node->p.eltwise.coefficients;
}

/* The first two, then each further one onto the result. */
static void eltwise_run(const struct synergy_call *call)
{
	static const enum synergy_zip zips[] = {
		[SYNERGY_ELTWISE_SUM] = SYNERGY_ZIP_ADD, [SYNERGY_ELTWISE_PROD] = SYNERGY_ZIP_MUL,
		[SYNERGY_ELTWISE_MAX] = SYNERGY_ZIP_MAX, [SYNERGY_ELTWISE_MIN] = SYNERGY_ZIP_MIN,
		[SYNERGY_ELTWISE_MEAN] = SYNERGY_ZIP_ADD,
	};
	const enum synergy_eltwise_mode mode = call->node->p.eltwise.mode;
	const struct synergy_tensor one = { .rank = 0, .count = 1 };
	const float share = 1.0f / (float)call->n_in;
	int t;

	zip_tensors(call, zips[mode], call->in[0], call->src[0], call->in[1], call->src[1]);
	for (t = 2; t < call->n_in; t++)
		zip_tensors(call, zips[mode], call->out[0], call->dst[0], call->in[t], call->src[t]);
	if (mode == SYNERGY_ELTWISE_MEAN)
		zip_tensors(call, SYNERGY_ZIP_MUL, call->out[0], call->dst[0], &one, &share);
}

static const struct synergy_kernel eltwise_simd = {
	.method = "simd",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = eltwise_supports,
	.run = eltwise_run,
};

synergy_kernel_list synergy_eltwise_kernels = {
	&eltwise_simd, &synergy_kernel_eval_elements, NULL,
};
