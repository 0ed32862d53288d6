// SPDX-License-Identifier: GPL-2.0-only
/*
 * Matrix products with packed weights, by every instruction set of this processor, over
 * sizes around the blocks' edges, with one thread and three, against sums in double.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/simd.h"
#include "tests/unit/random.h"
#include "tests/framework/test.h"

struct sample {
	struct synergy_product p;
	bool trans, add_rows, add_row, limits;
	float *a, *b, *from, *got;
	double *want;
};

static void make(struct sample *s)
{
	struct synergy_product *p = &s->p;
	int64_t i;

	*s = (struct sample){ .trans = (int)random_int(0, 1), .add_rows = random_int(0, 2) == 0,
			      .add_row = (int)random_int(0, 1), .limits = (int)random_int(0, 1) };
	p->m = 1 + random_int(0, random_int(0, 3) ? 20 : 300);
	p->n = 1 + random_int(0, random_int(0, 3) ? 70 : 400);
	p->k = 1 + random_int(0, random_int(0, 3) ? 40 : 1500);
	p->lda = p->k + random_int(0, 2);
	p->ldc = p->n + random_int(0, 2);
	s->a = calloc(p->m * p->lda, sizeof(float));
	s->b = calloc(p->n * p->k, sizeof(float));
	s->from = calloc(p->m * p->n, sizeof(float));
	s->got = calloc(p->m * p->ldc, sizeof(float));
	s->want = calloc(p->m * p->n, sizeof(double));
	random_fill(s->a, p->m * p->lda);
	random_fill(s->b, p->n * p->k);
	random_fill(s->from, p->m * p->n);
	for (i = 0; i < p->m * p->ldc; i++)
		s->got[i] = 7;
	p->a = s->a;
	p->c = s->got;
	p->from = s->add_rows || s->add_row ? s->from : NULL;
	p->ld_from = s->add_rows ? p->n : 0;
	p->post.has_min = s->limits;
	p->post.min = 0;
}

static void define(struct sample *s)
{
	const struct synergy_product *p = &s->p;
	int64_t m, n, k;

	for (m = 0; m < p->m; m++)
		for (n = 0; n < p->n; n++) {
			double sum = p->from ? (double)p->from[m * p->ld_from + n] : 0;

			for (k = 0; k < p->k; k++)
				sum += (double)s->a[m * p->lda + k] *
				       (double)s->b[s->trans ? n * p->k + k : k * p->n + n];
			s->want[m * p->n + n] = s->limits && sum < 0 ? 0 : sum;
		}
}

static void compare(struct sample *s, const struct synergy_simd *simd,
		    struct synergy_threads *threads)
{
	struct synergy_product *p = &s->p;
	const int count = synergy_threads_count(threads);
	float *packed = NULL, *workspace = NULL;
	double worst = 0;
	int64_t m, n;

	if (posix_memalign((void **)&packed, 64,
			   simd->product_packed_floats(p->n, p->k) * sizeof(float)) ||
	    posix_memalign((void **)&workspace, 64,
			   simd->product_workspace_floats(p, count) * sizeof(float)))
		abort();
	simd->product_pack(p->n, p->k, s->b, s->trans ? p->k : p->n, s->trans, packed);
	p->packed = packed;
	simd->product(threads, p, workspace);
	for (m = 0; m < p->m; m++)
		for (n = 0; n < p->ldc; n++)
			worst = test_worse(worst, fabs((double)s->got[m * p->ldc + n] -
						       (n < p->n ? s->want[m * p->n + n] : 7)));
	PARAMS("%s: m %lld n %lld k %lld lda %lld ldc %lld trans %d rows %d row %d limits %d threads %d",
	       simd->name, (long long)p->m, (long long)p->n, (long long)p->k, (long long)p->lda,
	       (long long)p->ldc, s->trans, s->add_rows, s->add_row, s->limits, count);
	CHECK_LE(worst, 1e-6 * sqrt((double)p->k) * 4);
	free(packed);
	free(workspace);
}

TEST(products)
{
	struct synergy_threads *threads = synergy_threads_create(3);
	const struct synergy_simd *simd;
	struct sample s;
	size_t i;
	int round;

	random_begin();
	for (round = 0; round < 60; round++) {
		make(&s);
		define(&s);
		for (i = 0; (simd = synergy_simd_at(i)); i++)
			compare(&s, simd, round & 1 ? threads : NULL);
		free(s.a);
		free(s.b);
		free(s.from);
		free(s.got);
		free(s.want);
	}
	synergy_threads_destroy(threads);
}
