// SPDX-License-Identifier: GPL-2.0-only
/*
 * What reading the stream costs the core that reads it: read() with poll(), beside
 * the least that a mapped ring would take, which is poll() alone, and beside a plain
 * copy of the same bytes. It decides whether the ring should be mapped.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/synergy.h>

#include "bench.h"

#define SPAN_NS		1000000000ULL

struct reading {
	uint64_t records;
	uint64_t bytes;
	uint64_t reads;
	uint64_t read_instructions;
	uint64_t poll_instructions;
	uint64_t copy_instructions;
};

static char buf[1 << 20], copy[1 << 20];

static void read_once(struct reading *reading, int fd)
{
	uint64_t before = bench_instructions(BENCH_READER_CPU), after;
	ssize_t n = read(fd, buf, sizeof(buf));

	after = bench_instructions(BENCH_READER_CPU);
	if (n < 0)
		bench_die("/dev/synergy: %s", strerror(errno));
	reading->read_instructions += after - before;
	memcpy(copy, buf, n);
	__asm__ volatile("" : : "r"(copy) : "memory");
	reading->copy_instructions += bench_instructions(BENCH_READER_CPU) - after;
	reading->reads++;
	reading->bytes += n;
	for (ssize_t at = 0; at < n; at += ((const struct synergy_record *)(buf + at))->size)
		reading->records++;
}

void bench_reading(const struct bench_session *session)
{
	struct reading reading = { 0 };
	uint64_t period_ns, begin_ns, span_ns, before;
	struct pollfd poll_fd = { .events = POLLIN };
	int warm;

	if (bench_pin(BENCH_READER_CPU))
		bench_die("cannot pin: %s", strerror(errno));
	memset(buf, 1, sizeof(buf));
	memset(copy, 1, sizeof(copy));
	poll_fd.fd = bench_session_start(session, &period_ns);
	begin_ns = bench_now_ns();
	for (warm = 0; (span_ns = bench_now_ns() - begin_ns) < SPAN_NS; ) {
		before = bench_instructions(BENCH_READER_CPU);
		if (poll(&poll_fd, 1, -1) != 1)
			bench_die("poll: %s", strerror(errno));
		reading.poll_instructions += bench_instructions(BENCH_READER_CPU) - before;
		read_once(&reading, poll_fd.fd);
		if (++warm == 5) {	/* pages are there, and the session's description is read */
			memset(&reading, 0, sizeof(reading));
			begin_ns = bench_now_ns();
		}
	}
	close(poll_fd.fd);
	/* An instruction takes a nanosecond: instructions per second are the core's share. */
	printf("%.0f,%u,%.0f,%.0f,%.0f,%.1f,%.4f,%.1f,%.0f,%.4f\n", 1e9 / period_ns,
	       session->n_events, reading.records * 1e9 / span_ns, reading.bytes * 1e9 / span_ns,
	       reading.reads * 1e9 / span_ns, (double)reading.read_instructions / reading.records,
	       100.0 * reading.read_instructions / span_ns,
	       (double)reading.copy_instructions / reading.records,
	       (double)reading.poll_instructions / reading.reads,
	       100.0 * reading.poll_instructions / span_ns);
}
