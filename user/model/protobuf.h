/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading protobuf messages from untrusted files with protobuf-c: memory has a
 * limit, nesting is checked before protobuf-c (whose unpacking is recursive)
 * sees the bytes, and large blocks are aligned so that a tensor can take them
 * over instead of copying them.
 */
#ifndef SYNERGY_MODEL_PROTOBUF_H
#define SYNERGY_MODEL_PROTOBUF_H

#include <stdbool.h>
#include <stdint.h>
#include <protobuf-c/protobuf-c.h>

#define SYNERGY_PROTOBUF_DEPTH	64

struct synergy_protobuf_memory {
	ProtobufCAllocator allocator;	/* pass this to protobuf-c */
	uint64_t used, max_bytes;	/* allocated so far, freed or not */
	bool limit_hit;
};

void synergy_protobuf_memory_init(struct synergy_protobuf_memory *memory, uint64_t max_bytes);

/*
 * Unpack a whole file; NULL with a message in *why (static text): not this
 * message, too deep, too large. Free it with protobuf_c_message_free_unpacked()
 * and the same allocator.
 */
ProtobufCMessage *synergy_protobuf_unpack(const ProtobufCMessageDescriptor *descriptor,
					  struct synergy_protobuf_memory *memory,
					  const void *data, size_t size, const char **why);

#endif
