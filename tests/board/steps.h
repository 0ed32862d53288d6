/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session on /dev/synergy step by step, for the fault tests: each step can be
 * hit by a fault, must then say an error or succeed, must work when repeated, and
 * the rest of the session must work as if nothing had been. One translation unit
 * a test; prints what went wrong.
 */
#ifndef SYNERGY_TESTS_STEPS_H
#define SYNERGY_TESTS_STEPS_H

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/perf_event.h>
#include <linux/synergy.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/framework/test.h"

/* What hits a step: arm() lets the nth chance from now on fail, disarm() reports
 * whether it came to that. expected() knows the errnos that may come of it.
 */
struct fault_source {
	const char *name;
	int (*arm)(unsigned int nth);
	int (*disarm)(void);
	int (*expected)(int errno_value);
};

struct steps {
	int fd;
	int can_sleep;
	char device[64];	/* "N-0040" */
	char driver[300];	/* the I2C driver's directory in sysfs */
};

struct step {
	const char *name;
	int (*run)(struct steps *s);
};

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;
	int e;

	if (fd < 0)
		return -1;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		ret = -1;
	e = errno;
	close(fd);
	errno = e;
	return ret;
}

static int read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, size - 1);
	close(fd);
	if (n < 0)
		return -1;
	text[n] = 0;
	return 0;
}

static int step_open(struct steps *s)
{
	s->fd = open("/dev/synergy", O_RDWR | O_CLOEXEC);
	return s->fd < 0 ? -1 : 0;
}

static int step_device(struct steps *s)
{
	struct synergy_device a = { .size = sizeof(a) };

	return ioctl(s->fd, SYNERGY_IOC_DEVICE, &a);
}

static int step_chip(struct steps *s)
{
	struct synergy_chip a = { .size = sizeof(a) };

	return ioctl(s->fd, SYNERGY_IOC_CHIP, &a);
}

static int step_rail(struct steps *s)
{
	struct synergy_rail a = { .size = sizeof(a) };

	return ioctl(s->fd, SYNERGY_IOC_RAIL, &a);
}

static int step_client(struct steps *s)
{
	struct synergy_client a = { .size = sizeof(a), .buffer_bytes = 1 << 17 };

	return ioctl(s->fd, SYNERGY_IOC_CLIENT, &a);
}

static int step_configure(struct steps *s)
{
	struct synergy_event events[2] = {
		{ .size = sizeof(events[0]), .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CONTEXT_SWITCHES,
		  .column = 0, .name = "context-switches" },
		{ .size = sizeof(events[0]), .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_PAGE_FAULTS,
		  .column = 1, .name = "page-faults" },
	};
	struct synergy_configure a = {
		.size = sizeof(a), .period_ns = 5000000, .n_events = 2, .pmu_every = 1,
		.event_size = sizeof(events[0]), .events = (__u64)(uintptr_t)events,
	};

	return ioctl(s->fd, SYNERGY_IOC_CONFIGURE, &a);
}

static int step_start(struct steps *s)
{
	struct synergy_control a = { .size = sizeof(a) };

	return ioctl(s->fd, SYNERGY_IOC_START, &a);
}

/* A name that there was no memory to keep is in the stream all the same. */
static int step_name(struct steps *s)
{
	struct synergy_name a = { .size = sizeof(a), .id = 1, .name = "decode" };

	if (ioctl(s->fd, SYNERGY_IOC_NAME, &a))
		return -1;
	errno = ENOMEM;
	return a.flags & SYNERGY_NAME_F_NOT_KEPT ? -1 : 0;
}

static int step_mark_begin(struct steps *s)
{
	struct synergy_mark a = { .size = sizeof(a), .kind = SYNERGY_MARK_BEGIN, .id = 1 };

	return ioctl(s->fd, SYNERGY_IOC_MARK, &a);
}

static int step_mark_end(struct steps *s)
{
	struct synergy_mark a = { .size = sizeof(a), .kind = SYNERGY_MARK_END, .id = 1,
				  .flags = SYNERGY_MARK_F_ALL_CPUS };

	return ioctl(s->fd, SYNERGY_IOC_MARK, &a);
}

/* A mark without a system call: the page comes, is written to and goes again. */
static int step_mark_page(struct steps *s)
{
	struct synergy_mark_page *page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
					      MAP_SHARED, s->fd, 0);
	struct synergy_mark_slot *slot;
	int e;

	if (page == MAP_FAILED)
		return -1;
	slot = &page->slot[page->head % SYNERGY_MARK_SLOTS];
	slot->kind = SYNERGY_MARK_POINT;
	slot->id = 2;
	__atomic_store_n(&page->head, page->head + 1, __ATOMIC_RELEASE);
	if (!munmap(page, sizeof(*page)))
		return 0;
	/* What stays mapped keeps the file open past close(), and with it the session. */
	e = errno;
	if (munmap(page, sizeof(*page)))
		perror("munmap again");
	errno = e;
	return -1;
}

/* Until a sample is there, so that the chip has been used. */
static int step_read(struct steps *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	char buffer[4096] __attribute__((aligned(8)));
	const struct synergy_record *r;
	ssize_t n, at;

	for (;;) {
		n = poll(&p, 1, 2000);
		if (n == 0)
			errno = ETIMEDOUT;
		if (n <= 0)
			return -1;
		n = read(s->fd, buffer, sizeof(buffer));
		if (n == 0)
			errno = ENODATA;
		if (n <= 0)
			return -1;
		for (at = 0; at < n; at += r->size) {
			r = (const struct synergy_record *)(buffer + at);
			if (r->type == SYNERGY_RECORD_POWER)
				return 0;
		}
	}
}

/*
 * The machine sleeps, as far as the kernel's own test of it goes, where it has one.
 * A session that could not be taken up again has ended, and says so: then it is
 * begun again, so that the next step has something to read.
 */
static int step_sleep(struct steps *s)
{
	struct synergy_device dev = { .size = sizeof(dev) };
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	char buffer[4096] __attribute__((aligned(8)));
	int ret, e;

	if (!s->can_sleep)
		return 0;
	ret = write_text("/sys/power/state", "freeze");
	e = errno;
	if (ioctl(s->fd, SYNERGY_IOC_DEVICE, &dev))
		return -1;
	if (!(dev.flags & SYNERGY_DEVICE_F_RUNNING) && step_start(s))
		return -1;
	while (poll(&p, 1, 0) == 1 && read(s->fd, buffer, sizeof(buffer)) > 0)
		;
	errno = e;
	return ret;
}

static int step_stats(struct steps *s)
{
	struct synergy_stats a = { .size = sizeof(a) };

	return ioctl(s->fd, SYNERGY_IOC_STATS, &a);
}

static int step_stop(struct steps *s)
{
	struct synergy_control a = { .size = sizeof(a) };

	return ioctl(s->fd, SYNERGY_IOC_STOP, &a);
}

static int step_close(struct steps *s)
{
	int ret = close(s->fd);

	s->fd = -1;
	return ret;
}

static const struct step session_steps[] = {
	{ "open", step_open },
	{ "device", step_device },
	{ "chip", step_chip },
	{ "rail", step_rail },
	{ "client", step_client },
	{ "configure", step_configure },
	{ "start", step_start },
	{ "name", step_name },
	{ "mark begin", step_mark_begin },
	{ "mark end", step_mark_end },
	{ "mark page", step_mark_page },
	{ "read", step_read },
	{ "sleep", step_sleep },
	{ "read again", step_read },
	{ "stats", step_stats },
	{ "stop", step_stop },
	{ "close", step_close },
};

#define N_SESSION_STEPS	((int)(sizeof(session_steps) / sizeof(session_steps[0])))

/* Where the chip and its driver are in sysfs; 0 found. */
static int steps_find(struct steps *s)
{
	char path[200], name[64], link[300];
	unsigned int i;
	ssize_t n;
	glob_t found;

	s->fd = -1;
	s->can_sleep = !write_text("/sys/power/pm_test", "freezer");
	write_text("/sys/module/suspend/parameters/pm_test_delay", "0");
	if (glob("/sys/bus/i2c/devices/*/name", 0, NULL, &found))
		return -1;
	s->device[0] = 0;
	for (i = 0; i < found.gl_pathc && !s->device[0]; i++) {
		if (read_text(found.gl_pathv[i], name, sizeof(name)) ||
		    strcmp(name, "synergy-ina3221\n"))
			continue;
		snprintf(s->device, sizeof(s->device), "%.*s",
			 (int)(strlen(found.gl_pathv[i]) - strlen("/sys/bus/i2c/devices//name")),
			 found.gl_pathv[i] + strlen("/sys/bus/i2c/devices/"));
	}
	globfree(&found);
	snprintf(path, sizeof(path), "/sys/bus/i2c/devices/%s/driver", s->device);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return -1;
	link[n] = 0;
	if (!strrchr(link, '/'))
		return -1;
	snprintf(s->driver, sizeof(s->driver), "/sys/bus/i2c/drivers%s", strrchr(link, '/'));
	return 0;
}

static int sysfs_bind(struct steps *s, const char *which)
{
	char path[320];

	snprintf(path, sizeof(path), "%s/%s", s->driver, which);
	return write_text(path, s->device);
}

static int step_bind(struct steps *s)
{
	return sysfs_bind(s, "bind");
}

static int step_unbind(struct steps *s)
{
	return sysfs_bind(s, "unbind");
}

static const struct step binding_steps[] = {
	{ "unbind", step_unbind },
	{ "bind", step_bind },
};

#define N_BINDING_STEPS	((int)(sizeof(binding_steps) / sizeof(binding_steps[0])))

/*
 * One pass over the steps, the nth chance failing in step at (-1: in none).
 * Return: 1 the fault struck, 0 it did not, -1 something was wrong.
 */
static int steps_pass(struct steps *s, const struct step *steps, int n_steps, int at,
		      unsigned int nth, const struct fault_source *fault)
{
	int i, ret, e, hit = 0;

	for (i = 0; i < n_steps; i++) {
		if (i == at && fault->arm(nth)) {
			fprintf(stderr, "cannot arm %s: %s\n", fault->name, strerror(errno));
			return -1;
		}
		ret = steps[i].run(s);
		e = errno;
		if (i == at)
			hit = fault->disarm();
		if (!ret)
			continue;
		if (i != at || !hit) {
			fprintf(stderr, "%s: %s, but nothing struck it (%s %u in %s)\n",
				steps[i].name, strerror(e), fault ? fault->name : "no fault", nth,
				at < 0 ? "nothing" : steps[at].name);
			return -1;
		}
		if (!fault->expected(e)) {
			fprintf(stderr, "%s: %s %u gave %s\n", steps[i].name, fault->name, nth,
				strerror(e));
			return -1;
		}
		if (steps[i].run == step_close)
			continue;	/* closed whatever it said */
		if (steps[i].run(s)) {
			fprintf(stderr, "%s: %s when repeated after %s %u (%s)\n", steps[i].name,
				strerror(errno), fault->name, nth, strerror(e));
			return -1;
		}
	}
	return hit;
}

/* Every step in turn, hit at its 1st, 2nd... chance until none is left. */
static inline int steps_all(struct steps *s, const struct step *steps, int n_steps,
		     const struct fault_source *fault, unsigned int limit)
{
	unsigned int nth;
	int at, ret;

	for (at = 0; at < n_steps; at++) {
		for (nth = 1; nth <= limit; nth++) {
			ret = steps_pass(s, steps, n_steps, at, nth, fault);
			if (ret < 0)
				return -1;
			if (!ret)
				break;
		}
		printf("%s: %u chances in %s\n", fault->name, nth - 1, steps[at].name);
		if (nth > limit) {
			fprintf(stderr, "%s: no end of chances to fail\n", steps[at].name);
			return -1;
		}
	}
	return 0;
}

#endif /* SYNERGY_TESTS_STEPS_H */
