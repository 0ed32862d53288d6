// SPDX-License-Identifier: GPL-2.0-only
/*
 * synergy_mark_begin() and _end() on the device: through the page where a session counts
 * nothing, by ioctl where it counts or where none runs; names once a process; threads and
 * a child; more threads than a user may have pages.
 * board: timeout=30
 */
#include <pthread.h>

#include "device.h"
#include "lib/synergy.h"

#define N_THREADS	24

static struct synergy_marker_record marks[512];
static unsigned int n_marks, n_names, n_counts;

static void each(struct reader *r, const struct synergy_record *rec)
{
	(void)r;
	if (rec->type == SYNERGY_RECORD_NAME && !(rec->flags & SYNERGY_NAME_F_REPLAY))
		n_names++;
	if (rec->type != SYNERGY_RECORD_MARKER || !CHECK(n_marks < 512))
		return;
	memcpy(&marks[n_marks], rec, sizeof(marks[0]));
	n_counts += marks[n_marks++].n_counts;
}

static struct reader reader = { .each = each };

static void start(int events)
{
	struct synergy_configure cfg;

	reader.expected = 0;
	reader.fd = device_open(O_RDWR | O_NONBLOCK);
	device_config(&cfg, 10000000);
	cfg.flags = SYNERGY_CONFIGURE_F_NO_POWER;
	if (events)
		device_config_events(&cfg, device_events, events);
	CHECK(!ioctl(reader.fd, SYNERGY_IOC_CONFIGURE, &cfg) && !device_start(reader.fd));
	synergy_marks_close();
}

static void finish(void)
{
	CHECK(!device_stop(reader.fd));
	n_marks = n_names = n_counts = 0;
	reader_drain(&reader);
	synergy_marks_close();
	close(reader.fd);
}

static void some(void)
{
	CHECK_EQ(synergy_mark_begin("outer"), 1);
	CHECK_EQ(synergy_mark(SYNERGY_MARK_BEGIN, "inner", 5), 1);
	CHECK_EQ(synergy_mark_end("inner"), 1);
	CHECK_EQ(synergy_mark_end("outer"), 1);
}

static void check_some(unsigned int flags)
{
	unsigned int i;

	CHECK_EQ(n_names, 2);
	if (!CHECK_EQ(n_marks, 4))
		return;
	for (i = 0; i < 4; i++) {
		CHECK_EQ(marks[i].hdr.flags, flags);
		CHECK_EQ(marks[i].id, synergy_name_id(i % 3 ? "inner" : "outer"));
		CHECK_EQ(marks[i].kind, 1 + i / 2);
		CHECK_EQ(marks[i].tid, (__u32)gettid());
	}
	CHECK_EQ(marks[1].cookie, 5);
}

TEST(by_the_page_where_nothing_is_counted)
{
	start(0);
	some();
	CHECK_EQ(synergy_marks_way(), SYNERGY_MARKS_PAGE);
	finish();
	check_some(SYNERGY_MARKER_F_PAGE);
}

TEST(by_ioctl_where_events_are_counted)
{
	start(2);
	some();
	CHECK_EQ(synergy_marks_way(), SYNERGY_MARKS_IOCTL);
	finish();
	check_some(0);
	CHECK_EQ(n_counts, 8);
}

TEST(the_environment_decides)
{
	setenv("SYNERGY_MARKS", "ioctl", 1);
	start(0);
	some();
	CHECK_EQ(synergy_marks_way(), SYNERGY_MARKS_IOCTL);
	finish();
	check_some(0);
	setenv("SYNERGY_MARKS", "page", 1);
	start(2);
	some();
	CHECK_EQ(synergy_marks_way(), SYNERGY_MARKS_PAGE);
	finish();
	check_some(SYNERGY_MARKER_F_PAGE);
	unsetenv("SYNERGY_MARKS");
}

TEST(without_a_session)
{
	reader.expected = 0;
	reader.fd = device_open(O_RDWR | O_NONBLOCK);
	synergy_marks_close();
	CHECK_EQ(synergy_mark_point("alone"), 1);
	CHECK_EQ(synergy_marks_way(), SYNERGY_MARKS_IOCTL);
	n_marks = n_names = 0;
	reader_drain(&reader);
	CHECK_EQ(n_marks, 1);
	CHECK_EQ(n_names, 1);
	synergy_marks_close();
	close(reader.fd);
}

static pthread_barrier_t all_there;

static void *thread(void *failed)
{
	pthread_barrier_wait(&all_there);
	if (synergy_mark_begin("threads") != 1 || synergy_mark_end("threads") != 1)
		__atomic_fetch_add((int *)failed, 1, __ATOMIC_RELAXED);
	/* All have their pages at once. */
	pthread_barrier_wait(&all_there);
	return NULL;
}

TEST(threads)
{
	pthread_t threads[N_THREADS];
	unsigned int i, k, n_tids = 0;
	struct synergy_device device = { .size = sizeof(device) };
	int failed = 0;

	start(0);
	pthread_barrier_init(&all_there, NULL, N_THREADS);
	for (i = 0; i < N_THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, thread, &failed), 0);
	for (i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(failed, 0);
	/* With a thread go its file and its page. */
	CHECK(!ioctl(reader.fd, SYNERGY_IOC_DEVICE, &device));
	CHECK_EQ(device.n_pages, 0);
	CHECK_EQ(device.n_files, 2);
	finish();
	CHECK_EQ(n_marks, 2 * N_THREADS);
	CHECK_EQ(n_names, 1);
	for (i = 0; i < n_marks; i++) {
		CHECK(!(marks[i].hdr.flags & SYNERGY_MARKER_F_ABANDONED));
		for (k = 0; k < i && marks[k].tid != marks[i].tid; k++)
			;
		n_tids += k == i;
	}
	CHECK_EQ(n_tids, N_THREADS);
}

TEST(child)
{
	unsigned int of_child = 0, i;
	int status;
	pid_t pid;

	start(0);
	CHECK_EQ(synergy_mark_begin("parent"), 1);
	pid = fork();
	if (!pid)
		_exit(synergy_mark_begin("child") == 1 && synergy_mark_end("child") == 1 ? 0 : 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(synergy_mark_end("parent"), 1);
	finish();
	CHECK_EQ(n_marks, 4);
	for (i = 0; i < n_marks; i++)
		of_child += marks[i].tgid == (__u32)pid && marks[i].id == synergy_name_id("child");
	CHECK_EQ(of_child, 2);
}
