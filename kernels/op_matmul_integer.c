// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * MatMulInteger and QLinearMatMul: by definition, and with constant weights packed as
 * differences from their zero points.
 */
#include <stdlib.h>
#include <string.h>

#include "kernels/op.h"
#include "kernels/parts.h"
#include "kernels/quantised.h"

/* The last two dimensions of A and B, and the stacks of matrices before them. */
struct matrices {
	struct synergy_quantised_inputs q;
	const struct synergy_tensor *a, *b;
	int64_t m, n, k, count;
	int stacked;			/* dimensions of Y before its matrices */
	int64_t dims[SYNERGY_MAX_RANK];	/* of these */
};

static struct matrices matrices_of(const struct synergy_call *call)
{
	struct matrices p = { .q = synergy_quantised_inputs(call->node->kind) };
	const struct synergy_tensor *y = call->out[0];
	int d;

	p.a = call->in[0];
	p.b = call->in[p.q.b];
	p.m = p.a->rank > 1 ? p.a->dims[p.a->rank - 2] : 1;
	p.k = p.a->dims[p.a->rank - 1];
	p.n = p.b->rank > 1 ? p.b->dims[p.b->rank - 1] : 1;
	p.stacked = y->rank - (p.a->rank > 1) - (p.b->rank > 1);
	p.count = 1;
	for (d = 0; d < p.stacked; d++) {
		p.dims[d] = y->dims[d];
		p.count *= y->dims[d];
	}
	return p;
}

/* Which matrix of t belongs to matrix i of Y. */
static int64_t matrix_of(const struct matrices *p, const struct synergy_tensor *t, int64_t i)
{
	const int own = t->rank > 2 ? t->rank - 2 : 0;
	int64_t at = 0, step = 1, index;
	int d;

	for (d = p->stacked - 1; d >= 0; d--) {
		index = i % p->dims[d];
		i /= p->dims[d];
		if (d < p->stacked - own || t->dims[d - (p->stacked - own)] == 1)
			continue;
		at += index * step;
		step *= t->dims[d - (p->stacked - own)];
	}
	return at;
}

/* --- the definition ------------------------------------------------------------------------ */

static int32_t element(const struct synergy_call *call, const struct matrices *p, int64_t a,
		       int64_t b, int64_t row, int64_t column)
{
	const int32_t a_zero = synergy_zero_point(call, p->q.a_zero, row);
	const int32_t b_zero = synergy_zero_point(call, p->q.b_zero, column);
	int64_t sum = 0, k;

	for (k = 0; k < p->k; k++)
		sum += (synergy_load_int(call->src[0], p->a->dtype, a + row * p->k + k) - a_zero) *
		       (synergy_load_int(call->src[p->q.b], p->b->dtype, b + k * p->n + column) -
			b_zero);
	return (int32_t)(uint32_t)(uint64_t)sum;
}

static void ref_run(const struct synergy_call *call)
{
	const struct matrices p = matrices_of(call);
	struct synergy_sums_out out = synergy_sums_out_of(call);
	int64_t i, row, column, at = 0, a, b;

	for (i = 0; i < p.count; i++) {
		a = matrix_of(&p, p.a, i) * p.m * p.k;
		b = matrix_of(&p, p.b, i) * p.k * p.n;
		for (row = 0; row < p.m; row++) {
			synergy_sums_row(call, &out, row);
			for (column = 0; column < p.n; column++, at++)
				synergy_store_int(call->dst[0], call->out[0]->dtype, at,
						  synergy_sums_one(&out, element(call, &p, a, b, row,
										 column), column));
		}
	}
}

static const struct synergy_kernel reference = { .method = "reference", .run = ref_run };

/* --- packed weights ------------------------------------------------------------------------ */

/* Rows of A at once: their differences, and their sums with a part of the columns. */
#define ROWS	16
#define COLUMNS	64

struct scratch {
	int64_t a, sums;	/* bytes */
};

static struct scratch scratch_of(const struct matrices *p)
{
	struct scratch s = { ROWS * synergy_integer_padded(p->k) * (int64_t)sizeof(int16_t),
			     ROWS * COLUMNS * (int64_t)sizeof(int32_t) };

	s.a = (s.a + 63) & ~63LL;
	return s;
}

/* All of A's dimensions but the last are rows: B is one matrix. */
static bool packed_supports(const struct synergy_call *call)
{
	const struct matrices p = matrices_of(call);

	return p.b->rank == 2 && p.b->is_const && call->src[p.q.b] &&
	       synergy_zero_point_is_known(call, p.q.b_zero) && p.k > 0 && p.k <= SYNERGY_MAX_PRODUCTS &&
	       call->out[0]->count > 0;
}

static int packed_prepare(struct synergy_call *call, size_t *bytes)
{
	const struct matrices p = matrices_of(call);
	const int64_t padded = synergy_integer_padded(p.k);
	int16_t *to;
	int64_t n, k;

	to = synergy_integer_memory(p.n * padded, bytes);
	call->state = to;
	if (!to)
		return -1;
	for (n = 0; n < p.n; n++, to += padded)
		for (k = 0; k < p.k; k++)
			to[k] = (int16_t)(synergy_load_int(call->src[p.q.b], p.b->dtype, k * p.n + n) -
					  synergy_zero_point(call, p.q.b_zero, n));
	return 0;
}

static size_t packed_workspace(const struct synergy_call *call)
{
	const struct matrices p = matrices_of(call);
	const struct scratch s = scratch_of(&p);

	return (size_t)(s.a + s.sums) * (size_t)synergy_threads_count(call->env->threads);
}

/* `rows` rows from `first` on with columns begin..end-1. */
static void block(const struct synergy_call *call, const struct matrices *p, int64_t first,
		  int64_t rows, struct synergy_range columns, int16_t *a, int32_t *sums)
{
	struct synergy_sums_out out = synergy_sums_out_of(call);
	const int64_t padded = synergy_integer_padded(p->k);
	int64_t r, c, n;

	for (c = columns.begin; c < columns.end; c += COLUMNS) {
		n = columns.end - c < COLUMNS ? columns.end - c : COLUMNS;
		call->env->simd->integer_product(a, rows, (const int16_t *)call->state + c * padded, n,
						 padded, sums, COLUMNS);
		for (r = 0; r < rows; r++) {
			synergy_sums_row(call, &out, (first + r) % p->m);
			synergy_sums_store(call->env->simd, &out, sums + r * COLUMNS, n, c, true,
					   call->dst[0], (first + r) * p->n + c);
		}
	}
}

static void packed_part(void *arg, int part, int parts)
{
	const struct synergy_call *call = arg;
	const struct matrices p = matrices_of(call);
	const struct scratch s = scratch_of(&p);
	const struct synergy_range columns = synergy_part_range(p.n, part, parts, COLUMNS);
	const int64_t padded = synergy_integer_padded(p.k), all = p.count * p.m;
	char *mine = (char *)call->workspace + part * (s.a + s.sums);
	int16_t *a = (int16_t *)mine;
	int64_t first, rows, r;

	memset(a, 0, (size_t)s.a);
	for (first = 0; first < all && columns.begin < columns.end; first += ROWS) {
		rows = all - first < ROWS ? all - first : ROWS;
		for (r = 0; r < rows; r++)
			synergy_differences((const char *)call->src[0] + (first + r) * p.k,
					    p.a->dtype == SYNERGY_I8, p.k,
					    synergy_zero_point(call, p.q.a_zero, (first + r) % p.m),
					    a + r * padded);
		block(call, &p, first, rows, columns, a, (int32_t *)(mine + s.a));
	}
}

static void packed_run(const struct synergy_call *call)
{
	const struct matrices p = matrices_of(call);

	synergy_run_parts(call->env->threads, p.count * p.m * p.n * p.k, 8 * SYNERGY_PART_ELEMENTS,
			  packed_part, (void *)call);
}

static const struct synergy_kernel packed = {
	.method = "int8",
	.supports = packed_supports,
	.prepare = packed_prepare,
	.release = free,
	.workspace = packed_workspace,
	.run = packed_run,
};

synergy_kernel_list synergy_matmul_integer_kernels = { &packed, &reference, NULL };
