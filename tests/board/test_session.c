// SPDX-License-Identifier: GPL-2.0-only
/*
 * One owner at a time: who may configure, start and stop, what is refused and
 * why, and processes that race for it.
 * board: timeout=90
 */
#include <sys/syscall.h>

#include "device.h"

TEST(refusals)
{
	int owner = device_open(O_RDWR), other = device_open(O_RDWR);
	struct synergy_configure cfg;
	struct synergy_event bad = { .size = sizeof(bad), .type = 0x7fffffff, .config = 1, .name = "none" };
	struct synergy_event pair[2];
	__u64 least;

	CHECK_FAILS(device_start(owner), EINVAL);
	CHECK_FAILS(device_stop(owner), EBUSY);
	/* Too fast: the period that would do, and it does. */
	device_config(&cfg, 1000);
	CHECK_FAILS(ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg), ERANGE);
	least = cfg.period_ns;
	CHECK_GT(least, 100000);
	CHECK_LT(least, 10000000);
	CHECK(!ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg) && cfg.period_ns == least);
	device_config(&cfg, 0);
	CHECK(!ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg) && cfg.period_ns == least);
	CHECK_EQ(cfg.rail_mask, 7);
	device_config(&cfg, 2000000);
	cfg.rail_mask = 1ULL << 63;
	CHECK_FAILS(ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg), EINVAL);
	device_config(&cfg, 2000000);
	cfg.conversion_shunt_ns = 123456;
	CHECK_FAILS(ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg), EINVAL);
	device_config(&cfg, 2000000);
	cfg.flags = SYNERGY_CONFIGURE_F_CONTINUOUS | SYNERGY_CONFIGURE_F_TRIGGERED;
	CHECK_FAILS(ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg), EINVAL);
	device_config(&cfg, 2000000);
	cfg.sampler_cpu = 1000;
	CHECK_FAILS(ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg), EINVAL);
	/* Events: unknown, ill-formed, with a gap, too many, at a bad address */
	device_config(&cfg, 2000000);
	device_config_events(&cfg, &bad, 1);
	CHECK_FAILS(ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg), ENOENT);
	CHECK_EQ(cfg.bad_event, 0);
	memcpy(pair, device_events, sizeof(pair));
	pair[1].size -= 8;
	device_config(&cfg, 2000000);
	device_config_events(&cfg, pair, 2);
	CHECK_FAILS(ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg), EINVAL);
	CHECK_EQ(cfg.bad_event, 1);
	memcpy(pair, device_events, sizeof(pair));
	pair[1].column = 2;
	device_config(&cfg, 2000000);
	device_config_events(&cfg, pair, 2);
	CHECK_FAILS(ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg), EINVAL);
	device_config(&cfg, 2000000);
	device_config_events(&cfg, pair, 1000);
	CHECK_FAILS(ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg), EINVAL);
	device_config(&cfg, 2000000);
	device_config_events(&cfg, (struct synergy_event *)8, 1);
	CHECK_FAILS(ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg), EFAULT);

	/* The owner alone may go on. */
	device_config(&cfg, 2000000);
	CHECK(!ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK_FAILS(ioctl(other, SYNERGY_IOC_CONFIGURE, &cfg), EBUSY);
	CHECK_FAILS(device_start(other), EBUSY);
	CHECK(!device_start(owner));
	CHECK_FAILS(device_start(owner), EALREADY);
	CHECK_FAILS(ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg), EBUSY);
	CHECK_FAILS(device_stop(other), EBUSY);
	CHECK(!device_mark(other, SYNERGY_MARK_POINT, 1));
	CHECK(!device_stop(owner));
	CHECK_FAILS(device_stop(owner), EALREADY);
	CHECK(!device_start(owner));
	close(owner);	/* stops, and gives the session up */
	CHECK_FAILS(device_stop(other), EBUSY);
	CHECK(!ioctl(other, SYNERGY_IOC_CONFIGURE, &cfg));
	close(other);
}

/* More hardware events than counters: the first that did not fit is named. */
TEST(too_many_events)
{
	struct synergy_event events[SYNERGY_MAX_EVENTS];
	struct synergy_configure cfg;
	int fd = device_open(O_RDWR);
	__u32 i;

	memset(events, 0, sizeof(events));
	for (i = 0; i < SYNERGY_MAX_EVENTS; i++) {
		events[i].size = sizeof(events[i]);
		events[i].type = PERF_TYPE_HARDWARE;
		events[i].config = PERF_COUNT_HW_INSTRUCTIONS;
		events[i].column = i;
		snprintf(events[i].name, sizeof(events[i].name), "instructions%u", i);
	}
	device_config(&cfg, 2000000);
	device_config_events(&cfg, events, SYNERGY_MAX_EVENTS);
	if (ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg) && errno == ENOENT) {
		close(fd);
		SKIP("no hardware events here");
	}
	device_config_events(&cfg, events, SYNERGY_MAX_EVENTS);
	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg), ENOSPC);
	printf("%u hardware counters\n", cfg.bad_event);
	CHECK_GE(cfg.bad_event, 1);
	CHECK_LT(cfg.bad_event, SYNERGY_MAX_EVENTS);
	/* As many as fit do, and more do when multiplexing is allowed. */
	cfg.n_events = cfg.bad_event;
	cfg.bad_event = 0;
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg));
	cfg.n_events = SYNERGY_MAX_EVENTS;
	cfg.flags = SYNERGY_CONFIGURE_F_MULTIPLEX;
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(fd));
	CHECK(!device_stop(fd));
	close(fd);
}

/*
 * Others take all counters between CONFIGURE and START: that says so, leaves the
 * chips reported as not set up, and succeeds once the counters are back.
 */
TEST(taken_counters)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE, .size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS, .pinned = 1,
	};
	struct synergy_event event = {
		.size = sizeof(event), .type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_INSTRUCTIONS,
		.name = "instructions",
	};
	struct synergy_chip chip = { .size = sizeof(chip) };
	int fd = device_open(O_RDWR), taken[SYNERGY_MAX_EVENTS];
	struct synergy_configure cfg;
	int i;

	device_config(&cfg, 5000000);
	device_config_events(&cfg, &event, 1);
	if (ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg)) {
		CHECK_EQ(errno, ENOENT);
		close(fd);
		return;
	}
	for (i = 0; i < SYNERGY_MAX_EVENTS; i++) {
		taken[i] = syscall(__NR_perf_event_open, &attr, -1, 0, -1, 0);
		CHECK_GE(taken[i], 0);
	}
	CHECK_FAILS(device_start(fd), ENOSPC);
	CHECK(!ioctl(fd, SYNERGY_IOC_CHIP, &chip) && !chip.config_set);
	for (i = 0; i < SYNERGY_MAX_EVENTS; i++)
		close(taken[i]);
	CHECK(!device_start(fd));
	chip.flags = 0;
	CHECK(!ioctl(fd, SYNERGY_IOC_CHIP, &chip) && chip.config_set);
	CHECK(!device_stop(fd));
	close(fd);
}

/* As perf has it: whole cores are for CAP_PERFMON or a paranoid level of 0. */
TEST(permission)
{
	struct synergy_configure cfg;
	int fd = device_open(O_RDWR);
	const char *level[] = { "2", "-1" };
	int expected[] = { EACCES, 0 };
	int i;

	for (i = 0; i < 2; i++) {
		int f = open("/proc/sys/kernel/perf_event_paranoid", O_WRONLY), status;
		pid_t pid;

		CHECK_GE(f, 0);
		CHECK_GT(write(f, level[i], strlen(level[i])), 0);
		close(f);
		pid = fork();
		if (!pid) {
			if (setgid(65534) || setuid(65534))
				_exit(99);
			device_config(&cfg, 2000000);
			device_config_events(&cfg, device_events, 2);
			_exit(ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg) ? errno : 0);
		}
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == expected[i]);
	}
	close(fd);
	/* The file is nobody's but root's and the group's. */
	if (!fork()) {
		if (setgid(65534) || setuid(65534))
			_exit(99);
		_exit(open("/dev/synergy", O_RDONLY) < 0 && errno == EACCES ? 0 : 1);
	}
	wait(&i);
	CHECK(WIFEXITED(i) && !WEXITSTATUS(i));
}

static int race(unsigned int seed, __u64 until)
{
	struct synergy_configure cfg;
	int bad = 0;

	while (now_ns() < until) {
		int fd = device_open(O_RDWR);

		seed = seed * 1103515245 + 12345;
		device_config(&cfg, 1000000 + seed % 1000000);
		device_config_events(&cfg, device_events, seed >> 16 & 1 ? 2 : 0);
		if (!cfg.n_events)
			cfg.events = 0;
		if (ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg)) {
			bad |= errno != EBUSY;
		} else {
			bad |= device_start(fd);
			bad |= device_mark(fd, SYNERGY_MARK_BEGIN, seed);
			if (seed >> 20 & 1)
				bad |= device_stop(fd);
		}
		close(fd);
	}
	return !!bad;
}

TEST(races)
{
	__u64 until = now_ns() + 1000000000ULL;
	int i, status, sum = 0;

	for (i = 0; i < 4; i++)
		if (!fork())
			_exit(race(i * 7919 + 1, until));
	for (i = 0; i < 4; i++) {
		wait(&status);
		sum += !WIFEXITED(status) || WEXITSTATUS(status);
	}
	CHECK_EQ(sum, 0);
}
