// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * TensorProto values: raw bytes, typed lists or an external file, into
 * constant data. The number of values must be exactly what the shape says.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/onnx.h"

/* Blocks this large are aligned by protobuf.c and can be taken over. */
#define TAKE_OVER_BYTES	4096

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "raw tensor data is little-endian and used as it is"
#endif

static int wrong_size(const struct synergy_onnx *onnx, const struct synergy_tensor *t,
		      const char *what, unsigned long long have, unsigned long long need)
{
	return synergy_graph_error(onnx->graph, onnx->err, EINVAL,
				   "tensor '%.100s': %s is %llu, its shape and type need %llu",
				   t->name, what, have, need);
}

/* Let the tensor have a block of the message, or copy it when it is small or read again. */
static int take(struct synergy_onnx *onnx, int tensor, void **block)
{
	struct synergy_tensor *t = &onnx->graph->tensors[tensor];

	if (t->bytes >= TAKE_OVER_BYTES && !onnx->shared) {
		if (synergy_graph_adopt_data(onnx->graph, *block, t->bytes))
			return synergy_graph_no_memory(onnx->graph, onnx->err);
		t->data = *block;
		t->is_const = true;
		*block = NULL;
		return 0;
	}
	if (synergy_tensor_set_const(onnx->graph, tensor, NULL, onnx->err))
		return -1;
	if (t->bytes)
		memcpy(t->data, *block, t->bytes);
	return 0;
}

/* --- external files ---------------------------------------------------------- */

/* Relative, and not upwards: a model file must not reach other people's files. */
static bool location_is_safe(const char *location)
{
	const char *p = location;

	if (!*p || *p == '/')
		return false;
	while (*p) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.')
			return false;
		p += n;
		while (*p == '/')
			p++;
	}
	return true;
}

static int open_external(struct synergy_onnx *onnx, const struct synergy_tensor *t,
			const char *location)
{
	const char *path = onnx->graph->path, *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) + 1 : 0;
	char *full;

	if (!location_is_safe(location))
		return synergy_graph_error(onnx->graph, onnx->err, EINVAL,
					   "tensor '%.100s': external data location '%.100s' must be a path below the model's directory",
					   t->name, location);
	full = malloc(n + strlen(location) + 1);
	if (!full)
		return synergy_graph_no_memory(onnx->graph, onnx->err);
	memcpy(full, path, n);
	strcpy(full + n, location);
	if (onnx->external_path && !strcmp(full, onnx->external_path)) {
		free(full);
		return 0;
	}
	if (onnx->external_path)
		synergy_file_close(&onnx->external);
	free(onnx->external_path);
	onnx->external_path = full;
	return synergy_file_open_below(&onnx->external, full, n, INT64_MAX, onnx->err);
}

static int parse_u64(struct synergy_onnx *onnx, const struct synergy_tensor *t, const char *key,
		     const char *value, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(value, &end, 10);
	if (errno || *end || *value < '0' || *value > '9')
		return synergy_graph_error(onnx->graph, onnx->err, EINVAL,
					   "tensor '%.100s': external data %s '%.40s' is not a number",
					   t->name, key, value);
	return 0;
}

static int external(struct synergy_onnx *onnx, const Onnx__TensorProto *proto, int tensor)
{
	struct synergy_tensor *t = &onnx->graph->tensors[tensor];
	const char *location = NULL, *key, *value;
	uint64_t offset = 0, length = t->bytes;
	size_t i;

	for (i = 0; i < proto->n_external_data; i++) {
		key = proto->external_data[i]->key ? proto->external_data[i]->key : "";
		value = proto->external_data[i]->value ? proto->external_data[i]->value : "";
		if (!strcmp(key, "location"))
			location = value;
		else if (!strcmp(key, "offset") && parse_u64(onnx, t, key, value, &offset))
			return -1;
		else if (!strcmp(key, "length") && parse_u64(onnx, t, key, value, &length))
			return -1;
	}
	if (!location)
		return synergy_graph_error(onnx->graph, onnx->err, EINVAL,
					   "tensor '%.100s': external data has no location",
					   t->name);
	if (length != t->bytes)
		return wrong_size(onnx, t, "external data's length", length, t->bytes);
	if (open_external(onnx, t, location))
		return -1;
	if (offset > onnx->external.size || length > onnx->external.size - offset)
		return synergy_graph_error(onnx->graph, onnx->err, EINVAL,
					   "tensor '%.100s': bytes %llu to %llu of '%.80s', which has %llu",
					   t->name, (unsigned long long)offset,
					   (unsigned long long)(offset + length), location,
					   (unsigned long long)onnx->external.size);
	if (synergy_tensor_set_const(onnx->graph, tensor, NULL, onnx->err))
		return -1;
	return synergy_file_read(&onnx->external, onnx->external_path, offset, t->data, length,
				 onnx->err);
}

/* --- typed lists -------------------------------------------------------------- */

/* int32_data carries the small types, a value an element. */
static int narrow(struct synergy_onnx *onnx, const Onnx__TensorProto *proto, int tensor)
{
	struct synergy_tensor *t = &onnx->graph->tensors[tensor];
	size_t i, size = synergy_dtype_size(t->dtype);

	if (proto->n_int32_data != (size_t)t->count)
		return wrong_size(onnx, t, "number of values", proto->n_int32_data,
				  (unsigned long long)t->count);
	if (synergy_tensor_set_const(onnx->graph, tensor, NULL, onnx->err))
		return -1;
	/* Little-endian: the low bytes come first. */
	for (i = 0; i < proto->n_int32_data; i++)
		memcpy((char *)t->data + i * size, &proto->int32_data[i], size);
	return 0;
}

static int typed_list(struct synergy_onnx *onnx, Onnx__TensorProto *proto, int tensor)
{
	struct synergy_tensor *t = &onnx->graph->tensors[tensor];
	size_t have = 0, i;
	void **block = NULL;

	switch (t->dtype) {
	case SYNERGY_F32:
		block = (void **)&proto->float_data;
		have = proto->n_float_data;
		break;
	case SYNERGY_F64:
		block = (void **)&proto->double_data;
		have = proto->n_double_data;
		break;
	case SYNERGY_I64:
		block = (void **)&proto->int64_data;
		have = proto->n_int64_data;
		break;
	case SYNERGY_U64:
		block = (void **)&proto->uint64_data;
		have = proto->n_uint64_data;
		break;
	case SYNERGY_I32:
		block = (void **)&proto->int32_data;
		have = proto->n_int32_data;
		break;
	case SYNERGY_U32:
		if (proto->n_uint64_data != (size_t)t->count)
			return wrong_size(onnx, t, "number of values", proto->n_uint64_data,
					  (unsigned long long)t->count);
		if (synergy_tensor_set_const(onnx->graph, tensor, NULL, onnx->err))
			return -1;
		for (i = 0; i < proto->n_uint64_data; i++)
			((uint32_t *)t->data)[i] = (uint32_t)proto->uint64_data[i];
		return 0;
	default:
		return narrow(onnx, proto, tensor);
	}
	if (have != (size_t)t->count)
		return wrong_size(onnx, t, "number of values", have, (unsigned long long)t->count);
	return take(onnx, tensor, block);
}

static int read_constant(struct synergy_onnx *onnx, Onnx__TensorProto *proto, int tensor)
{
	struct synergy_tensor *t = &onnx->graph->tensors[tensor];
	enum synergy_dtype dtype = (enum synergy_dtype)proto->data_type;

	if (proto->segment)
		return synergy_graph_error(onnx->graph, onnx->err, ENOTSUP,
					   "tensor '%.100s': segments are not supported", t->name);
	if (proto->n_dims > SYNERGY_MAX_RANK)
		return synergy_graph_error(onnx->graph, onnx->err, EFBIG,
					   "tensor '%.100s': rank %zu, limit %d", t->name,
					   proto->n_dims, SYNERGY_MAX_RANK);
	if (synergy_tensor_set_shape(onnx->graph, t, dtype, (int)proto->n_dims, proto->dims,
				     onnx->err))
		return -1;
	if (proto->has_data_location &&
	    proto->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
		return external(onnx, proto, tensor);
	if (!proto->has_raw_data)
		return typed_list(onnx, proto, tensor);
	if (proto->raw_data.len != t->bytes)
		return wrong_size(onnx, t, "raw data's length", proto->raw_data.len, t->bytes);
	if (take(onnx, tensor, (void **)&proto->raw_data.data))
		return -1;
	if (!proto->raw_data.data)
		proto->raw_data.len = 0;
	return 0;
}

int synergy_onnx_constant(struct synergy_onnx *onnx, Onnx__TensorProto *proto, int tensor)
{
	return read_constant(onnx, proto, tensor) || synergy_onnx_widen(onnx, tensor) ? -1 : 0;
}
