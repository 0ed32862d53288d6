// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Arrays, their conversion, and the seeded random input; see array.h.
 */
#include "infer/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static double element(const struct synergy_array *a, int64_t i)
{
	switch (a->dtype) {
	case SYNERGY_F32:
		return ((const float *)a->data)[i];
	case SYNERGY_F64:
		return ((const double *)a->data)[i];
	case SYNERGY_U8:
	case SYNERGY_BOOL:
		return ((const uint8_t *)a->data)[i];
	case SYNERGY_I8:
		return ((const int8_t *)a->data)[i];
	case SYNERGY_U16:
		return ((const uint16_t *)a->data)[i];
	case SYNERGY_I16:
		return ((const int16_t *)a->data)[i];
	case SYNERGY_I32:
		return ((const int32_t *)a->data)[i];
	case SYNERGY_U32:
		return ((const uint32_t *)a->data)[i];
	case SYNERGY_I64:
		return ((const int64_t *)a->data)[i];
	case SYNERGY_U64:
		return ((const uint64_t *)a->data)[i];
	default:
		return 0;
	}
}

int synergy_array_copy(const struct synergy_array *array, const struct synergy_tensor *tensor,
		       void *data, const char *name, struct synergy_error *error)
{
	struct synergy_tensor as = { .dtype = array->dtype, .rank = array->rank };
	char have[128], want[128];
	int64_t i;

	memcpy(as.dims, array->dims, sizeof(as.dims));
	if (array->count != tensor->count)
		return synergy_error_set(error, EINVAL, "%s: shape %s, but input %s is %s", name,
			synergy_tensor_shape(&as, have, sizeof(have)), tensor->name,
			synergy_tensor_shape(tensor, want, sizeof(want)));
	if (array->dtype == tensor->dtype) {
		memcpy(data, array->data, tensor->bytes);
		return 0;
	}
	if (tensor->dtype != SYNERGY_F32 || array->dtype == SYNERGY_F16)
		return synergy_error_set(error, EINVAL, "%s: type %s, but input %s is %s", name,
			synergy_dtype_name(array->dtype), tensor->name,
			synergy_dtype_name(tensor->dtype));
	for (i = 0; i < array->count; i++)
		((float *)data)[i] = (float)element(array, i);
	return 0;
}
