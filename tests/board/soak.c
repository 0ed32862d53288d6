// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many records with a slow reader beside a fast one. Usage: soak RECORDS. A session
 * samples at 1 kHz with counters of every core, one process marks as fast as it
 * can, one reader keeps up, another reads a little now and then through the
 * smallest ring. Every sequence number must reach each reader, as a record or
 * within a LOST record's count: none twice, none not at all; both must end at the
 * same number; and the losses reported in the stream must be those that the module's
 * statistics have. Exit: 0 so it was, 1 not.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/perf_event.h>
#include <linux/synergy.h>

/**
 * struct account - what one reader has seen; in memory that the processes share
 * @expected: the sequence number that comes next; 0 none yet
 * @first: the first
 * @records: ordinary records received
 * @lost: records reported as lost
 * @by_type: of @lost, POWER, PMU and MARKER
 * @lost_records: LOST records received
 * @wrong: records with another number than the next
 * @failed: errno that ended it
 * @stats_lost: losses of this file as the module counts them
 */
struct account {
	uint64_t expected;
	uint64_t first;
	uint64_t records;
	uint64_t lost;
	uint64_t by_type;
	uint64_t lost_records;
	uint64_t wrong;
	int failed;
	uint64_t stats_lost;
};

struct shared {
	volatile int stopped;	/* the session is over: read what is left */
	volatile int ready;
	struct account fast;
	struct account slow;
};

static struct shared *shared;

static void die(const char *what)
{
	fprintf(stderr, "soak: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static int open_device(uint32_t buffer_bytes)
{
	struct synergy_client client = { .size = sizeof(client), .buffer_bytes = buffer_bytes };
	int fd = open("/dev/synergy", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || ioctl(fd, SYNERGY_IOC_CLIENT, &client))
		die("/dev/synergy");
	return fd;
}

static void take(struct account *account, const struct synergy_record *hdr)
{
	const struct synergy_lost_record *lost = (const void *)hdr;

	if (hdr->type == SYNERGY_RECORD_INFO && hdr->flags & SYNERGY_INFO_F_REPLAY)
		return;
	if (hdr->type == SYNERGY_RECORD_NAME && hdr->flags & SYNERGY_NAME_F_REPLAY)
		return;
	if (!account->first)
		account->first = account->expected = hdr->seq;
	if (hdr->seq != account->expected)
		account->wrong++;
	if (hdr->type == SYNERGY_RECORD_LOST) {
		account->lost_records++;
		account->lost += lost->count;
		account->by_type += lost->by_type[SYNERGY_RECORD_POWER] +
				    lost->by_type[SYNERGY_RECORD_PMU] +
				    lost->by_type[SYNERGY_RECORD_MARKER];
		account->expected = hdr->seq + lost->count;
		return;
	}
	account->records++;
	account->expected = hdr->seq + 1;
}

/* Return: bytes read, 0 nothing there */
static ssize_t read_some(struct account *account, int fd, void *buf, size_t size)
{
	ssize_t n = read(fd, buf, size);

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0) {
		account->failed = errno;
		_exit(1);
	}
	for (ssize_t at = 0; at < n; at += ((struct synergy_record *)((char *)buf + at))->size)
		take(account, (const void *)((char *)buf + at));
	return n;
}

static void reader(struct account *account, uint32_t buffer_bytes, size_t size, int slow)
{
	struct synergy_stats stats = { .size = sizeof(stats) };
	int fd = open_device(buffer_bytes);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	void *buf = malloc(size);

	if (!buf)
		die("memory");
	__atomic_add_fetch(&shared->ready, 1, __ATOMIC_SEQ_CST);
	while (!shared->stopped) {
		if (slow)
			usleep(30000);
		else
			poll(&poll_fd, 1, 20);
		read_some(account, fd, buf, size);
	}
	while (read_some(account, fd, buf, size))
		;
	if (ioctl(fd, SYNERGY_IOC_STATS, &stats))
		die("stats");
	account->stats_lost = stats.lost_here;
	_exit(0);
}

static pid_t start(struct account *account, uint32_t buffer_bytes, size_t size, int slow)
{
	int before = shared->ready;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid)
		reader(account, buffer_bytes, size, slow);
	for (int i = 0; i < 5000 && shared->ready == before; i++)
		usleep(1000);
	return pid;
}

static int check(const char *name, const struct account *account, int status)
{
	uint64_t all = account->expected - account->first;
	int bad = status || account->failed || account->wrong || !account->records ||
		  account->records + account->lost != all || account->stats_lost != account->lost ||
		  account->by_type > account->lost;

	printf("%s: %llu records, %llu lost in %llu LOST records, %llu by stats, numbers %llu..%llu, %llu wrong%s%s\n",
	       name, (unsigned long long)account->records, (unsigned long long)account->lost,
	       (unsigned long long)account->lost_records, (unsigned long long)account->stats_lost,
	       (unsigned long long)account->first, (unsigned long long)account->expected - 1,
	       (unsigned long long)account->wrong, account->failed ? ", " : "",
	       account->failed ? strerror(account->failed) : "");
	return bad;
}

/* Marks until so many records were made; returns how many there are. */
static uint64_t make_records(int fd, uint64_t wanted)
{
	struct synergy_mark mark = { .size = sizeof(mark) };
	struct synergy_stats stats = { .size = sizeof(stats) };

	for (uint64_t i = 0; ; i++) {
		if (!(i % 1024)) {
			if (ioctl(fd, SYNERGY_IOC_STATS, &stats))
				die("stats");
			if (stats.records[SYNERGY_RECORD_POWER] + stats.records[SYNERGY_RECORD_PMU] + stats.records[SYNERGY_RECORD_MARKER] >= wanted)
				break;
			usleep(1);	/* the readers' turn where cores are few */
		}
		mark.kind = i & 1 ? SYNERGY_MARK_END : SYNERGY_MARK_BEGIN;
		mark.id = i / 2;
		if (ioctl(fd, SYNERGY_IOC_MARK, &mark))
			die("mark");
	}
	printf("made %llu power, %llu pmu, %llu marker, %llu error records; %llu ticks missed\n",
	       (unsigned long long)stats.records[SYNERGY_RECORD_POWER], (unsigned long long)stats.records[SYNERGY_RECORD_PMU],
	       (unsigned long long)stats.records[SYNERGY_RECORD_MARKER], (unsigned long long)stats.records[SYNERGY_RECORD_ERROR],
	       (unsigned long long)stats.ticks_missed);
	return stats.records[SYNERGY_RECORD_POWER] + stats.records[SYNERGY_RECORD_PMU] + stats.records[SYNERGY_RECORD_MARKER];
}

/* More than the small ring holds, and nothing after it: a loss at the very end. */
static void mark_alone(int fd)
{
	struct synergy_mark mark = { .size = sizeof(mark) };

	for (int i = 0; i < 3000; i++)
		if (ioctl(fd, SYNERGY_IOC_MARK, &mark))
			die("mark");
}

int main(int argc, char **argv)
{
	struct synergy_event event = {
		.size = sizeof(event), .type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_CPU_CYCLES, .name = "cycles",
	};
	struct synergy_configure cfg = {
		.size = sizeof(cfg), .period_ns = 1000000, .events = (uintptr_t)&event,
		.n_events = 1, .event_size = sizeof(event), .pmu_every = 1,
	};
	struct synergy_control ctl = { .size = sizeof(ctl) };
	uint64_t wanted = argc > 1 ? strtoull(argv[1], NULL, 0) : 100000;
	int fast_status = 1, slow_status = 1, fd, bad;
	pid_t fast, slow;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("memory");
	setvbuf(stdout, NULL, _IOLBF, 0);
	fd = open_device(1 << 16);
	if (ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg))
		die("configure");
	fast = start(&shared->fast, 1 << 24, 1 << 20, 0);
	slow = start(&shared->slow, 1 << 16, 1 << 13, 1);
	if (ioctl(fd, SYNERGY_IOC_START, &ctl))
		die("start");
	wanted = make_records(fd, wanted) < wanted;
	if (ioctl(fd, SYNERGY_IOC_STOP, &ctl))
		die("stop");
	mark_alone(fd);
	shared->stopped = 1;
	waitpid(fast, &fast_status, 0);
	waitpid(slow, &slow_status, 0);
	bad = wanted;
	bad |= check("fast reader", &shared->fast, fast_status);
	bad |= check("slow reader", &shared->slow, slow_status);
	if (shared->fast.lost) {
		puts("the fast reader lost records");
		bad = 1;
	}
	if (!shared->slow.lost) {
		puts("the slow reader lost nothing: nothing was tried");
		bad = 1;
	}
	if (shared->fast.expected != shared->slow.expected) {
		puts("the readers end at different numbers");
		bad = 1;
	}
	return bad;
}
