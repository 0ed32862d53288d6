// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ConvInteger and QLinearConv: by definition, and with constant weights packed as
 * differences from their zero points (conv_integer.c). Padding is X's zero point.
 */
#include <stdlib.h>

#include "kernels/conv_integer.h"
#include "kernels/op.h"
#include "kernels/op_conv.h"
#include "kernels/parts.h"

/* --- the definition ------------------------------------------------------------------------ */

struct operands {
	struct synergy_conv c;
	struct synergy_quantised_inputs q;
	enum synergy_dtype x_type, w_type;
	int32_t x_zero;
};

static struct operands operands_of(const struct synergy_call *call)
{
	struct operands o = { .q = synergy_quantised_inputs(call->node->kind) };

	synergy_conv_geometry(call, &o.c);
	o.x_type = call->in[0]->dtype;
	o.w_type = call->in[o.q.b]->dtype;
	return o;
}

static int32_t bias_at(const struct synergy_call *call, int input, int64_t i)
{
	return input >= 0 && input < call->n_in && call->in[input] ?
		       ((const int32_t *)call->src[input])[i] : 0;
}

static int32_t element(const struct synergy_call *call, const struct operands *p, int64_t image,
		       int64_t m, const int64_t o[SYNERGY_SPATIAL])
{
	const struct synergy_window *w = &p->c.w;
	const int64_t group_in = p->c.in_channels / p->c.groups;
	const int32_t w_zero = synergy_zero_point(call, p->q.b_zero, m);
	int64_t tap = m * group_in * synergy_window_kernel(w), sum = 0, i, k[SYNERGY_SPATIAL], at;
	int d;

	for (i = 0; i < group_in; i++, image += synergy_window_in(w))
		for (k[0] = 0; k[0] < w->kernel[0]; k[0]++)
			for (k[1] = 0; k[1] < w->kernel[1]; k[1]++)
				for (k[2] = 0; k[2] < w->kernel[2]; k[2]++, tap++) {
					for (d = 0, at = 0; d < SYNERGY_SPATIAL && at >= 0; d++) {
						const int64_t v = o[d] * w->stride[d] +
								  k[d] * w->dilation[d] -
								  w->pad_begin[d];

						at = v < 0 || v >= w->in[d] ? -1 : at * w->in[d] + v;
					}
					if (at < 0)
						continue;
					sum += (synergy_load_int(call->src[0], p->x_type, image + at) -
						p->x_zero) *
					       (synergy_load_int(call->src[p->q.b], p->w_type, tap) -
						w_zero);
				}
	return (int32_t)(uint32_t)(uint64_t)sum;
}

static void ref_run(const struct synergy_call *call)
{
	struct operands p = operands_of(call);
	const int64_t group_in = p.c.in_channels / p.c.groups;
	const int64_t group_out = p.c.out_channels / p.c.groups;
	struct synergy_sums_out out = synergy_sums_out_of(call);
	int64_t o[SYNERGY_SPATIAL], n, m, at = 0, image;

	synergy_sums_row(call, &out, 0);
	p.x_zero = synergy_zero_point(call, p.q.a_zero, 0);
	for (n = 0; n < p.c.batch; n++)
		for (m = 0; m < p.c.out_channels; m++) {
			image = (n * p.c.in_channels + m / group_out * group_in) *
				synergy_window_in(&p.c.w);
			for (o[0] = 0; o[0] < p.c.w.out[0]; o[0]++)
				for (o[1] = 0; o[1] < p.c.w.out[1]; o[1]++)
					for (o[2] = 0; o[2] < p.c.w.out[2]; o[2]++, at++)
						synergy_store_int(call->dst[0], call->out[0]->dtype, at,
							synergy_sums_one(&out, synergy_sums_add(
								element(call, &p, image, m, o),
								bias_at(call, p.q.bias, m)), m));
		}
}

static const struct synergy_kernel reference = { .method = "reference", .run = ref_run };

/* --- packed weights ------------------------------------------------------------------------ */

static bool packed_supports(const struct synergy_call *call)
{
	const struct operands p = operands_of(call);

	return call->in[p.q.b]->is_const && call->src[p.q.b] && synergy_zero_point_is_known(call, p.q.b_zero) &&
	       call->in[p.q.b]->count > 0 && call->out[0]->count > 0 &&
	       call->in[p.q.b]->count / p.c.out_channels <= SYNERGY_MAX_PRODUCTS;
}

/* Taps outermost and channels innermost, as the image is read. */
static int packed_prepare(struct synergy_call *call, size_t *bytes)
{
	const struct operands p = operands_of(call);
	const int64_t group_in = p.c.in_channels / p.c.groups;
	const int64_t taps = synergy_window_kernel(&p.c.w);
	const int64_t padded = synergy_integer_padded(group_in * taps);
	int64_t m, i, k, from = 0;
	int16_t *to;

	to = synergy_integer_memory(p.c.out_channels * padded, bytes);
	call->state = to;
	if (!to)
		return -1;
	for (m = 0; m < p.c.out_channels; m++, to += padded)
		for (i = 0; i < group_in; i++)
			for (k = 0; k < taps; k++, from++)
				to[k * group_in + i] = (int16_t)(
					synergy_load_int(call->src[p.q.b], p.w_type, from) -
					synergy_zero_point(call, p.q.b_zero, m));
	return 0;
}

static size_t packed_workspace(const struct synergy_call *call)
{
	const struct operands p = operands_of(call);

	return synergy_conv_integer_workspace(&p.c, synergy_threads_count(call->env->threads));
}

static void packed_run(const struct synergy_call *call)
{
	const struct operands p = operands_of(call);
	struct synergy_conv_integer job = {
		.simd = call->env->simd, .threads = call->env->threads, .c = p.c,
		.x = call->src[0], .x_signed = p.x_type == SYNERGY_I8,
		.x_zero = synergy_zero_point(call, p.q.a_zero, 0),
		.packed = call->state, .out = synergy_sums_out_of(call), .y = call->dst[0],
		.workspace = call->workspace,
	};

	if (p.q.bias >= 0 && p.q.bias < call->n_in && call->in[p.q.bias])
		job.bias = call->src[p.q.bias];
	synergy_sums_row(call, &job.out, 0);
	synergy_conv_integer(&job);
}

static const struct synergy_kernel packed = {
	.method = "int8",
	.supports = packed_supports,
	.prepare = packed_prepare,
	.release = free,
	.workspace = packed_workspace,
	.run = packed_run,
};

synergy_kernel_list synergy_conv_integer_kernels = { &packed, &reference, NULL };
