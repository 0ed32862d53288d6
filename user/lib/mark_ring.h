/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Marks where there is no module: a ring in memory that a recorder shares with the programs
 * that it runs. The recorder makes it, names it in the environment (SYNERGY_MARK_RING_VARIABLE),
 * and takes what programs have put there as the records that the module would have made;
 * synergy_mark_begin() and _end() of marks.h are the programs' side.
 *
 *	ring = synergy_mark_ring_create(&error);
 *	setenv(SYNERGY_MARK_RING_VARIABLE, synergy_mark_ring_path(ring), 1);	// in the child
 *	...
 *	while ((bytes = synergy_mark_ring_take(ring, buffer, sizeof(buffer))))
 *		synergy_recording_write(recording, buffer, bytes, &error);
 *
 * Any number of threads and processes may put marks at once; one thread takes them. None
 * waits for another: a ring that is full counts the mark as lost. Programs are not trusted:
 * what they wrote is checked as it is taken. Not installed.
 */
#ifndef SYNERGY_LIB_MARK_RING_H
#define SYNERGY_LIB_MARK_RING_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/synergy.h"

#define SYNERGY_MARK_RING_VARIABLE	"SYNERGY_MARK_RING"

/* Kind of an entry that names an id; else enum synergy_mark_kind. */
#define SYNERGY_MARK_RING_NAME		255

/* One entry; @turn is written last. */
struct synergy_mark_ring_entry {
	uint64_t turn;		/* number of the entry plus 1, once it is whole */
	uint64_t time_ns;	/* CLOCK_MONOTONIC */
	uint64_t cookie;
	uint32_t kind;
	uint32_t id;
	uint32_t tgid;
	uint32_t tid;
	char name[SYNERGY_NAME_LEN];
	uint64_t reserved[3];	/* 128 bytes: no two share a cache line */
};

struct synergy_mark_ring;

/**
 * synergy_mark_ring_create - a ring that programs of this user can open
 * @error: filled in on failure
 *
 * Return: the ring, the caller's; NULL with errno: ENOMEM, EMFILE, ENOSYS.
 */
struct synergy_mark_ring *synergy_mark_ring_create(struct synergy_error *error);

/**
 * synergy_mark_ring_path - where programs find it
 * @ring: one that was created here
 *
 * Return: the value of SYNERGY_MARK_RING_VARIABLE for them, the ring's.
 */
const char *synergy_mark_ring_path(const struct synergy_mark_ring *ring);

/**
 * synergy_mark_ring_take - what programs have put since, as NAME and MARKER records
 * @ring: one that was created here
 * @buffer: 8-byte aligned; whole records come into it
 * @bytes: its size, at least 256
 *
 * Records have seq 0 and raw_ns = time_ns; MARKER records have SYNERGY_MARKER_F_PAGE. They
 * are in the order in which they were put, which is that of time for each thread.
 *
 * Return: bytes of records; 0 when there are none now.
 */
size_t synergy_mark_ring_take(struct synergy_mark_ring *ring, void *buffer, size_t bytes);

/**
 * synergy_mark_ring_lost - marks that did not get into the stream
 * @ring: the ring
 *
 * Return: how many: it was full, a program died while it wrote one, or wrote nonsense.
 */
uint64_t synergy_mark_ring_lost(const struct synergy_mark_ring *ring);

/**
 * synergy_mark_ring_open - a program's side
 * @path: as the environment has it
 * @error: filled in on failure
 *
 * Return: the ring; NULL with errno: as open(); EBADMSG: it is none, or of another version.
 */
struct synergy_mark_ring *synergy_mark_ring_open(const char *path, struct synergy_error *error);

/**
 * synergy_mark_ring_put - add an entry; for any thread
 * @ring: the ring
 * @entry: all but @turn
 *
 * Return: 0; -1 with ENOBUFS: it is full.
 */
int synergy_mark_ring_put(struct synergy_mark_ring *ring,
			  const struct synergy_mark_ring_entry *entry);

/** synergy_mark_ring_close - give it back; NULL is fine */
void synergy_mark_ring_close(struct synergy_mark_ring *ring);

#endif /* SYNERGY_LIB_MARK_RING_H */
