// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Marks by name; the contract is in marks.h. What is there is looked for once. A page of the
 * device belongs to one thread, so each thread that marks has a file and a page of its own;
 * where the user may have no more of them, its marks are ioctls on the file that all share.
 * It must not take a lock, allocate or format text once a thread and a name are known.
 */
#include "lib/marks.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/internal.h"
#include "lib/mark_ring.h"

#define UNKNOWN		(-1)	/* not looked for yet; else enum synergy_marks_way */
/* Records that a reader is given before the session's: chips, rails, events, names. */
#define MOST_REPLAYED	4096
/* Names that are remembered as known to the stream; a power of two. The module keeps 1024. */
#define N_KNOWN		4096

/* A thread's own file and page. */
struct marking_thread {
	struct marking_thread *next, **link;
	struct synergy_mark_page *page;	/* NULL: it has none */
	int fd;
	uint32_t tid;
};

static int way = UNKNOWN;		/* atomic */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* over what follows */
static struct synergy_error why_not;
static int why_not_errno;
static int shared_fd = -1;
static struct synergy_mark_ring *ring;
static uint32_t tgid;
static struct marking_thread *threads;
static pthread_key_t thread_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool has_key;

static uint64_t known[N_KNOWN];		/* atomic: 1 << 32 | id; 0 free */
static __thread struct marking_thread *this_thread;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* With the lock */
static void thread_free(struct marking_thread *t, bool unmap)
{
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	if (t->page && unmap)
		munmap(t->page, sizeof(*t->page));
	if (t->fd >= 0)
		close(t->fd);
	free(t);
}

static void thread_ends(void *t)
{
	pthread_mutex_lock(&lock);
	this_thread = NULL;
	thread_free(t, true);
	pthread_mutex_unlock(&lock);
}

/* With the lock. A child of fork() does not have the pages. */
static void forget(bool unmap)
{
	while (threads)
		thread_free(threads, unmap);
	this_thread = NULL;
	if (has_key)
		pthread_setspecific(thread_key, NULL);
	if (shared_fd >= 0)
		close(shared_fd);
	shared_fd = -1;
	synergy_mark_ring_close(ring);
	ring = NULL;
	memset(known, 0, sizeof(known));
	__atomic_store_n(&way, UNKNOWN, __ATOMIC_RELEASE);
}

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&lock);
}

static void in_child(void)
{
	forget(false);
	pthread_mutex_unlock(&lock);
}

static void first_time(void)
{
	pthread_atfork(before_fork, in_parent, in_child);
	has_key = !pthread_key_create(&thread_key, thread_ends);
}

/* Does a session run that counts nothing at marks? */
static bool counts_nothing(struct synergy_stream *stream)
{
	const struct synergy_session *session = &synergy_stream_info(stream)->session;
	const struct synergy_record *record;
	int i;

	for (i = 0; i < MOST_REPLAYED && !session->size; i++)
		if (synergy_stream_next(stream, &record, 0, NULL) != 1)
			return false;
	return session->size && session->state != SYNERGY_SESSION_STOPPED && !session->n_columns;
}

/* The way by the device; SYNERGY_MARKS_NONE and why_not. */
static int look_for_device(void)
{
	const char *wish = getenv("SYNERGY_MARKS");
	struct synergy_stream *stream = synergy_stream_open(NULL, &why_not);
	bool page = false;

	/* Too many readers: marks have files of another kind. */
	if (!stream && errno != EMFILE && errno != ENOMEM)
		return SYNERGY_MARKS_NONE;
	if (stream)
		page = counts_nothing(stream);
	synergy_stream_close(stream);
	shared_fd = open(SYNERGY_DEVICE_PATH, O_WRONLY | O_CLOEXEC);
	if (shared_fd < 0) {
		synergy_error_set(&why_not, errno, "%s: %s", SYNERGY_DEVICE_PATH, strerror(errno));
		return SYNERGY_MARKS_NONE;
	}
	if (wish && !strcmp(wish, "page"))
		page = true;
	if (wish && !strcmp(wish, "ioctl"))
		page = false;
	return page ? SYNERGY_MARKS_PAGE : SYNERGY_MARKS_IOCTL;
}

/* The way, looked for unless it is known. */
static int look(void)
{
	const char *path = getenv(SYNERGY_MARK_RING_VARIABLE);
	struct synergy_error no_ring = { "" };
	int found, no_ring_errno = 0;

	pthread_once(&once, first_time);
	pthread_mutex_lock(&lock);
	found = way;
	if (found != UNKNOWN)
		goto out;
	tgid = getpid();
	if (path && *path) {
		ring = synergy_mark_ring_open(path, &no_ring);
		no_ring_errno = errno;
	}
	found = ring ? SYNERGY_MARKS_RING : look_for_device();
	why_not_errno = errno;
	if (found == SYNERGY_MARKS_NONE && no_ring.message[0]) {
		why_not = no_ring;
		why_not_errno = no_ring_errno;
	}
	__atomic_store_n(&way, found, __ATOMIC_RELEASE);
out:
	pthread_mutex_unlock(&lock);
	return found;
}

static int current_way(void)
{
	int now = __atomic_load_n(&way, __ATOMIC_ACQUIRE);

	return now == UNKNOWN ? look() : now;
}

int synergy_marks_open(struct synergy_error *error)
{
	if (current_way() != SYNERGY_MARKS_NONE)
		return 0;
	if (error)
		*error = why_not;
	errno = why_not_errno;
	return -1;
}

int synergy_marks_way(void)
{
	int now = __atomic_load_n(&way, __ATOMIC_ACQUIRE);

	return now == UNKNOWN ? SYNERGY_MARKS_NONE : now;
}

void synergy_marks_close(void)
{
	pthread_mutex_lock(&lock);
	forget(true);
	pthread_mutex_unlock(&lock);
}

/* A file and a page for this thread: its ring of records would fill up for nobody. */
static void open_page(struct marking_thread *t)
{
	struct synergy_client client = {
		.size = sizeof(client), .flags = SYNERGY_CLIENT_F_NO_RECORDS,
	};
	void *page;

	t->fd = open(SYNERGY_DEVICE_PATH, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (t->fd < 0)
		return;
	page = MAP_FAILED;
	if (!ioctl(t->fd, SYNERGY_IOC_CLIENT, &client))
		page = mmap(NULL, sizeof(*t->page), PROT_READ | PROT_WRITE, MAP_SHARED, t->fd, 0);
	if (page != MAP_FAILED) {
		t->page = page;
		return;
	}
	close(t->fd);
	t->fd = -1;
}

/* Of this thread; NULL: no memory. */
static struct marking_thread *thread_state(int now)
{
	struct marking_thread *t = this_thread;

	if (t)
		return t;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->fd = -1;
	t->tid = (uint32_t)syscall(SYS_gettid);	/* gettid(): glibc 2.30 */
	if (now == SYNERGY_MARKS_PAGE && has_key)
		open_page(t);
	pthread_mutex_lock(&lock);
	t->next = threads;
	t->link = &threads;
	if (threads)
		threads->link = &t->next;
	threads = t;
	pthread_mutex_unlock(&lock);
	if (has_key)
		pthread_setspecific(thread_key, t);
	this_thread = t;
	return t;
}

static int put_ioctl(int fd, uint32_t kind, uint32_t id, uint64_t cookie)
{
	struct synergy_mark mark = {
		.size = sizeof(mark), .kind = kind, .id = id, .cookie = cookie,
	};

	return ioctl(fd, SYNERGY_IOC_MARK, &mark) ? -1 : 1;
}

/* @time_ns: 0 for the time at the end of it all */
static int put_page(struct marking_thread *t, uint32_t kind, uint32_t id, uint64_t cookie,
		    uint64_t time_ns)
{
	struct synergy_mark_page *page = t->page;
	struct synergy_mark_slot *slot = &page->slot[page->head % SYNERGY_MARK_SLOTS];

	if (page->head - __atomic_load_n(&page->taken, __ATOMIC_ACQUIRE) >= SYNERGY_MARK_SLOTS)
		return put_ioctl(t->fd, kind, id, cookie);
	slot->cookie = cookie;
	slot->kind = kind;
	slot->flags = 0;
	slot->id = id;
	slot->time_ns = time_ns ? time_ns : now_ns();
	__atomic_store_n(&page->head, page->head + 1, __ATOMIC_RELEASE);
	return 1;
}

static int put_ring(uint32_t kind, uint32_t id, uint64_t cookie, uint64_t time_ns)
{
	struct marking_thread *t = thread_state(SYNERGY_MARKS_RING);
	struct synergy_mark_ring_entry entry = {
		.kind = kind, .id = id, .cookie = cookie, .tgid = tgid,
		.tid = t ? t->tid : (uint32_t)syscall(SYS_gettid),
	};

	entry.time_ns = time_ns ? time_ns : now_ns();
	return synergy_mark_ring_put(ring, &entry) ? -1 : 1;
}

static int put(int now, uint32_t kind, uint32_t id, uint64_t cookie, uint64_t time_ns)
{
	struct marking_thread *t;

	switch (now) {
	case SYNERGY_MARKS_RING:
		return put_ring(kind, id, cookie, time_ns);
	case SYNERGY_MARKS_PAGE:
		t = thread_state(now);
		if (t && t->page)
			return put_page(t, kind, id, cookie, time_ns);
		break;
	}
	return put_ioctl(shared_fd, kind, id, cookie);
}

static void send_name(int now, uint32_t id, const char *name)
{
	struct synergy_name record = {
		.size = sizeof(record), .kind = SYNERGY_NAME_MARK, .id = id,
	};
	struct synergy_mark_ring_entry entry = {
		.kind = SYNERGY_MARK_RING_NAME, .id = id, .tgid = tgid,
	};

	synergy_name_copy(record.name, name);
	if (now != SYNERGY_MARKS_RING) {
		ioctl(shared_fd, SYNERGY_IOC_NAME, &record);
		return;
	}
	memcpy(entry.name, record.name, sizeof(entry.name));
	entry.time_ns = now_ns();
	synergy_mark_ring_put(ring, &entry);
}

/* Its name goes into the stream before the first mark of an id. */
static void see_to_name(int now, uint32_t id, const char *name)
{
	uint64_t wanted = 1ULL << 32 | id, found;
	uint32_t i;

	for (i = 0; i < N_KNOWN; i++) {
		uint64_t *place = &known[(id + i) % N_KNOWN];

		found = __atomic_load_n(place, __ATOMIC_RELAXED);
		if (found == wanted)
			return;
		if (!found && __atomic_compare_exchange_n(place, &found, wanted, false,
							  __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
			send_name(now, id, name);
			return;
		}
		if (found == wanted)
			return;
	}
}

static int mark(uint32_t kind, const char *name, uint64_t cookie)
{
	/* An end is when the program came here. */
	uint64_t time_ns = kind == SYNERGY_MARK_BEGIN ? 0 : now_ns();
	int now = current_way();
	uint32_t id;

	if (now == SYNERGY_MARKS_NONE)
		return 0;
	if (!name || !*name || kind > SYNERGY_MARK_END) {
		errno = EINVAL;
		return -1;
	}
	id = synergy_name_id(name);
	see_to_name(now, id, name);
	return put(now, kind, id, cookie, time_ns);
}

static inline bool nobody(void)
{
	return __atomic_load_n(&way, __ATOMIC_RELAXED) == SYNERGY_MARKS_NONE;
}

int synergy_mark(uint32_t kind, const char *name, uint64_t cookie)
{
	return nobody() ? 0 : mark(kind, name, cookie);
}

int synergy_mark_begin(const char *name)
{
	return nobody() ? 0 : mark(SYNERGY_MARK_BEGIN, name, 0);
}

int synergy_mark_end(const char *name)
{
	return nobody() ? 0 : mark(SYNERGY_MARK_END, name, 0);
}

int synergy_mark_point(const char *name)
{
	return nobody() ? 0 : mark(SYNERGY_MARK_POINT, name, 0);
}
