// SPDX-License-Identifier: GPL-2.0-only
/*
 * Products of 8-bit integers: every kernel against the reference, exactly, over odd shapes,
 * strides, pads, dilations, groups, types, zero points and scales, with every instruction
 * set of this processor, with one thread and three. The rounding against what ONNX says.
 */
#include <stdlib.h>
#include <string.h>

#include "kernels/kernel.h"
#include "kernels/quantised.h"
#include "tests/unit/random.h"
#include "tests/framework/test.h"

#define INPUTS	9

struct sample {
	struct synergy_node node;
	struct synergy_tensor in[INPUTS], out;
	const struct synergy_tensor *ins[INPUTS], *outs[1];
	const void *src[INPUTS];
	void *dst[1], *data[INPUTS];
	struct synergy_call call;
};

static struct synergy_tensor tensor(enum synergy_dtype type, int rank, const int64_t *dims)
{
	struct synergy_tensor t = { .name = "t", .dtype = type, .rank = rank, .count = 1 };
	int d;

	for (d = 0; d < rank; d++) {
		t.dims[d] = dims[d];
		t.count *= dims[d];
	}
	t.bytes = (size_t)t.count * synergy_dtype_size(type);
	return t;
}

static void put(struct sample *s, int i, enum synergy_dtype type, int rank, const int64_t *dims)
{
	int64_t k;

	s->in[i] = tensor(type, rank, dims);
	s->in[i].is_const = i > 0;
	s->data[i] = malloc(s->in[i].bytes + 1);
	for (k = 0; k < s->in[i].count; k++)
		if (type == SYNERGY_F32)
			((float *)s->data[i])[k] = (float)random_int(1, 1000) / 8000;
		else if (type == SYNERGY_I32)
			((int32_t *)s->data[i])[k] = (int32_t)random_int(-5000, 5000);
		else
			((uint8_t *)s->data[i])[k] = (uint8_t)random_int(0, 255);
	s->ins[i] = &s->in[i];
	s->src[i] = s->data[i];
}

static enum synergy_dtype byte_type(void)
{
	return random_int(0, 1) ? SYNERGY_U8 : SYNERGY_I8;
}

/* Zero points and scales: one, or as many as rows of A and columns of B may have. */
static void put_quantisation(struct sample *s, int64_t rows, int64_t columns)
{
	const struct synergy_quantised_inputs q = synergy_quantised_inputs(s->node.kind);
	const int64_t one = 1;

	if (q.y_zero < 0 && random_int(0, 3) == 0)
		return;		/* both may be left out */
	put(s, q.a_zero, s->in[0].dtype, rows ? 1 : 0, rows ? &rows : &one);
	put(s, q.b_zero, s->in[q.b].dtype, columns ? 1 : 0, columns ? &columns : &one);
	if (q.y_zero < 0)
		return;
	put(s, q.a_scale, SYNERGY_F32, rows ? 1 : 0, rows ? &rows : &one);
	put(s, q.b_scale, SYNERGY_F32, columns ? 1 : 0, columns ? &columns : &one);
	put(s, q.y_scale, SYNERGY_F32, 1, &one);
	put(s, q.y_zero, byte_type(), 0, NULL);
	((float *)s->data[q.y_scale])[0] = (float)random_int(1, 400);
}

static void finish(struct sample *s, int rank, const int64_t *dims)
{
	const int zero = synergy_quantised_inputs(s->node.kind).y_zero;
	int i;

	s->out = tensor(zero < 0 ? SYNERGY_I32 : s->in[zero].dtype, rank, dims);
	s->outs[0] = &s->out;
	for (i = 0; i < INPUTS; i++)
		if (s->ins[i])
			s->call.n_in = i + 1;
	s->call = (struct synergy_call){ .node = &s->node, .n_in = s->call.n_in, .n_out = 1,
					 .in = s->ins, .out = s->outs, .src = s->src,
					 .dst = s->dst, .residual = -1 };
}

static void drop(struct sample *s)
{
	int i;

	for (i = 0; i < INPUTS; i++)
		free(s->data[i]);
}

static void make_conv(struct sample *s)
{
	struct synergy_conv_params *p = &s->node.p.conv;
	const bool depthwise = random_int(0, 3) == 0, plain = random_int(0, 3) == 0;
	int64_t x[5], w[5], y[5], m;
	int d;

	s->node.kind = random_int(0, 2) ? SYNERGY_OP_QLINEAR_CONV : SYNERGY_OP_CONV_INTEGER;
	p->spatial = (int)random_int(1, 3);
	p->group = random_int(1, 3);
	w[1] = depthwise ? 1 : random_int(1, 40);
	w[0] = p->group * random_int(1, 9);
	x[0] = y[0] = random_int(1, 2);
	x[1] = p->group * w[1];
	y[1] = w[0];
	for (d = 0; d < p->spatial; d++) {
		do {
			x[2 + d] = random_int(1, p->spatial == 3 ? 6 : 13);
			w[2 + d] = p->kernel[d] = plain ? 1 : random_int(1, 4);
			p->stride[d] = plain ? 1 : random_int(1, 3);
			p->dilation[d] = random_int(1, 2);
			p->pad_begin[d] = random_int(0, 2);
			p->pad_end[d] = random_int(0, 2);
			y[2 + d] = x[2 + d] + p->pad_begin[d] + p->pad_end[d] -
				   ((w[2 + d] - 1) * p->dilation[d] + 1);
		} while (y[2 + d] < 0);
		y[2 + d] = y[2 + d] / p->stride[d] + 1;
	}
	put(s, 0, byte_type(), p->spatial + 2, x);
	put(s, synergy_quantised_inputs(s->node.kind).b, byte_type(), p->spatial + 2, w);
	put_quantisation(s, 0, random_int(0, 1) ? w[0] : 0);
	m = w[0];
	if (s->node.kind == SYNERGY_OP_QLINEAR_CONV && random_int(0, 1))
		put(s, 8, SYNERGY_I32, 1, &m);
	finish(s, p->spatial + 2, y);
}

static void make_matmul(struct sample *s)
{
	const int64_t m = random_int(1, random_int(0, 1) ? 40 : 2);
	const int64_t k = random_int(1, 90), n = random_int(1, 150);
	int64_t a[3] = { random_int(1, 3), m, k }, b[2] = { k, n }, y[3] = { a[0], m, n };

	s->node.kind = random_int(0, 2) ? SYNERGY_OP_QLINEAR_MATMUL : SYNERGY_OP_MATMUL_INTEGER;
	put(s, 0, byte_type(), 3, a);
	put(s, synergy_quantised_inputs(s->node.kind).b, byte_type(), 2, b);
	put_quantisation(s, random_int(0, 1) ? m : 0, random_int(0, 1) ? n : 0);
	finish(s, 3, y);
}

/* The output of one kernel, to be freed; with a byte behind it that must stay. */
static char *output_of(struct sample *s, const struct synergy_kernel *kernel,
		       const struct synergy_kernel_env *env)
{
	const size_t bytes = s->out.bytes;
	char *y = malloc(bytes + 1);
	size_t packed = 0;

	memset(y, 0x5a, bytes + 1);
	s->dst[0] = y;
	s->call.env = env;
	s->call.state = s->call.workspace = NULL;
	if (kernel->prepare && !CHECK(kernel->prepare(&s->call, &packed) == 0))
		return y;
	if (kernel->workspace &&
	    posix_memalign(&s->call.workspace, 64, kernel->workspace(&s->call) + 64))
		abort();
	kernel->run(&s->call);
	if (kernel->release)
		kernel->release(s->call.state);
	free(s->call.workspace);
	CHECK(y[bytes] == 0x5a);
	return y;
}

static void compare(struct sample *s, struct synergy_threads *threads)
{
	const struct synergy_kernel *const *kernels = synergy_kernels_of(s->node.kind);
	struct synergy_kernel_env env = { .simd = synergy_simd_best() };
	char *want, *got;
	size_t i;

	want = output_of(s, kernels[1], &env);
	env.threads = threads;
	if (CHECK(kernels[0]->supports(&s->call)))
		for (i = 0; (env.simd = synergy_simd_at(i)); i++) {
			got = output_of(s, kernels[0], &env);
			PARAMS("kind %d, %s: inputs %d, A of %lld, B of %lld, Y of %lld, threads %d",
			       (int)s->node.kind, env.simd->name, s->call.n_in,
			       (long long)s->in[0].count,
			       (long long)s->in[synergy_quantised_inputs(s->node.kind).b].count,
			       (long long)s->out.count, synergy_threads_count(threads));
			CHECK(memcmp(got, want, s->out.bytes) == 0);
			free(got);
		}
	free(want);
	drop(s);
}

static void compare_many(void (*make)(struct sample *s), int rounds)
{
	struct synergy_threads *threads = synergy_threads_create(3);
	int round;

	random_begin();
	for (round = 0; round < rounds; round++) {
		struct sample s = { 0 };

		make(&s);
		compare(&s, round & 1 ? threads : NULL);
	}
	synergy_threads_destroy(threads);
}

TEST(convolutions)
{
	compare_many(make_conv, 300);
}

TEST(matrices)
{
	compare_many(make_matmul, 200);
}

/* The longest sums that the packed kernels take, of the largest products. */
TEST(largest_sums)
{
	const int64_t a[2] = { 2, SYNERGY_MAX_PRODUCTS }, b[2] = { SYNERGY_MAX_PRODUCTS, 5 };
	const int64_t y[2] = { 2, 5 };
	struct sample s = { 0 };

	s.node.kind = SYNERGY_OP_MATMUL_INTEGER;
	put(&s, 0, SYNERGY_U8, 2, a);
	put(&s, 1, SYNERGY_U8, 2, b);
	memset(s.data[0], 255, s.in[0].bytes);
	memset(s.data[1], 255, s.in[1].bytes);
	finish(&s, 2, y);
	compare(&s, NULL);
}

/* Ties go to the even step before the zero point is added; limits are the type's. */
TEST(rounding)
{
	CHECK_EQ(synergy_requantise(1, 0.5, 3, 0, 255), 3);
	CHECK_EQ(synergy_requantise(3, 0.5, 3, 0, 255), 5);
	CHECK_EQ(synergy_requantise(-1, 0.5, 3, 0, 255), 3);
	CHECK_EQ(synergy_requantise(-3, 0.5, 3, 0, 255), 1);
	CHECK_EQ(synergy_requantise(1000, 1, 3, 0, 255), 255);
	CHECK_EQ(synergy_requantise(-1000, 1, 3, -128, 127), -128);
	CHECK_EQ(synergy_requantise(INT32_MAX, 1e300, 0, -128, 127), 127);
	CHECK_EQ(synergy_requantise(0, (double)INFINITY, 7, 0, 255), 7);
}
