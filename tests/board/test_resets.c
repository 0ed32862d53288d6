// SPDX-License-Identifier: GPL-2.0-only
/*
 * A chip that is reset at any moment of a tick, by a dip of its supply: reported
 * once, set up again, and no sample that it gave in between is left to be
 * believed. (Where the kernel is so slow that values are read before the next
 * round is triggered, or that the sample went missing and with it the only trace,
 * a reset at the trigger does no harm, and there may be nothing to tell.) The moments are swept through a period, so that each transfer of a
 * tick is met, in sessions that look at the set-up in every tick, now and then,
 * and when a freely converting chip is started afresh.
 * board: timeout=90
 */
#include "device.h"

#define FAULT		"/sys/kernel/debug/synergy-sim/faults/reset"
#define ROOM		4096

static struct sample {
	__u64 time_ns;
	int zero;	/* no rail of the board is ever off: VDD_GPU draws 120 mW at least */
} samples[ROOM];
static unsigned int n_samples, reported, reconfigured;
static __u64 told_ns, since_ns;

static void each(struct reader *r, const struct synergy_record *rec)
{
	const struct synergy_power_record *p = (const void *)rec;
	const struct synergy_error_record *e = (const void *)rec;
	struct sample *s = &samples[n_samples];
	unsigned int i;

	(void)r;
	if (rec->type == SYNERGY_RECORD_POWER && CHECK(n_samples < ROOM)) {
		reconfigured += !!(rec->flags & SYNERGY_POWER_F_RECONFIGURED);
		s->time_ns = rec->time_ns;
		s->zero = 0;
		for (i = 0; i < p->n_channels; i++) {
			const struct synergy_power_channel *ch = &p->channel[i];

			s->zero |= !ch->shunt_raw ||
				   (!(ch->flags & SYNERGY_CHANNEL_F_NO_BUS) && !ch->bus_raw);
		}
		n_samples++;
	}
	if (rec->type != SYNERGY_RECORD_ERROR)
		return;
	CHECK_EQ(e->source, SYNERGY_ERROR_SETUP);
	CHECK_EQ(e->index, 0);
	CHECK(device_reset_found(e));
	reported++;
	told_ns = rec->time_ns;
	since_ns = rec->time_ns - 1000ULL * e->since_us;
}

static struct reader r = { .each = each };

static void forget(void)
{
	n_samples = 0;
	reported = 0;
	reconfigured = 0;
}

static int reset_at(__u64 ns)
{
	int fd = open(FAULT, O_WRONLY), ok;

	if (fd < 0)
		return -1;
	device_sleep_until(ns);
	ok = write(fd, "1", 1) == 1;
	close(fd);
	return ok ? 0 : -1;
}

/* Samples that nobody has taken back though the chip was no longer ours. */
static unsigned int believed(__u64 reset_ns)
{
	unsigned int i, n = 0;

	for (i = 0; i < n_samples; i++) {
		const struct sample *s = &samples[i];
		int discarded = s->time_ns >= since_ns && s->time_ns <= told_ns;

		n += !discarded && (s->zero || (s->time_ns > reset_ns && s->time_ns < told_ns));
	}
	return n;
}

/* @moments resets, each looked for every @ticks periods */
static void sweep(const char *name, __u64 period_ns, __u32 flags, __u64 rails,
		  unsigned int moments, unsigned int ticks)
{
	unsigned int i, tries, unreported = 0, wrong = 0, again = 0, zeros = 0, j;
	struct synergy_stats before, after;
	struct synergy_configure cfg;

	r.fd = device_open(O_RDWR | O_NONBLOCK);
	r.expected = 0;
	CHECK(!device_buffer(r.fd, 4 << 20));
	CHECK(!device_configure(r.fd, &cfg, period_ns, flags, rails));
	CHECK(!device_start(r.fd));
	device_sleep_until(now_ns() + 20 * cfg.period_ns);
	for (i = 0; i < moments; i++) {
		__u64 at;

		forget();
		for (tries = 0; tries < 40 && !n_samples; tries++) {
			device_sleep_until(now_ns() + 4 * cfg.period_ns);
			reader_drain(&r);
		}
		device_stats(r.fd, &before);
		if (!CHECK(n_samples && !reported && !believed(~0ULL)))
			break;
		at = samples[n_samples - 1].time_ns;
		at += ((now_ns() - at) / cfg.period_ns + 2) * cfg.period_ns;
		if (!CHECK(!reset_at(at + i * cfg.period_ns / moments)))
			break;
		at = now_ns();
		for (tries = 0; tries < 40 && !(reported && reconfigured); tries++) {
			device_sleep_until(now_ns() + ticks * cfg.period_ns);
			reader_drain(&r);
		}
		device_stats(r.fd, &after);
		if (!reported)
			printf("%s: reset %u not reported, %llu ticks missed\n", name, i,
			       (unsigned long long)(after.ticks_missed - before.ticks_missed));
		unreported += !reported;
		again += reported > 1 || reconfigured != reported;
		wrong += believed(reported ? at : ~0ULL);
		for (j = 0; j < n_samples; j++)
			zeros += samples[j].zero;
	}
	printf("%s, every %llu us: %u resets, %u not reported, %u not once, %u zeros, %u wrong samples left\n",
	       name, cfg.period_ns / 1000ULL, i, unreported, again, zeros, wrong);
	CHECK_LE(unreported, (debug_kernel() ? moments / 4 : 0));
	CHECK(!again);
	CHECK(!wrong);
	CHECK(!device_stop(r.fd));
	close(r.fd);
}

SETUP
{
	if (access(FAULT, W_OK))
		SKIP("no fault injection: %s", strerror(errno));
}

TEST(triggered)
{
	sweep("triggered", 4000000, SYNERGY_CONFIGURE_F_TRIGGERED, 0, 32, 8);
}

TEST(triggered_fast)
{
	sweep("triggered, fast", 1000000, SYNERGY_CONFIGURE_F_TRIGGERED, 0, 32, 8);
}

TEST(triggered_one_rail)
{
	sweep("triggered, one rail", 700000, SYNERGY_CONFIGURE_F_TRIGGERED, 2, 24, 8);
}

TEST(continuous)
{
	sweep("continuous", 1000000, SYNERGY_CONFIGURE_F_CONTINUOUS, 0, 12, 40);
}
