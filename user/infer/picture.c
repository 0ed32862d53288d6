// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What both decoders need: memory, the EXIF orientation, and turning upright by it.
 */
#include "infer/picture.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define EXIF_ORIENTATION	0x0112
#define EXIF_SHORT		3

int synergy_picture_allocate(struct synergy_picture *p, uint64_t width, uint64_t height,
			     const char *path, struct synergy_error *error)
{
	if (!width || !height || width > SYNERGY_PICTURE_MAX_SIDE ||
	    height > SYNERGY_PICTURE_MAX_SIDE || width * height > SYNERGY_PICTURE_MAX_PIXELS)
		return synergy_error_set(error, EFBIG,
			"%s: %llu x %llu pixels, limit %d a side and %d in all", path,
			(unsigned long long)width, (unsigned long long)height,
			SYNERGY_PICTURE_MAX_SIDE, SYNERGY_PICTURE_MAX_PIXELS);
	p->width = (int)width;
	p->height = (int)height;
	p->rgb = calloc(width * height, 3 * sizeof(*p->rgb));
	if (!p->rgb)
		return synergy_error_set(error, ENOMEM, "%s: no memory for %llu x %llu pixels", path,
			(unsigned long long)width, (unsigned long long)height);
	return 0;
}

void synergy_picture_free(struct synergy_picture *p)
{
	free(p->rgb);
	*p = (struct synergy_picture){ 0 };
}

/* --- EXIF ------------------------------------------------------------------------- */

static uint32_t number(const unsigned char *p, int bytes, bool big)
{
	uint32_t v = 0;
	int i;

	for (i = 0; i < bytes; i++)
		v |= (uint32_t)p[i] << 8 * (big ? bytes - 1 - i : i);
	return v;
}

int synergy_exif_orientation(const unsigned char *tiff, size_t size)
{
	bool big;
	uint32_t at, entries, i;
	const unsigned char *entry;

	if (size < 8 || (memcmp(tiff, "II*", 4) && memcmp(tiff, "MM\0*", 4)))
		return 1;
	big = *tiff == 'M';
	at = number(tiff + 4, 4, big);
	if (at > size - 2 || size < 2)
		return 1;
	entries = number(tiff + at, 2, big);
	for (i = 0; i < entries && (size - at - 2) / 12 > i; i++) {
		entry = tiff + at + 2 + 12 * (size_t)i;
		if (number(entry, 2, big) != EXIF_ORIENTATION)
			continue;
		if (number(entry + 2, 2, big) != EXIF_SHORT || number(entry + 4, 4, big) != 1)
			return 1;
		i = number(entry + 8, 2, big);
		return i >= 1 && i <= 8 ? (int)i : 1;
	}
	return 1;
}

/*
 * EXIF's orientation names which sides of the upright picture row 0 and column 0 of
 * the stored one are: 2 to 4 mirror and turn by half, 5 to 8 swap rows and columns.
 */
static int turn(struct synergy_picture *p, int orientation, const char *path,
		struct synergy_error *error)
{
	const bool swap = orientation >= 5;
	const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 ||
				orientation == 8;
	const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 ||
				 orientation == 7;
	struct synergy_picture upright = { .unit = p->unit };
	int x, y, sx, sy;

	if (orientation == 1)
		return 0;
	if (synergy_picture_allocate(&upright, swap ? p->height : p->width,
				     swap ? p->width : p->height, path, error))
		return -1;
	for (y = 0; y < upright.height; y++)
		for (x = 0; x < upright.width; x++) {
			sx = swap ? y : x;
			sy = swap ? x : y;
			sx = from_right ? p->width - 1 - sx : sx;
			sy = from_bottom ? p->height - 1 - sy : sy;
			memcpy(upright.rgb + ((size_t)y * upright.width + x) * 3,
			       p->rgb + ((size_t)sy * p->width + sx) * 3, 3 * sizeof(*p->rgb));
		}
	synergy_picture_free(p);
	*p = upright;
	return 0;
}

int synergy_picture_read(const char *path, struct synergy_picture *p, struct synergy_error *error)
{
	FILE *f = fopen(path, "rbe");
	int result, first, orientation = 1;

	*p = (struct synergy_picture){ .unit = 1 };
	if (!f)
		return synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	first = fgetc(f);
	rewind(f);
	result = first == 0x89 ? synergy_picture_png(f, path, p, &orientation, error) :
				 synergy_picture_jpeg(f, path, p, &orientation, error);
	fclose(f);
	if (!result)
		result = turn(p, orientation, path, error);
	if (result)
		synergy_picture_free(p);
	return result;
}
