// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pictures as inputs, by libpng and libjpeg. Both report errors by calling back;
 * the callbacks jump out, so nothing is printed and nothing exits.
 */
#include <errno.h>
#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>	/* needs stdio.h before it */

#include "infer/inputs.h"

#define MAX_SIDE	16384
#define MAX_PIXELS	(64 << 20)

struct picture {
	int width, height;
	unsigned char *rgb;	/* 3 bytes a pixel */
};

static int allocate(struct picture *p, uint64_t width, uint64_t height, const char *path,
		    struct synergy_error *error)
{
	if (!width || !height || width > MAX_SIDE || height > MAX_SIDE ||
	    width * height > MAX_PIXELS)
		return synergy_error_set(error, EFBIG, "%s: %llu x %llu pixels", path,
					 (unsigned long long)width, (unsigned long long)height);
	p->width = (int)width;
	p->height = (int)height;
	p->rgb = malloc(width * height * 3);
	if (!p->rgb)
		return synergy_error_set(error, ENOMEM, "%s: no memory", path);
	return 0;
}

static int read_png(FILE *f, const char *path, struct picture *p, struct synergy_error *error)
{
	png_image image = { .version = PNG_IMAGE_VERSION };

	if (!png_image_begin_read_from_stdio(&image, f))
		return synergy_error_set(error, EINVAL, "%s: PNG: %s", path, image.message);
	image.format = PNG_FORMAT_RGB;
	if (allocate(p, image.width, image.height, path, error)) {
		png_image_free(&image);
		return -1;
	}
	if (!png_image_finish_read(&image, NULL, p->rgb, 0, NULL))
		return synergy_error_set(error, EINVAL, "%s: PNG: %s", path, image.message);
	return 0;
}

struct jpeg_trap {
	struct jpeg_error_mgr mgr;
	jmp_buf back;
	char message[JMSG_LENGTH_MAX];
};

static void jpeg_failed(j_common_ptr info)
{
	struct jpeg_trap *trap = (struct jpeg_trap *)info->err;

	info->err->format_message(info, trap->message);
	longjmp(trap->back, 1);
}

static void jpeg_silent(j_common_ptr info)
{
	(void)info;
}

static int read_jpeg(FILE *f, const char *path, struct picture *p, struct synergy_error *error)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_trap trap;
	JSAMPROW row;

	jpeg.err = jpeg_std_error(&trap.mgr);
	trap.mgr.error_exit = jpeg_failed;
	trap.mgr.output_message = jpeg_silent;
	if (setjmp(trap.back)) {
		jpeg_destroy_decompress(&jpeg);
		return synergy_error_set(error, EINVAL, "%s: JPEG: %s", path, trap.message);
	}
	jpeg_create_decompress(&jpeg);
	jpeg_stdio_src(&jpeg, f);
	jpeg_read_header(&jpeg, TRUE);
	jpeg.out_color_space = JCS_RGB;
	if (allocate(p, jpeg.image_width, jpeg.image_height, path, error)) {
		jpeg_destroy_decompress(&jpeg);
		return -1;
	}
	jpeg_start_decompress(&jpeg);
	while (jpeg.output_scanline < jpeg.output_height) {
		row = p->rgb + (size_t)jpeg.output_scanline * p->width * 3;
		jpeg_read_scanlines(&jpeg, &row, 1);
	}
	jpeg_finish_decompress(&jpeg);
	jpeg_destroy_decompress(&jpeg);
	return 0;
}

static int read_picture(const char *path, struct picture *p, struct synergy_error *error)
{
	FILE *f = fopen(path, "rbe");
	int result, first;

	memset(p, 0, sizeof(*p));
	if (!f)
		return synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	first = fgetc(f);
	rewind(f);
	result = first == 0x89 ? read_png(f, path, p, error) : read_jpeg(f, path, p, error);
	fclose(f);
	if (result)
		free(p->rgb);
	return result;
}

/* Value of a channel between pixels; x and y are kept inside. */
static float sample(const struct picture *p, double x, double y, int channel)
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

static float grey(const struct picture *p, double x, double y)
{
	return .299f * sample(p, x, y, 0) + .587f * sample(p, x, y, 1) +
		.114f * sample(p, x, y, 2);
}

static void fill(const struct picture *p, const struct synergy_input_options *o,
		 enum synergy_channels order, int channels, int height, int width, float *out)
{
	double ratio = fmin((double)p->width / width, (double)p->height / height);
	double left = (p->width - ratio * width) / 2, top = (p->height - ratio * height) / 2;
	int c, i, j;

	for (c = 0; c < channels; c++) {
		float mean = o->n_mean ? o->mean[o->n_mean > 1 ? c : 0] : 0;
		float scale = o->n_scale ? o->scale[o->n_scale > 1 ? c : 0] : 1;
		int from = order == SYNERGY_CHANNELS_BGR ? 2 - c : c;

		for (i = 0; i < height; i++) {
			for (j = 0; j < width; j++) {
				double x = left + (j + .5) * ratio - .5;
				double y = top + (i + .5) * ratio - .5;
				float v = channels == 1 ? grey(p, x, y) : sample(p, x, y, from);

				*out++ = (v - mean) * scale;
			}
		}
	}
}

int synergy_image_read(const char *path, const struct synergy_input_options *options,
		       enum synergy_channels order, const struct synergy_tensor *input,
		       struct synergy_array *out, struct synergy_error *error)
{
	const int64_t *d = input->dims;
	struct picture picture;
	char shape[128];

	if (input->rank != 4 || d[0] != 1 || (d[1] != 1 && d[1] != 3) || d[2] < 1 || d[3] < 1)
		return synergy_error_set(error, EINVAL,
			"%s: a picture is [1,1 or 3,height,width], but input %s is %s", path,
			input->name, synergy_tensor_shape(input, shape, sizeof(shape)));
	if ((options->n_mean > 1 && options->n_mean != d[1]) ||
	    (options->n_scale > 1 && options->n_scale != d[1]))
		return synergy_error_set(error, EINVAL,
			"%s: --mean and --scale have one value or one per channel (%lld)", path,
			(long long)d[1]);
	if (read_picture(path, &picture, error))
		return -1;
	if (synergy_array_new(out, SYNERGY_F32, 4, d, UINT64_MAX, path, error)) {
		free(picture.rgb);
		return -1;
	}
	fill(&picture, options, order, (int)d[1], (int)d[2], (int)d[3], out->data);
	free(picture.rgb);
	return 0;
}
