// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fast pooling and response normalisation against their references, on random
 * odd shapes, with every instruction set that this machine has.
 * Usage: test_pool [SEED]
 */
#include "kernels/raw.h"
#include "kernels/simd.h"
#include "tests/unit/random.h"
#include "tests/framework/test.h"

static bool settle(struct synergy_pool *p)
{
	int i;

	for (i = 0; i < SYNERGY_SPATIAL; i++) {
		struct synergy_window *w = &p->w;
		const int64_t room = w->in[i] + w->pad_begin[i] + w->pad_end[i] - w->kernel[i];
		const bool up = i && random_int(0, 1);

		if (room < 0 || w->pad_begin[i] >= w->kernel[i] || w->pad_end[i] >= w->kernel[i])
			return false;
		w->out[i] = (room + (up ? w->stride[i] - 1 : 0)) / w->stride[i] + 1;
		/* As Caffe does: the last window begins inside the image. */
		if ((w->out[i] - 1) * w->stride[i] >= w->in[i] + w->pad_begin[i])
			w->out[i]--;
	}
	return true;
}

static struct synergy_pool random_pool(void)
{
	struct synergy_pool p;
	int i;

	do {
		p = (struct synergy_pool){ .planes = random_int(1, 5),
					   .kind = (enum synergy_pool_kind)random_int(0, 3) };
		for (i = 0; i < SYNERGY_SPATIAL; i++) {
			p.w.in[i] = i ? random_int(1, 40) : 1;
			p.w.kernel[i] = i ? random_int(1, 5) : 1;
			p.w.stride[i] = i ? random_int(1, 4) : 1;
			p.w.dilation[i] = 1;
			p.w.pad_begin[i] = i ? random_int(0, 2) : 0;
			p.w.pad_end[i] = i ? random_int(0, 2) : 0;
		}
	} while (!settle(&p));
	return p;
}

static double worst_of(const float *want, const float *got, int64_t count)
{
	double worst = 0;
	int64_t i;

	for (i = 0; i < count; i++)
		if (want[i] != got[i])
			worst = test_worse(worst, fabs((double)want[i] - got[i]));
	return worst;
}

static void check_pool(void)
{
	const struct synergy_pool p = random_pool();
	const int64_t count = p.planes * synergy_window_out(&p.w);
	float *x = random_floats(p.planes * synergy_window_in(&p.w));
	float *want = random_floats(count), *got = random_floats(count);
	const struct synergy_simd *simd;
	size_t i;

	synergy_pool_ref(&p, x, want, NULL);
	for (i = 0; (simd = synergy_simd_at(i)); i++) {
		float *workspace = random_floats(simd->pool_workspace_floats(&p, 1));

		random_fill(got, count);
		simd->pool(&p, x, workspace, got, 0, p.planes);
		PARAMS("%s: kind %d in %lldx%lld kernel %lldx%lld stride %lldx%lld pad %lld,%lld "
		       "%lld,%lld out %lldx%lld", simd->name, p.kind, (long long)p.w.in[1],
		       (long long)p.w.in[2], (long long)p.w.kernel[1], (long long)p.w.kernel[2],
		       (long long)p.w.stride[1], (long long)p.w.stride[2],
		       (long long)p.w.pad_begin[1], (long long)p.w.pad_begin[2],
		       (long long)p.w.pad_end[1], (long long)p.w.pad_end[2],
		       (long long)p.w.out[1], (long long)p.w.out[2]);
		CHECK_LE(worst_of(want, got, count), 1e-6);
		free(workspace);
	}
	free(x);
	free(want);
	free(got);
}

static void check_lrn(void)
{
	static const float betas[] = { 0.75f, 0.5f, 1.0f };
	const struct synergy_lrn p = {
		.batch = random_int(1, 2), .channels = random_int(1, 20),
		.height = random_int(1, 30), .width = random_int(1, 30),
		.size = random_int(1, 7), .alpha = 0.1f, .beta = betas[random_int(0, 2)], .k = 1,
	};
	const int64_t plane = p.height * p.width, count = p.batch * p.channels * plane;
	const int64_t chunks = (plane + SYNERGY_LRN_CHUNK - 1) / SYNERGY_LRN_CHUNK * p.batch;
	float *x = random_floats(count), *want = random_floats(count), *got = random_floats(count);
	const struct synergy_simd *simd;
	size_t i;

	synergy_lrn_ref(&p, x, want);
	for (i = 0; (simd = synergy_simd_at(i)); i++) {
		random_fill(got, count);
		simd->lrn_across(&p, x, got, 0, chunks / 2);
		simd->lrn_across(&p, x, got, chunks / 2, chunks);
		PARAMS("%s: lrn size %lld channels %lld plane %lld beta %g", simd->name,
		       (long long)p.size, (long long)p.channels, (long long)plane, (double)p.beta);
		CHECK_LE(worst_of(want, got, count), 1e-6);
	}
	free(x);
	free(want);
	free(got);
}

static void check_elementwise(void)
{
	const int64_t count = random_int(1, 300);
	float *x = random_floats(count), *y = random_floats(count);
	const struct synergy_map times_40 = { SYNERGY_FN_AFFINE, 40, 0, 0 };
	const struct synergy_map leaky = { SYNERGY_FN_LEAKY_RELU, 0.5f, 0, 0 };
	const struct synergy_simd *simd;
	size_t s;
	int64_t i;

	for (s = 0; (simd = synergy_simd_at(s)); s++) {
		double sum = 0, total = 0;
		float max = x[0], got;

		PARAMS("%s: %lld elements", simd->name, (long long)count);
		for (i = 0; i < count; i++) {
			max = x[i] > max ? x[i] : max;
			total += x[i];
		}
		CHECK_EQ(simd->max(x, count), max);
		CHECK_NEAR(simd->sum(x, count), total, 1e-4);
		for (i = 0; i < count; i++)
			sum += exp((double)x[i] * 40 - max * 40);
		simd->map(&times_40, x, y, count);
		got = simd->exp_sum(y, y, count, max * 40);
		CHECK_NEAR(got, sum, 1e-4 * sum);
		for (i = 0; i < count; i++)
			CHECK_NEAR(y[i], exp((double)x[i] * 40 - max * 40), 1e-5);
		simd->map(&leaky, x, y, count);
		for (i = 0; i < count; i++)
			CHECK_EQ(y[i], x[i] < 0 ? x[i] * 0.5f : x[i]);
	}
	free(x);
	free(y);
}

TEST(pool)
{
	int i;

	random_begin();
	for (i = 0; i < 400; i++)
		check_pool();
}

TEST(lrn)
{
	int i;

	random_begin();
	for (i = 0; i < 50; i++)
		check_lrn();
}

TEST(elementwise)
{
	int i;

	random_begin();
	for (i = 0; i < 20; i++)
		check_elementwise();
}
