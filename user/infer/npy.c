// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * NumPy's .npy files, versions 1 to 3, the element types that a network takes, in
 * either byte order (machines that this runs on are little-endian) and in C or Fortran
 * order. The header is a Python dict literal; just enough of it is read, strictly.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "infer/array.h"

#define MAX_HEADER	65536

static const struct {
	const char *descr;
	enum synergy_dtype dtype;
} types[] = {
	{ "<f4", SYNERGY_F32 }, { "<f8", SYNERGY_F64 }, { "<f2", SYNERGY_F16 },
	{ "|u1", SYNERGY_U8 }, { "|i1", SYNERGY_I8 }, { "|b1", SYNERGY_BOOL },
	{ "<u2", SYNERGY_U16 }, { "<i2", SYNERGY_I16 }, { "<i4", SYNERGY_I32 },
	{ "<u4", SYNERGY_U32 }, { "<i8", SYNERGY_I64 }, { "<u8", SYNERGY_U64 },
};

#define N_TYPES	(sizeof(types) / sizeof(types[0]))

/* The text after 'key': in the dict; NULL none. */
static const char *value_of(const char *header, const char *key)
{
	char quoted[32];
	const char *at;

	snprintf(quoted, sizeof(quoted), "'%s'", key);
	at = strstr(header, quoted);
	if (!at)
		return NULL;
	at += strlen(quoted);
	at += strspn(at, " ");
	if (*at != ':')
		return NULL;
	return at + 1 + strspn(at + 1, " ");
}

static int parse_shape(const char *text, int64_t *dims)
{
	char *end;
	int rank = 0;

	if (!text || *text++ != '(')
		return -1;
	for (;;) {
		text += strspn(text, " ");
		if (*text == ')')
			return rank;
		if (!isdigit((unsigned char)*text) || rank == SYNERGY_MAX_RANK)
			return -1;
		errno = 0;
		dims[rank++] = strtoll(text, &end, 10);
		if (errno)
			return -1;
		text = end + strspn(end, " L");
		if (*text == ',')
			text++;
		else if (*text != ')')
			return -1;
	}
}

struct layout {
	bool swapped, fortran;
};

/* 'f4' of "'<f4'", with the byte order apart; SYNERGY types are listed little-endian. */
static int find_type(const char *descr, struct layout *layout)
{
	size_t i;

	if (!descr || *descr != '\'' || !strchr("<>|=", descr[1]) || strlen(descr) < 5 ||
	    descr[4] != '\'')
		return -1;
	for (i = 0; i < N_TYPES; i++) {
		if (strncmp(descr + 2, types[i].descr + 1, 2))
			continue;
		layout->swapped = descr[1] == '>';
		return (int)i;
	}
	return -1;
}

static int parse_header(const char *header, uint64_t file_bytes, struct synergy_array *out,
			struct layout *layout, const char *path, struct synergy_error *error)
{
	const char *descr = value_of(header, "descr"), *order = value_of(header, "fortran_order");
	int64_t dims[SYNERGY_MAX_RANK];
	int rank = parse_shape(value_of(header, "shape"), dims);
	int type = find_type(descr, layout);

	if (rank < 0)
		return synergy_error_set(error, EINVAL, "%s: .npy header: shape cannot be read",
					 path);
	if (!order || (strncmp(order, "False", 5) && strncmp(order, "True", 4)))
		return synergy_error_set(error, EINVAL,
					 "%s: .npy header: fortran_order cannot be read", path);
	layout->fortran = *order == 'T';
	if (type < 0)
		return synergy_error_set(error, EINVAL, "%s: .npy of element type %.8s", path,
					 descr ? descr : "?");
	return synergy_array_new(out, types[type].dtype, rank, dims,
				 file_bytes / synergy_dtype_size(types[type].dtype), path, error);
}

static void swap_bytes(struct synergy_array *array)
{
	const size_t size = synergy_dtype_size(array->dtype);
	unsigned char *p = array->data, t;
	int64_t i;
	size_t k;

	for (i = 0; i < array->count; i++, p += size)
		for (k = 0; k < size / 2; k++) {
			t = p[k];
			p[k] = p[size - 1 - k];
			p[size - 1 - k] = t;
		}
}

/* Columns first to rows first. */
static int reorder(struct synergy_array *array, const char *path, struct synergy_error *error)
{
	const size_t size = synergy_dtype_size(array->dtype);
	int64_t index[SYNERGY_MAX_RANK] = { 0 }, stride[SYNERGY_MAX_RANK], from, i, step = 1;
	char *to = calloc(array->count ? (size_t)array->count : 1, size);
	int d;

	if (!to)
		return synergy_error_set(error, ENOMEM, "%s: no memory for %lld elements", path,
					 (long long)array->count);
	for (d = 0; d < array->rank; d++) {
		stride[d] = step;
		step *= array->dims[d];
	}
	for (i = 0; i < array->count; i++) {
		for (d = 0, from = 0; d < array->rank; d++)
			from += index[d] * stride[d];
		memcpy(to + (size_t)i * size, (char *)array->data + (size_t)from * size, size);
		for (d = array->rank - 1; d >= 0 && ++index[d] == array->dims[d]; d--)
			index[d] = 0;
	}
	free(array->data);
	array->data = to;
	return 0;
}

/* What follows the header: as many bytes as the shape says. */
static int read_data(FILE *f, const char *path, const struct layout *layout,
		     struct synergy_array *out, struct synergy_error *error)
{
	size_t bytes = (size_t)out->count * synergy_dtype_size(out->dtype);

	if (fread(out->data, 1, bytes, f) != bytes)
		return synergy_error_set(error, EINVAL,
					 "%s: truncated: less than %zu bytes of data", path, bytes);
	if (fgetc(f) != EOF)
		return synergy_error_set(error, EINVAL,
					 "%s: more data than the %zu bytes that its shape takes",
					 path, bytes);
	if (layout->swapped)
		swap_bytes(out);
	return layout->fortran && out->rank > 1 ? reorder(out, path, error) : 0;
}

static int read_npy(FILE *f, const char *path, struct synergy_array *out,
		    struct synergy_error *error)
{
	unsigned char start[12] = { 0 };
	struct layout layout = { 0 };
	struct stat st;
	uint32_t length;
	char *header;
	int result;

	if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode))
		return synergy_error_set(error, EINVAL, "%s: is not a regular file", path);
	if (fread(start, 1, 8, f) != 8 || memcmp(start, "\x93NUMPY", 6))
		return synergy_error_set(error, EINVAL, "%s: not a .npy file", path);
	if (start[6] < 1 || start[6] > 3)
		return synergy_error_set(error, EINVAL, "%s: .npy version %d", path, start[6]);
	if (fread(start + 8, 1, start[6] == 1 ? 2 : 4, f) != (start[6] == 1 ? 2U : 4U))
		return synergy_error_set(error, EINVAL, "%s: truncated", path);
	length = start[8] | start[9] << 8 | start[10] << 16 | (uint32_t)start[11] << 24;
	if (length > MAX_HEADER)
		return synergy_error_set(error, EINVAL, "%s: .npy header of %u bytes", path, length);
	header = calloc(1, length + 1);
	if (!header)
		return synergy_error_set(error, ENOMEM, "%s: no memory", path);
	if (fread(header, 1, length, f) != length)
		result = synergy_error_set(error, EINVAL, "%s: truncated", path);
	else
		result = parse_header(header, (uint64_t)st.st_size, out, &layout, path, error);
	free(header);
	if (result)
		return -1;
	if (!read_data(f, path, &layout, out, error))
		return 0;
	synergy_array_free(out);
	return -1;
}

int synergy_npy_read(const char *path, struct synergy_array *out, struct synergy_error *error)
{
	FILE *f = fopen(path, "rbe");
	int result;

	memset(out, 0, sizeof(*out));
	if (!f)
		return synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	result = read_npy(f, path, out, error);
	fclose(f);
	return result;
}

static const char *descr_of(enum synergy_dtype dtype)
{
	size_t i;

	for (i = 0; i < N_TYPES; i++)
		if (types[i].dtype == dtype)
			return types[i].descr;
	return NULL;
}

int synergy_npy_write(const char *path, const struct synergy_tensor *tensor, const void *data,
		      struct synergy_error *error)
{
	const char *descr = descr_of(tensor->dtype);
	char shape[256] = "", header[512];
	size_t used = 0;
	int i, length;
	bool ok;
	FILE *f;

	if (!descr)
		return synergy_error_set(error, EINVAL, "%s: type %s has no .npy form", path,
					 synergy_dtype_name(tensor->dtype));
	for (i = 0; i < tensor->rank; i++)
		used += snprintf(shape + used, sizeof(shape) - used, "%lld,",
				 (long long)tensor->dims[i]);
	/* Length so that the data begins at a multiple of 64. */
	length = snprintf(header, sizeof(header),
			  "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, shape);
	while ((length + 11) % 64)
		header[length++] = ' ';
	header[length++] = '\n';

	f = fopen(path, "wbe");
	if (!f)
		return synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	fwrite("\x93NUMPY\x01\x00", 1, 8, f);
	fputc(length & 0xff, f);
	fputc(length >> 8, f);
	fwrite(header, 1, length, f);
	fwrite(data, 1, tensor->bytes, f);
	ok = !ferror(f);
	if (fclose(f) || !ok)
		return synergy_error_set(error, errno ? errno : EIO, "%s: %s", path,
					 strerror(errno ? errno : EIO));
	return 0;
}
