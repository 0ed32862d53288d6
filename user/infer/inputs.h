/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a network is given: seeded random values, or files (.npy, TensorProto .pb,
 * PNG, JPEG), by the input's name or in the graph's order. Files also settle shapes that
 * the network leaves open, and the values of inputs that decide other shapes.
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
	const char *files[SYNERGY_INPUTS_MAX];	/* FILE or NAME=FILE */
	int n_shapes;
	struct synergy_input_shape shapes[SYNERGY_INPUTS_MAX];
	char names[SYNERGY_INPUTS_MAX][SYNERGY_MAX_NAME + 1];	/* of the shapes */
	int n_mean, n_scale;		/* 0 none, 1 for all channels, or one per channel */
	float mean[4], scale[4];
	enum synergy_channels order;
};

/* Values of --input, --shape and --channels; EINVAL and E2BIG. */
int synergy_inputs_add(struct synergy_input_options *options, const char *file,
		       struct synergy_error *error);
int synergy_inputs_shape(struct synergy_input_options *options, const char *text,
			 struct synergy_error *error);
int synergy_inputs_order(struct synergy_input_options *options, const char *word,
			 struct synergy_error *error);

struct synergy_inputs;

/*
 * Look at the files: what kind each is. Options that are for pictures where none is
 * given are EINVAL. Then load the graph with synergy_inputs_ask(), and check that all
 * that was given belongs to some input of it and arrays fit. The options must outlive the inputs.
 */
int synergy_inputs_open(const struct synergy_input_options *options,
			struct synergy_inputs **inputs, struct synergy_error *error);
void synergy_inputs_close(struct synergy_inputs *inputs);	/* NULL is fine */
const struct synergy_input_asker *synergy_inputs_ask(const struct synergy_inputs *inputs);
int synergy_inputs_check(struct synergy_inputs *inputs, const struct synergy_graph *graph,
			 struct synergy_error *error);

/*
 * Fill all inputs of a plan. Errors name the file: EINVAL not readable as what its
 * first bytes say, wrong shape or type; opening's errors; ENOMEM.
 */
int synergy_inputs_fill(struct synergy_inputs *inputs, uint64_t seed,
			const struct synergy_graph *graph, struct synergy_plan *plan,
			struct synergy_error *error);

/* One TensorProto (the files of ONNX's test data). */
int synergy_pb_read(const char *path, struct synergy_array *out, struct synergy_error *error);

/*
 * A picture for an input [1,C,H,W] or [1,H,W,C] with C 1 or 3: resized (bilinear) and
 * cropped at the middle so that it is filled, channels ordered, mean subtracted and
 * scaled; rounded where the input is of integers, in whose range it must be. path's
 * content says whether it is PNG or JPEG.
 */
int synergy_image_read(const char *path, const struct synergy_input_options *options,
		       enum synergy_channels order, const struct synergy_tensor *input,
		       struct synergy_array *out, struct synergy_error *error);
/* Upright, as it will be used. */
int synergy_image_size(const char *path, int64_t *height, int64_t *width,
		       struct synergy_error *error);

#endif /* SYNERGY_INFER_INPUTS_H */
