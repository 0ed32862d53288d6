// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sampling benchmark's load: matrix products by OpenBLAS, one thread, always
 * the same amount of work.
 */
#include <stdlib.h>
#include <cblas.h>

#include "bench.h"

#define ORDER	192

static float *a, *b, *c;

void openblas_set_num_threads(int n);

void bench_work_init(void)
{
	openblas_set_num_threads(1);
	a = malloc(ORDER * ORDER * sizeof(*a));
	b = malloc(ORDER * ORDER * sizeof(*b));
	c = malloc(ORDER * ORDER * sizeof(*c));
	if (!a || !b || !c)
		bench_die("no memory for the load");
	for (int i = 0; i < ORDER * ORDER; i++) {
		a[i] = (i % 17) / 17.0f;
		b[i] = (i % 23) / 23.0f;
		c[i] = 0;
	}
	bench_work(2);
}

void bench_work(unsigned int rounds)
{
	while (rounds--)
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, ORDER, ORDER, ORDER,
			    1, a, ORDER, b, ORDER, 0, c, ORDER);
}
