// SPDX-License-Identifier: GPL-2.0-only
/*
 * What real code does on the virtual Cortex-A57, against what it does on a real
 * one: convolutions as the papers ran them (Caffe: im2col and OpenBLAS's sgemm,
 * one thread) take 0.2454 advanced-SIMD instructions a MAC. The bus accesses
 * that the cache model has for them are printed beside the published ones.
 *
 * With an argument, `all`, every convolution of the networks is run, and once
 * more with nothing of its operands left in the caches; without, a choice that
 * keeps `make check` quick.
 */
/* board: modules=none timeout=60 debug=no */
#include <cblas.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/syscall.h>

#include "sim.h"

#define PUBLISHED_SIMD_PER_MAC	0.2454
#define MAX_LAYERS		80

/* Square convolutions: input channels and size, output channels, ... */
struct layer {
	int ic, size, oc, kernel, stride, pad, groups;
	int quick;	/* one of the choice */
};

static const struct layer alexnet[] = {
	{ 3, 227, 96, 11, 4, 0, 1, 1 }, { 96, 27, 256, 5, 1, 2, 2, 0 },
	{ 256, 13, 384, 3, 1, 1, 1, 1 }, { 384, 13, 384, 3, 1, 1, 2, 1 },
	{ 384, 13, 256, 3, 1, 1, 2, 0 }, { 0 },
};

static const struct layer squeezenet[] = {
	{ 3, 227, 96, 7, 2, 0, 1, 0 }, { 96, 55, 16, 1, 1, 0, 1, 1 }, { 16, 55, 64, 1, 1, 0, 1, 0 },
	{ 16, 55, 64, 3, 1, 1, 1, 1 }, { 128, 55, 16, 1, 1, 0, 1, 0 }, { 16, 55, 64, 1, 1, 0, 1, 0 },
	{ 16, 55, 64, 3, 1, 1, 1, 0 }, { 128, 55, 32, 1, 1, 0, 1, 0 },
	{ 32, 55, 128, 1, 1, 0, 1, 0 }, { 32, 55, 128, 3, 1, 1, 1, 0 },
	{ 256, 27, 32, 1, 1, 0, 1, 0 }, { 32, 27, 128, 1, 1, 0, 1, 1 },
	{ 32, 27, 128, 3, 1, 1, 1, 0 }, { 256, 27, 48, 1, 1, 0, 1, 0 },
	{ 48, 27, 192, 1, 1, 0, 1, 0 }, { 48, 27, 192, 3, 1, 1, 1, 1 },
	{ 384, 27, 48, 1, 1, 0, 1, 0 }, { 48, 27, 192, 1, 1, 0, 1, 0 },
	{ 48, 27, 192, 3, 1, 1, 1, 0 }, { 384, 27, 64, 1, 1, 0, 1, 0 },
	{ 64, 27, 256, 1, 1, 0, 1, 0 }, { 64, 27, 256, 3, 1, 1, 1, 0 },
	{ 512, 13, 64, 1, 1, 0, 1, 1 }, { 64, 13, 256, 1, 1, 0, 1, 0 },
	{ 64, 13, 256, 3, 1, 1, 1, 0 }, { 512, 13, 1000, 1, 1, 1, 1, 0 }, { 0 },
};

/* GoogLeNet's stem and three of its nine inception modules. */
static const struct layer googlenet[] = {
	{ 3, 224, 64, 7, 2, 3, 1, 0 }, { 64, 56, 64, 1, 1, 0, 1, 0 }, { 64, 56, 192, 3, 1, 1, 1, 0 },
	{ 192, 28, 64, 1, 1, 0, 1, 0 }, { 192, 28, 96, 1, 1, 0, 1, 1 },
	{ 96, 28, 128, 3, 1, 1, 1, 0 }, { 192, 28, 16, 1, 1, 0, 1, 0 },
	{ 16, 28, 32, 5, 1, 2, 1, 1 }, { 192, 28, 32, 1, 1, 0, 1, 0 },
	{ 512, 14, 160, 1, 1, 0, 1, 0 }, { 512, 14, 112, 1, 1, 0, 1, 0 },
	{ 112, 14, 224, 3, 1, 1, 1, 1 }, { 512, 14, 24, 1, 1, 0, 1, 0 },
	{ 24, 14, 64, 5, 1, 2, 1, 0 }, { 512, 14, 64, 1, 1, 0, 1, 0 },
	{ 832, 7, 384, 1, 1, 0, 1, 1 }, { 832, 7, 192, 1, 1, 0, 1, 0 },
	{ 192, 7, 384, 3, 1, 1, 1, 0 }, { 832, 7, 48, 1, 1, 0, 1, 0 },
	{ 48, 7, 128, 5, 1, 2, 1, 0 }, { 832, 7, 128, 1, 1, 0, 1, 0 }, { 0 },
};

static int simd_fd, bus_fd;

static int open_event(unsigned long config)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .config = config,
					.exclude_kernel = 1 };
	FILE *file = fopen("/sys/bus/event_source/devices/synergy_sim_pmu/type", "r");

	if (!file)
		return -1;
	if (fscanf(file, "%u", &attr.type) != 1)
		attr.type = 0;
	fclose(file);
	return syscall(SYS_perf_event_open, &attr, -1, 1, -1, PERF_FLAG_FD_CLOEXEC);
}

static uint64_t value(int fd)
{
	uint64_t v = 0;

	CHECK_EQ(read(fd, &v, sizeof(v)), sizeof(v));
	return v;
}

static float *numbers(size_t n)
{
	float *f = malloc(n * sizeof(*f));
	size_t i;

	if (!f)
		exit(1);
	for (i = 0; i < n; i++)
		f[i] = (float)(i % 251) / 251 - 0.5F;
	return f;
}

/*
 * One row of the matrix: what one weight meets at every place. Copied as
 * integers: zeros made in SIMD registers would be counted as work.
 */
static uint32_t *unroll(const float *plane, const struct layer *l, int ky, int kx, int out,
			uint32_t *row)
{
	const uint32_t *from = (const uint32_t *)plane;
	int y, x, iy, ix;

	for (y = 0; y < out; y++) {
		iy = y * l->stride - l->pad + ky;
		for (x = 0; x < out; x++) {
			ix = x * l->stride - l->pad + kx;
			*row++ = iy < 0 || iy >= l->size || ix < 0 || ix >= l->size ? 0 :
				 from[iy * l->size + ix];
		}
	}
	return row;
}

static void im2col(const float *in, const struct layer *l, int channels, int out, float *col)
{
	uint32_t *row = (uint32_t *)col;
	int c, ky, kx;

	for (c = 0; c < channels; c++, in += l->size * l->size)
		for (ky = 0; ky < l->kernel; ky++)
			for (kx = 0; kx < l->kernel; kx++)
				row = unroll(in, l, ky, kx, out, row);
}

/* Twice the second level, written: nothing else is left in it. */
static void empty_caches(void)
{
	static volatile uint64_t other[(4 << 20) / sizeof(uint64_t)];
	size_t i;

	for (i = 0; i < sizeof(other) / sizeof(other[0]); i += 8)
		other[i] = i;
}

/* Return: MACs */
static double convolve(const struct layer *l, int cold, uint64_t *simd, uint64_t *bus)
{
	int out = (l->size + 2 * l->pad - l->kernel) / l->stride + 1;
	int ic = l->ic / l->groups, oc = l->oc / l->groups, k = ic * l->kernel * l->kernel, g;
	float *in = numbers((size_t)l->ic * l->size * l->size);
	float *weights = numbers((size_t)l->oc * k);
	float *result = numbers((size_t)l->oc * out * out);
	float *col = numbers((size_t)k * out * out);
	uint64_t simd_begin, bus_begin;

	if (cold)
		empty_caches();
	simd_begin = value(simd_fd);
	bus_begin = value(bus_fd);
	for (g = 0; g < l->groups; g++) {
		const float *from = in + (size_t)g * ic * l->size * l->size;

		if (l->kernel > 1 || l->stride > 1 || l->pad) {
			im2col(from, l, ic, out, col);
			from = col;
		}
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, oc, out * out, k, 1,
			    weights + (size_t)g * oc * k, k, from, out * out, 0,
			    result + (size_t)g * oc * out * out, out * out);
	}
	*simd += value(simd_fd) - simd_begin;
	*bus += value(bus_fd) - bus_begin;
	free(in);
	free(weights);
	free(result);
	free(col);
	return (double)l->oc * out * out * k;
}

static void network(const char *name, const struct layer *l, double published_bus)
{
	const int all = test_arguments[0] && !strcmp(test_arguments[0], "all");
	uint64_t simd = 0, bus = 0, cold_simd = 0, cold_bus = 0;
	double mac = 0;
	int n = 0;

	for (; l->ic; l++) {
		if (!all && !l->quick)
			continue;
		mac += convolve(l, 0, &simd, &bus);
		if (all)
			convolve(l, 1, &cold_simd, &cold_bus);
		n++;
	}
	printf("%s: %d convolutions, %.1f MMAC: SIMD/MAC %.4f (%+.2f %% of the published), bus/SIMD %.4f (published %.4f)\n",
	       name, n, mac * 1e-6, simd / mac, (simd / mac / PUBLISHED_SIMD_PER_MAC - 1) * 100,
	       (double)bus / simd, published_bus);
	if (all) {
		printf("%s: with cold caches bus/SIMD %.4f\n", name,
		       (double)cold_bus / cold_simd);
		CHECK_GT(cold_bus, bus);
	}
	CHECK_NEAR(simd / mac / PUBLISHED_SIMD_PER_MAC, 1, 0.05);
	CHECK_GT(bus, 0);
}

SETUP
{
	cpu_set_t set;

	REQUIRE(!sim_load(""));
	simd_fd = open_event(0x74);
	bus_fd = open_event(0x19);
	if (simd_fd < 0 || bus_fd < 0)
		SKIP("QEMU runs without the plugin: there is no simulated PMU");
	CPU_ZERO(&set);
	CPU_SET(1, &set);
	CHECK(!sched_setaffinity(0, sizeof(set), &set));
	openblas_set_num_threads(1);
	printf("OpenBLAS for %s\n", openblas_get_corename());
}

TEST(alexnet)
{
	network("AlexNet", alexnet, 1.27e7 / 0.168e9);
}

TEST(squeezenet)
{
	network("SqueezeNet", squeezenet, 2.02e7 / 0.2125e9);
}

TEST(googlenet)
{
	network("GoogLeNet", googlenet, 2.90e7 / 0.384e9);
}

TEARDOWN
{
	close(simd_fd);
	close(bus_fd);
	CHECK(!sim_unload());
}
