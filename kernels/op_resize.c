// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Resize: one dimension after the other, each output a weighted sum of some inputs along it.
 * Which ones, and their weights, is settled at plan time. Coordinates and weights are those
 * of ONNX's definition of Resize (opset 19).
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/op.h"
#include "kernels/parts.h"

/* Inputs to either side; a picture that is made smaller than that is a few pixels. */
#define MAX_REACH	65536

/* Of one dimension: output i is the sum of `taps` inputs. */
struct axis {
	int dim;
	int taps;
	int32_t *index;	/* [out][taps] */
	float *weight;	/* the same; NULL: one tap, of weight 1 */
	bool *outside;	/* [out]: of tf_crop_and_resize, the extrapolation value; NULL: none */
};

struct resize {
	int n;
	struct axis axis[SYNERGY_MAX_RANK];
};

/* --- coordinates and weights ------------------------------------------------------------- */

static double coordinate(const struct synergy_resize_params *p, int d, int64_t i, int64_t in,
			 int64_t out)
{
	const double scale = p->scale[d], x = (double)i, width = scale * (double)in;

	switch (p->coordinates) {
	case SYNERGY_RESIZE_ALIGN_CORNERS:
		return width == 1 ? 0 : x * (double)(in - 1) / (width - 1);
	case SYNERGY_RESIZE_ASYMMETRIC:
		return x / scale;
	case SYNERGY_RESIZE_TF_CROP_AND_RESIZE:
		if (out == 1)
			return (p->roi_begin[d] + p->roi_end[d]) * (double)(in - 1) / 2;
		return p->roi_begin[d] * (double)(in - 1) +
		       x * (p->roi_end[d] - p->roi_begin[d]) * (double)(in - 1) / (double)(out - 1);
	case SYNERGY_RESIZE_PYTORCH_HALF_PIXEL:
		return out == 1 ? 0 : (x + 0.5) / scale - 0.5;
	case SYNERGY_RESIZE_HALF_PIXEL_SYMMETRIC:
		return (double)in / 2 * (1 - (double)out / width) + (x + 0.5) / scale - 0.5;
	case SYNERGY_RESIZE_TF_HALF_PIXEL_FOR_NN:
		return (x + 0.5) / scale;
	default:
		return (x + 0.5) / scale - 0.5;
	}
}

static double nearest(enum synergy_resize_nearest mode, double x)
{
	switch (mode) {
	case SYNERGY_RESIZE_FLOOR:
		return floor(x);
	case SYNERGY_RESIZE_CEIL:
		return ceil(x);
	case SYNERGY_RESIZE_ROUND_PREFER_CEIL:
		return floor(x + 0.5);
	default:
		return ceil(x - 0.5);
	}
}

/* Keys' cubic convolution, 1981. */
static double cubic(double a, double t)
{
	t = fabs(t);
	if (t <= 1)
		return ((a + 2) * t - (a + 3)) * t * t + 1;
	return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

static double weight_at(const struct synergy_resize_params *p, double distance)
{
	if (p->mode == SYNERGY_RESIZE_CUBIC)
		return cubic((double)p->cubic_a, distance);
	return fabs(distance) < 1 ? 1 - fabs(distance) : 0;
}

/* When it makes an image smaller, the filter is as much wider: antialias. */
static double filter_scale(const struct synergy_resize_params *p, int d)
{
	return p->antialias && p->scale[d] < 1 ? p->scale[d] : 1;
}

static int reach_of(const struct synergy_resize_params *p, int d)
{
	const double reach = (p->mode == SYNERGY_RESIZE_CUBIC ? 2 : 1) / filter_scale(p, d);

	return reach < MAX_REACH ? (int)ceil(reach) : MAX_REACH;
}

static int64_t clamp(double x, int64_t size)
{
	return x < 0 ? 0 : x > (double)(size - 1) ? size - 1 : (int64_t)x;
}

/* Output i of a dimension that is interpolated. */
static void set_taps(const struct synergy_resize_params *p, struct axis *a, int64_t i, double x,
		     int64_t in)
{
	const double left = floor(x), scale = filter_scale(p, a->dim);
	const int reach = a->taps / 2;
	float *weight = a->weight + i * a->taps;
	double sum = 0;
	int k;

	for (k = 0; k < a->taps; k++) {
		const double at = left + (double)(k - reach + 1);
		double w = weight_at(p, (at - x) * scale);

		if (p->exclude_outside && (at < 0 || at > (double)(in - 1)))
			w = 0;
		a->index[i * a->taps + k] = (int32_t)clamp(at, in);
		weight[k] = (float)w;
		sum += w;
	}
	if (p->antialias || p->exclude_outside)
		for (k = 0; k < a->taps; k++)
			weight[k] = sum != 0 ? (float)((double)weight[k] / sum) : 0;
}

static int make_axis(const struct synergy_call *call, int d, struct axis *a, size_t *bytes)
{
	const struct synergy_resize_params *p = &call->node->p.resize;
	const int64_t in = call->in[0]->dims[d], out = call->out[0]->dims[d];
	const bool crop = p->coordinates == SYNERGY_RESIZE_TF_CROP_AND_RESIZE;
	size_t taps;
	int64_t i;

	a->dim = d;
	a->taps = p->mode == SYNERGY_RESIZE_NEAREST ? 1 : 2 * reach_of(p, d);
	taps = (size_t)out * (size_t)a->taps;
	a->index = malloc(taps * sizeof(*a->index));
	a->weight = p->mode == SYNERGY_RESIZE_NEAREST ? NULL : malloc(taps * sizeof(*a->weight));
	a->outside = crop ? calloc((size_t)out, sizeof(*a->outside)) : NULL;
	if (!a->index || (!a->weight && p->mode != SYNERGY_RESIZE_NEAREST) || (crop && !a->outside)) {
		errno = ENOMEM;
		return -1;
	}
	*bytes += taps * (sizeof(*a->index) + (a->weight ? sizeof(*a->weight) : 0));
	for (i = 0; i < out; i++) {
		const double x = coordinate(p, d, i, in, out);

		if (crop)
			a->outside[i] = x < 0 || x > (double)(in - 1);
		if (a->weight)
			set_taps(p, a, i, x, in);
		else
			a->index[i] = (int32_t)clamp(nearest(p->nearest, x), in);
	}
	return 0;
}

/* Nothing moves along a dimension whose outputs are its inputs. */
static bool is_identity(const struct synergy_call *call, const struct axis *a)
{
	int64_t i;
	int k;

	if (call->in[0]->dims[a->dim] != call->out[0]->dims[a->dim])
		return false;
	for (i = 0; i < call->out[0]->dims[a->dim]; i++) {
		if (a->outside && a->outside[i])
			return false;
		for (k = 0; k < a->taps; k++) {
			const float w = a->weight ? a->weight[i * a->taps + k] : 1;

			if (w != 0 && (w != 1 || a->index[i * a->taps + k] != i))
				return false;
		}
	}
	return true;
}

static void free_axis(struct axis *a)
{
	free(a->index);
	free(a->weight);
	free(a->outside);
	*a = (struct axis){ 0 };
}

static void release(void *state)
{
	struct resize *r = state;
	int i;

	for (i = 0; r && i < SYNERGY_MAX_RANK; i++)
		free_axis(&r->axis[i]);
	free(r);
}

/* The last dimension first: rows are short then, and the others go by whole rows. */
static int prepare(struct synergy_call *call, size_t *bytes)
{
	struct resize *r = calloc(1, sizeof(*r));
	int d;

	if (!r)
		return -1;
	for (d = call->in[0]->rank - 1; d >= 0; d--) {
		struct axis *a = &r->axis[r->n];

		if (make_axis(call, d, a, bytes)) {
			release(r);
			errno = ENOMEM;
			return -1;
		}
		if (is_identity(call, a))
			free_axis(a);
		else
			r->n++;
	}
	call->state = r;
	return 0;
}

/* --- running -------------------------------------------------------------------------------- */

/* [outer][in][inner] becomes [outer][out][inner]. */
struct pass {
	const struct axis *a;
	int64_t outer, in, out, inner;
	float fill;
	const float *x;
	float *y;
};

static void blend_row(const struct axis *a, int64_t i, int64_t inner, const float *x, float *y)
{
	const int32_t *index = a->index + i * a->taps;
	const float *weight = a->weight + i * a->taps;
	int64_t c;
	int k;

	for (k = 0; k < a->taps; k++) {
		const float *from = x + index[k] * inner, w = weight[k];

		if (!k)
			for (c = 0; c < inner; c++)
				y[c] = w * from[c];
		else if (w != 0)
			for (c = 0; c < inner; c++)
				y[c] += w * from[c];
	}
}

static float blend(const struct axis *a, int64_t i, const float *x)
{
	float sum = 0;
	int k;

	for (k = 0; k < a->taps; k++)
		sum += a->weight[i * a->taps + k] * x[a->index[i * a->taps + k]];
	return sum;
}

static void resize_line(const struct pass *p, const float *x, float *y)
{
	const struct axis *a = p->a;
	int64_t i, c;

	for (i = 0; i < p->out; i++, y += p->inner) {
		if (a->outside && a->outside[i])
			for (c = 0; c < p->inner; c++)
				y[c] = p->fill;
		else if (!a->weight && p->inner == 1)
			*y = x[a->index[i]];
		else if (!a->weight)
			memcpy(y, x + a->index[i] * p->inner, (size_t)p->inner * sizeof(*y));
		else if (p->inner == 1)
			*y = blend(a, i, x);
		else
			blend_row(a, i, p->inner, x, y);
	}
}

static void pass_part(void *arg, int part, int parts)
{
	const struct pass *p = arg;
	const struct synergy_range r = synergy_part_range(p->outer, part, parts, 1);
	int64_t o;

	for (o = r.begin; o < r.end; o++)
		resize_line(p, p->x + o * p->in * p->inner, p->y + o * p->out * p->inner);
}

/* Dimensions as they are before pass number `pass`. */
static struct synergy_tensor between(const struct synergy_call *call, const struct resize *r, int pass)
{
	struct synergy_tensor t = *call->in[0];
	int i;

	for (i = 0; i < pass; i++)
		t.dims[r->axis[i].dim] = call->out[0]->dims[r->axis[i].dim];
	return t;
}

static size_t between_floats(const struct synergy_call *call, const struct resize *r)
{
	size_t most = 0;
	int i;

	for (i = 1; i < r->n; i++) {
		const struct synergy_tensor t = between(call, r, i);
		const size_t floats = (size_t)synergy_dims_product(&t, 0, t.rank);

		most = floats > most ? floats : most;
	}
	return (most + 15) & ~(size_t)15;
}

/* Two of them, which take turns. */
static size_t workspace(const struct synergy_call *call)
{
	return 2 * between_floats(call, call->state) * sizeof(float);
}

static void run(const struct synergy_call *call)
{
	const struct resize *r = call->state;
	const size_t floats = between_floats(call, r);
	const float *from = call->src[0];
	int i;

	if (!call->out[0]->count)
		return;
	if (!r->n)
		memcpy(call->dst[0], from, call->out[0]->bytes);
	for (i = 0; i < r->n; i++) {
		const struct synergy_tensor t = between(call, r, i);
		const int d = r->axis[i].dim;
		struct pass p = {
			.a = &r->axis[i],
			.outer = synergy_dims_product(&t, 0, d),
			.in = t.dims[d],
			.out = call->out[0]->dims[d],
			.inner = synergy_dims_product(&t, d + 1, t.rank),
			.fill = call->node->p.resize.extrapolation,
			.x = from,
			.y = i == r->n - 1 ? call->dst[0] :
			     (float *)call->workspace + (size_t)(i & 1) * floats,
		};

		synergy_run_parts(call->env->threads, p.outer * p.out * p.inner,
				  SYNERGY_PART_ELEMENTS, pass_part, &p);
		from = p.y;
	}
}

static bool supports(const struct synergy_call *call)
{
	int d;

	for (d = 0; d < call->in[0]->rank; d++)
		if (call->in[0]->dims[d] > INT32_MAX)
			return false;
	return synergy_is_f32(call->in[0]);
}

static const struct synergy_kernel resize = {
	.method = "separable",
	.supports = supports,
	.prepare = prepare,
	.release = release,
	.workspace = workspace,
	.run = run,
};

synergy_kernel_list synergy_resize_kernels = { &resize, NULL };
