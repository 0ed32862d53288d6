/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pictures as they are in the file: raw samples, no colour management (gamma, profiles),
 * alpha dropped, turned upright by their EXIF orientation. A file that is cut short or
 * damaged is refused. Files are untrusted; nothing is printed. Private to user/infer.
 */
#ifndef SYNERGY_INFER_PICTURE_H
#define SYNERGY_INFER_PICTURE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/error.h"

#define SYNERGY_PICTURE_MAX_SIDE	16384
#define SYNERGY_PICTURE_MAX_PIXELS	(64 << 20)

struct synergy_picture {
	int width, height;
	uint16_t *rgb;		/* three samples a pixel, rows from the top */
	float unit;		/* times it, a sample is within 0..255: 1, or 1/257 for 16 bits */
};

/*
 * Decode PNG or JPEG, by the first bytes. 0, or -1 with a message that begins with
 * path: EINVAL damaged, cut or of a kind that is not known, EFBIG too large, ENOMEM,
 * what opening gives. Free with synergy_picture_free().
 */
int synergy_picture_read(const char *path, struct synergy_picture *picture,
			 struct synergy_error *error);
void synergy_picture_free(struct synergy_picture *picture);

/* Memory for the samples, zeroed; the sides are checked. */
int synergy_picture_allocate(struct synergy_picture *picture, uint64_t width, uint64_t height,
			     const char *path, struct synergy_error *error);

/* The decoders, on an open file; orientation is EXIF's, 1 to 8. */
int synergy_picture_png(FILE *f, const char *path, struct synergy_picture *picture,
			int *orientation, struct synergy_error *error);
int synergy_picture_jpeg(FILE *f, const char *path, struct synergy_picture *picture,
			 int *orientation, struct synergy_error *error);

/* Tag 0x0112 of EXIF data (a TIFF header and its first directory); 1 where there is none. */
int synergy_exif_orientation(const unsigned char *tiff, size_t size);

#endif /* SYNERGY_INFER_PICTURE_H */
