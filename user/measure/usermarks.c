// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Marks in user space; the contract is in usermarks.h. The events form one perf
 * group, so one read() gives all counts of one moment.
 */
#include "measure/usermarks.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/recording.h"

struct usermark {
	uint64_t time_ns;
	uint64_t done_ns;
	uint64_t cookie;
	uint32_t kind;
	uint32_t id;
	uint32_t cpu;
};

/* What read() of a group gives with the read_format below. */
struct group_values {
	uint64_t n;
	uint64_t enabled_ns;
	uint64_t running_ns;
	uint64_t value[SYNERGY_MAX_EVENTS];
};

struct synergy_usermarks {
	int leader;			/* -1: no counters */
	int fds[SYNERGY_MAX_EVENTS];
	uint32_t n_columns;
	struct synergy_event columns[SYNERGY_MAX_EVENTS];	/* the alternative in use */
	uint64_t n, max;
	struct usermark *marks;
	struct synergy_count *counts;	/* [max][n_columns] */
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int open_event(struct synergy_event *event, int leader)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = event->type,
		.config = event->config,
		.config1 = event->config1,
		.config2 = event->config2,
		.disabled = leader < 0,
		.inherit = 0,
		.exclude_user = !!(event->flags & SYNERGY_EVENT_F_EXCLUDE_USER),
		.exclude_kernel = !!(event->flags & SYNERGY_EVENT_F_EXCLUDE_KERNEL),
		.exclude_hv = 1,
		.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
			PERF_FORMAT_TOTAL_TIME_RUNNING,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);

	/* An ordinary user may count what runs in user space; the event says so then. */
	if (fd < 0 && errno == EACCES && !attr.exclude_kernel && !attr.exclude_user) {
		attr.exclude_kernel = 1;
		event->flags |= SYNERGY_EVENT_F_EXCLUDE_KERNEL;
		fd = syscall(SYS_perf_event_open, &attr, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);
	}
	return fd;
}

static int cannot_count(const struct synergy_event *event, struct synergy_error *error)
{
	int why = errno;

	switch (why) {
	case EACCES:
	case EPERM:
		return synergy_error_set(error, EACCES,
			"event %s: not allowed to count it (kernel.perf_event_paranoid, CAP_PERFMON)",
			event->name);
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
	case ENOSYS:
		return synergy_error_set(error, why,
			"event %s: this machine's PMU does not count it", event->name);
	case EINVAL:
		return synergy_error_set(error, ENOSPC,
			"event %s: the PMU does not take it together with the events before it",
			event->name);
	default:
		return synergy_error_set(error, why, "event %s: %s", event->name, strerror(why));
	}
}

/* The first alternative of a column that the kernel takes. */
static int open_column(struct synergy_usermarks *m, const struct synergy_events *events,
		       uint32_t column, struct synergy_error *error)
{
	struct synergy_event *event = &m->columns[column];
	bool any = false;
	uint32_t i;
	int fd;

	for (i = 0; i < events->n; i++) {
		if (events->events[i].column != column)
			continue;
		any = true;
		*event = events->events[i];
		fd = open_event(event, m->leader);
		if (fd < 0)
			continue;
		m->fds[column] = fd;
		m->n_columns = column + 1;
		if (m->leader < 0)
			m->leader = fd;
		return 0;
	}
	return any ? cannot_count(event, error) :
		synergy_error_set(error, EINVAL, "event column %u: empty", column);
}

struct synergy_usermarks *synergy_usermarks_open(const struct synergy_events *events,
						 uint64_t max_marks, struct synergy_error *error)
{
	struct synergy_usermarks *m = calloc(1, sizeof(*m));
	uint32_t column;

	if (!m)
		goto no_memory;
	m->leader = -1;
	m->max = max_marks;
	for (column = 0; events && column < events->n_columns; column++)
		if (open_column(m, events, column, error))
			goto fail;
	m->marks = calloc(max_marks + 1, sizeof(*m->marks));
	m->counts = calloc(max_marks * m->n_columns + 1, sizeof(*m->counts));
	if (!m->marks || !m->counts)
		goto no_memory;
	memset(m->marks, 0xff, (max_marks + 1) * sizeof(*m->marks));
	memset(m->counts, 0xff, (max_marks * m->n_columns + 1) * sizeof(*m->counts));
	if (m->leader >= 0)
		ioctl(m->leader, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
	return m;

no_memory:
	synergy_error_set(error, ENOMEM, "marks: no memory for %llu of them",
			  (unsigned long long)max_marks);
fail:
	synergy_usermarks_close(m);
	return NULL;
}

void synergy_usermarks_close(struct synergy_usermarks *m)
{
	int saved = errno;
	uint32_t i;

	if (!m)
		return;
	for (i = 0; i < m->n_columns; i++)
		close(m->fds[i]);
	free(m->marks);
	free(m->counts);
	free(m);
	errno = saved;
}

static void read_counts(const struct synergy_usermarks *m, struct synergy_count *counts)
{
	struct group_values values;
	uint32_t i;

	memset(counts, 0, m->n_columns * sizeof(*counts));
	if (read(m->leader, &values, sizeof(values)) < (ssize_t)(3 * sizeof(uint64_t)))
		return;
	for (i = 0; i < m->n_columns && i < values.n; i++) {
		counts[i].value = values.value[i];
		counts[i].enabled_ns = values.enabled_ns;
		counts[i].running_ns = values.running_ns;
	}
}

int synergy_usermarks_mark(struct synergy_usermarks *m, uint32_t kind, uint32_t id,
			   uint64_t cookie)
{
	struct usermark *mark;

	if (m->n >= m->max) {
		errno = ENOSPC;
		return -1;
	}
	mark = &m->marks[m->n];
	mark->time_ns = now_ns();
	if (m->leader >= 0)
		read_counts(m, &m->counts[m->n * m->n_columns]);
	mark->kind = kind;
	mark->id = id;
	mark->cookie = cookie;
	mark->cpu = sched_getcpu();
	m->n++;
	mark->done_ns = now_ns();
	return 0;
}

static int write_info(struct synergy_recording *recording, uint64_t seq, uint32_t kind,
		      const void *body, size_t bytes, struct synergy_error *error)
{
	uint64_t room[(sizeof(struct synergy_info_record) + sizeof(struct synergy_event) +
		       sizeof(struct synergy_session)) / 8 + 1] = { 0 };
	struct synergy_info_record *info = (void *)room;

	info->hdr.size = (sizeof(*info) + bytes + 7) & ~7U;
	info->hdr.type = SYNERGY_RECORD_INFO;
	info->hdr.seq = seq;
	info->hdr.time_ns = info->hdr.raw_ns = now_ns();
	info->kind = kind;
	memcpy(info->body, body, bytes);
	return synergy_recording_write(recording, info, info->hdr.size, error);
}

static int write_head(const struct synergy_usermarks *m, struct synergy_recording *recording,
		      uint64_t *seq, struct synergy_error *error)
{
	struct synergy_session session = {
		.size = sizeof(session),
		.flags = SYNERGY_CONFIGURE_F_NO_POWER,
		.state = SYNERGY_SESSION_STARTED,
		.n_columns = m->n_columns,
		.clock_id = CLOCK_MONOTONIC,
		.raw_clock_id = CLOCK_MONOTONIC,
		.start_ns = m->n ? m->marks[0].time_ns : 0,
	};
	uint32_t i;

	for (i = 0; i < m->n_columns; i++)
		if (write_info(recording, (*seq)++, SYNERGY_INFO_EVENT, &m->columns[i],
			       sizeof(m->columns[i]), error))
			return -1;
	return write_info(recording, (*seq)++, SYNERGY_INFO_SESSION, &session, sizeof(session),
			  error);
}

int synergy_usermarks_write(const struct synergy_usermarks *m,
			    struct synergy_recording *recording, struct synergy_error *error)
{
	uint64_t room[(sizeof(struct synergy_marker_record) +
		       SYNERGY_MAX_EVENTS * sizeof(struct synergy_count)) / 8];
	struct synergy_marker_record *record = (void *)room;
	size_t count_bytes = m->n_columns * sizeof(struct synergy_count);
	uint64_t seq = 1, i;

	if (synergy_recording_note(recording, "marks: user space\n", error) ||
	    write_head(m, recording, &seq, error))
		return -1;
	for (i = 0; i < m->n; i++) {
		memset(record, 0, sizeof(*record));
		record->hdr.size = sizeof(*record) + count_bytes;
		record->hdr.type = SYNERGY_RECORD_MARKER;
		record->hdr.seq = seq++;
		record->hdr.time_ns = record->hdr.raw_ns = m->marks[i].time_ns;
		if (m->marks[i].id >= SYNERGY_MARK_ID_COMMAND)
			record->hdr.flags = SYNERGY_MARKER_F_TOOL;
		record->done_ns = m->marks[i].done_ns;
		record->cookie = m->marks[i].cookie;
		record->kind = m->marks[i].kind;
		record->id = m->marks[i].id;
		record->cpu = m->marks[i].cpu;
		record->tid = record->tgid = getpid();
		record->n_counts = m->n_columns;
		record->count_size = sizeof(struct synergy_count);
		memcpy(record->count, m->counts + i * m->n_columns, count_bytes);
		if (synergy_recording_write(recording, record, record->hdr.size, error))
			return -1;
	}
	return 0;
}
