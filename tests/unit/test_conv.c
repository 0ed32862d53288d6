// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every convolution against the reference, on random odd shapes, strides,
 * pads, dilations and groups, with every back end and instruction set that
 * this machine has.
 */
#include "kernels/raw.h"
#include "kernels/simd.h"
#include "tests/unit/random.h"
#include "tests/framework/test.h"

struct test_case {
	struct synergy_conv c;
	float *x, *w, *bias, *residual, *want, *got;
	int64_t count;
	double largest;
};

static bool settle(struct synergy_conv *c)
{
	int i;

	for (i = 0; i < SYNERGY_SPATIAL; i++) {
		struct synergy_window *w = &c->w;
		int64_t span = (w->kernel[i] - 1) * w->dilation[i] + 1;
		int64_t room = w->in[i] + w->pad_begin[i] + w->pad_end[i] - span;

		if (room < 0)
			return false;
		w->out[i] = room / w->stride[i] + 1;
	}
	return true;
}

/* Nothing, limits or a function after the convolution; what is added comes with the case. */
static struct synergy_post random_post(void)
{
	static const struct synergy_map maps[] = {
		{ SYNERGY_FN_IDENTITY, 0, 0, 0 },   { SYNERGY_FN_IDENTITY, 0, 0, 0 },
		{ SYNERGY_FN_RELU, 0, 0, 0 },	    { SYNERGY_FN_CLIP, -0.5f, 0.75f, 0 },
		{ SYNERGY_FN_HARD_SWISH, 0, 0, 0 }, { SYNERGY_FN_SWISH, 1, 0, 0 },
	};

	return synergy_post_of(&maps[random_int(0, 5)]);
}

static struct synergy_conv random_conv(bool image)
{
	struct synergy_conv c;

	do {
		int i;

		c = (struct synergy_conv){ .batch = random_int(1, 2), .groups = random_int(1, 3) };
		c.in_channels = c.groups * random_int(1, 20);
		c.out_channels = c.groups * random_int(1, 30);
		c.post = random_post();
		for (i = 0; i < SYNERGY_SPATIAL; i++) {
			const bool real = i || !image;

			c.w.in[i] = real ? random_int(1, image ? 40 : 9) : 1;
			c.w.kernel[i] = real ? random_int(1, image ? 7 : 3) : 1;
			c.w.stride[i] = real ? random_int(1, 4) : 1;
			c.w.dilation[i] = real ? random_int(1, 2) : 1;
			c.w.pad_begin[i] = real ? random_int(0, 3) : 0;
			c.w.pad_end[i] = real ? random_int(0, 3) : 0;
		}
	} while (!settle(&c));
	return c;
}

/* What is printed when @method's output is wrong */
static void describe(const char *method, const struct synergy_conv *c)
{
	const struct synergy_window *w = &c->w;

	PARAMS("%s: batch %lld channels %lld->%lld groups %lld post %d add %d in %lldx%lldx%lld kernel "
	       "%lldx%lldx%lld stride %lldx%lldx%lld dilation %lldx%lldx%lld pad %lld,%lld,%lld "
	       "%lld,%lld,%lld", method, (long long)c->batch, (long long)c->in_channels,
	       (long long)c->out_channels, (long long)c->groups,
	       c->post.has_min ? -1 : (int)c->post.map.function, c->post.residual != NULL, (long long)w->in[0],
	       (long long)w->in[1], (long long)w->in[2], (long long)w->kernel[0],
	       (long long)w->kernel[1], (long long)w->kernel[2], (long long)w->stride[0],
	       (long long)w->stride[1], (long long)w->stride[2], (long long)w->dilation[0],
	       (long long)w->dilation[1], (long long)w->dilation[2], (long long)w->pad_begin[0],
	       (long long)w->pad_begin[1], (long long)w->pad_begin[2], (long long)w->pad_end[0],
	       (long long)w->pad_end[1], (long long)w->pad_end[2]);
}

static void open_case(struct test_case *t, const struct synergy_conv *c)
{
	struct synergy_conv plain;
	int64_t i;

	t->c = *c;
	t->count = c->batch * c->out_channels * synergy_window_out(&c->w);
	t->x = random_floats(c->batch * c->in_channels * synergy_window_in(&c->w));
	t->w = random_floats(c->out_channels * c->in_channels / c->groups *
			     synergy_window_kernel(&c->w));
	t->bias = random_int(0, 3) ? random_floats(c->out_channels) : NULL;
	t->residual = random_int(0, 2) ? NULL : random_floats(t->count);
	t->c.post.residual = t->residual;
	t->want = random_floats(t->count);
	t->got = random_floats(t->count);
	/* Errors are a share of what is summed up, whatever limits it has afterwards. */
	plain = t->c;
	plain.post = (struct synergy_post){ .residual = t->residual };
	synergy_conv_ref(&plain, t->x, t->w, t->bias, t->want);
	t->largest = 1e-3;
	for (i = 0; i < t->count; i++)
		t->largest = fmax(t->largest, fabs((double)t->want[i]));
	synergy_conv_ref(&t->c, t->x, t->w, t->bias, t->want);
}

static void close_case(struct test_case *t)
{
	free(t->x);
	free(t->w);
	free(t->bias);
	free(t->residual);
	free(t->want);
	free(t->got);
}

static void compare(struct test_case *t, const char *method, double tolerance)
{
	double worst = 0;
	int64_t i;

	for (i = 0; i < t->count; i++) {
		worst = test_worse(worst, fabs((double)t->got[i] - t->want[i]) / t->largest);
		t->got[i] = 1e30f;
	}
	describe(method, &t->c);
	CHECK_LE(worst, tolerance);	/* of the largest output */
}

static void check_im2col(struct test_case *t, struct synergy_threads *threads)
{
	const char *name;
	size_t i;

	(void)threads;		/* the back ends have their own */
	for (i = 0; (name = synergy_gemm_name(i)); i++) {
		const struct synergy_gemm_backend *gemm = synergy_gemm_find(name);
		float *columns;

		if (gemm->open())
			continue;
		columns = random_floats(synergy_conv_im2col_floats(&t->c));
		synergy_conv_im2col(gemm, synergy_simd_best(), &t->c, t->x, t->w, t->bias, columns, t->got);
		compare(t, name, 1e-5);
		free(columns);
	}
}

static void check_direct(struct test_case *t, struct synergy_threads *threads)
{
	const struct synergy_simd *simd;
	size_t i;

	if (!synergy_window_is_2d(&t->c.w))
		return;
	for (i = 0; (simd = synergy_simd_at(i)); i++) {
		float *packed = random_floats(simd->direct_packed_floats(&t->c));
		float *workspace = random_floats(simd->direct_workspace_floats(
			&t->c, synergy_threads_count(threads)));

		simd->direct_pack(&t->c, t->w, packed);
		simd->direct_conv(threads, &t->c, t->x, packed, t->bias, workspace, t->got);
		compare(t, simd->name, 1e-5);
		free(packed);
		free(workspace);
	}
}

static void check_depthwise(struct test_case *t, struct synergy_threads *threads)
{
	const struct synergy_simd *simd;
	size_t i;

	for (i = 0; (simd = synergy_simd_at(i)); i++) {
		float *workspace = random_floats(simd->depthwise_workspace_floats(
			&t->c, synergy_threads_count(threads)));

		simd->depthwise_conv(threads, &t->c, t->x, t->w, t->bias, workspace, t->got);
		compare(t, simd->name, 1e-5);
		free(workspace);
	}
}

static void check_winograd(struct test_case *t, struct synergy_threads *threads, int tile)
{
	const struct synergy_simd *simd;
	size_t i;

	for (i = 0; (simd = synergy_simd_at(i)); i++) {
		float *packed = random_floats(simd->winograd_packed_floats(&t->c, tile));
		float *workspace = random_floats(simd->winograd_workspace_floats(
			&t->c, tile, synergy_threads_count(threads)));

		simd->winograd_pack(&t->c, tile, t->w, packed);
		simd->winograd_conv(threads, &t->c, tile, t->x, packed, t->bias, workspace, t->got);
		compare(t, simd->name, tile == 4 ? 1e-4 : 1e-5);
		free(packed);
		free(workspace);
	}
}

/* Shapes for the methods that take few: depthwise, and 3x3 by one. */
static void special(struct synergy_threads *threads)
{
	struct synergy_conv c = random_conv(true);
	struct test_case t;
	int axis;

	c.out_channels = c.in_channels * random_int(1, 2);
	c.groups = c.in_channels;
	if (random_int(0, 3)) {
		c.w.kernel[1] = c.w.kernel[2] = 3 + 2 * random_int(0, 2);
		c.w.stride[1] = c.w.stride[2] = random_int(1, 2);
		c.w.dilation[1] = c.w.dilation[2] = 1;
	}
	if (settle(&c)) {
		open_case(&t, &c);
		check_depthwise(&t, threads);
		close_case(&t);
	}
	c = random_conv(true);
	for (axis = 1; axis < SYNERGY_SPATIAL; axis++) {
		c.w.kernel[axis] = 3;
		c.w.stride[axis] = c.w.dilation[axis] = 1;
	}
	if (settle(&c)) {
		open_case(&t, &c);
		check_winograd(&t, threads, 4);
		check_winograd(&t, threads, 2);
		close_case(&t);
	}
}

/* N random shapes; every other one with threads */
static void shapes(int n, void (*check)(struct test_case *t, struct synergy_threads *threads))
{
	struct synergy_threads *threads = synergy_threads_create(3);
	struct test_case t;
	int i;

	random_begin();
	for (i = 0; i < n; i++) {
		struct synergy_conv c = random_conv(i % 4);

		open_case(&t, &c);
		check(&t, i % 2 ? threads : NULL);
		close_case(&t);
	}
	synergy_threads_destroy(threads);
}

TEST(im2col)
{
	shapes(150, check_im2col);
}

TEST(direct)
{
	shapes(200, check_direct);
}

TEST(depthwise_and_winograd)
{
	struct synergy_threads *threads = synergy_threads_create(3);
	int i;

	random_begin();
	for (i = 0; i < 150; i++)
		special(i % 3 ? NULL : threads);
	synergy_threads_destroy(threads);
}
