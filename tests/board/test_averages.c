// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thousand averages: cycles of half a second and of nearly a minute. A chip that
 * converts so long freely is sampled like any other, and a sampler that waits for
 * such a cycle ends when the session does.
 * board: timeout=120
 */
#include "device.h"

static struct {
	unsigned int n, triggered;
	__u64 bus_time_ns;
} seen;

/* A triggered cycle brings a new bus voltage; the free ones of shunts alone leave it. */
static void each(struct reader *r, const struct synergy_record *rec)
{
	const struct synergy_power_record *p = (const void *)rec;

	(void)r;
	if (rec->type != SYNERGY_RECORD_POWER || !CHECK(p->n_channels == 3))
		return;
	CHECK(p->channel[0].flags & SYNERGY_CHANNEL_F_FILTERED);
	CHECK_LE(p->channel[0].window_end_ns, p->bus_end_ns + p->channel[0].window_error_ns);
	CHECK(p->channel[0].bus_time_ns);
	seen.n++;
	seen.triggered += seen.bus_time_ns && p->channel[0].bus_time_ns != seen.bus_time_ns;
	seen.bus_time_ns = p->channel[0].bus_time_ns;
}

TEST(free_rounds)
{
	struct reader r = { .fd = device_open(O_RDWR | O_NONBLOCK), .each = each };
	struct synergy_configure cfg;
	struct synergy_stats stats;

	device_config(&cfg, 500000000);
	cfg.flags = SYNERGY_CONFIGURE_F_CONTINUOUS;
	cfg.averages = 1024;
	CHECK(!ioctl(r.fd, SYNERGY_IOC_CONFIGURE, &cfg) && cfg.rail_mask == 7);
	CHECK(!device_start(r.fd));
	sleep_ms(12000);
	CHECK(!device_stop(r.fd));
	reader_drain(&r);
	device_stats(r.fd, &stats);
	close(r.fd);
	printf("1024 averages: %u samples, %u triggered, %llu errors, %llu ticks missed\n", seen.n,
	       seen.triggered, (unsigned long long)r.errors, (unsigned long long)stats.ticks_missed);
	CHECK(!r.errors && !r.lost);
	CHECK_GE(seen.n, 15);
	CHECK_GE(seen.triggered, 1);
	CHECK_LE(seen.triggered, 2);
}

/* In the cycle before the first tick, which takes 50 s. */
static void ends(int by_close)
{
	int fd = device_open(O_RDWR);
	struct synergy_configure cfg;
	__u64 took;

	device_config(&cfg, 60000000000ULL);
	cfg.flags = SYNERGY_CONFIGURE_F_TRIGGERED;
	cfg.averages = 1024;
	cfg.conversion_shunt_ns = 8244000;
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg) && !device_start(fd));
	sleep_ms(500);
	took = now_ns();
	if (by_close)
		close(fd);
	else
		CHECK(!device_stop(fd));
	took = now_ns() - took;
	printf("%s took %llu ms\n", by_close ? "close()" : "STOP",
	       (unsigned long long)took / 1000000);
	CHECK_LT(took, 2000000000ULL);
	if (!by_close)
		close(fd);
}

TEST(ends_triggered)
{
	ends(0);
}

TEST(ends_continuous)
{
	ends(1);
}
