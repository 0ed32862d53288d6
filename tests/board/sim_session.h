/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session on /dev/synergy for the tests that hold the stream against the
 * simulator's truth: three rails, a few of the simulated PMU's events, every
 * record kept in memory.
 */
#ifndef SYNERGY_TESTS_SIM_SESSION_H
#define SYNERGY_TESTS_SIM_SESSION_H

#include <linux/synergy.h>
#include <sched.h>

#include "sim.h"

struct session {
	int fd;
	char *bytes;
	size_t size;
	size_t room;
	struct synergy_configure configure;
};

static inline void session_run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK(!sched_setaffinity(0, sizeof(set), &set));
}

/* Configured so, and started. Return: 0, or -1 with errno */
static inline int session_begin(struct session *s, const struct synergy_configure *configure)
{
	struct synergy_client client = { .size = sizeof(client), .buffer_bytes = 8 << 20 };
	struct synergy_control control = { .size = sizeof(control) };

	memset(s, 0, sizeof(*s));
	s->configure = *configure;
	s->room = 64 << 20;
	s->bytes = malloc(s->room);
	s->fd = open("/dev/synergy", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (!s->bytes || s->fd < 0 || ioctl(s->fd, SYNERGY_IOC_CLIENT, &client) ||
	    ioctl(s->fd, SYNERGY_IOC_CONFIGURE, &s->configure))
		return -1;
	return ioctl(s->fd, SYNERGY_IOC_START, &control);
}

/* Return: 0, or -1 with errno */
static inline int session_start(struct session *s, uint64_t period_ns, uint32_t flags,
				const uint64_t *events, int n_events)
{
	struct synergy_event list[SYNERGY_MAX_EVENTS] = { 0 };
	struct synergy_configure configure = {
		.size = sizeof(configure),
		.flags = flags,
		.period_ns = period_ns,
		.events = n_events ? (uintptr_t)list : 0,
		.n_events = n_events,
		.event_size = sizeof(list[0]),
	};
	int i, type = sim_pmu_type();

	for (i = 0; i < n_events; i++) {
		list[i].size = sizeof(list[i]);
		list[i].type = type;
		list[i].config = events[i];
		list[i].column = i;
		snprintf(list[i].name, sizeof(list[i].name), "event_%" PRIx64, events[i]);
	}
	return session_begin(s, &configure);
}

/* Take what is there. Return: bytes */
static inline size_t session_drain(struct session *s)
{
	size_t before = s->size;
	ssize_t n;

	do {
		n = read(s->fd, s->bytes + s->size, s->room - s->size);
		if (n > 0)
			s->size += n;
	} while (n > 0);
	CHECK_LT(n, 0);
	CHECK_EQ(errno, EAGAIN);
	return s->size - before;
}

static inline void session_stop(struct session *s)
{
	struct synergy_control control = { .size = sizeof(control) };

	CHECK(!ioctl(s->fd, SYNERGY_IOC_STOP, &control));
	session_drain(s);
}

static inline void session_end(struct session *s)
{
	close(s->fd);
	free(s->bytes);
}

/* The record after @record (NULL: the first) of a type. Return: NULL no more */
static inline const struct synergy_record *session_next(const struct session *s,
							const struct synergy_record *record,
							int type)
{
	const char *at = record ? (const char *)record + record->size : s->bytes;

	for (; at < s->bytes + s->size; at += record->size) {
		record = (const struct synergy_record *)at;
		if (record->type == type)
			return record;
	}
	return NULL;
}

static inline int session_count(const struct session *s, int type)
{
	const struct synergy_record *record = NULL;
	int n = 0;

	while ((record = session_next(s, record, type)))
		n++;
	return n;
}

static inline int session_mark(const struct session *s, int kind, uint32_t id, uint64_t cookie)
{
	struct synergy_mark mark = { .size = sizeof(mark), .kind = kind, .id = id,
				     .cookie = cookie };

	return ioctl(s->fd, SYNERGY_IOC_MARK, &mark);
}

#endif /* SYNERGY_TESTS_SIM_SESSION_H */
