// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cores go offline and come back while they are counted: one OFFLINE record
 * with the last counts, none until the ONLINE one, and counts that never go
 * back. The core of the sampling thread may go, too; a stop while cores are
 * off, or on their way, leaves nothing behind.
 * board: timeout=90
 */
#include "device.h"

#define CPUS	4

static struct core {
	int online;
	unsigned int offlines, onlines, records;
	__u64 value, enabled;
} cores[CPUS];

static void each(struct reader *r, const struct synergy_record *rec)
{
	const struct synergy_pmu_record *pmu = (const void *)rec;
	struct core *core;

	(void)r;
	if (rec->type != SYNERGY_RECORD_PMU || !CHECK(pmu->cpu < CPUS))
		return;
	core = &cores[pmu->cpu];
	CHECK_EQ(core->online, !(rec->flags & SYNERGY_PMU_F_ONLINE));
	if (rec->flags & SYNERGY_PMU_F_OFFLINE) {
		core->online = 0;
		core->offlines++;
	}
	if (rec->flags & SYNERGY_PMU_F_ONLINE) {
		core->online = 1;
		core->onlines++;
	}
	core->records++;
	CHECK_EQ(pmu->n_counts, 2);
	CHECK_GE(pmu->done_ns, rec->time_ns);
	CHECK_GE(pmu->count[0].value, core->value);
	CHECK_GE(pmu->count[0].enabled_ns, core->enabled);
	CHECK_LE(pmu->count[0].running_ns, pmu->count[0].enabled_ns);
	core->value = pmu->count[0].value;
	core->enabled = pmu->count[0].enabled_ns;
}

static int set_online(int cpu, int on)
{
	char path[100];
	int fd, ret;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	ret = write(fd, on ? "1" : "0", 1) == 1 ? 0 : -1;
	close(fd);
	return ret;
}

static void start(struct reader *r, __u32 sampler_cpu)
{
	struct synergy_configure cfg;
	int i;

	memset(cores, 0, sizeof(cores));
	for (i = 0; i < CPUS; i++)
		cores[i].online = 1;
	r->fd = device_open(O_RDWR | O_NONBLOCK);
	r->each = each;
	r->expected = 0;
	device_config(&cfg, 2000000);
	device_config_events(&cfg, device_events, 2);
	cfg.sampler_cpu = sampler_cpu + 1;
	CHECK(!ioctl(r->fd, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(r->fd));
}

static void one_core(int cpu, __u32 sampler_cpu)
{
	struct reader r = { 0 };
	unsigned int before;
	int i;

	start(&r, sampler_cpu);
	for (i = 0; i < 3; i++) {
		sleep_ms(20);
		CHECK(!set_online(cpu, 0));
		sleep_ms(20);
		reader_drain(&r);
		CHECK(!cores[cpu].online && cores[cpu].offlines == (unsigned int)i + 1);
		before = cores[cpu].records;
		sleep_ms(20);
		reader_drain(&r);
		CHECK_EQ(cores[cpu].records, before);
		CHECK(!set_online(cpu, 1));
		sleep_ms(50);
		reader_drain(&r);
		CHECK(cores[cpu].online && cores[cpu].onlines == (unsigned int)i + 1);
		CHECK_GT(cores[cpu].records, before + 3);
	}
	CHECK_EQ(r.errors, 0);
	CHECK_GT(r.power, 20);
	CHECK(!device_stop(r.fd));
	close(r.fd);
}

/* Started with a core off that comes later; stopped with one off. */
TEST(off_at_the_ends)
{
	struct reader r = { 0 };

	CHECK(!set_online(2, 0));
	start(&r, 1);
	cores[2].online = 0;
	sleep_ms(20);
	CHECK(!set_online(2, 1));
	sleep_ms(50);
	reader_drain(&r);
	CHECK(cores[2].online && cores[2].onlines == 1);
	CHECK(!set_online(3, 0));
	CHECK(!device_stop(r.fd));
	CHECK(!set_online(3, 1));
	close(r.fd);
}

/* Starts and stops while a core goes up and down. */
TEST(race)
{
	struct synergy_configure cfg;
	__u64 until = now_ns() + 1500000000ULL;
	pid_t pid = fork();
	int fd, status;

	if (!pid) {
		while (now_ns() < until)
			if (set_online(3, 0) || set_online(3, 1))
				_exit(1);
		_exit(0);
	}
	while (now_ns() < until) {
		fd = device_open(O_RDWR);
		device_config(&cfg, 2000000);
		device_config_events(&cfg, device_events, 2);
		cfg.sampler_cpu = 1;
		CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg));
		CHECK(!device_start(fd));
		sleep_ms(7);
		CHECK(!device_mark(fd, SYNERGY_MARK_BEGIN, 1));
		close(fd);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status));
	set_online(3, 1);
}

TEST(one_core_once)
{
	one_core(3, 1);
}

TEST(one_core_thrice)
{
	one_core(3, 3);
}
