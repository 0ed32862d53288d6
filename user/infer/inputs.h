/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a network is given: seeded random values, or files (.npy, TensorProto .pb,
 * PNG, JPEG), one per graph input in the graph's order.
 */
#ifndef SYNERGY_INFER_INPUTS_H
#define SYNERGY_INFER_INPUTS_H

#include <stdint.h>

#include "lib/error.h"
#include "infer/array.h"
#include "infer/plan.h"

#define SYNERGY_INPUTS_MAX	16

enum synergy_channels {
	SYNERGY_CHANNELS_BY_FORMAT,	/* bgr for Caffe, rgb for ONNX */
	SYNERGY_CHANNELS_RGB,
	SYNERGY_CHANNELS_BGR,
};

struct synergy_input_options {
	int n_files;
	const char *files[SYNERGY_INPUTS_MAX];
	int n_mean, n_scale;		/* 0 none, 1 for all channels, or one per channel */
	float mean[4], scale[4];
	enum synergy_channels order;
};

int synergy_inputs_add(struct synergy_input_options *options, const char *file,
		       struct synergy_error *error);
int synergy_inputs_order(struct synergy_input_options *options, const char *word,
			 struct synergy_error *error);

/*
 * Fill all inputs of a plan. Errors name the file: EINVAL not readable as what its
 * first bytes say, wrong shape, more files than inputs; opening's errors; ENOMEM.
 */
int synergy_inputs_fill(const struct synergy_input_options *options, uint64_t seed,
			const struct synergy_graph *graph, struct synergy_plan *plan,
			struct synergy_error *error);

/* One TensorProto (the files of ONNX's test data). */
int synergy_pb_read(const char *path, struct synergy_array *out, struct synergy_error *error);

/*
 * A picture as a tensor [1,C,H,W] for an input of that shape: resized (bilinear) and
 * cropped at the middle so that it is filled, channels ordered, mean subtracted and
 * scaled. C is 1 or 3. path's content says whether it is PNG or JPEG.
 */
int synergy_image_read(const char *path, const struct synergy_input_options *options,
		       enum synergy_channels order, const struct synergy_tensor *input,
		       struct synergy_array *out, struct synergy_error *error);

#endif /* SYNERGY_INFER_INPUTS_H */
