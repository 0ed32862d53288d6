// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ring of marks that a recorder shares with programs; the contract is in mark_ring.h.
 * Writers reserve an entry by moving head, fill it in and publish it by its turn. The reader
 * alone moves taken. Everything in the memory may be changed by a hostile program at any
 * time: the reader keeps its own position and copies an entry before it looks at it.
 */
#include "lib/mark_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC	0x53594d52	/* "SYMR" */
#define VERSION	1
/* 2 MiB: at a million marks per second the reader may be 16 ms late. */
#define N_SLOTS	16384
/* A writer that reserved an entry so long ago and has not published it has died. */
#define DEAD_NS	200000000

struct shared {
	uint32_t magic, version, n_slots, entry_bytes;
	_Alignas(64) uint64_t head;	/* entries ever reserved */
	_Alignas(64) uint64_t taken;	/* entries ever taken */
	_Alignas(64) uint64_t lost;	/* entries that found it full */
	_Alignas(64) struct synergy_mark_ring_entry slot[N_SLOTS];
};

_Static_assert(sizeof(struct synergy_mark_ring_entry) == 128, "two cache lines");

struct synergy_mark_ring {
	struct shared *shared;
	int fd;				/* the reader's; -1 */
	char path[64];
	uint64_t next;			/* the reader's: entry to take */
	uint64_t waiting_since_ns;	/* for that entry to be published; 0 not */
	uint64_t dropped;		/* by the reader */
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct synergy_mark_ring *ring_map(int fd, const char *name, struct synergy_error *error)
{
	struct synergy_mark_ring *ring = calloc(1, sizeof(*ring));

	if (!ring) {
		synergy_error_set(error, ENOMEM, "%s: no memory", name);
		return NULL;
	}
	ring->fd = -1;
	ring->shared = mmap(NULL, sizeof(*ring->shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring->shared != MAP_FAILED)
		return ring;
	synergy_error_set(error, errno, "%s: %s", name, strerror(errno));
	free(ring);
	return NULL;
}

struct synergy_mark_ring *synergy_mark_ring_create(struct synergy_error *error)
{
	int fd = memfd_create("synergy-marks", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct synergy_mark_ring *ring = NULL;

	/* Nobody shall shorten what the reader has mapped. */
	if (fd < 0 || ftruncate(fd, sizeof(struct shared)) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		synergy_error_set(error, errno, "memory for marks: %s", strerror(errno));
		goto fail;
	}
	ring = ring_map(fd, "memory for marks", error);
	if (!ring)
		goto fail;
	ring->fd = fd;
	snprintf(ring->path, sizeof(ring->path), "/proc/%d/fd/%d", (int)getpid(), fd);
	ring->shared->version = VERSION;
	ring->shared->n_slots = N_SLOTS;
	ring->shared->entry_bytes = sizeof(ring->shared->slot[0]);
	ring->shared->magic = MAGIC;
	return ring;
fail:
	if (fd >= 0)
		close(fd);
	return NULL;
}

const char *synergy_mark_ring_path(const struct synergy_mark_ring *ring)
{
	return ring->path;
}

struct synergy_mark_ring *synergy_mark_ring_open(const char *path, struct synergy_error *error)
{
	struct synergy_mark_ring *ring = NULL;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0) {
		synergy_error_set(error, errno, "%s: %s: %s", SYNERGY_MARK_RING_VARIABLE, path,
				  strerror(errno));
		return NULL;
	}
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size == sizeof(struct shared))
		ring = ring_map(fd, path, error);
	else
		synergy_error_set(error, EBADMSG, "%s: %s: not a recorder's memory for marks",
				  SYNERGY_MARK_RING_VARIABLE, path);
	close(fd);
	if (!ring)
		return NULL;
	if (ring->shared->magic == MAGIC && ring->shared->version == VERSION &&
	    ring->shared->n_slots == N_SLOTS &&
	    ring->shared->entry_bytes == sizeof(ring->shared->slot[0]))
		return ring;
	synergy_error_set(error, EBADMSG, "%s: %s: another version's memory for marks",
			  SYNERGY_MARK_RING_VARIABLE, path);
	synergy_mark_ring_close(ring);
	return NULL;
}

void synergy_mark_ring_close(struct synergy_mark_ring *ring)
{
	int saved = errno;

	if (!ring)
		return;
	munmap(ring->shared, sizeof(*ring->shared));
	if (ring->fd >= 0)
		close(ring->fd);
	free(ring);
	errno = saved;
}

int synergy_mark_ring_put(struct synergy_mark_ring *ring,
			  const struct synergy_mark_ring_entry *entry)
{
	struct shared *s = ring->shared;
	struct synergy_mark_ring_entry *slot;
	uint64_t head = __atomic_load_n(&s->head, __ATOMIC_RELAXED);

	do {
		if (head - __atomic_load_n(&s->taken, __ATOMIC_ACQUIRE) >= N_SLOTS) {
			__atomic_fetch_add(&s->lost, 1, __ATOMIC_RELAXED);
			errno = ENOBUFS;
			return -1;
		}
	} while (!__atomic_compare_exchange_n(&s->head, &head, head + 1, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	slot = &s->slot[head % N_SLOTS];
	slot->time_ns = entry->time_ns;
	slot->cookie = entry->cookie;
	slot->kind = entry->kind;
	slot->id = entry->id;
	slot->tgid = entry->tgid;
	slot->tid = entry->tid;
	if (entry->kind == SYNERGY_MARK_RING_NAME)
		memcpy(slot->name, entry->name, sizeof(slot->name));
	__atomic_store_n(&slot->turn, head + 1, __ATOMIC_RELEASE);
	return 0;
}

static size_t name_record(const struct synergy_mark_ring_entry *entry, void *buffer)
{
	struct synergy_name_record *record = buffer;

	memset(record, 0, sizeof(*record));
	record->hdr.size = sizeof(*record);
	record->hdr.type = SYNERGY_RECORD_NAME;
	record->kind = SYNERGY_NAME_MARK;
	record->id = entry->id;
	record->tgid = entry->tgid;
	memcpy(record->name, entry->name, sizeof(record->name));
	record->name[sizeof(record->name) - 1] = '\0';
	return record->name[0] ? sizeof(*record) : 0;
}

static size_t marker_record(const struct synergy_mark_ring_entry *entry, void *buffer)
{
	struct synergy_marker_record *record = buffer;

	if (entry->kind > SYNERGY_MARK_END)
		return 0;
	memset(record, 0, sizeof(*record));
	record->hdr.size = sizeof(*record);
	record->hdr.type = SYNERGY_RECORD_MARKER;
	record->hdr.flags = SYNERGY_MARKER_F_PAGE;
	record->done_ns = entry->time_ns;
	record->cookie = entry->cookie;
	record->kind = entry->kind;
	record->id = entry->id;
	record->cpu = ~0U;
	record->tid = entry->tid;
	record->tgid = entry->tgid;
	record->count_size = sizeof(struct synergy_count);
	return sizeof(*record);
}

/* The next entry, copied; 0 there is none yet, 1 a writer died over it, 2 here it is. */
static int take_entry(struct synergy_mark_ring *ring, struct synergy_mark_ring_entry *entry)
{
	struct shared *s = ring->shared;
	struct synergy_mark_ring_entry *slot = &s->slot[ring->next % N_SLOTS];

	if (__atomic_load_n(&slot->turn, __ATOMIC_ACQUIRE) == ring->next + 1) {
		memcpy(entry, slot, sizeof(*entry));
		ring->waiting_since_ns = 0;
		return 2;
	}
	if (__atomic_load_n(&s->head, __ATOMIC_ACQUIRE) == ring->next) {
		ring->waiting_since_ns = 0;
		return 0;
	}
	if (!ring->waiting_since_ns)
		ring->waiting_since_ns = now_ns();
	if (now_ns() - ring->waiting_since_ns < DEAD_NS)
		return 0;
	ring->waiting_since_ns = 0;
	return 1;
}

size_t synergy_mark_ring_take(struct synergy_mark_ring *ring, void *buffer, size_t bytes)
{
	size_t most = sizeof(struct synergy_marker_record), done = 0, made;
	struct synergy_mark_ring_entry entry;
	struct synergy_record *record;
	uint64_t now = now_ns();
	int result;

	if (most < sizeof(struct synergy_name_record))
		most = sizeof(struct synergy_name_record);
	while (bytes - done >= most && (result = take_entry(ring, &entry)) != 0) {
		record = (void *)((char *)buffer + done);
		made = result == 1 ? 0 : entry.kind == SYNERGY_MARK_RING_NAME ?
			name_record(&entry, record) : marker_record(&entry, record);
		if (made) {
			if (entry.time_ns > now)
				now = now_ns();
			record->time_ns = entry.time_ns < now ? entry.time_ns : now;
			record->raw_ns = record->time_ns;
			if (record->type == SYNERGY_RECORD_MARKER)
				((struct synergy_marker_record *)record)->done_ns = record->time_ns;
		} else {
			ring->dropped++;
		}
		done += made;
		__atomic_store_n(&ring->shared->taken, ++ring->next, __ATOMIC_RELEASE);
	}
	return done;
}

uint64_t synergy_mark_ring_lost(const struct synergy_mark_ring *ring)
{
	return __atomic_load_n(&ring->shared->lost, __ATOMIC_RELAXED) + ring->dropped;
}
