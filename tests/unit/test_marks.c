// SPDX-License-Identifier: GPL-2.0-only
/*
 * Marks through a recorder's ring, as synergy_mark_begin() makes them, and the ring itself:
 * full, written by a program that died over it or writes nonsense. And nothing is done, and
 * why, where nobody wants marks. With the device: tests/board/test_mark_library.c.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/mark_ring.h"
#include "lib/synergy.h"
#include "tests/framework/test.h"

#define N_THREADS	4
#define N_EACH		3000

static struct synergy_mark_ring *ring;
static struct synergy_error error;
static uint64_t buffer[8192];

static void begin(void)
{
	ring = synergy_mark_ring_create(&error);
	if (!CHECK(ring != NULL))
		return;
	setenv(SYNERGY_MARK_RING_VARIABLE, synergy_mark_ring_path(ring), 1);
	synergy_marks_close();
}

static void end(void)
{
	synergy_marks_close();
	unsetenv(SYNERGY_MARK_RING_VARIABLE);
	synergy_mark_ring_close(ring);
	ring = NULL;
}

static const struct synergy_record *next(const struct synergy_record *r)
{
	return (const void *)((const char *)r + r->size);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

TEST(names_and_times)
{
	const struct synergy_record *r = (void *)buffer;
	const struct synergy_name_record *name;
	const struct synergy_marker_record *m;
	uint64_t before, between, after;
	size_t bytes;

	begin();
	before = now_ns();
	CHECK_EQ(synergy_mark_begin("pré"), 1);
	between = now_ns();
	CHECK_EQ(synergy_mark(SYNERGY_MARK_END, "pré", 77), 1);
	after = now_ns();
	CHECK_EQ(synergy_marks_way(), SYNERGY_MARKS_RING);
	CHECK_FAILS(synergy_mark_begin(""), EINVAL);
	CHECK_FAILS(synergy_mark_begin(NULL), EINVAL);
	CHECK_FAILS(synergy_mark(3, "x", 0), EINVAL);
	bytes = synergy_mark_ring_take(ring, buffer, sizeof(buffer));
	CHECK_EQ(bytes, sizeof(*name) + 2 * sizeof(*m));
	name = (const void *)r;
	CHECK_EQ(r->type, SYNERGY_RECORD_NAME);
	CHECK_EQ(synergy_record_check(r, bytes, NULL), 0);
	CHECK_STR(name->name, "pré");
	CHECK_EQ(name->id, synergy_name_id("pré"));
	CHECK_EQ(name->tgid, (uint32_t)getpid());
	m = (const void *)(r = next(r));
	CHECK_EQ(synergy_record_check(r, sizeof(*m), NULL), 0);
	CHECK_EQ(m->kind, SYNERGY_MARK_BEGIN);
	CHECK_EQ(m->id, synergy_name_id("pré"));
	CHECK_EQ(m->tgid, (uint32_t)getpid());
	CHECK_EQ(m->tid, (uint32_t)gettid());
	CHECK_GE(m->hdr.time_ns, before);
	CHECK_LE(m->hdr.time_ns, between);
	m = (const void *)(r = next(r));
	CHECK_EQ(m->kind, SYNERGY_MARK_END);
	CHECK_EQ(m->cookie, 77);
	CHECK_GE(m->hdr.time_ns, between);
	CHECK_LE(m->hdr.time_ns, after);
	CHECK_EQ(synergy_mark_ring_take(ring, buffer, sizeof(buffer)), 0);
	end();
}

TEST(a_long_name_is_cut_at_a_character)
{
	const struct synergy_name_record *name = (void *)buffer;
	char text[100];

	begin();
	memset(text, 'x', sizeof(text));
	memcpy(text + 62, "é", 3);
	CHECK_EQ(synergy_mark_point(text), 1);
	synergy_mark_ring_take(ring, buffer, sizeof(buffer));
	CHECK_EQ(strlen(name->name), 62);
	end();
}

static void *many(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < N_EACH; i++) {
		while (synergy_mark_begin("work") != 1)
			usleep(100);
		while (synergy_mark_end("work") != 1)
			usleep(100);
	}
	return NULL;
}

/* Each thread's marks, in their order, while they are being taken. */
TEST(threads)
{
	struct { uint32_t tid, n; uint64_t last_ns; } seen[N_THREADS] = { 0 };
	unsigned int i, total = 0, names = 0, wrong = 0;
	pthread_t thread[N_THREADS];

	begin();
	for (i = 0; i < N_THREADS; i++)
		CHECK_EQ(pthread_create(&thread[i], NULL, many, NULL), 0);
	while (total < 2 * N_THREADS * N_EACH) {
		size_t bytes = synergy_mark_ring_take(ring, buffer, sizeof(buffer));
		const struct synergy_record *r = (void *)buffer;

		for (; (char *)r < (char *)buffer + bytes; r = next(r)) {
			const struct synergy_marker_record *m = (const void *)r;

			names += r->type == SYNERGY_RECORD_NAME;
			if (r->type != SYNERGY_RECORD_MARKER)
				continue;
			total++;
			for (i = 0; i < N_THREADS && seen[i].tid && seen[i].tid != m->tid; i++)
				;
			if (i == N_THREADS) {
				wrong++;
				continue;
			}
			wrong += r->time_ns < seen[i].last_ns;
			wrong += m->kind != 1 + seen[i].n % 2;
			seen[i].tid = m->tid;
			seen[i].last_ns = r->time_ns;
			seen[i].n++;
		}
		usleep(1000);
	}
	for (i = 0; i < N_THREADS; i++) {
		pthread_join(thread[i], NULL);
		CHECK_EQ(seen[i].n, 2 * N_EACH);
	}
	CHECK_EQ(wrong, 0);
	CHECK_EQ(names, 1);
	end();
}

/* A child is a process of its own: it says its names again. */
TEST(child)
{
	const struct synergy_name_record *name = (void *)buffer;
	size_t bytes;
	int status;
	pid_t pid;

	begin();
	CHECK_EQ(synergy_mark_point("here"), 1);
	pid = fork();
	if (!pid)
		_exit(synergy_mark_point("here") == 1 ? 0 : 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	bytes = synergy_mark_ring_take(ring, buffer, sizeof(buffer));
	CHECK_EQ(bytes, 2 * (sizeof(*name) + sizeof(struct synergy_marker_record)));
	name = (const void *)next(next(&name->hdr));
	CHECK_EQ(name->hdr.type, SYNERGY_RECORD_NAME);
	CHECK_EQ(name->tgid, (uint32_t)pid);
	CHECK_EQ(((struct synergy_marker_record *)next(&name->hdr))->tid, (uint32_t)pid);
	/* And the parent goes on. */
	CHECK_EQ(synergy_mark_point("here"), 1);
	CHECK_EQ(synergy_mark_ring_take(ring, buffer, sizeof(buffer)),
		 sizeof(struct synergy_marker_record));
	end();
}

TEST(full)
{
	unsigned int made = 0, i;

	begin();
	for (i = 0; i < 20000; i++)
		made += synergy_mark_point("x") == 1;
	CHECK_FAILS(synergy_mark_point("x"), ENOBUFS);
	CHECK_EQ(made, 16384 - 1);	/* and the name */
	CHECK_EQ(synergy_mark_ring_lost(ring), 20000 - made + 1);
	synergy_mark_ring_take(ring, buffer, sizeof(buffer));
	CHECK_EQ(synergy_mark_point("x"), 1);
	end();
}

TEST(nonsense)
{
	struct synergy_mark_ring_entry entry = { .kind = 9, .time_ns = 1 };
	struct synergy_mark_ring *program;
	const struct synergy_name_record *name = (void *)buffer;
	uint64_t now;

	begin();
	program = synergy_mark_ring_open(synergy_mark_ring_path(ring), &error);
	if (!CHECK(program != NULL))
		return;
	CHECK_EQ(synergy_mark_ring_put(program, &entry), 0);		/* no kind */
	entry.kind = SYNERGY_MARK_RING_NAME;
	CHECK_EQ(synergy_mark_ring_put(program, &entry), 0);		/* an empty name */
	memset(entry.name, 'y', sizeof(entry.name));
	entry.time_ns = UINT64_MAX;
	CHECK_EQ(synergy_mark_ring_put(program, &entry), 0);		/* without its NUL */
	CHECK_EQ(synergy_mark_ring_take(ring, buffer, sizeof(buffer)), sizeof(*name));
	now = now_ns();
	CHECK_EQ(strlen(name->name), sizeof(name->name) - 1);
	CHECK_LE(name->hdr.time_ns, now);
	CHECK_EQ(synergy_mark_ring_lost(ring), 2);
	synergy_mark_ring_close(program);
	end();
}

TEST(nobody_wants_marks)
{
	char path[64];

	if (!access(SYNERGY_DEVICE_PATH, F_OK)) {
		test_skip("there is a device");
		return;
	}
	synergy_marks_close();
	CHECK_EQ(synergy_mark_begin("x"), 0);
	CHECK_EQ(synergy_mark_end("x"), 0);
	CHECK_EQ(synergy_marks_way(), SYNERGY_MARKS_NONE);
	CHECK_FAILS(synergy_marks_open(&error), ENOENT);
	CHECK_HAS(error.message, "modprobe synergy");
	/* A file that is none */
	snprintf(path, sizeof(path), "/tmp/test_marks-%d", (int)getpid());
	fclose(fopen(path, "w"));
	setenv(SYNERGY_MARK_RING_VARIABLE, path, 1);
	synergy_marks_close();
	CHECK_FAILS(synergy_marks_open(&error), EBADMSG);
	CHECK_HAS(error.message, path);
	unlink(path);
	synergy_marks_close();
	CHECK_FAILS(synergy_marks_open(&error), ENOENT);
	CHECK_HAS(error.message, "SYNERGY_MARK_RING");
	/* Without a place to write the reason */
	CHECK_FAILS(synergy_marks_open(NULL), ENOENT);
	unsetenv(SYNERGY_MARK_RING_VARIABLE);
	synergy_marks_close();
}
