// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated PMU through perf_event_open: exact counts of code whose
 * instructions are known, on each core, by privilege; six counters and one for
 * cycles, and more events than that share them; bad requests are refused.
 */
/* board: modules=none timeout=60 */
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/syscall.h>

#include "sim.h"

static int named_event(const char *name)
{
	char path[128];
	unsigned int config = 0;
	FILE *file;

	snprintf(path, sizeof(path), SIM_PMU "events/%s", name);
	file = fopen(path, "r");
	CHECK(file);
	if (file) {
		CHECK(fscanf(file, "event=%x", &config) == 1);
		fclose(file);
	}
	return config;
}

static int open_event(int config, int cpu, int group, int exclude_kernel, int exclude_user)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = sim_pmu_type(),
		.config = config,
		.exclude_kernel = exclude_kernel,
		.exclude_user = exclude_user,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	};

	return syscall(SYS_perf_event_open, &attr, -1, cpu, group, PERF_FLAG_FD_CLOEXEC);
}

static uint64_t value(int fd)
{
	uint64_t v[3] = { 0 };

	CHECK_EQ(read(fd, v, sizeof(v)), sizeof(v));
	return v[0];
}

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK(!sched_setaffinity(0, sizeof(set), &set));
}

/* n times: 4 SIMD, 1 scalar floating point, 2 integer, 1 load, 1 store, branch */
static void known_work(uint64_t n)
{
	uint64_t buffer[2] __attribute__((aligned(16))) = { 0 };

	__asm__ volatile("1:	fmla	v0.4s, v1.4s, v2.4s\n"
			 "	add	v3.4s, v4.4s, v5.4s\n"
			 "	mul	v6.8h, v7.8h, v16.8h\n"
			 "	dup	v17.4s, w0\n"
			 "	fmul	s18, s19, s20\n"
			 "	ldr	q21, [%1]\n"
			 "	str	q21, [%1]\n"
			 "	eor	x0, x0, x0\n"
			 "	subs	%0, %0, #1\n"
			 "	b.ne	1b\n"
			 : "+r"(n) : "r"(buffer)
			 : "x0", "v0", "v3", "v6", "v17", "v18", "v21", "cc", "memory");
}

static void counts(int cpu)
{
	static const char *const names[] = { "ase_spec", "vfp_spec", "inst_retired", "ld_spec" };
	const uint64_t n = 20000;
	uint64_t before[4], after[4];
	int fd[4], i;

	run_on(cpu);
	for (i = 0; i < 4; i++) {
		fd[i] = open_event(named_event(names[i]), cpu, -1, 1, 0);
		CHECK_GE(fd[i], 0);
	}
	for (i = 0; i < 4; i++)
		before[i] = value(fd[i]);
	known_work(n);
	for (i = 0; i < 4; i++)
		after[i] = value(fd[i]);
	printf("cpu %d: %" PRIu64 " SIMD, %" PRIu64 " scalar, %" PRIu64 " instructions, %" PRIu64
	       " loads\n", cpu, after[0] - before[0], after[1] - before[1], after[2] - before[2],
	       after[3] - before[3]);
	CHECK_EQ(after[0] - before[0], 4 * n);
	CHECK_EQ(after[1] - before[1], n);
	/* The reading itself is a few hundred instructions of user code. */
	CHECK_NEAR(after[2] - before[2], 10.0 * n, 2000);
	/* A 16-byte access may be made as two of 8. */
	CHECK_GE(after[3] - before[3], n);
	CHECK_LT(after[3] - before[3], 2 * n + 2000);
	for (i = 0; i < 4; i++)
		close(fd[i]);
}

TEST(privileges)
{
	int user = open_event(0x08, 1, -1, 1, 0);
	int kernel = open_event(0x08, 1, -1, 0, 1);
	int both = open_event(0x08, 1, -1, 0, 0);
	uint64_t u, k;
	int i;

	run_on(1);
	u = value(user);
	k = value(kernel);
	known_work(10000);
	CHECK_GE(value(user) - u, 100000);
	CHECK_LT(value(kernel) - k, value(user) - u);
	u = value(user);
	k = value(kernel);
	for (i = 0; i < 1000; i++)
		getppid();
	CHECK_GT(value(kernel) - k, 100000);
	CHECK_GT(value(both), value(user));
	close(user);
	close(kernel);
	close(both);
}

static void fill(char *memory, int byte, size_t size)
{
	memset(memory, byte, size);
	__asm__ volatile("" : : "r"(memory) : "memory");
}

/* What is not in the caches comes over the bus: four beats a line each way. */
TEST(bus)
{
	int fd = open_event(named_event("bus_access"), 2, -1, 1, 0);
	size_t size = 8 << 20;
	char *memory = malloc(size);
	uint64_t before, first, again;

	run_on(2);
	CHECK(memory && fd >= 0);
	fill(memory, 1, size);
	before = value(fd);
	fill(memory, 2, size);
	first = value(fd) - before;
	fill(memory, 3, 256 << 10);
	before = value(fd);
	fill(memory, 4, 256 << 10);
	again = value(fd) - before;
	printf("8 MiB written: %" PRIu64 " bus accesses; 256 KiB, in the L2: %" PRIu64 "\n", first,
	       again);
	/* filled and written back: 2 * 4 * size / 64 */
	CHECK_NEAR(first / (8.0 * size / 64), 1, 0.03);
	CHECK_LT(again, 256);
	free(memory);
	close(fd);
}

TEST(limits)
{
	int fd[9], i, type = sim_pmu_type(), running = 0;
	uint64_t v[3];

	/* One group has to fit at once: six and cycles. */
	fd[0] = open_event(0x74, 0, -1, 0, 0);
	for (i = 1; i < 6; i++) {
		fd[i] = open_event(0x19, 0, fd[0], 0, 0);
		CHECK_GE(fd[i], 0);
	}
	fd[6] = open_event(0x11, 0, fd[0], 0, 0);
	CHECK_GE(fd[6], 0);
	CHECK_FAILS(open_event(0x08, 0, fd[0], 0, 0), EINVAL);
	for (i = 6; i >= 0; i--)
		close(fd[i]);
	/* Alone, they take turns. */
	for (i = 0; i < 9; i++) {
		fd[i] = open_event(0x08, 0, -1, 0, 0);
		CHECK_GE(fd[i], 0);
	}
	run_on(0);
	for (i = 0; i < 50; i++)
		known_work(100000);
	for (i = 0; i < 9; i++) {
		CHECK_EQ(read(fd[i], v, sizeof(v)), sizeof(v));
		running += v[2] == v[1];
		CHECK_GT(v[2], 0);
		close(fd[i]);
	}
	CHECK_LT(running, 9);
	CHECK_FAILS(open_event(0x1234, 0, -1, 0, 0), ENOENT);
	CHECK_GT(type, 0);
}

TEST(refused)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .type = sim_pmu_type(), .config = 0x74 };

	CHECK_FAILS(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0), EINVAL);
	attr.sample_period = 1000;
	CHECK_FAILS(syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0), EOPNOTSUPP);
}

SETUP
{
	REQUIRE(!sim_load(""));
	if (sim_pmu_type() < 0)
		SKIP("QEMU runs without the plugin: there is no simulated PMU");
}

TEST(counts)
{
	int cpu;

	for (cpu = 0; cpu < 4; cpu++) {
		PARAMS("cpu %d", cpu);
		counts(cpu);
	}
}

TEARDOWN
{
	CHECK(!sim_unload());
}
