// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ring arithmetic: see ring.h. The positions are free-running 32-bit byte
 * counts; sizes are powers of two and far below 2^31, so their differences are
 * right across the wrap. Nothing here sleeps, locks or allocates.
 */
#include "stream/ring.h"

#define LOST_BYTES	((__u32)sizeof(struct synergy_lost_record))

void synergy_ring_init(struct synergy_ring *ring, void *data, __u32 size)
{
	memset(ring, 0, sizeof(*ring));
	ring->data = data;
	ring->size = size;
}

static void copy_in(struct synergy_ring *ring, __u32 pos, const void *src, __u32 bytes)
{
	__u32 at = pos & (ring->size - 1);
	__u32 first = ring->size - at;

	if (first > bytes)
		first = bytes;
	memcpy(ring->data + at, src, first);
	memcpy(ring->data, (const __u8 *)src + first, bytes - first);
}

static void count_loss(struct synergy_ring *ring, const struct synergy_record *rec)
{
	if (!ring->lost)
		ring->lost_first_seq = rec->seq;
	ring->lost++;
	ring->lost_total++;
	ring->lost_last_ns = rec->time_ns;
	ring->lost_by_type[rec->type < SYNERGY_RECORD_TYPES ? rec->type : 0]++;
}

static void put_lost(struct synergy_ring *ring, const struct synergy_record *head)
{
	struct synergy_lost_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.hdr.size = sizeof(rec);
	rec.hdr.type = SYNERGY_RECORD_LOST;
	rec.hdr.seq = ring->lost_first_seq;
	rec.hdr.time_ns = head->time_ns;
	rec.hdr.raw_ns = head->raw_ns;
	rec.count = ring->lost;
	rec.last_ns = ring->lost_last_ns;
	memcpy(rec.by_type, ring->lost_by_type, sizeof(rec.by_type));
	copy_in(ring, ring->filled, &rec, sizeof(rec));
	ring->filled += sizeof(rec);
	ring->lost = 0;
	memset(ring->lost_by_type, 0, sizeof(ring->lost_by_type));
}

bool synergy_ring_reserve_hard(struct synergy_ring *ring, const struct synergy_record *rec,
			       __u32 *pos)
{
	__u32 limit = synergy_ring_limit(ring, rec->type);
	__u32 need = rec->size + (ring->lost ? LOST_BYTES : 0);
	/* Pairs with the release in synergy_ring_consume(): the room has been read out. */
	__u32 used = ring->filled - smp_load_acquire(&ring->tail);

	if (need > limit || used > limit - need) {
		count_loss(ring, rec);
		return false;
	}
	if (ring->lost)
		put_lost(ring, rec);
	*pos = ring->filled;
	ring->filled += rec->size;
	return true;
}

/* Round the end of the ring. */
void synergy_ring_fill_hard(struct synergy_ring *ring, __u32 pos, const void *src, __u32 bytes)
{
	copy_in(ring, pos, src, bytes);
}

bool synergy_ring_report_lost(struct synergy_ring *ring, const struct synergy_record *head)
{
	/* Pairs with the release in synergy_ring_consume(), as above. */
	__u32 used = ring->filled - smp_load_acquire(&ring->tail);

	if (!ring->lost || used > ring->size - LOST_BYTES)
		return false;
	put_lost(ring, head);
	synergy_ring_publish(ring);
	return true;
}

bool synergy_ring_put(struct synergy_ring *ring, const struct synergy_record *rec)
{
	__u32 pos;

	if (!synergy_ring_reserve(ring, rec, &pos))
		return false;
	synergy_ring_fill(ring, pos, rec, rec->size);
	synergy_ring_publish(ring);
	return true;
}

/* Sizes are multiples of 8 and so is the ring's, so a size never wraps. */
static __u32 size_at(const struct synergy_ring *ring, __u32 pos)
{
	const struct synergy_record *rec =
		(const struct synergy_record *)(ring->data + (pos & (ring->size - 1)));

	return rec->size;
}

__u32 synergy_ring_whole(const struct synergy_ring *ring, __u32 room)
{
	__u32 used = synergy_ring_used(ring);
	__u32 bytes = 0;

	while (bytes < used) {
		__u32 size = size_at(ring, ring->tail + bytes);

		if (size > room - bytes)
			break;
		bytes += size;
	}
	return bytes;
}

__u32 synergy_ring_chunk(const struct synergy_ring *ring, __u32 offset, __u32 bytes,
			 const __u8 **src)
{
	__u32 at = (ring->tail + offset) & (ring->size - 1);
	__u32 run = ring->size - at;

	*src = ring->data + at;
	return min(run, bytes);
}

void synergy_ring_consume(struct synergy_ring *ring, __u32 bytes)
{
	/* Pairs with the acquire in synergy_ring_reserve(). */
	smp_store_release(&ring->tail, ring->tail + bytes);
}
