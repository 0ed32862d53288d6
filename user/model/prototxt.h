/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Caffe's .prototxt: protobuf's text format, read strictly against caffe.proto. */
#ifndef SYNERGY_MODEL_PROTOTXT_H
#define SYNERGY_MODEL_PROTOTXT_H

#include "lib/error.h"
#include "model/caffe.pb-c.h"
#include "model/protobuf.h"

#define SYNERGY_PROTOTXT_MAX_BYTES	(64u << 20)

struct synergy_prototxt {
	Caffe__NetParameter *net;
	int *layer_lines;		/* of net->layer, or of net->layers in V1 files */
	size_t n_lines;
};

/*
 * Parse size bytes; path is for messages: "PATH:LINE: ...". Unknown fields,
 * repeated singular fields, wrong types and values out of range are EINVAL.
 * On success free with synergy_prototxt_free() and the same memory.
 */
int synergy_prototxt_parse(const char *path, const char *text, size_t size,
			   struct synergy_protobuf_memory *memory, struct synergy_prototxt *out,
			   struct synergy_error *err);
void synergy_prototxt_free(struct synergy_prototxt *prototxt,
			   struct synergy_protobuf_memory *memory);

#endif
