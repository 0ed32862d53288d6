// SPDX-License-Identifier: LGPL-2.1-or-later
/* See protobuf.h. The walk below checks structure only; values are the readers' business. */
#include <stdlib.h>

#include "model/protobuf.h"

#define ALIGN_FROM_BYTES	4096
#define DATA_ALIGN		64

static void *limited_alloc(void *data, size_t size)
{
	struct synergy_protobuf_memory *memory = data;

	if (size > memory->max_bytes - memory->used) {
		memory->limit_hit = true;
		return NULL;
	}
	memory->used += size;
	if (size < ALIGN_FROM_BYTES)
		return malloc(size ? size : 1);
	return aligned_alloc(DATA_ALIGN, (size + DATA_ALIGN - 1) & ~(size_t)(DATA_ALIGN - 1));
}

static void limited_free(void *data, void *pointer)
{
	(void)data;
	free(pointer);
}

void synergy_protobuf_memory_init(struct synergy_protobuf_memory *memory, uint64_t max_bytes)
{
	*memory = (struct synergy_protobuf_memory){
		.allocator = { limited_alloc, limited_free, memory },
		.max_bytes = max_bytes,
	};
}

/* A varint at *p, advanced past it; false when it is cut or too long. */
static bool varint(const uint8_t **p, const uint8_t *end, uint64_t *value)
{
	int shift;

	*value = 0;
	for (shift = 0; shift < 64 && *p < end; shift += 7) {
		*value |= (uint64_t)(**p & 0x7f) << shift;
		if (!(*(*p)++ & 0x80))
			return true;
	}
	return false;
}

static const char *walk(const ProtobufCMessageDescriptor *descriptor, const uint8_t *p,
			const uint8_t *end, int depth)
{
	const ProtobufCFieldDescriptor *field;
	const char *why;
	uint64_t tag, n;

	if (depth > SYNERGY_PROTOBUF_DEPTH)
		return "messages are nested deeper than 64";
	while (p < end) {
		if (!varint(&p, end, &tag) || tag >> 3 == 0 || tag > UINT32_MAX)
			return "a field tag is broken";
		switch (tag & 7) {
		case PROTOBUF_C_WIRE_TYPE_VARINT:
			if (!varint(&p, end, &n))
				return "an integer is cut";
			continue;
		case PROTOBUF_C_WIRE_TYPE_64BIT:
			n = 8;
			break;
		case PROTOBUF_C_WIRE_TYPE_32BIT:
			n = 4;
			break;
		case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
			if (!varint(&p, end, &n))
				return "a length is cut";
			break;
		default:
			return "a field has an unknown wire type";
		}
		if (n > (uint64_t)(end - p))
			return "a field is longer than its message (the file is cut or damaged)";
		field = protobuf_c_message_descriptor_get_field(descriptor, (unsigned int)(tag >> 3));
		if (field && field->type == PROTOBUF_C_TYPE_MESSAGE &&
		    (tag & 7) == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) {
			why = walk(field->descriptor, p, p + n, depth + 1);
			if (why)
				return why;
		}
		p += n;
	}
	return NULL;
}

ProtobufCMessage *synergy_protobuf_unpack(const ProtobufCMessageDescriptor *descriptor,
					  struct synergy_protobuf_memory *memory,
					  const void *data, size_t size, const char **why)
{
	ProtobufCMessage *message;

	*why = walk(descriptor, data, (const uint8_t *)data + size, 0);
	if (*why)
		return NULL;
	message = protobuf_c_message_unpack(descriptor, &memory->allocator, size, data);
	if (!message)
		*why = memory->limit_hit ? "unpacking needs more memory than the limit" :
					   "a field has the wrong type";
	return message;
}
