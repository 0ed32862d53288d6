// SPDX-License-Identifier: GPL-2.0-only
/*
 * From slow to the chip's ceilings: the rate that was asked for is reached,
 * windows are as long as their conversions, lie before the read, follow each
 * other without overlap, and no sample is made twice in silence.
 * board: timeout=60 debug=no
 */
#include <sched.h>
#include <signal.h>

#include "device.h"

static struct {
	__u64 begin[3], end[3];
	__u64 last_ns, first_ns;
	unsigned int n, repeats, late, no_bus;
	__u64 error_ns[3], error_max;	/* the last record's, the first rail's largest */
} seen;

static void each(struct reader *r, const struct synergy_record *rec)
{
	const struct synergy_power_record *p = (const void *)rec;
	__u32 i;

	(void)r;
	if (rec->type != SYNERGY_RECORD_POWER)
		return;
	if (!seen.n++)
		seen.first_ns = rec->time_ns;
	seen.last_ns = rec->time_ns;
	seen.repeats += !!(rec->flags & SYNERGY_POWER_F_REPEAT);
	seen.late += !!(rec->flags & SYNERGY_POWER_F_LATE);
	if (p->channel[0].window_error_ns > seen.error_max)
		seen.error_max = p->channel[0].window_error_ns;
	CHECK_GT(p->bus_end_ns, p->bus_begin_ns);
	CHECK_EQ(p->bus_begin_ns, rec->time_ns);
	for (i = 0; i < p->n_channels; i++) {
		const struct synergy_power_channel *c = &p->channel[i];

		CHECK_LT(c->rail, 3);
		CHECK_GT(c->window_end_ns, c->window_begin_ns);
		CHECK_LE(c->window_end_ns, p->bus_end_ns + c->window_error_ns);
		/* The speed may have been learned between the two. */
		if (!(c->flags & SYNERGY_CHANNEL_F_REPEAT))
			CHECK_GE(c->window_begin_ns + c->window_error_ns + seen.error_ns[c->rail],
				 seen.end[c->rail]);
		seen.begin[c->rail] = c->window_begin_ns;
		seen.end[c->rail] = c->window_end_ns;
		seen.error_ns[c->rail] = c->window_error_ns;
		seen.no_bus += !!(c->flags & SYNERGY_CHANNEL_F_NO_BUS);
		if (!CHECK(c->bus_mv > 500 || (c->flags & SYNERGY_CHANNEL_F_NO_BUS)))
			printf("rail %u: %d mV, raw 0x%04x\n", c->rail, c->bus_mv,
			       (__u16)c->bus_raw);
	}
}

static const struct rate {
	__u64 period_ns;
	__u64 rails;
	__u32 flags;
	__u32 bus_every;
	__u32 dither_ns;
} rates[] = {
	{ 10000000, 0, 0, 0, 0 },
	{ 2000000, 0, 0, 0, 0 },
	{ 2000000, 0, 0, 1, 0 },
	{ 2000000, 0, 0, 0, 100000 },
	{ 1000000, 0, 0, 0, 0 },
	{ 1000000, 2, SYNERGY_CONFIGURE_F_TRIGGERED, 0, 0 },
	{ 840000, 0, SYNERGY_CONFIGURE_F_CONTINUOUS, 0, 0 },	/* 1190 Hz, three rails */
	{ 280000, 1, 0, 0, 0 },					/* 3571 Hz, one, V and I */
	{ 140000, 4, 0, 0, 0 },					/* 7143 Hz, one, shunt */
};

static void run(const struct rate *rate)
{
	struct reader r = { .fd = device_open(O_RDWR | O_NONBLOCK), .each = each };
	unsigned int ms = rate->period_ns > 5000000 ? 400 : rate->period_ns < 1000000 ? 600 : 150;
	struct synergy_configure cfg;
	struct synergy_stats stats;
	double hz, want = 1e9 / rate->period_ns;
	__u64 absent;

	PARAMS("every %llu ns, rails 0x%llx, flags 0x%x, bus voltage every %u, dither %u ns",
	       (unsigned long long)rate->period_ns, (unsigned long long)rate->rails, rate->flags,
	       rate->bus_every, rate->dither_ns);
	memset(&seen, 0, sizeof(seen));
	device_config(&cfg, rate->period_ns);
	cfg.rail_mask = rate->rails;
	cfg.flags = rate->flags;
	cfg.bus_voltage_every = rate->bus_every;
	cfg.dither_ns = rate->dither_ns;
	if (!CHECK(!ioctl(r.fd, SYNERGY_IOC_CONFIGURE, &cfg)))
		printf("%llu ns: the shortest is %llu\n", (unsigned long long)rate->period_ns,
		       (unsigned long long)cfg.period_ns);
	CHECK(!device_start(r.fd));
	sleep_ms(ms);
	CHECK(!device_stop(r.fd));
	reader_drain(&r);
	device_stats(r.fd, &stats);
	absent = (seen.last_ns - seen.first_ns + rate->period_ns / 2) / rate->period_ns + 1 - seen.n;
	hz = seen.n > 1 ? (seen.n - 1) * 1e9 / (seen.last_ns - seen.first_ns) : 0;
	printf("%.0f Hz: %.1f Hz, %u samples, %u repeats, %llu absent, %llu missed, %u late, error up to %llu ns, late up to %llu ns\n",
	       want, hz, seen.n, seen.repeats, (unsigned long long)absent,
	       (unsigned long long)stats.ticks_missed, seen.late,
	       (unsigned long long)seen.error_max, (unsigned long long)stats.lateness_max_ns);
	close(r.fd);
	CHECK_EQ(stats.records[SYNERGY_RECORD_POWER], seen.n);
	CHECK_EQ(stats.power_repeats, seen.repeats);
	CHECK_EQ(r.errors, 0);
	CHECK_EQ(r.lost, 0);
	CHECK_EQ(seen.no_bus, 0);
	CHECK_GE(stats.ticks + stats.ticks_missed, seen.n);
	/* No gap that is not counted, nor one that the next sample does not tell of. */
	CHECK(absent <= stats.ticks_missed && (!absent || seen.late));
	if (debug_kernel())
		return;
	CHECK_GT(hz, want * 0.97);
	CHECK_LT(hz, want * 1.03);
	CHECK_LE(seen.repeats, seen.n / 50);
	CHECK_GE(seen.n, ms * want / 1000 * 0.9 - 3);
}

TEST(rates)
{
	unsigned int i;

	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		run(&rates[i]);
}

/* Works on core 1 until it is ended. */
static pid_t start_load(void)
{
	pid_t pid = fork();
	cpu_set_t cpus;

	if (pid)
		return pid;
	CPU_ZERO(&cpus);
	CPU_SET(1, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	for (volatile unsigned int i = 0; ; i++)
		;
}

/*
 * Three rails at the ceiling with all cores' counters, while another core works: a tick has
 * 10 us to spare, and what the module does beside its transfers is to fit there.
 */
TEST(ceiling_beside_load)
{
	struct reader r = { .fd = device_open(O_RDWR | O_NONBLOCK), .each = each };
	pid_t load = start_load();
	struct synergy_configure cfg;
	struct synergy_stats stats;

	memset(&seen, 0, sizeof(seen));
	REQUIRE(!device_buffer(r.fd, 1 << 20));
	device_config(&cfg, 420000);
	device_config_events(&cfg, device_events, 2);
	REQUIRE(!ioctl(r.fd, SYNERGY_IOC_CONFIGURE, &cfg));
	REQUIRE(!device_start(r.fd));
	sleep_ms(400);
	CHECK(!device_stop(r.fd));
	kill(load, SIGKILL);
	waitpid(load, NULL, 0);
	reader_drain(&r);
	device_stats(r.fd, &stats);
	close(r.fd);
	printf("%u samples, %llu ticks missed, late up to %llu ns\n", seen.n,
	       (unsigned long long)stats.ticks_missed, (unsigned long long)stats.lateness_max_ns);
	CHECK_EQ(r.lost, 0);
	CHECK_GE(seen.n, 850);
	CHECK_LE(stats.ticks_missed, seen.n / 50);
}
