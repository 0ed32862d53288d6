// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The normal equations of a system whose rows come one by one and touch a few
 * neighbouring unknowns each, plus up to SYNERGY_BORDERS unknowns that any row
 * may touch:
 *
 *	A = [ B  C ]	B banded: a window spans neighbouring segments only
 *	    [ C' D ]	C, D: power between layers, outside of the runs, in preemptions
 *
 * Memory is unknowns times bandwidth, whatever the number of samples, and so
 * thousands of unknowns are solved in milliseconds. GSL does the banded Cholesky
 * decomposition, after scaling to a unit diagonal; the elements of the inverse
 * within the band, which leverages need, come by Takahashi's recursion.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>

#include "attribute/internal.h"

#define NB	SYNERGY_BORDERS

int synergy_normal_alloc(struct synergy_normal *m, const struct synergy_design *d)
{
	size_t n = d->n;

	memset(m, 0, sizeof(*m));
	m->n = n;
	m->n_band = n - NB;
	m->p = d->bandwidth < m->n_band ? d->bandwidth : m->n_band - 1;
	m->place = d->place;
	m->band = gsl_matrix_calloc(m->n_band, m->p + 1);
	m->factor = gsl_matrix_calloc(m->n_band, m->p + 1);
	m->inverse = gsl_matrix_calloc(m->n_band, m->p + 1);
	m->border = gsl_matrix_calloc(m->n_band, NB);
	m->z = gsl_matrix_calloc(m->n_band, NB);
	m->zs = gsl_matrix_calloc(m->n_band, NB);
	m->b = gsl_vector_calloc(n);
	m->theta = gsl_vector_calloc(n);
	m->scale = gsl_vector_calloc(m->n_band);
	m->work = gsl_vector_calloc(3 * m->n_band + NB);
	m->placed = gsl_vector_calloc(m->n_band);
	if (m->band && m->factor && m->inverse && m->border && m->z && m->zs && m->b && m->theta &&
	    m->scale && m->work && m->placed)
		return 0;
	synergy_normal_free(m);
	errno = ENOMEM;
	return -1;
}

void synergy_normal_free(struct synergy_normal *m)
{
	gsl_matrix_free(m->band);
	gsl_matrix_free(m->factor);
	gsl_matrix_free(m->inverse);
	gsl_matrix_free(m->border);
	gsl_matrix_free(m->z);
	gsl_matrix_free(m->zs);
	gsl_vector_free(m->b);
	gsl_vector_free(m->theta);
	gsl_vector_free(m->scale);
	gsl_vector_free(m->work);
	gsl_vector_free(m->placed);
	memset(m, 0, sizeof(*m));
}

void synergy_normal_clear(struct synergy_normal *m)
{
	gsl_matrix_set_zero(m->band);
	gsl_matrix_set_zero(m->border);
	gsl_vector_set_zero(m->b);
	memset(m->corner, 0, sizeof(m->corner));
	m->outside_band = 0;
}

/* Where an unknown lies in the band; the border's lie behind it. */
static size_t place(const struct synergy_normal *m, size_t unknown)
{
	return m->place && unknown < m->n_band ? m->place[unknown] : unknown;
}

void synergy_normal_add(struct synergy_normal *m, const struct synergy_row *row, double y,
			double weight)
{
	size_t i, k;

	for (i = 0; i < row->n; i++) {
		size_t u = place(m, row->unknown[i]);
		double wx = weight * row->share[i];

		*gsl_vector_ptr(m->b, row->unknown[i]) += wx * y;
		for (k = 0; k < row->n; k++) {
			size_t v = place(m, row->unknown[k]);
			double a = wx * row->share[k];

			if (u >= m->n_band && v >= m->n_band)
				m->corner[u - m->n_band][v - m->n_band] += a;
			else if (u >= m->n_band)
				*gsl_matrix_ptr(m->border, v, u - m->n_band) += a;
			else if (v <= u && u - v <= m->p)
				*gsl_matrix_ptr(m->band, v, u - v) += a;
			else if (v <= u)
				m->outside_band = 1;
		}
	}
}

double synergy_normal_condition(struct synergy_normal *m)
{
	gsl_vector_view work = gsl_vector_subvector(m->work, 0, 3 * m->n_band);
	double rcond = 0;

	gsl_linalg_cholesky_band_rcond(m->factor, &rcond, &work.vector);
	return rcond > 0 ? 1 / rcond : INFINITY;
}

void synergy_normal_copy(struct synergy_normal *m, const struct synergy_normal *from)
{
	gsl_matrix_memcpy(m->band, from->band);
	gsl_matrix_memcpy(m->border, from->border);
	gsl_vector_memcpy(m->b, from->b);
	memcpy(m->corner, from->corner, sizeof(m->corner));
	m->outside_band = from->outside_band;
}

/* Scale B to a unit diagonal and decompose it. */
static int decompose(struct synergy_normal *m)
{
	size_t i, k;

	for (i = 0; i < m->n_band; i++) {
		double d = gsl_matrix_get(m->band, i, 0);

		if (!(d > 0) || !isfinite(d))
			return -1;
		gsl_vector_set(m->scale, i, 1 / sqrt(d));
	}
	for (i = 0; i < m->n_band; i++)
		for (k = 0; k <= m->p; k++)
			gsl_matrix_set(m->factor, i, k, i + k >= m->n_band ? 0 :
				       gsl_matrix_get(m->band, i, k) * gsl_vector_get(m->scale, i) *
				       gsl_vector_get(m->scale, i + k));
	return gsl_linalg_cholesky_band_decomp(m->factor) ? -1 : 0;
}

/* x := B^-1 x, in unscaled terms */
static int band_solve(const struct synergy_normal *m, gsl_vector *x)
{
	gsl_vector_mul(x, m->scale);
	if (gsl_linalg_cholesky_band_svx(m->factor, x))
		return -1;
	gsl_vector_mul(x, m->scale);
	return 0;
}

/*
 * The elements of B^-1 within the band from B = L L' (scaled; undone at the end):
 * S_ij = -1/L_jj sum_k L_kj S_ik, S_jj = 1/L_jj (1/L_jj - sum_k L_kj S_kj), k > j.
 * Rows of S below j are a symmetric banded matrix, stored as BLAS stores its upper half.
 */
void synergy_normal_invert(struct synergy_normal *m)
{
	size_t n = m->n_band, p = m->p, tda = m->factor->tda, j, i, k;

	for (j = n; j-- > 0;) {
		const double *l = m->factor->data + j * tda;
		double *s = m->inverse->data + j * m->inverse->tda;
		int below = j + p < n ? p : n - 1 - j;

		if (below)
			cblas_dsbmv(CblasRowMajor, CblasUpper, below, below - 1, -1 / l[0],
				    s + m->inverse->tda, m->inverse->tda, l + 1, 1, 0, s + 1, 1);
		s[0] = (1 / l[0] - cblas_ddot(below, l + 1, 1, s + 1, 1)) / l[0];
	}
	for (i = 0; i < n; i++)
		for (k = 0; k <= p && i + k < n; k++)
			*gsl_matrix_ptr(m->inverse, i, k) *= gsl_vector_get(m->scale, i) *
							     gsl_vector_get(m->scale, i + k);
}

/* Z = B^-1 C and the inverse of the Schur complement D - C'Z. */
static int eliminate_border(struct synergy_normal *m)
{
	double s[NB * NB];
	gsl_matrix_view schur = gsl_matrix_view_array(s, NB, NB);
	size_t i, k;

	gsl_matrix_memcpy(m->z, m->border);
	for (i = 0; i < NB; i++) {
		gsl_vector_view column = gsl_matrix_column(m->z, i);

		if (band_solve(m, &column.vector))
			return -1;
	}
	for (i = 0; i < NB; i++)
		for (k = 0; k < NB; k++) {
			gsl_vector_view c = gsl_matrix_column(m->border, i);
			gsl_vector_view z = gsl_matrix_column(m->z, k);
			double dot;

			gsl_blas_ddot(&c.vector, &z.vector, &dot);
			s[i * NB + k] = m->corner[i][k] - dot;
		}
	if (gsl_linalg_cholesky_decomp1(&schur.matrix) ||
	    gsl_linalg_cholesky_invert(&schur.matrix))
		return -1;
	for (i = 0; i < NB; i++)
		for (k = 0; k < NB; k++)
			m->schur[i][k] = gsl_matrix_get(&schur.matrix, i, k);
	gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, m->z, &schur.matrix, 0, m->zs);
	return 0;
}

int synergy_normal_apply(const struct synergy_normal *m, gsl_vector *x)
{
	gsl_vector *top = m->placed;
	double rest[NB], border[NB];
	size_t i, k;

	for (i = 0; i < m->n_band; i++)
		gsl_vector_set(top, place(m, i), gsl_vector_get(x, i));
	for (i = 0; i < NB; i++) {
		gsl_vector_const_view z = gsl_matrix_const_column(m->z, i);
		double dot;

		gsl_blas_ddot(&z.vector, top, &dot);
		rest[i] = gsl_vector_get(x, m->n_band + i) - dot;
	}
	if (band_solve(m, top))
		return -1;
	for (i = 0; i < NB; i++)
		for (border[i] = 0, k = 0; k < NB; k++)
			border[i] += m->schur[i][k] * rest[k];
	for (i = 0; i < NB; i++) {
		gsl_vector_const_view z = gsl_matrix_const_column(m->z, i);

		gsl_blas_daxpy(-border[i], &z.vector, top);
		gsl_vector_set(x, m->n_band + i, border[i]);
	}
	for (i = 0; i < m->n_band; i++)
		gsl_vector_set(x, i, gsl_vector_get(top, place(m, i)));
	return 0;
}

int synergy_normal_solve(struct synergy_normal *m)
{
	if (m->outside_band || decompose(m) || eliminate_border(m))
		goto fail;
	gsl_vector_memcpy(m->theta, m->b);
	if (synergy_normal_apply(m, m->theta))
		goto fail;
	return 0;
fail:
	errno = EDOM;
	return -1;
}

double synergy_normal_inverse(const struct synergy_normal *m, size_t i, size_t k)
{
	double v, dot = 0;
	size_t a;

	i = place(m, i);
	k = place(m, k);
	if (i < k) {
		size_t t = i;

		i = k;
		k = t;
	}
	if (k >= m->n_band)
		return m->schur[i - m->n_band][k - m->n_band];
	if (i >= m->n_band)
		return -gsl_matrix_get(m->zs, k, i - m->n_band);
	v = i - k <= m->p ? gsl_matrix_get(m->inverse, k, i - k) : NAN;
	for (a = 0; a < NB; a++)
		dot += gsl_matrix_get(m->zs, i, a) * gsl_matrix_get(m->z, k, a);
	return v + dot;
}

double synergy_normal_leverage(const struct synergy_normal *m, const struct synergy_row *row)
{
	double sum = 0;
	size_t i, k;

	for (i = 0; i < row->n; i++) {
		double x = row->share[i];

		sum += x * x * synergy_normal_inverse(m, row->unknown[i], row->unknown[i]);
		for (k = 0; k < i; k++)
			sum += 2 * x * row->share[k] *
			       synergy_normal_inverse(m, row->unknown[i], row->unknown[k]);
	}
	return sum;
}
