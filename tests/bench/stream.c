// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sampling benchmark's use of synergy.ko: a session and a reader that checks
 * that every sequence number is received or reported as lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/synergy.h>

#include "bench.h"

#define PMU	"/sys/bus/event_source/devices/synergy_sim_pmu"

static const char *const events[] = {
	"ase_spec", "bus_access", "inst_retired", "cpu_cycles", "mem_access", "l1d_cache_refill",
};

static void read_line(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");

	if (!file || !fgets(text, size, file))
		bench_die("%s: %s", path, strerror(errno));
	fclose(file);
}

static void find_event(struct synergy_event *event, const char *name, uint32_t column)
{
	char path[300], text[100];
	char *value;

	memset(event, 0, sizeof(*event));
	event->size = sizeof(*event);
	snprintf(path, sizeof(path), PMU "/events/%s", name);
	read_line(path, text, sizeof(text));
	value = strstr(text, "event=");
	value = value ? value + strlen("event=") : strstr(text, "config=") + strlen("config=");
	event->config = strtoull(value, NULL, 0);
	read_line(PMU "/type", text, sizeof(text));
	event->type = strtoul(text, NULL, 10);
	event->column = column;
	snprintf(event->name, sizeof(event->name), "%s", name);
}

int bench_session_start(const struct bench_session *session, uint64_t *period_ns)
{
	struct synergy_event list[sizeof(events) / sizeof(events[0])];
	struct synergy_configure cfg = {
		.size = sizeof(cfg),
		.period_ns = session->period_ns,
		.rail_mask = session->rail_mask,
		.bus_voltage_every = session->bus_voltage_every,
		.events = session->n_events ? (uintptr_t)list : 0,
		.n_events = session->n_events,
		.event_size = sizeof(list[0]),
		.pmu_every = session->n_events ? 1 : 0,
	};
	struct synergy_control control = { .size = sizeof(control) };
	int fd = open("/dev/synergy", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		bench_die("/dev/synergy: %s", strerror(errno));
	for (unsigned int i = 0; i < session->n_events; i++)
		find_event(&list[i], events[i], i);
	if (ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg))
		bench_die("configure: %s (period %llu ns possible, event %u)", strerror(errno),
			  (unsigned long long)cfg.period_ns, cfg.bad_event);
	if (ioctl(fd, SYNERGY_IOC_START, &control))
		bench_die("start: %s", strerror(errno));
	*period_ns = cfg.period_ns;
	return fd;
}

struct reader {
	struct bench_samples *samples;
	uint64_t expected;		/* sequence number that should come next */
};

static void take_power(struct reader *reader, const struct synergy_power_record *power)
{
	/* The driver says which are repeats: by the chip's ready flag. */
	bench_sample(reader->samples, power->hdr.time_ns,
		     !(power->hdr.flags & SYNERGY_POWER_F_REPEAT));
}

static void take_record(struct reader *reader, const struct synergy_record *hdr)
{
	int replay = (hdr->type == SYNERGY_RECORD_INFO && hdr->flags & SYNERGY_INFO_F_REPLAY) ||
		     (hdr->type == SYNERGY_RECORD_NAME && hdr->flags & SYNERGY_NAME_F_REPLAY);

	if (reader->expected && hdr->seq != reader->expected)
		reader->samples->unaccounted++;
	if (hdr->type == SYNERGY_RECORD_LOST) {
		const struct synergy_lost_record *lost = (const void *)hdr;

		reader->samples->lost += lost->count;
		reader->expected = hdr->seq + lost->count;
		return;
	}
	reader->expected = replay ? hdr->seq : hdr->seq + 1;
	if (hdr->type == SYNERGY_RECORD_POWER)
		take_power(reader, (const void *)hdr);
	else if (hdr->type == SYNERGY_RECORD_ERROR)
		reader->samples->errors++;
}

/* Return: bytes read; 0 nothing there */
static ssize_t take_all(struct reader *reader, int fd)
{
	static _Alignas(8) char buf[1 << 18];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0 && errno != EAGAIN)
		bench_die("/dev/synergy: %s", strerror(errno));
	for (ssize_t at = 0; at < n; at += ((const struct synergy_record *)(buf + at))->size)
		take_record(reader, (const void *)(buf + at));
	return n < 0 ? 0 : n;
}

void bench_stream(struct bench_samples *samples, const struct bench_session *session)
{
	struct reader reader = { .samples = samples };
	struct synergy_stats stats = { .size = sizeof(stats) };
	struct synergy_control control = { .size = sizeof(control) };
	int fd = bench_session_start(session, &samples->period_ns);

	samples->ready = 1;
	/* The stream waits in its ring: reading it seldom costs least. */
	while (!samples->stop) {
		usleep(50000);
		while (take_all(&reader, fd))
			;
	}
	if (ioctl(fd, SYNERGY_IOC_STOP, &control))
		bench_die("stop: %s", strerror(errno));
	while (take_all(&reader, fd))
		;
	if (ioctl(fd, SYNERGY_IOC_STATS, &stats))
		bench_die("stats: %s", strerror(errno));
	samples->missed = stats.ticks_missed;
	close(fd);
}
