// SPDX-License-Identifier: GPL-2.0-only
/*
 * Marks: their times and counters, intervals that a dying program left open,
 * and what a mark costs. Under -icount an instruction is a nanosecond, so the
 * cost is exact; on a debugging kernel it is only printed.
 * board: timeout=60
 */
#include "device.h"

#include <sched.h>

static struct {
	struct synergy_marker_record rec;
	struct synergy_count count[SYNERGY_MAX_EVENTS];
} marks[64];
static unsigned int n_marks;

static void each(struct reader *r, const struct synergy_record *rec)
{
	(void)r;
	if (rec->type == SYNERGY_RECORD_MARKER && n_marks < 64 && rec->size <= sizeof(marks[0]))
		memcpy(&marks[n_marks++], rec, rec->size);
}

static struct reader reader = { .each = each };

/* A file whose stream begins with what comes next */
static int open_file(void)
{
	reader.expected = 0;
	return device_open(O_RDWR | O_NONBLOCK);
}

static void collect(int fd)
{
	n_marks = 0;
	reader.fd = fd;
	reader_drain(&reader);
}

static void configure(int fd, __u32 n_events, struct synergy_event *events)
{
	struct synergy_configure cfg;

	device_config(&cfg, 1000000);
	cfg.flags = SYNERGY_CONFIGURE_F_NO_POWER;
	cfg.sampler_cpu = 4;
	if (n_events)
		device_config_events(&cfg, events, n_events);
	cfg.pmu_every = 0;
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg));
}

/* Counters are a core's: two marks' counts are compared on one core alone. */
static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK(!sched_setaffinity(0, sizeof(set), &set));
}

TEST(contents)
{
	int fd = open_file();
	struct synergy_mark mark = {
		.size = sizeof(mark), .kind = SYNERGY_MARK_BEGIN, .id = 7,
		.cookie = 0x123456789abcdef0ULL,
	};
	volatile char *pages;
	unsigned int i;
	__u64 before;

	configure(fd, 2, device_events);
	CHECK(!device_start(fd));
	before = now_ns();
	CHECK(!ioctl(fd, SYNERGY_IOC_MARK, &mark));
	/* 50 page faults lie between. */
	pages = mmap(NULL, 50 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < 50; i++)
		pages[i * 4096] = 1;
	mark.kind = SYNERGY_MARK_END;
	CHECK(!ioctl(fd, SYNERGY_IOC_MARK, &mark));
	mark.kind = SYNERGY_MARK_POINT;
	mark.flags = SYNERGY_MARK_F_ALL_CPUS;
	CHECK(!ioctl(fd, SYNERGY_IOC_MARK, &mark));
	collect(fd);
	if (!CHECK(n_marks == 3))
		return;
	CHECK_GE(marks[0].rec.hdr.time_ns, before);
	CHECK_GE(marks[0].rec.done_ns, marks[0].rec.hdr.time_ns);
	CHECK_GT(marks[1].rec.hdr.time_ns, marks[0].rec.done_ns);
	CHECK_EQ(marks[0].rec.kind, SYNERGY_MARK_BEGIN);
	CHECK_EQ(marks[1].rec.kind, SYNERGY_MARK_END);
	CHECK_EQ(marks[0].rec.id, 7);
	CHECK_EQ(marks[0].rec.cookie, 0x123456789abcdef0ULL);
	CHECK_EQ(marks[0].rec.tgid, (__u32)getpid());
	CHECK_EQ(marks[0].rec.tid, (__u32)getpid());
	CHECK_EQ(marks[0].rec.n_counts, 2);
	CHECK_EQ(marks[1].rec.n_counts, 2);
	CHECK_EQ(marks[0].rec.cpu, marks[1].rec.cpu);
	CHECK_EQ(marks[1].count[1].value - marks[0].count[1].value, 50);
	for (i = 0; i < 2; i++)
		CHECK(marks[i].count[1].enabled_ns &&
		      marks[i].count[1].running_ns == marks[i].count[1].enabled_ns);
	CHECK(marks[2].rec.hdr.flags & SYNERGY_MARKER_F_ALL_CPUS);
	CHECK_GE(marks[2].count[1].value, marks[1].count[1].value);
	CHECK(!device_stop(fd));
	munmap((void *)pages, 50 * 4096);
	close(fd);
}

TEST(abandoned)
{
	int fd = open_file();
	int status;
	pid_t pid = fork();
	unsigned int i;

	if (!pid) {
		int own = device_open(O_RDWR);

		device_mark(own, SYNERGY_MARK_BEGIN, 1);
		device_mark(own, SYNERGY_MARK_BEGIN, 2);
		device_mark(own, SYNERGY_MARK_BEGIN, 3);
		device_mark(own, SYNERGY_MARK_END, 2);
		raise(SIGKILL);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	collect(fd);
	if (!CHECK(n_marks == 6))
		return;
	for (i = 0; i < 4; i++)
		CHECK(!marks[i].rec.hdr.flags);
	/* Innermost first, reported as what they are, in the dead one's name */
	for (i = 4; i < 6; i++) {
		CHECK_EQ(marks[i].rec.hdr.flags, SYNERGY_MARKER_F_ABANDONED);
		CHECK_EQ(marks[i].rec.kind, SYNERGY_MARK_END);
		CHECK_EQ(marks[i].rec.id, (i == 4 ? 3 : 1));
		CHECK_EQ(marks[i].rec.tgid, (__u32)pid);
	}
	close(fd);
}

/* More open intervals than are remembered: none may hurt. */
TEST(many_open)
{
	int fd = device_open(O_RDWR);
	unsigned int i;

	for (i = 0; i < 500; i++)
		CHECK(!device_mark(fd, SYNERGY_MARK_BEGIN, i));
	for (i = 0; i < 500; i++)
		CHECK(!device_mark(fd, SYNERGY_MARK_END, i));
	close(fd);
}

static __u64 cost_ns(int fd, unsigned int n)
{
	__u64 best = ~0ULL;
	unsigned int i, j;

	for (j = 0; j < 10; j++) {
		__u64 t = now_ns();

		for (i = 0; i < n; i++)
			device_mark(fd, i % 2 ? SYNERGY_MARK_END : SYNERGY_MARK_BEGIN, 1);
		t = (now_ns() - t) / n;
		best = t < best ? t : best;
		reader.fd = fd;
		reader_drain(&reader);
	}
	return best;
}

/* The kernel's own part: a call that the module refuses at once. */
static __u64 refused_ns(int fd)
{
	__u64 best = ~0ULL, t;
	unsigned int i, j;

	for (j = 0; j < 10; j++) {
		t = now_ns();
		for (i = 0; i < 100; i++)
			ioctl(fd, _IO(0x11, 1));
		t = (now_ns() - t) / 100;
		best = t < best ? t : best;
	}
	return best;
}

/*
 * The simulator listens to the marks' trace point to log the true energy, which
 * costs more than a mark; without it the cost is a mark's own.
 */
TEST(cost)
{
	struct synergy_event events[2] = {
		{ .size = sizeof(events[0]), .type = PERF_TYPE_HARDWARE,
		  .config = PERF_COUNT_HW_CPU_CYCLES,
		  .name = "cycles" },
		{ .size = sizeof(events[0]), .type = PERF_TYPE_HARDWARE,
		  .config = PERF_COUNT_HW_INSTRUCTIONS,
		  .column = 1, .name = "instructions" },
	};
	__u64 call, idle, running, counting = 0;
	int fd;

	CHECK(!system("rmmod synergy-sim"));
	fd = open_file();
	call = refused_ns(fd);
	idle = cost_ns(fd, 100);
	configure(fd, 0, NULL);
	CHECK(!device_start(fd));
	running = cost_ns(fd, 100);
	CHECK(!device_stop(fd));
	if (!access("/sys/bus/event_source/devices/armv8_pmuv3", F_OK)) {
		configure(fd, 2, events);
		CHECK(!device_start(fd));
		counting = cost_ns(fd, 100);
		CHECK(!device_stop(fd));
	}
	close(fd);
	printf("a mark takes %llu ns, %llu ns of it a bare ioctl's; in a session %llu ns; with two counters %llu ns\n",
	       (unsigned long long)idle, (unsigned long long)call, (unsigned long long)running,
	       (unsigned long long)counting);
	if (debug_kernel())
		return;
	CHECK_LT(idle - call, 1000);
	CHECK_LT(running - call, 1000);
}

SETUP
{
	stay_on(0);
}
