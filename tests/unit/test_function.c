// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vector loops against their definitions: functions of one number within two units in
 * the last place or 1e-6 over all magnitudes, and what they make of 0, infinity and NaN;
 * arithmetic of two operands however they broadcast; moves by strides.
 */
#include <math.h>
#include <stdlib.h>

#include "kernels/kernel.h"
#include "model/eval.h"
#include "tests/framework/test.h"
#include "tests/unit/random.h"

#define COUNT	4096

/* Two units in the last place of y, or 1e-6 of it. */
static double tolerance(double y)
{
	const double ulp = ldexp(1, (y != 0 ? ilogb(y) : -126) - 23);

	return fmax(2 * ulp, 1e-6);
}

static void compare(const struct synergy_simd *simd, const struct synergy_map *map, const float *x,
		    const float *y, int64_t count)
{
	int64_t i;

	for (i = 0; i < count; i++) {
		const double want = (double)(float)synergy_map_of(map, (double)x[i]);

		PARAMS("%s: function %d (%g, %g) of %.9g", simd->name, map->function, (double)map->a,
		       (double)map->b, (double)x[i]);
		if (isnan(want))
			CHECK(isnan(y[i]));
		else if (isinf(want))
			CHECK((double)y[i] == want);
		else if (!CHECK_NEAR((double)y[i], want, tolerance(want)))
			return;
	}
}

static void check_map(enum synergy_function function, float a, float b, float low, float high)
{
	const struct synergy_map map = { function, a, b, 0 };
	const struct synergy_simd *simd;
	float *x = random_floats(COUNT), *y = random_floats(COUNT);
	size_t s;
	int i;

	/* Evenly between the limits, then over all magnitudes; not whole vectors. */
	for (i = 0; i < COUNT; i++) {
		x[i] = low + (high - low) * (x[i] * 0.5f + 0.5f);
		if (i & 1)
			x[i] *= ldexpf(1, -(i / 2 % 40));
	}
	for (s = 0; (simd = synergy_simd_at(s)); s++) {
		if (!CHECK(simd->map(&map, x, y, COUNT - 5)))
			break;
		compare(simd, &map, x, y, COUNT - 5);
	}
	free(x);
	free(y);
}

TEST(functions)
{
	random_begin();
	check_map(SYNERGY_FN_RELU, 0, 0, -5, 5);
	check_map(SYNERGY_FN_LEAKY_RELU, 0.1f, 0, -5, 5);
	check_map(SYNERGY_FN_CLIP, -1, 2.5f, -5, 5);
	check_map(SYNERGY_FN_AFFINE, 1.5f, -0.25f, -5, 5);
	check_map(SYNERGY_FN_ELU, 1.3f, 0, -100, 5);
	check_map(SYNERGY_FN_SELU, 1.6732632f, 1.0507010f, -20, 5);
	check_map(SYNERGY_FN_CELU, 2, 0, -20, 5);
	check_map(SYNERGY_FN_SIGMOID, 0, 0, -100, 100);
	check_map(SYNERGY_FN_TANH, 0, 0, -12, 12);
	check_map(SYNERGY_FN_HARD_SIGMOID, 0.2f, 0.5f, -5, 5);
	check_map(SYNERGY_FN_HARD_SWISH, 0, 0, -5, 5);
	check_map(SYNERGY_FN_SWISH, 1, 0, -60, 60);
	check_map(SYNERGY_FN_GELU, 0, 0, -8, 8);
	check_map(SYNERGY_FN_GELU_TANH, 0, 0, -8, 8);
	check_map(SYNERGY_FN_MISH, 0, 0, -30, 30);
	check_map(SYNERGY_FN_SOFTPLUS, 0, 0, -60, 60);
	check_map(SYNERGY_FN_SOFTSIGN, 0, 0, -60, 60);
	check_map(SYNERGY_FN_EXP, 0, 0, -80, 88.5f);
	check_map(SYNERGY_FN_LOG, 0, 0, 0, 1e6f);
	check_map(SYNERGY_FN_ERF, 0, 0, -6, 6);
	check_map(SYNERGY_FN_SQRT, 0, 0, 0, 100);
	check_map(SYNERGY_FN_RECIPROCAL, 0, 0, 0.001f, 100);
	check_map(SYNERGY_FN_SQUARE, 0, 0, -50, 50);
	check_map(SYNERGY_FN_CUBE, 0, 0, -50, 50);
	check_map(SYNERGY_FN_RECIPROCAL_SQRT, 0, 0, 0.001f, 100);
	check_map(SYNERGY_FN_ABS, 0, 0, -50, 50);
	check_map(SYNERGY_FN_NEG, 0, 0, -50, 50);
	check_map(SYNERGY_FN_FLOOR, 0, 0, -50, 50);
	check_map(SYNERGY_FN_CEIL, 0, 0, -50, 50);
}

/* The ends: every function there is, on every instruction set. */
TEST(ends_of_the_range)
{
	static const float ends[] = { 0, INFINITY, -INFINITY, NAN, 1e-38f, -1e-38f, 3e38f, -3e38f,
				      88.8f, -104.5f, 1, -1 };
	const int n = sizeof(ends) / sizeof(ends[0]);
	const struct synergy_simd *simd;
	float y[sizeof(ends) / sizeof(ends[0])];
	int f;
	size_t s;

	for (s = 0; (simd = synergy_simd_at(s)); s++)
		for (f = 0; f < SYNERGY_FN_COUNT; f++) {
			const struct synergy_map map = { (enum synergy_function)f, 1, 1, 0 };

			/* Far out, powers of the ends and what the polynomials promise differ. */
			if (f == SYNERGY_FN_GELU_TANH || f == SYNERGY_FN_SOFTSIGN ||
			    !simd->map(&map, ends, y, n))
				continue;
			compare(simd, &map, ends, y, n);
		}
}

/* --- operators by kind ------------------------------------------------------------------------ */

static struct synergy_tensor tensor(int rank, const int64_t *dims)
{
	struct synergy_tensor t = { .dtype = SYNERGY_F32, .rank = rank, .count = 1 };
	int d;

	for (d = 0; d < rank; d++) {
		t.dims[d] = dims[d];
		t.count *= dims[d];
	}
	t.bytes = (size_t)t.count * sizeof(float);
	return t;
}

/* Every kernel of the node's kind that takes it, on every instruction set, against eval. */
static void check_node(const struct synergy_node *node, int n_in, const struct synergy_tensor **in,
		       const void **src, const struct synergy_tensor *out, double limit)
{
	const struct synergy_kernel *const *list;
	struct synergy_kernel_env env = { 0 };
	float *want = random_floats(out->count), *got = random_floats(out->count);
	void *dst[1] = { got };
	struct synergy_call call = { .node = node, .env = &env, .n_in = n_in, .n_out = 1, .in = in,
				     .out = &out, .src = src, .dst = dst };
	const struct synergy_eval e = { node, n_in, 1, in, &out, src, (void *[]){ want } };
	int64_t i;
	size_t s;

	synergy_eval(&e);
	for (s = 0; (env.simd = synergy_simd_at(s)); s++)
		for (list = synergy_kernels_of(node->kind); *list; list++) {
			if ((*list)->supports && !(*list)->supports(&call))
				continue;
			memset(got, 0x55, out->bytes);
			(*list)->run(&call);
			for (i = 0; i < out->count; i++)
				if (!CHECK_NEAR((double)got[i], (double)want[i],
						limit * (1 + fabs((double)want[i])))) {
					printf("    %s, %s, element %lld\n", env.simd->name,
					       (*list)->method, (long long)i);
					break;
				}
		}
	free(want);
	free(got);
}

static const char *shape_text(const struct synergy_tensor *t)
{
	static char buf[4][200];
	static int next;

	next = (next + 1) % 4;
	return synergy_tensor_shape(t, buf[next], sizeof(buf[next]));
}

/* Two operands that broadcast, each with any of the dimensions left out or 1. */
static void check_binary(enum synergy_op_kind kind)
{
	const struct synergy_node node = { .kind = kind, .p.prelu.channel_axis = -1 };
	int64_t dims[3][SYNERGY_MAX_RANK];
	const int rank = random_int(0, 5), drop = random_int(0, rank);
	struct synergy_tensor t[3];
	const struct synergy_tensor *in[2] = { &t[0], &t[1] };
	float *a, *b;
	int d;

	for (d = 0; d < rank; d++) {
		dims[2][d] = random_int(1, 9);
		dims[0][d] = kind == SYNERGY_OP_PRELU || random_int(0, 3) ? dims[2][d] : 1;
		dims[1][d] = dims[0][d] == 1 || random_int(0, 2) ? dims[2][d] : 1;
		if (d < drop && dims[0][d] == dims[2][d])
			dims[1][d] = 1;
	}
	t[0] = tensor(rank, dims[0]);
	t[1] = tensor(rank - drop, dims[1] + drop);
	for (d = 0; d < drop; d++)
		if (dims[0][d] != dims[2][d])
			return;
	t[2] = tensor(rank, dims[2]);
	PARAMS("kind %d, %s and %s", kind, shape_text(&t[0]), shape_text(&t[1]));
	a = random_floats(t[0].count);
	b = random_floats(t[1].count);
	for (d = 0; d < t[1].count; d++)
		b[d] += b[d] < 0 ? -0.5f : 0.5f;
	check_node(&node, 2, in, (const void *[]){ a, b }, &t[2], 1e-6);
	free(a);
	free(b);
}

TEST(broadcasting)
{
	static const enum synergy_op_kind kinds[] = { SYNERGY_OP_ADD, SYNERGY_OP_SUB, SYNERGY_OP_MUL,
						      SYNERGY_OP_DIV, SYNERGY_OP_PRELU };
	int i;

	random_begin();
	for (i = 0; i < 1000; i++)
		check_binary(kinds[i % 5]);
}

static void check_move(void)
{
	struct synergy_node node = { .kind = SYNERGY_OP_TRANSPOSE };
	int64_t dims[SYNERGY_MAX_RANK], out[SYNERGY_MAX_RANK];
	const int rank = random_int(1, 5);
	struct synergy_tensor x, y;
	const struct synergy_tensor *in = &x;
	float *data;
	int d, k, t;

	for (d = 0; d < rank; d++) {
		dims[d] = random_int(1, 20);
		node.p.transpose.perm[d] = d;
	}
	switch (random_int(0, 2)) {
	case 0:
		for (d = rank - 1; d > 0; d--) {
			k = random_int(0, d);
			t = node.p.transpose.perm[d];
			node.p.transpose.perm[d] = node.p.transpose.perm[k];
			node.p.transpose.perm[k] = t;
		}
		for (d = 0; d < rank; d++)
			out[d] = dims[node.p.transpose.perm[d]];
		break;
	case 1:
		node.kind = SYNERGY_OP_SLICE;
		for (d = 0; d < rank; d++) {
			node.p.slice.start[d] = random_int(0, (int)dims[d] - 1);
			node.p.slice.step[d] = random_int(0, 3) ? 1 : random_int(-3, 3);
			t = (int)node.p.slice.step[d];
			out[d] = t > 0 ? (dims[d] - node.p.slice.start[d] + t - 1) / t :
				 t < 0 ? node.p.slice.start[d] / -t + 1 : 1;
		}
		break;
	default:
		node.kind = SYNERGY_OP_TILE;
		for (d = 0; d < rank; d++)
			out[d] = dims[d] * random_int(1, 3);
		break;
	}
	x = tensor(rank, dims);
	y = tensor(rank, out);
	PARAMS("kind %d from %s to %s", node.kind, shape_text(&x), shape_text(&y));
	data = random_floats(x.count);
	check_node(&node, 1, &in, (const void *[]){ data }, &y, 0);
	free(data);
}

TEST(moves)
{
	int i;

	random_begin();
	for (i = 0; i < 300; i++)
		check_move();
}

static void check_pad(void)
{
	struct synergy_node node = { .kind = SYNERGY_OP_PAD,
				     .p.pad.mode = (enum synergy_pad_mode)random_int(0, 3),
				     .p.pad.value = 2.5f };
	int64_t dims[SYNERGY_MAX_RANK], out[SYNERGY_MAX_RANK];
	const int rank = random_int(1, 4);
	struct synergy_tensor x, y;
	const struct synergy_tensor *in = &x;
	float *data;
	int d;

	for (d = 0; d < rank; d++) {
		const int most = node.p.pad.mode == SYNERGY_PAD_CONSTANT ? 5 : 2;

		dims[d] = random_int(3, 9);
		node.p.pad.begin[d] = random_int(-1, most);
		node.p.pad.end[d] = random_int(-1, most);
		out[d] = dims[d] + node.p.pad.begin[d] + node.p.pad.end[d];
	}
	x = tensor(rank, dims);
	y = tensor(rank, out);
	PARAMS("mode %d from %s to %s", node.p.pad.mode, shape_text(&x), shape_text(&y));
	data = random_floats(x.count);
	check_node(&node, 1, &in, (const void *[]){ data }, &y, 0);
	free(data);
}

TEST(pads)
{
	int i;

	random_begin();
	for (i = 0; i < 300; i++)
		check_pad();
}

static void check_reduce(void)
{
	struct synergy_node node = {
		.kind = SYNERGY_OP_REDUCE,
		.p.reduce = { .mode = (enum synergy_reduce_mode)random_int(0, SYNERGY_REDUCE_LOG_SUM_EXP),
			      .scale = 1.5f, .keep_dims = true },
	};
	int64_t dims[SYNERGY_MAX_RANK], out[SYNERGY_MAX_RANK];
	const int rank = random_int(1, 4);
	struct synergy_tensor x, y;
	const struct synergy_tensor *in = &x;
	float *data;
	int d;

	for (d = 0; d < rank; d++) {
		dims[d] = random_int(1, 12);
		node.p.reduce.axis[d] = random_int(0, 1);
		out[d] = node.p.reduce.axis[d] ? 1 : dims[d];
	}
	x = tensor(rank, dims);
	y = tensor(rank, out);
	PARAMS("mode %d from %s to %s", node.p.reduce.mode, shape_text(&x), shape_text(&y));
	data = random_floats(x.count);
	for (d = 0; node.p.reduce.mode == SYNERGY_REDUCE_LOG_SUM && d < x.count; d++)
		data[d] = data[d] * 0.5f + 1;
	check_node(&node, 1, &in, (const void *[]){ data }, &y, 1e-5);
	free(data);
}

TEST(reductions)
{
	int i;

	random_begin();
	for (i = 0; i < 400; i++)
		check_reduce();
}
