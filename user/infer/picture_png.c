// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * PNG by libpng's rows: the simplified interface would blend alpha and correct gamma.
 * libpng reports errors by calling back; the callback jumps out.
 */
#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "infer/picture.h"

struct reader {
	jmp_buf back;
	char message[128];
	png_structp png;
	png_infop info, end;
	unsigned char *rows;	/* the whole picture as libpng gives it: 3 samples a pixel */
	struct synergy_picture *picture;
};

static void failed(png_structp png, png_const_charp message)
{
	struct reader *r = png_get_error_ptr(png);

	snprintf(r->message, sizeof(r->message), "%s", message);
	longjmp(r->back, 1);
}

/* What libpng only warns of does not touch the samples. */
static void ignore(png_structp png, png_const_charp message)
{
	(void)png, (void)message;
}

/* Grey and palettes become RGB, fewer than 8 bits become 8; alpha goes. */
static int depth_of(struct reader *r)
{
	png_set_expand(r->png);
	png_set_gray_to_rgb(r->png);
	png_set_strip_alpha(r->png);
	return png_get_bit_depth(r->png, r->info) == 16 ? 16 : 8;
}

static void find_orientation(struct reader *r, int *orientation)
{
#ifdef PNG_eXIf_SUPPORTED
	png_bytep exif;
	png_uint_32 size;

	if (png_get_eXIf_1(r->png, r->info, &size, &exif) ||
	    png_get_eXIf_1(r->png, r->end, &size, &exif))
		*orientation = synergy_exif_orientation(exif, size);
#else
	(void)r, (void)orientation;
#endif
}

/* All passes of an interlaced picture go over the same rows. */
static void read_rows(struct reader *r, size_t row_bytes)
{
	int pass, passes = png_set_interlace_handling(r->png), y;

	png_read_update_info(r->png, r->info);
	if (png_get_rowbytes(r->png, r->info) != row_bytes)
		png_error(r->png, "rows are not of three samples a pixel");
	for (pass = 0; pass < passes; pass++)
		for (y = 0; y < r->picture->height; y++)
			png_read_row(r->png, r->rows + (size_t)y * row_bytes, NULL);
	png_read_end(r->png, r->end);
}

/* Samples of 8 or of 16 bits, most significant byte first. */
static void take_samples(struct synergy_picture *p, const unsigned char *rows, int depth)
{
	const size_t count = (size_t)p->width * p->height * 3;
	size_t i;

	for (i = 0; i < count; i++)
		p->rgb[i] = depth == 8 ? rows[i] : (uint16_t)(rows[2 * i] << 8 | rows[2 * i + 1]);
	p->unit = depth == 8 ? 1.0f : 1.0f / 257;
}

static int read_all(struct reader *r, FILE *f, const char *path, int *orientation,
		    struct synergy_error *error)
{
	size_t row_bytes;
	int depth;

	if (setjmp(r->back))
		return synergy_error_set(error, EINVAL, "%s: PNG: %s", path, r->message);
	png_init_io(r->png, f);
	png_set_user_limits(r->png, SYNERGY_PICTURE_MAX_SIDE, SYNERGY_PICTURE_MAX_SIDE);
	png_read_info(r->png, r->info);
	if (synergy_picture_allocate(r->picture, png_get_image_width(r->png, r->info),
				     png_get_image_height(r->png, r->info), path, error))
		return -1;
	depth = depth_of(r);
	row_bytes = (size_t)r->picture->width * 3 * (depth / 8);
	r->rows = calloc((size_t)r->picture->height, row_bytes);
	if (!r->rows)
		return synergy_error_set(error, ENOMEM, "%s: no memory for %d x %d pixels", path,
					 r->picture->width, r->picture->height);
	read_rows(r, row_bytes);
	find_orientation(r, orientation);
	take_samples(r->picture, r->rows, depth);
	return 0;
}

int synergy_picture_png(FILE *f, const char *path, struct synergy_picture *picture,
			int *orientation, struct synergy_error *error)
{
	struct reader r = { .picture = picture };
	int result = -1;

	r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, failed, ignore);
	r.info = r.png ? png_create_info_struct(r.png) : NULL;
	r.end = r.info ? png_create_info_struct(r.png) : NULL;
	if (r.end)
		result = read_all(&r, f, path, orientation, error);
	else
		synergy_error_set(error, ENOMEM, "%s: PNG: no memory", path);
	png_destroy_read_struct(&r.png, &r.info, &r.end);
	free(r.rows);
	return result;
}
