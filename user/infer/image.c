// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A picture as a network's input: resized, cropped, channels ordered, mean and scale.
 */
#include <errno.h>
#include <math.h>

#include "infer/inputs.h"
#include "infer/picture.h"
#include "model/number.h"

/* Value of a channel between pixels; x and y are kept inside. */
static float sample(const struct synergy_picture *p, double x, double y, int channel)
{
	int x0, y0, x1, y1;
	double fx, fy, top, bottom;

	x = fmin(fmax(x, 0), p->width - 1);
	y = fmin(fmax(y, 0), p->height - 1);
	x0 = (int)x;
	y0 = (int)y;
	x1 = x0 + 1 < p->width ? x0 + 1 : x0;
	y1 = y0 + 1 < p->height ? y0 + 1 : y0;
	fx = x - x0;
	fy = y - y0;
#define AT(px, py) p->rgb[((size_t)(py) * p->width + (px)) * 3 + channel]
	top = AT(x0, y0) * (1 - fx) + AT(x1, y0) * fx;
	bottom = AT(x0, y1) * (1 - fx) + AT(x1, y1) * fx;
#undef AT
	return (float)(top * (1 - fy) + bottom * fy);
}

static float grey(const struct synergy_picture *p, double x, double y)
{
	return .299f * sample(p, x, y, 0) + .587f * sample(p, x, y, 1) +
		.114f * sample(p, x, y, 2);
}

/* How a picture lies in an input. */
struct place {
	int channels, height, width;
	bool channels_last;
	enum synergy_channels order;
};

static float value_at(const struct synergy_picture *p, const struct synergy_input_options *o,
		      const struct place *t, double x, double y, int c)
{
	const float mean = o->n_mean ? o->mean[o->n_mean > 1 ? c : 0] : 0;
	const float scale = o->n_scale ? o->scale[o->n_scale > 1 ? c : 0] : 1;
	const int from = t->order == SYNERGY_CHANNELS_BGR ? 2 - c : c;
	const float v = t->channels == 1 ? grey(p, x, y) : sample(p, x, y, from);

	return (v * p->unit - mean) * scale;
}

/* Resized so that the input is filled, the rest cut off on both sides alike. */
static void fill(const struct synergy_picture *p, const struct synergy_input_options *o,
		 const struct place *t, float *out)
{
	const double ratio = fmin((double)p->width / t->width, (double)p->height / t->height);
	const double left = (p->width - ratio * t->width) / 2;
	const double top = (p->height - ratio * t->height) / 2;
	const int64_t step = t->channels_last ? t->channels : 1;
	const int64_t plane = t->channels_last ? 1 : (int64_t)t->height * t->width;
	int64_t at;
	int c, i, j;

	for (c = 0; c < t->channels; c++)
		for (i = 0, at = c * plane; i < t->height; i++)
			for (j = 0; j < t->width; j++, at += step)
				out[at] = value_at(p, o, t, left + (j + .5) * ratio - .5,
						   top + (i + .5) * ratio - .5, c);
}

static bool has_channels(int64_t n)
{
	return n == 1 || n == 3;
}

static int find_place(const char *path, const struct synergy_input_options *o,
		      enum synergy_channels order, const struct synergy_tensor *input,
		      struct place *t, struct synergy_error *error)
{
	const int64_t *d = input->dims;
	const bool last = input->rank == 4 && !has_channels(d[1]) && has_channels(d[3]);
	char shape[192];

	if (input->rank != 4 || d[0] != 1 || !has_channels(d[last ? 3 : 1]) ||
	    d[last ? 1 : 2] < 1 || d[last ? 2 : 3] < 1)
		return synergy_error_set(error, EINVAL,
			"%s: a picture is for an input of [1,1 or 3,height,width] (or channels last), but '%.100s' is %s",
			path, input->name, synergy_tensor_shape(input, shape, sizeof(shape)));
	*t = (struct place){
		.channels = (int)d[last ? 3 : 1], .height = (int)d[last ? 1 : 2],
		.width = (int)d[last ? 2 : 3], .channels_last = last, .order = order,
	};
	if ((o->n_mean > 1 && o->n_mean != t->channels) ||
	    (o->n_scale > 1 && o->n_scale != t->channels))
		return synergy_error_set(error, EINVAL,
			"%s: --mean and --scale have one value or one per channel (%d)", path,
			t->channels);
	if (o->order != SYNERGY_CHANNELS_BY_FORMAT && t->channels == 1)
		return synergy_error_set(error, EINVAL,
			"%s: --channels has no effect: input '%.100s' has one channel", path,
			input->name);
	return 0;
}

/* An integer input takes the nearest values, if it can have them. */
static int round_to(struct synergy_array *array, const char *path, struct synergy_error *error)
{
	struct synergy_array whole;
	const float *f = array->data;
	int64_t i;

	if (synergy_array_new(&whole, SYNERGY_I64, array->rank, array->dims, UINT64_MAX, path, error)) {
		synergy_array_free(array);
		return -1;
	}
	for (i = 0; i < array->count; i++)
		((int64_t *)whole.data)[i] = synergy_real_to_s64(nearbyint((double)f[i]));
	synergy_array_free(array);
	*array = whole;
	return 0;
}

int synergy_image_read(const char *path, const struct synergy_input_options *options,
		       enum synergy_channels order, const struct synergy_tensor *input,
		       struct synergy_array *out, struct synergy_error *error)
{
	struct synergy_picture picture;
	struct place place = { 0 };

	if (find_place(path, options, order, input, &place, error) ||
	    synergy_picture_read(path, &picture, error))
		return -1;
	if (synergy_array_new(out, SYNERGY_F32, 4, input->dims, UINT64_MAX, path, error)) {
		synergy_picture_free(&picture);
		return -1;
	}
	fill(&picture, options, &place, out->data);
	synergy_picture_free(&picture);
	return synergy_dtype_is_real(input->dtype) ? 0 : round_to(out, path, error);
}

int synergy_image_size(const char *path, int64_t *height, int64_t *width,
		       struct synergy_error *error)
{
	struct synergy_picture picture;

	if (synergy_picture_read(path, &picture, error))
		return -1;
	*height = picture.height;
	*width = picture.width;
	synergy_picture_free(&picture);
	return 0;
}
