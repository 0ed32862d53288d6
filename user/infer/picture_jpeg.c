// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * JPEG by libjpeg. It reports errors by calling back; the callbacks jump out, and
 * damage of which it only warns (a file cut short, bad codes) is an error here.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>	/* needs stdio.h before it */
#include <jerror.h>

#include "infer/picture.h"

#define EXIF_MARKER		(JPEG_APP0 + 1)
#define EXIF_MOST_BYTES		65533	/* of a marker's content */

struct trap {
	struct jpeg_error_mgr mgr;
	jmp_buf back;
	char message[JMSG_LENGTH_MAX];
};

static void failed(j_common_ptr info)
{
	struct trap *trap = (struct trap *)info->err;

	info->err->format_message(info, trap->message);
	longjmp(trap->back, 1);
}

/* Level -1 is a warning: corrupt data, but for two that concern the header's taste. */
static void emit(j_common_ptr info, int level)
{
	const int code = info->err->msg_code;

	if (level < 0 && code != JWRN_JFIF_MAJOR && code != JWRN_ADOBE_XFORM)
		failed(info);
}

static void silent(j_common_ptr info)
{
	(void)info;
}

static int orientation_of(const struct jpeg_decompress_struct *jpeg)
{
	jpeg_saved_marker_ptr m;

	for (m = jpeg->marker_list; m; m = m->next)
		if (m->marker == EXIF_MARKER && m->data_length > 6 && !memcmp(m->data, "Exif\0", 6))
			return synergy_exif_orientation(m->data + 6, m->data_length - 6);
	return 1;
}

/* Slow and exact: the same samples whatever this libjpeg takes for fast. */
static void read_rows(struct jpeg_decompress_struct *jpeg, struct synergy_picture *p,
		      JSAMPROW row)
{
	size_t i, at = 0;

	while (jpeg->output_scanline < jpeg->output_height) {
		jpeg_read_scanlines(jpeg, &row, 1);
		for (i = 0; i < (size_t)p->width * 3; i++)
			p->rgb[at++] = row[i];
	}
}

static int read_all(struct jpeg_decompress_struct *jpeg, FILE *f, const char *path,
		    struct synergy_picture *p, int *orientation, struct synergy_error *error)
{
	struct trap *trap = (struct trap *)jpeg->err;
	JSAMPARRAY row;

	if (setjmp(trap->back))
		return synergy_error_set(error, EINVAL, "%s: JPEG: %s", path, trap->message);
	jpeg_create_decompress(jpeg);
	jpeg_stdio_src(jpeg, f);
	jpeg_save_markers(jpeg, EXIF_MARKER, EXIF_MOST_BYTES);
	jpeg_read_header(jpeg, TRUE);
	jpeg->out_color_space = JCS_RGB;
	jpeg->dct_method = JDCT_ISLOW;
	if (synergy_picture_allocate(p, jpeg->image_width, jpeg->image_height, path, error))
		return -1;
	jpeg_start_decompress(jpeg);
	row = jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, (JDIMENSION)p->width * 3, 1);
	read_rows(jpeg, p, row[0]);
	*orientation = orientation_of(jpeg);
	jpeg_finish_decompress(jpeg);
	return 0;
}

int synergy_picture_jpeg(FILE *f, const char *path, struct synergy_picture *picture,
			 int *orientation, struct synergy_error *error)
{
	struct jpeg_decompress_struct jpeg = { 0 };
	struct trap trap;
	int result;

	jpeg.err = jpeg_std_error(&trap.mgr);
	trap.mgr.error_exit = failed;
	trap.mgr.emit_message = emit;
	trap.mgr.output_message = silent;
	result = read_all(&jpeg, f, path, picture, orientation, error);
	jpeg_destroy_decompress(&jpeg);
	return result;
}
