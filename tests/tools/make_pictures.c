// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes small pictures for the tests into a directory: the same 10 x 8 pixels as PNG of
 * every kind, and as JPEG with each EXIF orientation. Pixel (x, y) is R = 23x, G = 31y,
 * B = 7(x + y) + 40; alpha, where there is one, is 0, 100 and 255 in turn.
 * Usage: make_pictures DIR
 */
#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

enum { WIDTH = 10, HEIGHT = 8 };

static int value(int x, int y, int c)
{
	return c == 0 ? 23 * x : c == 1 ? 31 * y : 7 * (x + y) + 40;
}

static int alpha(int x, int y)
{
	static const int alphas[] = { 0, 100, 255 };

	return alphas[(x + y) % 3];
}

static FILE *create(const char *dir, const char *name)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

struct png_kind {
	const char *name;
	int depth, type;
	bool gamma, interlaced;
	int orientation;
};

/* One row's samples; 16 bits are v * 257 + 5, so that they are no 8-bit value. */
static void fill_row(const struct png_kind *k, int y, unsigned char *row)
{
	const int channels = k->type == PNG_COLOR_TYPE_RGB ? 3 :
			     k->type == PNG_COLOR_TYPE_RGB_ALPHA ? 4 : 1;
	int x, c;

	for (x = 0; x < WIDTH; x++)
		for (c = 0; c < channels; c++) {
			int v = k->type == PNG_COLOR_TYPE_PALETTE ? x :
				c == 3 ? alpha(x, y) : value(x, y, c);

			if (k->depth == 16) {
				v = v * 257 + 5;
				*row++ = (unsigned char)(v >> 8);
			}
			*row++ = (unsigned char)v;
		}
}

static void palette(png_structp png, png_infop info)
{
	png_color colours[WIDTH];
	png_byte alphas[WIDTH];
	int x;

	for (x = 0; x < WIDTH; x++) {
		colours[x] = (png_color){ (png_byte)value(x, 3, 0), (png_byte)value(x, 3, 1),
					  (png_byte)value(x, 3, 2) };
		alphas[x] = (png_byte)alpha(x, 0);
	}
	png_set_PLTE(png, info, colours, WIDTH);
	png_set_tRNS(png, info, alphas, WIDTH, NULL);
}

/* EXIF data with nothing but an orientation. */
static size_t exif(unsigned char *to, int orientation)
{
	static const unsigned char head[] = { 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12,
					      0, 3, 0, 0, 0, 1 };

	memset(to, 0, 26);
	memcpy(to, head, sizeof(head));
	to[19] = (unsigned char)orientation;
	return 26;
}

static void write_png(const char *dir, const struct png_kind *k)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	unsigned char rows[HEIGHT][WIDTH * 8] = { 0 }, tiff[32];
	FILE *f = create(dir, k->name);
	png_bytep pointers[HEIGHT];
	int y;

	png_init_io(png, f);
	png_set_IHDR(png, info, WIDTH, HEIGHT, k->depth, k->type,
		     k->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
		     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	if (k->gamma)
		png_set_gAMA(png, info, 1.0);
	if (k->type == PNG_COLOR_TYPE_PALETTE)
		palette(png, info);
	if (k->orientation)
		png_set_eXIf_1(png, info, (png_uint_32)exif(tiff, k->orientation), tiff);
	for (y = 0; y < HEIGHT; y++) {
		fill_row(k, y, rows[y]);
		pointers[y] = rows[y];
	}
	png_write_info(png, info);
	png_write_image(png, pointers);
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	fclose(f);
}

/* 40 x 32 pixels, each pixel a block of four by four, so that JPEG changes them little. */
static void write_jpeg(const char *dir, const char *name, int orientation, int columns)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr mgr;
	unsigned char row[WIDTH * 4 * 3], tiff[40] = "Exif\0";
	JSAMPROW line = row;
	FILE *f = create(dir, name);
	int x, c;

	jpeg.err = jpeg_std_error(&mgr);
	jpeg_create_compress(&jpeg);
	jpeg_stdio_dest(&jpeg, f);
	jpeg.image_width = WIDTH * 4;
	jpeg.image_height = HEIGHT * 4;
	jpeg.input_components = columns;
	jpeg.in_color_space = columns == 3 ? JCS_RGB : JCS_GRAYSCALE;
	jpeg_set_defaults(&jpeg);
	jpeg_set_quality(&jpeg, 100, TRUE);
	jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = 1;
	jpeg_start_compress(&jpeg, TRUE);
	if (orientation)
		jpeg_write_marker(&jpeg, JPEG_APP0 + 1, tiff,
				  6 + (unsigned int)exif(tiff + 6, orientation));
	while (jpeg.next_scanline < jpeg.image_height) {
		for (x = 0; x < WIDTH * 4; x++)
			for (c = 0; c < columns; c++)
				row[x * columns + c] =
					(unsigned char)value(x / 4, (int)jpeg.next_scanline / 4, c);
		jpeg_write_scanlines(&jpeg, &line, 1);
	}
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	fclose(f);
}

int main(int argc, char **argv)
{
	static const struct png_kind kinds[] = {
		{ "rgb.png", 8, PNG_COLOR_TYPE_RGB, false, false, 0 },
		{ "rgba.png", 8, PNG_COLOR_TYPE_RGB_ALPHA, false, false, 0 },
		{ "rgb16.png", 16, PNG_COLOR_TYPE_RGB, false, false, 0 },
		{ "rgba16.png", 16, PNG_COLOR_TYPE_RGB_ALPHA, false, true, 0 },
		{ "gamma.png", 8, PNG_COLOR_TYPE_RGB, true, false, 0 },
		{ "interlaced.png", 8, PNG_COLOR_TYPE_RGB, false, true, 0 },
		{ "grey.png", 8, PNG_COLOR_TYPE_GRAY, false, false, 0 },
		{ "palette.png", 8, PNG_COLOR_TYPE_PALETTE, false, false, 0 },
		{ "turned.png", 8, PNG_COLOR_TYPE_RGB, false, false, 6 },
	};
	char name[32];
	size_t i;

	if (argc != 2) {
		fputs("usage: make_pictures DIR\n", stderr);
		return 2;
	}
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		write_png(argv[1], &kinds[i]);
	for (i = 0; i <= 8; i++) {
		snprintf(name, sizeof(name), "exif%zu.jpg", i);
		write_jpeg(argv[1], name, (int)i, 3);
	}
	write_jpeg(argv[1], "grey.jpg", 0, 1);
	return 0;
}
