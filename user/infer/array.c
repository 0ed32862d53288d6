// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Arrays, their conversion, and the seeded random input; see array.h.
 */
#include "infer/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/number.h"
#include "model/random.h"

#define MAX_BYTES	(4ULL << 30)

int synergy_array_new(struct synergy_array *array, enum synergy_dtype dtype, int rank,
		      const int64_t *dims, uint64_t most, const char *name,
		      struct synergy_error *error)
{
	size_t element = synergy_dtype_size(dtype);
	int64_t count = 1;
	int i;

	memset(array, 0, sizeof(*array));
	if (!element || rank < 0 || rank > SYNERGY_MAX_RANK)
		return synergy_error_set(error, EINVAL, "%s: rank %d of type %d", name, rank, dtype);
	for (i = 0; i < rank; i++) {
		if (dims[i] < 0)
			return synergy_error_set(error, EINVAL, "%s: dimension %d is %lld", name, i,
						 (long long)dims[i]);
		if (__builtin_mul_overflow(count, dims[i], &count) ||
		    (uint64_t)count > MAX_BYTES / element)
			return synergy_error_set(error, EFBIG, "%s: more than 4 GiB", name);
		array->dims[i] = dims[i];
	}
	if ((uint64_t)count > most)
		return synergy_error_set(error, EINVAL,
			"%s: truncated: its shape has %lld elements, data are there for %llu at most",
			name, (long long)count, (unsigned long long)most);
	array->dtype = dtype;
	array->rank = rank;
	array->count = count;
	array->data = calloc(count ? count : 1, element);
	if (!array->data)
		return synergy_error_set(error, ENOMEM, "%s: no memory for %lld elements", name,
					 (long long)count);
	return 0;
}

void synergy_array_free(struct synergy_array *array)
{
	free(array->data);
	memset(array, 0, sizeof(*array));
}

void synergy_array_random(const struct synergy_tensor *tensor, void *data, uint64_t seed)
{
	double *wide = data;
	float *narrow = data;
	int64_t i;

	memset(data, 0, tensor->bytes);
	if (tensor->dtype == SYNERGY_F32)
		synergy_random_fill(narrow, tensor->count, seed, tensor->name, 0, 2);
	if (tensor->dtype != SYNERGY_F64)
		return;
	/* Filled from below; the last is widened first, so none is overwritten unread. */
	synergy_random_fill(narrow, tensor->count, seed, tensor->name, 0, 2);
	for (i = tensor->count - 1; i >= 0; i--)
		wide[i] = narrow[i];
}

static struct synergy_tensor shape_of(const struct synergy_array *array)
{
	struct synergy_tensor t = { .dtype = array->dtype, .rank = array->rank };

	memcpy(t.dims, array->dims, sizeof(t.dims));
	return t;
}

/* The first dimension after leading ones. */
static int first_dim(const int64_t *dims, int rank)
{
	int i = 0;

	while (i < rank && dims[i] == 1)
		i++;
	return i;
}

static bool same_dims(const struct synergy_array *a, const struct synergy_tensor *t)
{
	const int i = first_dim(a->dims, a->rank), k = first_dim(t->dims, t->rank);

	return a->rank - i == t->rank - k &&
	       !memcmp(a->dims + i, t->dims + k, sizeof(*a->dims) * (size_t)(a->rank - i));
}

/* The same picture with its channels last: [N,H,W,C], or [H,W,C], for [N,C,H,W]. */
static bool is_channels_last(const struct synergy_array *a, const struct synergy_tensor *t)
{
	const int64_t *d = a->dims + a->rank - 3;

	return t->rank == 4 && (a->rank == 3 || a->rank == 4) &&
	       (a->rank == 4 ? a->dims[0] : 1) == t->dims[0] && d[2] == t->dims[1] &&
	       d[0] == t->dims[2] && d[1] == t->dims[3];
}

int synergy_array_fits(const struct synergy_array *array, const struct synergy_tensor *tensor,
		       const char *name, struct synergy_error *error)
{
	const struct synergy_tensor as = shape_of(array);
	char have[192], want[192];

	if (same_dims(array, tensor))
		return 0;
	return synergy_error_set(error, EINVAL, "%s: shape %s, but input '%.100s' is %s%s", name,
		synergy_tensor_shape(&as, have, sizeof(have)), tensor->name,
		synergy_tensor_shape(tensor, want, sizeof(want)),
		is_channels_last(array, tensor) ?
			"; its channels are last (NHWC): transpose it to NCHW" : "");
}

/* Range of an integer type, as far as int64 goes. */
static void limits_of(enum synergy_dtype dtype, int64_t *low, int64_t *high)
{
	const int bits = 8 * (int)synergy_dtype_size(dtype);

	switch (dtype) {
	case SYNERGY_BOOL:
		*low = 0;
		*high = 1;
		break;
	case SYNERGY_U64:
		*low = 0;
		*high = INT64_MAX;
		break;
	case SYNERGY_U8:
	case SYNERGY_U16:
	case SYNERGY_U32:
		*low = 0;
		*high = (1LL << bits) - 1;
		break;
	default:
		*high = INT64_MAX >> (64 - bits);
		*low = -*high - 1;
		break;
	}
}

static int check_values(const struct synergy_array *array, const struct synergy_tensor *tensor,
			const char *name, struct synergy_error *error)
{
	int64_t low, high, i, v;

	limits_of(tensor->dtype, &low, &high);
	for (i = 0; i < array->count; i++) {
		v = synergy_load_int(array->data, array->dtype, i);
		/* Of u64, what reads as negative is beyond int64. */
		if (v < low || v > high || (array->dtype == SYNERGY_U64 && v < 0))
			return synergy_error_set(error, EINVAL,
				"%s: element %lld is %lld, which input '%.100s' of type %s cannot have",
				name, (long long)i, (long long)v, tensor->name,
				synergy_dtype_name(tensor->dtype));
	}
	return 0;
}

int synergy_array_copy(const struct synergy_array *array, const struct synergy_tensor *tensor,
		       void *data, const char *name, struct synergy_error *error)
{
	int64_t i;

	if (synergy_array_fits(array, tensor, name, error))
		return -1;
	if (array->dtype == tensor->dtype) {
		memcpy(data, array->data, tensor->bytes);
		return 0;
	}
	if (!synergy_dtype_is_real(tensor->dtype)) {
		if (synergy_dtype_is_real(array->dtype))
			return synergy_error_set(error, EINVAL,
				"%s: type %s, but input '%.100s' is %s", name,
				synergy_dtype_name(array->dtype), tensor->name,
				synergy_dtype_name(tensor->dtype));
		if (check_values(array, tensor, name, error))
			return -1;
	}
	for (i = 0; i < array->count; i++)
		synergy_convert(array->data, array->dtype, data, tensor->dtype, i);
	return 0;
}
