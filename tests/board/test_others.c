// SPDX-License-Identifier: GPL-2.0-only
/*
 * What other members of the group can do to a session: open files, map pages and fill
 * them, take memory, mark on all cores, put real-time threads where they may not run,
 * read what whole cores count. All of it is bounded, and root's sampling goes on.
 * board: timeout=120
 */
#include <grp.h>
#include <sched.h>
#include <sys/resource.h>

#include "device.h"

#define LEAST_FILES	64	/* that a program may have */
#define LEAST_PAGES	16
#define MEMBER		1000

struct report {
	unsigned int files, files_errno, pages, pages_errno;
};

/* From here on a member of the group without any capability, with as many files as wanted. */
static void become_member(void)
{
	struct rlimit limit = { 4096, 4096 };
	gid_t group = 0;

	if (setrlimit(RLIMIT_NOFILE, &limit) || setgroups(1, &group) || setgid(0) ||
	    setuid(MEMBER))
		_exit(99);
}

/*
 * Opens until it is refused, maps a page of each until that is, and fills them for ever.
 * It sleeps in between: the virtual board's cores share a clock, so that a program that
 * spins makes all that others do last twice as long.
 */
static void hog(int report_fd)
{
	static struct synergy_mark_page *pages[256];
	struct report r = { 0 };
	unsigned int i;
	int f;

	for (;;) {
		void *page;

		f = open("/dev/synergy", O_RDWR | O_CLOEXEC);
		if (f < 0)
			break;
		r.files++;
		if (r.pages_errno)
			continue;
		page = mmap(NULL, sizeof(**pages), PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
		if (page == MAP_FAILED)
			r.pages_errno = errno;
		else
			pages[r.pages++] = page;
	}
	r.files_errno = errno;
	if (write(report_fd, &r, sizeof(r)) != sizeof(r))
		_exit(1);
	for (;;) {
		for (i = 0; i < r.pages; i++) {
			__u32 taken = __atomic_load_n(&pages[i]->taken, __ATOMIC_ACQUIRE);

			__atomic_store_n(&pages[i]->head, taken + SYNERGY_MARK_SLOTS,
					 __ATOMIC_RELEASE);
		}
		sleep_ms(1);
	}
}

static pid_t start_hog(struct report *r)
{
	int fds[2];
	pid_t pid;

	if (pipe(fds))
		return -1;
	pid = fork();
	if (!pid) {
		become_member();
		hog(fds[1]);
	}
	close(fds[1]);
	if (read(fds[0], r, sizeof(*r)) != sizeof(*r)) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	close(fds[0]);
	return pid;
}

/* A fixed piece of work. */
static __u64 spin_ns(void)
{
	__u64 begin = now_ns();
	volatile int i;

	for (i = 0; i < 1000; i++)
		;
	return now_ns() - begin;
}

/*
 * With as many files and full pages as a user gets: no tick missed, marks within 10 us of
 * their core's time. What other cores do makes the virtual board's shared clock go on, for
 * marks as for any work; a piece that is as long as ever says by how much.
 */
TEST(files_and_pages)
{
	struct synergy_device before = { .size = sizeof(before) }, after = before;
	struct synergy_configure cfg;
	struct synergy_stats stats;
	struct report r = { 0 };
	__u64 begin, took, sum = 0, worst = 0, alone = 0, beside = 0;
	unsigned int n = 0, i;
	int owner = device_open(O_RDWR), marker;
	pid_t pid;

	CHECK(!ioctl(owner, SYNERGY_IOC_DEVICE, &before));
	CHECK(!device_configure(owner, &cfg, 1000000, 0, 0));
	for (i = 0; i < 1000; i++)
		alone += spin_ns();
	pid = start_hog(&r);
	REQUIRE(pid > 0);
	printf("a member has %u files, then %s; %u pages, then %s\n", r.files,
	       strerror(r.files_errno), r.pages, strerror(r.pages_errno));
	CHECK_GE(r.files, LEAST_FILES);
	CHECK_LE(r.files, 80);
	CHECK(r.files_errno == EMFILE || r.files_errno == ENOMEM);
	CHECK_GE(r.pages, LEAST_PAGES);
	CHECK_EQ(r.pages_errno, ENOMEM);
	/* Root has room left. */
	marker = device_open(O_RDWR | O_NONBLOCK);
	after.flags = 0;
	CHECK(!ioctl(marker, SYNERGY_IOC_DEVICE, &after));
	CHECK_EQ(after.n_files, before.n_files + r.files + 1);
	CHECK_EQ(after.n_pages, r.pages);
	CHECK_GE(after.files_refused, before.files_refused + 1);
	CHECK_GE(after.pages_refused, before.pages_refused + 1);
	CHECK(!device_start(owner));
	begin = now_ns();
	while (now_ns() - begin < 1000000000ULL) {
		__u64 at = now_ns();

		CHECK(!device_mark(marker, SYNERGY_MARK_POINT, 1));
		took = now_ns() - at;
		sum += took;
		worst = took > worst ? took : worst;
		beside += spin_ns();
		n++;
	}
	device_stats(owner, &stats);
	printf("%llu ticks, %llu missed, at most %.3f ms late; a mark takes %.2f us, at most %.3f ms; other work takes %.3f times as long\n",
	       (unsigned long long)stats.ticks, (unsigned long long)stats.ticks_missed,
	       stats.lateness_max_ns / 1e6, sum / 1e3 / n, worst / 1e6,
	       (double)beside / n / (alone / 1000.0));
	if (!debug_kernel()) {
		CHECK_EQ(stats.ticks_missed, 0);
		CHECK_LE(sum / n * (alone / 1000.0) / ((double)beside / n), 10000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(marker);
	close(owner);
}

/* A child's exit status: 0 all held. */
static void in_child(void (*run)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int before = test_failures();

		become_member();
		run();
		_exit(test_failures() != before);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, 0);
}

/* Rings of 64 MiB, until there are no more. */
static void take_memory(void)
{
	unsigned long long pages = sysconf(_SC_PHYS_PAGES);
	unsigned long long ram = pages * sysconf(_SC_PAGESIZE), got = 0;
	int i, fd;

	for (i = 0; i < 64; i++) {
		fd = open("/dev/synergy", O_RDWR | O_CLOEXEC);
		if (fd < 0)
			break;
		if (device_buffer(fd, 64 << 20)) {
			CHECK_EQ(errno, ENOMEM);
			got += 1 << 20;
		} else {
			got += 64 << 20;
		}
	}
	printf("a member has %llu MiB of %llu\n", got >> 20, ram >> 20);
	CHECK_LE(got, ram / 16 + (64 << 20));
	/* Small ones are still to be had. */
	CHECK_GE(i, 16);
}

TEST(memory)
{
	int fd;

	in_child(take_memory);
	/* All of it was given back. */
	fd = device_open(O_RDWR);
	CHECK(!device_buffer(fd, 64 << 20) || errno == ENOMEM);
	close(fd);
	in_child(take_memory);
}

static unsigned int n_pmu, n_markers, n_counts;

static void each(struct reader *r, const struct synergy_record *rec)
{
	const struct synergy_marker_record *mark = (const void *)rec;

	(void)r;
	n_pmu += rec->type == SYNERGY_RECORD_PMU;
	if (rec->type != SYNERGY_RECORD_MARKER)
		return;
	n_markers++;
	n_counts += mark->n_counts;
	CHECK_EQ(rec->size, sizeof(*mark) + mark->n_counts * sizeof(struct synergy_count));
}

static void read_for(int fd, unsigned int ms)
{
	struct reader r = { .fd = fd, .each = each };
	__u64 end = now_ns() + ms * 1000000ULL;

	n_pmu = n_markers = n_counts = 0;
	/* Numbers have gaps where a type is left out: only sizes are checked here. */
	while (now_ns() < end) {
		static __u64 buffer[8192];
		ssize_t n = read(fd, buffer, sizeof(buffer)), at;

		for (at = 0; at < n; at += ((struct synergy_record *)((char *)buffer + at))->size)
			each(&r, (const void *)((char *)buffer + at));
		sleep_ms(5);
	}
}

static void read_along(void)
{
	int fd = device_open(O_RDWR | O_NONBLOCK), i;
	struct synergy_mark mark = { .size = sizeof(mark), .flags = SYNERGY_MARK_F_ALL_CPUS };

	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_MARK, &mark), EACCES);
	for (i = 0; i < 5; i++)
		CHECK(!device_mark(fd, SYNERGY_MARK_POINT, i));
	read_for(fd, 100);
	CHECK_EQ(n_markers, 5);
	CHECK_EQ(n_counts, 0);
	CHECK_EQ(n_pmu, 0);
	close(fd);
}

/* What whole cores count is for those whom perf would let count them. */
TEST(counts)
{
	int owner = device_open(O_RDWR | O_NONBLOCK), i;
	struct synergy_configure cfg;
	FILE *paranoid = fopen("/proc/sys/kernel/perf_event_paranoid", "w");

	REQUIRE(paranoid && fputs("2", paranoid) > 0 && !fclose(paranoid));
	device_config(&cfg, 1000000);
	cfg.flags = SYNERGY_CONFIGURE_F_NO_POWER;
	device_config_events(&cfg, device_events, 2);
	CHECK(!ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(owner));
	in_child(read_along);
	for (i = 0; i < 5; i++)
		CHECK(!device_mark(owner, SYNERGY_MARK_POINT, i));
	read_for(owner, 50);
	CHECK_EQ(n_markers, 10);	/* the member's, too */
	CHECK_EQ(n_counts, 20);
	CHECK_GT(n_pmu, 10);
	close(owner);
}

/* Marks that interrupt all cores: as many as are useful. */
TEST(all_cpus_rate)
{
	struct synergy_mark mark = { .size = sizeof(mark), .flags = SYNERGY_MARK_F_ALL_CPUS };
	int fd = device_open(O_RDWR | O_NONBLOCK);
	unsigned int made = 0, refused = 0;
	struct synergy_configure cfg;
	__u64 begin;

	device_config(&cfg, 10000000);
	cfg.flags = SYNERGY_CONFIGURE_F_NO_POWER;
	device_config_events(&cfg, device_events, 2);
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(fd));
	begin = now_ns();
	while (now_ns() - begin < 500000000ULL) {
		if (!ioctl(fd, SYNERGY_IOC_MARK, &mark))
			made++;
		else if (CHECK_EQ(errno, EAGAIN))
			refused++;
	}
	printf("%u marks on all cores made in half a second, %u refused\n", made, refused);
	CHECK_GE(made, 1024);
	CHECK_LE(made, 8192 / 2 + 1024 + 16);
	close(fd);
}

static void pick_core(void)
{
	int fd = device_open(O_RDWR);
	struct synergy_configure cfg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	CPU_SET(1, &set);
	CHECK(!sched_setaffinity(0, sizeof(set), &set));
	device_config(&cfg, 1000000);
	cfg.flags = SYNERGY_CONFIGURE_F_NO_POWER;
	cfg.sampler_cpu = 4;
	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg), EPERM);
	cfg.sampler_cpu = 1;
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg));
	cfg.sampler_cpu = 0;
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(fd));
	close(fd);
}

/* A real-time thread goes where its owner may go itself. */
TEST(sampler_core)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 4)
		SKIP("fewer than 4 cores");
	in_child(pick_core);
}
