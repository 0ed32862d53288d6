/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the Caffe reader share: net, layers and weights; private to them. */
#ifndef SYNERGY_MODEL_CAFFE_H
#define SYNERGY_MODEL_CAFFE_H

#include "model/build.h"
#include "model/prototxt.h"

struct synergy_caffe {
	struct synergy_graph *graph;
	const struct synergy_graph_options *options;
	struct synergy_error *err;
	struct synergy_protobuf_memory weights_memory;
	Caffe__NetParameter *weights;	/* the .caffemodel, or NULL: random */
	/* Weight layers by name; open addressing, index + 1. Both layer forms share it. */
	struct synergy_caffe_weights {
		const char *name;
		Caffe__BlobProto **blobs;
		size_t n_blobs;
	} *weight_layers;
	int *weight_slots;
	size_t n_weight_layers, n_weight_slots;
};

/* One layer of either form, V1 mapped onto the newer message. */
struct synergy_caffe_layer {
	Caffe__LayerParameter *p;
	char **share_names;		/* V1 `param`: names of shared weights */
	size_t n_share_names;
	int line;
	int node;			/* once it is made */
};

int synergy_caffe_error(const struct synergy_caffe *caffe,
			const struct synergy_caffe_layer *layer, int errno_value, const char *fmt,
			...) __attribute__((format(printf, 4, 5)));

/* The tensor of bottom i; -1 with an error when no layer before makes that blob. */
int synergy_caffe_bottom(struct synergy_caffe *caffe, const struct synergy_caffe_layer *layer,
			 size_t i);

/*
 * The layer's node, its bottoms as first inputs and extra more inputs left
 * omitted, its tops as outputs; NULL with an error. Then fill parameters and
 * weights, and finish(), which checks the node and settles its shapes.
 */
struct synergy_node *synergy_caffe_add_node(struct synergy_caffe *caffe,
					    struct synergy_caffe_layer *layer,
					    enum synergy_op_kind kind, int extra);
int synergy_caffe_finish(struct synergy_caffe *caffe, struct synergy_node *node);
const struct synergy_tensor *synergy_caffe_input(const struct synergy_caffe *caffe,
						 const struct synergy_node *node);

/* A negative axis counts from the end; out of range is an error. */
int synergy_caffe_axis(struct synergy_caffe *caffe, const struct synergy_caffe_layer *layer,
		       int axis, int rank, int *out);

/* Layer types in caffe_window.c, for the table in caffe_layers.c. */
int synergy_caffe_convolution(struct synergy_caffe *caffe, struct synergy_caffe_layer *layer);
int synergy_caffe_pooling(struct synergy_caffe *caffe, struct synergy_caffe_layer *layer);
int synergy_caffe_lrn(struct synergy_caffe *caffe, struct synergy_caffe_layer *layer);
int synergy_caffe_batch_norm(struct synergy_caffe *caffe, struct synergy_caffe_layer *layer);
int synergy_caffe_scale(struct synergy_caffe *caffe, struct synergy_caffe_layer *layer);
int synergy_caffe_bias(struct synergy_caffe *caffe, struct synergy_caffe_layer *layer);
int synergy_caffe_inner_product(struct synergy_caffe *caffe, struct synergy_caffe_layer *layer);

/* Make the node or nodes of a layer; unknown types are ENOTSUP. */
int synergy_caffe_add_layer(struct synergy_caffe *caffe, struct synergy_caffe_layer *layer);

/* A type that add_layer() knows, be it that it is for training. */
bool synergy_caffe_has_type(const char *type);

/* Layer type i of the table; NULL behind the last. */
const char *synergy_caffe_layer_type(size_t i);

/*
 * Blob number index of a layer as a constant tensor "<layer>.<what>", from the
 * .caffemodel or random (base and width as in random.h). Returns the tensor.
 */
int synergy_caffe_weight(struct synergy_caffe *caffe, const struct synergy_caffe_layer *layer,
			 size_t index, const char *what, int rank, const int64_t *dims, float base,
			 float width);

int synergy_caffe_open_weights(struct synergy_caffe *caffe, const char *path);
void synergy_caffe_close_weights(struct synergy_caffe *caffe);

#endif
