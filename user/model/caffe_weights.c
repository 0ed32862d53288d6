// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Weights of a Caffe network: from a .caffemodel, matched by layer name as
 * Caffe does, or random. Shapes come from the network, the file's must match.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/caffe.h"
#include "model/random.h"
#include "model/hash.h"

/* Blocks this large are aligned by protobuf.c and can be taken over. */
#define TAKE_OVER_BYTES	4096

/* Seeded by an address, so that a file cannot be made whose names all collide. */
static uint32_t hash(const struct synergy_caffe *caffe, const char *name)
{
	uint32_t h = 2166136261u ^ (uint32_t)((uintptr_t)caffe->weights >> 4);

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h;
}

static int index_weights(struct synergy_caffe *caffe)
{
	Caffe__NetParameter *net = caffe->weights;
	size_t n = net->n_layer + net->n_layers, i, slot;
	struct synergy_caffe_weights *w;

	caffe->n_weight_slots = 64;
	while (caffe->n_weight_slots < 2 * n)
		caffe->n_weight_slots *= 2;
	caffe->weight_layers = calloc(n ? n : 1, sizeof(*w));
	caffe->weight_slots = calloc(caffe->n_weight_slots, sizeof(int));
	if (!caffe->weight_layers || !caffe->weight_slots)
		return synergy_graph_error(caffe->graph, caffe->err, ENOMEM, "out of memory");
	for (i = 0; i < n; i++) {
		w = &caffe->weight_layers[i];
		if (i < net->n_layer)
			*w = (struct synergy_caffe_weights){ net->layer[i]->name,
				net->layer[i]->blobs, net->layer[i]->n_blobs };
		else
			*w = (struct synergy_caffe_weights){ net->layers[i - net->n_layer]->name,
				net->layers[i - net->n_layer]->blobs,
				net->layers[i - net->n_layer]->n_blobs };
		if (!w->name || !w->n_blobs)
			continue;
		slot = hash(caffe, w->name) & (caffe->n_weight_slots - 1);
		while (caffe->weight_slots[slot])
			slot = (slot + 1) & (caffe->n_weight_slots - 1);
		caffe->weight_slots[slot] = (int)i + 1;
	}
	return 0;
}

int synergy_caffe_open_weights(struct synergy_caffe *caffe, const char *path)
{
	ProtobufCMessage *message;
	const char *why;
	void *data;
	size_t size;

	if (synergy_read_file(path, SYNERGY_MAX_FILE_BYTES, &data, &size, caffe->err))
		return -1;
	if (synergy_hash_hex(data, size, path, caffe->graph->weights_sha256, caffe->err)) {
		free(data);
		errno = EIO;
		return -1;
	}
	synergy_protobuf_memory_init(&caffe->weights_memory, caffe->graph->memory->max_bytes);
	message = synergy_protobuf_unpack(&caffe__net_parameter__descriptor,
					  &caffe->weights_memory, data, size, &why);
	free(data);
	if (!message)
		return synergy_error_set(caffe->err, EINVAL, "%s: is not a .caffemodel: %s", path,
					 why);
	caffe->weights = (Caffe__NetParameter *)message;
	return index_weights(caffe);
}

void synergy_caffe_close_weights(struct synergy_caffe *caffe)
{
	if (caffe->weights)
		protobuf_c_message_free_unpacked(&caffe->weights->base,
						 &caffe->weights_memory.allocator);
	free(caffe->weight_layers);
	free(caffe->weight_slots);
	caffe->weights = NULL;
}

static struct synergy_caffe_weights *find_weights(const struct synergy_caffe *caffe,
						  const char *name)
{
	size_t slot = hash(caffe, name) & (caffe->n_weight_slots - 1);

	for (; caffe->weight_slots[slot]; slot = (slot + 1) & (caffe->n_weight_slots - 1)) {
		struct synergy_caffe_weights *w =
			&caffe->weight_layers[caffe->weight_slots[slot] - 1];

		if (!strcmp(w->name, name))
			return w;
	}
	return NULL;
}

/* Old blobs have exactly four dimensions, padded with ones in front. */
static bool shape_matches(const Caffe__BlobProto *blob, const struct synergy_tensor *t)
{
	const int64_t old[4] = { blob->num, blob->channels, blob->height, blob->width };
	int i, d;

	if (blob->shape) {
		if (blob->shape->n_dim != (size_t)t->rank)
			return false;
		for (i = 0; i < t->rank; i++)
			if (blob->shape->dim[i] != t->dims[i])
				return false;
		return true;
	}
	if (t->rank > 4)
		return false;
	for (i = 0; i < 4; i++) {
		d = i - (4 - t->rank);
		if (old[i] != (d < 0 ? 1 : t->dims[d]))
			return false;
	}
	return true;
}

static void blob_shape_text(const Caffe__BlobProto *blob, char *buf, size_t size)
{
	struct synergy_tensor t = { .rank = 4, .dims = { blob->num, blob->channels, blob->height,
							 blob->width } };
	size_t i;

	if (blob->shape) {
		t.rank = 0;
		for (i = 0; i < blob->shape->n_dim && i < SYNERGY_MAX_RANK; i++)
			t.dims[t.rank++] = blob->shape->dim[i];
	}
	synergy_tensor_shape(&t, buf, size);
}

/* The blob's floats into the tensor, taken over where they are aligned. */
static int take_values(struct synergy_caffe *caffe, const struct synergy_caffe_layer *layer,
		       Caffe__BlobProto *blob, int tensor)
{
	struct synergy_tensor *t = &caffe->graph->tensors[tensor];
	size_t n = blob->n_data ? blob->n_data : blob->n_double_data, i;
	float *out;

	if (n != (size_t)t->count)
		return synergy_caffe_error(caffe, layer, EINVAL,
					   "'%.100s' has %zu values in %.150s, needs %lld",
					   t->name, n, caffe->options->weights_path,
					   (long long)t->count);
	if (blob->n_data && t->bytes >= TAKE_OVER_BYTES) {
		if (synergy_graph_adopt_data(caffe->graph, blob->data, t->bytes))
			return synergy_graph_no_memory(caffe->graph, caffe->err);
		t->data = blob->data;
		t->is_const = true;
		blob->data = NULL;
		blob->n_data = 0;
		return 0;
	}
	if (synergy_tensor_set_const(caffe->graph, tensor, NULL, caffe->err))
		return -1;
	out = t->data;
	for (i = 0; i < n; i++)
		out[i] = blob->n_data ? blob->data[i] : (float)blob->double_data[i];
	return 0;
}

static int from_file(struct synergy_caffe *caffe, const struct synergy_caffe_layer *layer,
		     size_t index, int tensor)
{
	const struct synergy_tensor *t = &caffe->graph->tensors[tensor];
	const char *path = caffe->options->weights_path;
	struct synergy_caffe_weights *w = find_weights(caffe, layer->p->name);
	char want[160], have[160];

	if (!w)
		return synergy_caffe_error(caffe, layer, EINVAL, "has no weights in %.100s", path);
	if (index >= w->n_blobs)
		return synergy_caffe_error(caffe, layer, EINVAL,
					   "needs blob %zu ('%.60s'), %.100s has %zu", index,
					   t->name, path, w->n_blobs);
	if (!shape_matches(w->blobs[index], t)) {
		blob_shape_text(w->blobs[index], have, sizeof(have));
		return synergy_caffe_error(caffe, layer, EINVAL,
					   "'%.60s' is %.60s in %.150s, needs %.60s",
					   t->name, have, path,
					   synergy_tensor_shape(t, want, sizeof(want)));
	}
	return take_values(caffe, layer, w->blobs[index], tensor);
}

/* The name under which blob index is shared, or NULL. */
static const char *share_name(const struct synergy_caffe_layer *layer, size_t index)
{
	const char *name = NULL;

	if (index < layer->p->n_param)
		name = layer->p->param[index]->name;
	else if (index < layer->n_share_names)
		name = layer->share_names[index];
	return name && *name ? name : NULL;
}

int synergy_caffe_weight(struct synergy_caffe *caffe, const struct synergy_caffe_layer *layer,
			 size_t index, const char *what, int rank, const int64_t *dims, float base,
			 float width)
{
	struct synergy_graph *graph = caffe->graph;
	const char *shared = share_name(layer, index);
	char name[SYNERGY_MAX_NAME + 1];
	struct synergy_tensor *t, same;
	int tensor;

	if (shared)
		snprintf(name, sizeof(name), "param:%s", shared);
	else
		snprintf(name, sizeof(name), "%s.%s", layer->p->name, what);
	tensor = shared ? synergy_graph_find_tensor(graph, name) : -1;
	if (tensor >= 0) {
		t = &graph->tensors[tensor];
		same = (struct synergy_tensor){ .name = t->name };
		if (synergy_tensor_set_shape(graph, &same, SYNERGY_F32, rank, dims, caffe->err))
			return -1;
		if (!t->is_const || same.rank != t->rank ||
		    memcmp(same.dims, t->dims, sizeof(same.dims)))
			return synergy_caffe_error(caffe, layer, EINVAL,
						   "shared weight '%.100s' has another shape",
						   shared);
		return tensor;
	}
	tensor = synergy_graph_add_tensor(graph, name, caffe->err);
	if (tensor < 0 || synergy_tensor_set_shape(graph, &graph->tensors[tensor], SYNERGY_F32,
						   rank, dims, caffe->err))
		return -1;
	if (caffe->weights)
		return from_file(caffe, layer, index, tensor) ? -1 : tensor;
	graph->tensors[tensor].is_const = true;
	if (caffe->options->skip_weights)
		return tensor;
	if (synergy_tensor_set_const(graph, tensor, NULL, caffe->err))
		return -1;
	t = &graph->tensors[tensor];
	synergy_random_fill(t->data, t->count, caffe->options->seed, t->name, base, width);
	return tensor;
}
