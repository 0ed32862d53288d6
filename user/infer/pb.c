// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One ONNX TensorProto from a file, read off the wire: dims (1), data_type (2),
 * float_data (4), int32_data (5), int64_data (7), raw_data (9), double_data (10).
 * Other fields are passed over; every length is checked against the file's.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "infer/inputs.h"

#define MAX_FILE	(1ULL << 31)

struct wire {
	const unsigned char *at, *end;
};

struct proto {
	int rank;
	int64_t dims[SYNERGY_MAX_RANK];
	uint64_t dtype;
	struct wire raw;
	bool has_raw;
};

static int varint(struct wire *w, uint64_t *value)
{
	int shift;

	*value = 0;
	for (shift = 0; shift < 64 && w->at < w->end; shift += 7) {
		*value |= (uint64_t)(*w->at & 0x7f) << shift;
		if (!(*w->at++ & 0x80))
			return 0;
	}
	return -1;
}

/* A field's payload: for numbers the bytes of the number, else what is inside. */
static int field(struct wire *w, uint64_t *number, int *type, struct wire *inside)
{
	uint64_t key, length;

	if (varint(w, &key))
		return -1;
	*number = key >> 3;
	*type = key & 7;
	switch (*type) {
	case 0:
		inside->at = w->at;
		if (varint(w, &length))
			return -1;
		inside->end = w->at;
		return 0;
	case 1:
		length = 8;
		break;
	case 5:
		length = 4;
		break;
	case 2:
		if (varint(w, &length))
			return -1;
		break;
	default:
		return -1;
	}
	if (length > (uint64_t)(w->end - w->at))
		return -1;
	inside->at = w->at;
	inside->end = w->at += length;
	return 0;
}

static int read_head(struct wire w, struct proto *p)
{
	struct wire inside;
	uint64_t number, value;
	int type;

	while (w.at < w.end) {
		if (field(&w, &number, &type, &inside))
			return -1;
		if (number == 2 && (type || varint(&inside, &p->dtype)))
			return -1;
		if (number == 9) {
			p->raw = inside;
			p->has_raw = true;
		}
		while (number == 1 && inside.at < inside.end) {
			if (p->rank == SYNERGY_MAX_RANK || varint(&inside, &value))
				return -1;
			p->dims[p->rank++] = (int64_t)value;
		}
	}
	return 0;
}

/* Values of the typed fields, packed or one by one, into the array. */
static int read_values(struct wire w, struct synergy_array *array)
{
	size_t element = synergy_dtype_size(array->dtype);
	struct wire inside;
	uint64_t number, value;
	int64_t n = 0;
	int type;

	while (w.at < w.end) {
		if (field(&w, &number, &type, &inside))
			return -1;
		if (number != 4 && number != 5 && number != 7 && number != 10 && number != 11)
			continue;
		while (inside.at < inside.end) {
			if (n == array->count)
				return -1;
			if (number == 4 || number == 10) {
				size_t bytes = number == 4 ? 4 : 8;

				if ((size_t)(inside.end - inside.at) < bytes || bytes != element)
					return -1;
				memcpy((char *)array->data + n * element, inside.at, bytes);
				inside.at += bytes;
			} else {
				if (varint(&inside, &value))
					return -1;
				/* little-endian: the low bytes are the value */
				memcpy((char *)array->data + n * element, &value, element);
			}
			n++;
		}
	}
	return n == array->count ? 0 : -1;
}

static int parse(struct wire w, const char *path, struct synergy_array *out,
		 struct synergy_error *error)
{
	struct proto p = { 0 };
	uint64_t most = (uint64_t)(w.end - w.at); /* a value takes a byte at least */
	int result;

	if (read_head(w, &p))
		return synergy_error_set(error, EINVAL,
			"%s: not .npy, PNG, JPEG or a TensorProto", path);
	if (p.dtype > INT32_MAX || !synergy_dtype_size((enum synergy_dtype)p.dtype))
		return synergy_error_set(error, EINVAL, "%s: TensorProto of data_type %llu", path,
					 (unsigned long long)p.dtype);
	if (p.has_raw)
		most = (uint64_t)(p.raw.end - p.raw.at) /
		       synergy_dtype_size((enum synergy_dtype)p.dtype);
	if (synergy_array_new(out, (enum synergy_dtype)p.dtype, p.rank, p.dims, most, path, error))
		return -1;
	if (p.has_raw) {
		size_t bytes = (size_t)out->count * synergy_dtype_size(out->dtype);

		result = (size_t)(p.raw.end - p.raw.at) == bytes ? 0 : -1;
		if (!result)
			memcpy(out->data, p.raw.at, bytes);
	} else {
		result = read_values(w, out);
	}
	if (!result)
		return 0;
	synergy_array_free(out);
	return synergy_error_set(error, EINVAL, "%s: TensorProto's data does not match its shape",
				 path);
}

int synergy_pb_read(const char *path, struct synergy_array *out, struct synergy_error *error)
{
	FILE *f = fopen(path, "rbe");
	unsigned char *data = NULL;
	struct wire w;
	struct stat st;
	int result = -1;

	memset(out, 0, sizeof(*out));
	if (!f)
		return synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode) || (uint64_t)st.st_size > MAX_FILE) {
		synergy_error_set(error, EFBIG, "%s: not a file of at most 2 GiB", path);
		goto close;
	}
	data = malloc(st.st_size + 1);
	if (!data) {
		synergy_error_set(error, ENOMEM, "%s: no memory", path);
		goto close;
	}
	w.at = data;
	w.end = data + fread(data, 1, st.st_size, f);
	result = parse(w, path, out, error);
close:
	free(data);
	fclose(f);
	return result;
}
