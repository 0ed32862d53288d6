// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Matrix products of activations with weights that are known beforehand: B is packed once
 * in panels of NR columns, rows of A are packed a block at a time, and the register-blocked
 * loop of micro.h does the rest.
 */
#include "kernels/simd/micro.h"
#include "kernels/simd/simd_list.h"

/* Depth of a block: a panel of B is this by NR, and stays in cache while A goes by. */
#if VLEN == 16
#define KC 512
#else
#define KC (4608 / NR)
#endif
/* Floats of A that one block has, in the second-level cache. */
#define BLOCK_FLOATS 65536

static int64_t round_up(int64_t n, int64_t to)
{
	return (n + to - 1) / to * to;
}

/* Even blocks of at most KC. */
static int64_t depth_step(int64_t k)
{
	const int64_t blocks = (k + KC - 1) / KC;

	return blocks ? (k + blocks - 1) / blocks : 1;
}

static int64_t block_rows(const struct synergy_product *p)
{
	int64_t rows = BLOCK_FLOATS / depth_step(p->k) / MR * MR;

	if (rows < MR)
		rows = MR;
	return rows < round_up(p->m, MR) ? rows : round_up(p->m, MR);
}

/* Whole panels: [block of depth][panel][k][NR]. A vector may be read past the last one. */
size_t SIMD(product_packed_floats)(int64_t n, int64_t k)
{
	return (size_t)(round_up(n, NR) * k + VLEN);
}

void SIMD(product_pack)(int64_t n, int64_t k, const float *b, int64_t ldb, bool trans,
			float *packed)
{
	const int64_t step = depth_step(k), end = round_up(n, NR) * k;
	int64_t k0, n0, i, j;
	float *to = packed;

	for (k0 = 0; k0 < k; k0 += step)
		for (n0 = 0; n0 < n; n0 += NR)
			for (i = k0; i < k0 + step && i < k; i++)
				for (j = n0; j < n0 + NR; j++)
					*to++ = j >= n ? 0 : trans ? b[j * ldb + i] : b[i * ldb + j];
	memset(packed + end, 0, VLEN * sizeof(*packed));
}

size_t SIMD(product_workspace_floats)(const struct synergy_product *p, int threads)
{
	return (size_t)threads * (size_t)round_up(block_rows(p) * depth_step(p->k) + A_SLACK, 16);
}

/* Rows m0..m1-1 of A, k0..k1-1 of their elements, as slivers [k][MR]. */
static void pack_rows(const struct synergy_product *p, int64_t m0, int64_t m1, int64_t k0,
		      int64_t k1, float *to)
{
	int64_t m, k;
	int i;

	for (m = m0; m < m1; m += MR, to += (k1 - k0) * MR) {
		const float *from = p->a + m * p->lda + k0;

		if (m + MR <= m1) {
			SIMD(transpose)(from, p->lda, to, MR, k1 - k0, MR);
			continue;
		}
		for (k = 0; k < k1 - k0; k++)
			for (i = 0; i < MR; i++)
				to[k * MR + i] = m + i < m1 ? from[i * p->lda + k] : 0;
	}
}

/* One panel of B with a block of A's rows. */
static void multiply_panel(const struct synergy_product *p, const float *a, const float *b,
			   int64_t m0, int64_t m1, int64_t n0, int64_t k0, int64_t k1)
{
	const struct synergy_post *post = &p->post;
	const int64_t cols = p->n - n0 < NR ? p->n - n0 : NR;
	const bool last = k1 == p->k;
	int64_t m;

	for (m = m0; m < m1; m += MR, a += (k1 - k0) * MR) {
		float *c = p->c + m * p->ldc + n0;
		const struct micro_out o = {
			.c = c,
			.ldc = p->ldc,
			.rows = m1 - m < MR ? (int)(m1 - m) : MR,
			.cols = cols,
			.from = k0 > 0 ? c : p->from ? p->from + m * p->ld_from + n0 : NULL,
			.ld_from = k0 > 0 ? p->ldc : p->ld_from,
			.has_min = post->has_min && last,
			.has_max = post->has_max && last,
			.min = post->min,
			.max = post->max,
		};

		micro(k1 - k0, a, b, NR, &o);
	}
}

static void finish_rows(const struct synergy_product *p, int64_t m0, int64_t m1, int64_t n0,
			int64_t n1)
{
	int64_t m;

	if (p->post.map.function == SYNERGY_FN_IDENTITY)
		return;
	for (m = m0; m < m1; m++)
		SIMD(map)(&p->post.map, p->c + m * p->ldc + n0, p->c + m * p->ldc + n0, n1 - n0);
}

/* A part of the rows with a part of the panels. */
struct piece {
	int64_t m0, m1, n0, n1;
};

static void multiply(const struct synergy_product *p, const struct piece *w, float *block)
{
	const int64_t step = depth_step(p->k), rows = block_rows(p);
	const int64_t panels = round_up(p->n, NR);
	int64_t m, k0, n0;

	for (m = w->m0; m < w->m1; m += rows) {
		const int64_t end = m + rows < w->m1 ? m + rows : w->m1;

		for (k0 = 0; k0 < p->k; k0 += step) {
			const int64_t k1 = k0 + step < p->k ? k0 + step : p->k;

			pack_rows(p, m, end, k0, k1, block);
			for (n0 = w->n0; n0 < w->n1; n0 += NR)
				multiply_panel(p, block, p->packed + k0 * panels + n0 * (k1 - k0), m,
					       end, n0, k0, k1);
		}
		finish_rows(p, m, end, w->n0, w->n1);
	}
}

struct job {
	const struct synergy_product *p;
	float *workspace;
	int parts;
	bool by_rows;
};

static void multiply_part(void *arg, int part)
{
	const struct job *j = arg;
	const struct synergy_product *p = j->p;
	const int64_t units = j->by_rows ? (p->m + MR - 1) / MR : (p->n + NR - 1) / NR;
	const int64_t begin = units * part / j->parts, end = units * (part + 1) / j->parts;
	struct piece w = { 0, p->m, 0, p->n };

	if (j->by_rows) {
		w.m0 = begin * MR;
		w.m1 = end * MR < p->m ? end * MR : p->m;
	} else {
		w.n0 = begin * NR;
		w.n1 = end * NR < p->n ? end * NR : p->n;
	}
	multiply(p, &w, j->workspace + (int64_t)part *
				(int64_t)SIMD(product_workspace_floats)(p, 1));
}

/* Rows are dealt out where there are enough for all to be whole blocks, else columns. */
void SIMD(product)(struct synergy_threads *threads, const struct synergy_product *p,
		   float *workspace)
{
	struct job j = { p, workspace, synergy_threads_count(threads), false };

	j.by_rows = p->m / MR >= 4 * j.parts;
	synergy_threads_run(threads, j.parts, multiply_part, &j);
}
