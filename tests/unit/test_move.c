// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operators that move or convert, at the ends of their ranges: Cast between integers
 * beyond what a double holds and from numbers that no integer is, Slice with a step
 * as large as a file can ask for (the sanitizers watch).
 */
#include <stdlib.h>

#include "kernels/kernel.h"
#include "tests/framework/test.h"

/* Runs a kind's last kernel (the reference) from x to y. */
static void run(const struct synergy_node *node, const struct synergy_tensor *in, const void *x,
		const struct synergy_tensor *out, void *y)
{
	const struct synergy_kernel *const *list = synergy_kernels_of(node->kind);
	const struct synergy_kernel_env env = { .simd = synergy_simd_best() };
	const void *src[] = { x };
	void *dst[] = { y };
	struct synergy_call call = { .node = node, .env = &env, .n_in = 1, .n_out = 1,
				     .in = &in, .out = &out, .src = src, .dst = dst };

	while (list[1])
		list++;
	if (CHECK(!(*list)->supports || (*list)->supports(&call)))
		(*list)->run(&call);
}

static struct synergy_tensor vector(enum synergy_dtype dtype, int64_t n)
{
	return (struct synergy_tensor){ .dtype = dtype, .rank = 1, .dims = { n }, .count = n,
					.bytes = (size_t)n * synergy_dtype_size(dtype) };
}

static void cast(enum synergy_dtype from, const void *x, enum synergy_dtype to, void *y, int64_t n)
{
	const struct synergy_node node = { .kind = SYNERGY_OP_CAST };
	const struct synergy_tensor in = vector(from, n), out = vector(to, n);

	run(&node, &in, x, &out, y);
}

TEST(cast)
{
	const int64_t large[4] = { INT64_MAX, (1LL << 53) + 1, -((1LL << 53) + 1), 0x1200000034LL };
	const float odd[6] = { NAN, INFINITY, -INFINITY, 3e9f, -2.9f, 0.4f };
	int64_t same[4], whole[6];
	uint8_t truth[6];
	int32_t low[4];
	double real[4];

	cast(SYNERGY_I64, large, SYNERGY_I64, same, 4);
	CHECK(!memcmp(same, large, sizeof(same)));
	cast(SYNERGY_I64, large, SYNERGY_I32, low, 4);
	CHECK_EQ(low[0], -1);
	CHECK_EQ(low[1], 1);
	CHECK_EQ(low[2], -1);
	CHECK_EQ(low[3], 0x34);
	cast(SYNERGY_I64, large, SYNERGY_F64, real, 4);
	CHECK_NEAR(real[3], 77309411380.0, 0);
	cast(SYNERGY_F32, odd, SYNERGY_I64, whole, 6);
	CHECK_EQ(whole[0], 0);
	CHECK_EQ(whole[1], INT64_MAX);
	CHECK_EQ(whole[2], INT64_MIN);
	CHECK_EQ(whole[3], 3000000000LL);
	CHECK_EQ(whole[4], -2);
	CHECK_EQ(whole[5], 0);
	cast(SYNERGY_F32, odd, SYNERGY_BOOL, truth, 6);
	CHECK_EQ(truth[0], 1);
	CHECK_EQ(truth[3], 1);
	CHECK_EQ(truth[4], 1);
	CHECK_EQ(truth[5], 1);
	/* 256 is true though its low byte is 0 */
	cast(SYNERGY_I64, (const int64_t[]){ 256, 0 }, SYNERGY_BOOL, truth, 2);
	CHECK_EQ(truth[0], 1);
	CHECK_EQ(truth[1], 0);
}

TEST(slice)
{
	const struct synergy_node node = {
		.kind = SYNERGY_OP_SLICE,
		.p.slice = { .start = { 1, 0 }, .step = { INT64_MAX, 2 } },
	};
	const struct synergy_tensor in = { .dtype = SYNERGY_F32, .rank = 2, .dims = { 3, 4 },
					   .count = 12, .bytes = 48 };
	const struct synergy_tensor out = { .dtype = SYNERGY_F32, .rank = 2, .dims = { 1, 2 },
					    .count = 2, .bytes = 8 };
	float x[12], y[2];
	int i;

	for (i = 0; i < 12; i++)
		x[i] = (float)i;
	run(&node, &in, x, &out, y);
	CHECK_EQ(y[0], 4);
	CHECK_EQ(y[1], 6);
}

/* Nothing is transposed; the sanitizers watch the walk to its beginning. */
TEST(nothing)
{
	const struct synergy_node node = { .kind = SYNERGY_OP_TRANSPOSE,
					   .p.transpose.perm = { 1, 0, 2 } };
	const struct synergy_tensor in = { .dtype = SYNERGY_F32, .rank = 3, .dims = { 2, 0, 3 } };
	const struct synergy_tensor out = { .dtype = SYNERGY_F32, .rank = 3, .dims = { 0, 2, 3 } };
	float x = 1, y = 2;

	run(&node, &in, &x, &out, &y);
	CHECK(y == 2);
}
