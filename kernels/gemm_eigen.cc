// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Eigen behind the GEMM interface: the papers' second back end (Caffe2 + Eigen).
 * The project's only C++; without Eigen's headers it says ENOSYS when opened.
 * One thread: Eigen threads with OpenMP, which this project does not use.
 */
#include <cerrno>

#include "kernels/gemm.h"

#if __has_include(<Eigen/Core>)
#define EIGEN_NO_DEBUG
#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Core>

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Stride = Eigen::OuterStride<Eigen::Dynamic>;
using In = Eigen::Map<const Matrix, 0, Stride>;
using Out = Eigen::Map<Matrix, 0, Stride>;

template <typename A, typename B>
void multiply(const A &a, const B &b, float alpha, float beta, Out &c)
{
	if (beta == 0) {
		c.noalias() = alpha * a * b;
	} else {
		if (beta != 1)
			c *= beta;
		c.noalias() += alpha * a * b;
	}
}

int eigen_open()
{
	return 0;
}

int eigen_threads(int threads)
{
	if (threads == 1)
		return 0;
	errno = ENOTSUP;
	return -1;
}

void eigen_sgemm(bool trans_a, bool trans_b, int m, int n, int k, float alpha, const float *a,
		 int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
	In ma(a, trans_a ? k : m, trans_a ? m : k, Stride(lda));
	In mb(b, trans_b ? n : k, trans_b ? k : n, Stride(ldb));
	Out mc(c, m, n, Stride(ldc));

	if (trans_a && trans_b)
		multiply(ma.transpose(), mb.transpose(), alpha, beta, mc);
	else if (trans_a)
		multiply(ma.transpose(), mb, alpha, beta, mc);
	else if (trans_b)
		multiply(ma, mb.transpose(), alpha, beta, mc);
	else
		multiply(ma, mb, alpha, beta, mc);
}

void eigen_sgemv(bool trans_a, int rows, int cols, float alpha, const float *a, int lda,
		 const float *x, float beta, float *y)
{
	using Vector = Eigen::Matrix<float, Eigen::Dynamic, 1>;
	In ma(a, rows, cols, Stride(lda));
	Eigen::Map<const Vector> vx(x, trans_a ? rows : cols);
	Eigen::Map<Vector> vy(y, trans_a ? cols : rows);

	if (beta == 0)
		vy.setZero();
	else if (beta != 1)
		vy *= beta;
	if (trans_a)
		vy.noalias() += alpha * ma.transpose() * vx;
	else
		vy.noalias() += alpha * ma * vx;
}

} // namespace

#else

namespace {

int eigen_open()
{
	errno = ENOSYS;
	return -1;
}

int eigen_threads(int)
{
	errno = ENOSYS;
	return -1;
}

void eigen_sgemm(bool, bool, int, int, int, float, const float *, int, const float *, int, float,
		 float *, int)
{
}

void eigen_sgemv(bool, int, int, float, const float *, int, const float *, float, float *)
{
}

} // namespace

#endif

extern "C" const struct synergy_gemm_backend synergy_gemm_eigen = {
	"eigen", eigen_open, eigen_threads, eigen_sgemm, eigen_sgemv,
};
