/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the board tests of the device share: calls on /dev/synergy, and a reader that
 * holds every record against the stream's promises (sizes, numbers without a gap but
 * for LOST). For one translation unit a test.
 */
#ifndef SYNERGY_TESTS_DEVICE_H
#define SYNERGY_TESTS_DEVICE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <linux/synergy.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/framework/test.h"

static inline __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static inline void sleep_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

static inline void device_sleep_until(__u64 ns)
{
	struct timespec t = { ns / 1000000000, ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static inline int device_open(int flags)
{
	int fd = open("/dev/synergy", flags | O_CLOEXEC);

	if (fd < 0) {
		fprintf(stderr, "/dev/synergy: %s\n", strerror(errno));
		exit(1);
	}
	return fd;
}

/* A configuration with software events, which every core has: page faults, switches. */
static struct synergy_event device_events[2] __attribute__((unused)) = {
	{ .size = sizeof(struct synergy_event), .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CONTEXT_SWITCHES,
	  .column = 0, .name = "context-switches" },
	{ .size = sizeof(struct synergy_event), .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_PAGE_FAULTS,
	  .column = 1, .name = "page-faults" },
};

static inline void device_config(struct synergy_configure *cfg, __u64 period_ns)
{
	memset(cfg, 0, sizeof(*cfg));
	cfg->size = sizeof(*cfg);
	cfg->period_ns = period_ns;
}

static inline void device_config_events(struct synergy_configure *cfg,
					struct synergy_event *events, __u32 n)
{
	cfg->events = (__u64)(uintptr_t)events;
	cfg->n_events = n;
	cfg->event_size = sizeof(struct synergy_event);
	cfg->pmu_every = 1;
}

/*
 * Configure for @period_ns, or for the shortest period that this kernel's bus
 * carries if that is longer: a debugging kernel's does not carry much.
 */
static inline int device_configure(int fd, struct synergy_configure *cfg, __u64 period_ns,
				   __u32 flags, __u64 rails)
{
	int ret;

	device_config(cfg, period_ns);
	cfg->flags = flags;
	cfg->rail_mask = rails;
	ret = ioctl(fd, SYNERGY_IOC_CONFIGURE, cfg);
	if (ret && errno == ERANGE && cfg->period_ns > period_ns)
		ret = ioctl(fd, SYNERGY_IOC_CONFIGURE, cfg);
	return ret;
}

static inline int device_start(int fd)
{
	struct synergy_control ctl = { .size = sizeof(ctl) };

	return ioctl(fd, SYNERGY_IOC_START, &ctl);
}

static inline int device_stop(int fd)
{
	struct synergy_control ctl = { .size = sizeof(ctl) };

	return ioctl(fd, SYNERGY_IOC_STOP, &ctl);
}

static inline int device_mark(int fd, __u32 kind, __u32 id)
{
	struct synergy_mark mark = { .size = sizeof(mark), .kind = kind, .id = id };

	return ioctl(fd, SYNERGY_IOC_MARK, &mark);
}

static inline int device_buffer(int fd, __u32 bytes)
{
	struct synergy_client client = { .size = sizeof(client), .buffer_bytes = bytes };

	return ioctl(fd, SYNERGY_IOC_CLIENT, &client);
}

static inline void device_stats(int fd, struct synergy_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->size = sizeof(*stats);
	CHECK(!ioctl(fd, SYNERGY_IOC_STATS, stats));
}

/* ---- a reader ---- */

struct reader {
	int fd;
	__u64 expected;		/* next number; 0 before the first record */
	__u64 records;		/* numbered ones */
	__u64 lost;		/* reported by LOST records */
	__u64 power;
	__u64 pmu;
	__u64 markers;
	__u64 errors;
	void (*each)(struct reader *r, const struct synergy_record *rec);
	void *arg;
};

static inline void reader_record(struct reader *r, const struct synergy_record *rec)
{
	const struct synergy_lost_record *lost = (const void *)rec;
	int replay = (rec->type == SYNERGY_RECORD_INFO && (rec->flags & SYNERGY_INFO_F_REPLAY)) ||
		     (rec->type == SYNERGY_RECORD_NAME && (rec->flags & SYNERGY_NAME_F_REPLAY));

	CHECK_GE(rec->size, sizeof(*rec));
	CHECK_EQ(rec->size % 8, 0);
	if (!r->expected)
		r->expected = rec->seq;
	if (rec->seq != r->expected) {
		test_fail("record %llu of type %u where %llu was due",
			  (unsigned long long)rec->seq, rec->type,
			  (unsigned long long)r->expected);
		r->expected = rec->seq;
	}
	if (rec->type == SYNERGY_RECORD_LOST) {
		r->lost += lost->count;
		r->expected += lost->count;
	} else if (!replay) {
		r->records++;
		r->expected++;
	}
	r->power += rec->type == SYNERGY_RECORD_POWER;
	r->pmu += rec->type == SYNERGY_RECORD_PMU;
	r->markers += rec->type == SYNERGY_RECORD_MARKER;
	r->errors += rec->type == SYNERGY_RECORD_ERROR;
	if (r->each)
		r->each(r, rec);
}

/* One read(): its result, records handed on. */
static inline ssize_t reader_read(struct reader *r, size_t room)
{
	static __u64 buffer[(1 << 20) / 8];
	ssize_t n, at;

	if (room > sizeof(buffer))
		room = sizeof(buffer);
	n = read(r->fd, buffer, room);
	for (at = 0; at < n; ) {
		const struct synergy_record *rec = (const void *)((const char *)buffer + at);

		if (!CHECK(at + (ssize_t)sizeof(*rec) <= n && at + (ssize_t)rec->size <= n))
			break;
		reader_record(r, rec);
		at += rec->size;
	}
	return n;
}

/* All that is there now; the file must be non-blocking. */
static inline void reader_drain(struct reader *r)
{
	while (reader_read(r, 1 << 20) > 0)
		;
}

static inline void set_nonblock(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/*
 * Is this how a SETUP error reports a reset? By its configuration, the ready
 * flag that is not there, or a bus voltage that is emptied.
 */
static inline int device_reset_found(const struct synergy_error_record *e)
{
	if (e->reg == 0x00 || e->reg == 0x0f)
		return e->value == (e->reg ? 2 : 0x7127);
	return e->reg % 2 == 0 && e->value == 0;
}

/* Is this a debugging kernel, whose own work is no measure? */
static inline int debug_kernel(void)
{
	return !access("/sys/kernel/debug/kmemleak", F_OK) ||
	       !access("/sys/kernel/debug/failslab", F_OK);
}

#endif /* SYNERGY_TESTS_DEVICE_H */
