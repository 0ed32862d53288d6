/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ring of one open file: whole records, one producer at a time (the stream
 * lock sees to that), one consumer at a time (the reader's mutex does), and no
 * lock between the two. Loss is reported in band. Pure: compiled into unit tests.
 *
 * Records lie contiguously in a byte ring of a power-of-two size and may wrap
 * round its end. Everything but marks, names, INFO and LOST leaves the last quarter
 * free, so that samples cannot crowd out the marks.
 */
#ifndef SYNERGY_RING_H
#define SYNERGY_RING_H

#include "pure.h"
#include <linux/synergy.h>

/**
 * struct synergy_ring - the records one reader has not read yet
 * @data: NULL: no ring
 * @size: bytes, a power of two
 * @head: bytes ever published; the producer writes it
 * @tail: bytes ever consumed; the consumer writes it
 * @filled: the producer's own: bytes reserved, >= head
 * @lost_first_seq: of the first lost since the last LOST record; the producer's own, as what
 *	follows
 * @lost: since then
 * @lost_by_type: since then
 * @lost_last_ns: time of the last that was lost
 * @lost_total: since the ring was made
 */
struct synergy_ring {
	__u8 *data;
	__u32 size;
	__u32 head;
	__u32 tail;
	__u32 filled;
	__u64 lost_first_seq;
	__u64 lost;
	__u64 lost_by_type[SYNERGY_RECORD_TYPES];
	__u64 lost_last_ns;
	__u64 lost_total;
};

#define SYNERGY_RING_MIN	(64U << 10)
#define SYNERGY_RING_MAX	(64U << 20)
#define SYNERGY_RING_DEFAULT	(1024U << 10)

void synergy_ring_init(struct synergy_ring *ring, void *data, __u32 size);

/*
 * Make room for @rec, writing a LOST record first where one is due. True: fill
 * it in at *@pos with synergy_ring_fill(), then publish. False: it was lost and
 * counted. Only hdr of @rec must be final. The common case is inline in all
 * three: they are what a mark consists of.
 */
bool synergy_ring_reserve_hard(struct synergy_ring *ring, const struct synergy_record *rec,
			       __u32 *pos);
void synergy_ring_fill_hard(struct synergy_ring *ring, __u32 pos, const void *src, __u32 bytes);

/* What a record of @type may fill: all of it, or all but the last quarter. */
static inline __u32 synergy_ring_limit(const struct synergy_ring *ring, __u32 type)
{
	return type == SYNERGY_RECORD_MARKER || type == SYNERGY_RECORD_INFO ||
	       type == SYNERGY_RECORD_NAME ?
		ring->size : ring->size - ring->size / 4;
}

static inline bool synergy_ring_reserve(struct synergy_ring *ring,
					const struct synergy_record *rec, __u32 *pos)
{
	/* Pairs with the release in synergy_ring_consume(): the room has been read out. */
	__u32 used = ring->filled - smp_load_acquire(&ring->tail);

	if (ring->lost || (__u64)used + rec->size > synergy_ring_limit(ring, rec->type))
		return synergy_ring_reserve_hard(ring, rec, pos);
	*pos = ring->filled;
	ring->filled += rec->size;
	return true;
}

static inline void synergy_ring_fill(struct synergy_ring *ring, __u32 pos, const void *src,
				     __u32 bytes)
{
	__u32 at = pos & (ring->size - 1);

	if (bytes > ring->size - at)
		synergy_ring_fill_hard(ring, pos, src, bytes);
	else if (bytes == sizeof(struct synergy_marker_record))
		memcpy(ring->data + at, src, sizeof(struct synergy_marker_record));
	else
		memcpy(ring->data + at, src, bytes);
}

static inline void synergy_ring_publish(struct synergy_ring *ring)
{
	/* Pairs with the acquire in synergy_ring_used(): the records are filled in. */
	smp_store_release(&ring->head, ring->filled);
}

/*
 * Report what was lost although no record follows: for a reader that has emptied
 * the ring. @head is that of a record made now. True: a LOST record is there now.
 * The producer's, as the others.
 */
bool synergy_ring_report_lost(struct synergy_ring *ring, const struct synergy_record *head);

/* The three in one. */
bool synergy_ring_put(struct synergy_ring *ring, const struct synergy_record *rec);

/* Consumer: bytes there; whole records that fit into @room; then consume. */
static inline __u32 synergy_ring_used(const struct synergy_ring *ring)
{
	/* Pairs with the release in synergy_ring_publish(). */
	return smp_load_acquire(&ring->head) - READ_ONCE(ring->tail);
}

__u32 synergy_ring_whole(const struct synergy_ring *ring, __u32 room);
__u32 synergy_ring_chunk(const struct synergy_ring *ring, __u32 offset, __u32 bytes,
			 const __u8 **src);
void synergy_ring_consume(struct synergy_ring *ring, __u32 bytes);

#endif /* SYNERGY_RING_H */
