/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arrays from and to files: NumPy's .npy, and pictures (image.h) on top of it.
 * Files are untrusted: sizes are checked before anything is allocated.
 */
#ifndef SYNERGY_INFER_ARRAY_H
#define SYNERGY_INFER_ARRAY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "model/graph.h"

struct synergy_array {
	enum synergy_dtype dtype;
	int rank;
	int64_t dims[SYNERGY_MAX_RANK];
	int64_t count;
	void *data;		/* malloc'd, row-major, native byte order */
};

/*
 * rank and dims to memory; EFBIG beyond 4 GiB, ENOMEM. EINVAL when there are more
 * elements than `most`, which is what the file can hold: before any memory is taken.
 * name is for messages.
 */
int synergy_array_new(struct synergy_array *array, enum synergy_dtype dtype, int rank,
		      const int64_t *dims, uint64_t most, const char *name,
		      struct synergy_error *error);
void synergy_array_free(struct synergy_array *array);

/*
 * Either byte order and C or Fortran order; the array is native and row-major.
 * EINVAL: not .npy, an element type that is not known, truncated, longer than its shape.
 */
int synergy_npy_read(const char *path, struct synergy_array *out, struct synergy_error *error);
int synergy_npy_write(const char *path, const struct synergy_tensor *tensor, const void *data,
		      struct synergy_error *error);

/*
 * Fill a tensor's data: floats in [-1, 1) from seed and name (model/random.h), the
 * same on every machine; zeros where the type is not floating point.
 */
void synergy_array_random(const struct synergy_tensor *tensor, void *data, uint64_t seed);

/*
 * Whether an array may be given to an input of this shape: equal dimensions, leading
 * ones aside. EINVAL names both shapes, and says when it looks like channels last.
 */
int synergy_array_fits(const struct synergy_array *array, const struct synergy_tensor *tensor,
		       const char *name, struct synergy_error *error);

/*
 * Copy into a graph's input that the array fits. Any type converts to a floating-point
 * one; an integer to another where every value has its place there. Else EINVAL with the
 * types, or with the element and value that does not fit.
 */
int synergy_array_copy(const struct synergy_array *array, const struct synergy_tensor *tensor,
		       void *data, const char *name, struct synergy_error *error);

#endif /* SYNERGY_INFER_ARRAY_H */
