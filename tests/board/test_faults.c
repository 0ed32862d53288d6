// SPDX-License-Identifier: GPL-2.0-only
/*
 * What goes wrong on the bus and in the chip is reported, and the stream goes on: a
 * failed transfer is an ERROR record with its errno, a lost set-up is found,
 * reported and repaired, values that are not new are marked as repeats.
 * board: timeout=60
 */
#include "device.h"

#define FAULTS	"/sys/kernel/debug/synergy-sim/faults/"

static struct {
	unsigned int chip, setup, resets, reconfigured, repeats, late;
	__s32 error;
	__u32 reg, value;
	__u64 count;
} seen;

static void each(struct reader *r, const struct synergy_record *rec)
{
	const struct synergy_error_record *e = (const void *)rec;

	(void)r;
	if (rec->type == SYNERGY_RECORD_POWER) {
		seen.reconfigured += !!(rec->flags & SYNERGY_POWER_F_RECONFIGURED);
		seen.repeats += !!(rec->flags & SYNERGY_POWER_F_REPEAT);
		seen.late += !!(rec->flags & SYNERGY_POWER_F_LATE);
	}
	if (rec->type != SYNERGY_RECORD_ERROR)
		return;
	CHECK(rec->size == sizeof(*e) && e->index == 0 && (e->source == SYNERGY_ERROR_SETUP || !e->since_us));
	seen.chip += e->source == SYNERGY_ERROR_CHIP;
	seen.setup += e->source == SYNERGY_ERROR_SETUP;
	seen.resets += e->source == SYNERGY_ERROR_SETUP && device_reset_found(e);
	seen.error = e->error;
	seen.reg = e->reg;
	seen.value = e->value;
	CHECK_EQ(e->count, seen.count + 1);
	seen.count = e->count;
}

static int fault(const char *name, const char *what)
{
	char path[200];
	int fd, ret;

	snprintf(path, sizeof(path), FAULTS "%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	ret = write(fd, what, strlen(what)) > 0 ? 0 : -1;
	close(fd);
	return ret;
}

static struct reader r = { .each = each };

static void clear(void)
{
	__u64 count = seen.count;

	memset(&seen, 0, sizeof(seen));
	seen.count = count;
	r.power = 0;
}

static __u64 period_ns;

/* What the stream gives in @n ticks */
static void ticks(unsigned int n)
{
	device_sleep_until(now_ns() + n * period_ns);
	reader_drain(&r);
}

static void session(__u32 flags, __u64 rails)
{
	struct synergy_configure cfg;
	int i;

	r.fd = device_open(O_RDWR | O_NONBLOCK);
	r.expected = 0;
	seen.count = 0;
	CHECK(!device_configure(r.fd, &cfg, 2000000, flags, rails));
	CHECK(!device_start(r.fd));
	period_ns = cfg.period_ns;
	printf("a sample every %llu us\n", (unsigned long long)period_ns / 1000);
	/* What a checking kernel meets for the first time takes it long. */
	for (i = 0; i < 20 && r.power <= 5; i++)
		ticks(10);
	CHECK_GT(r.power, 5);
	clear();
}

static void end(void)
{
	CHECK(!device_stop(r.fd));
	close(r.fd);
}

static void transfers(void)
{
	static const struct {
		const char *name, *what;
		int error;
	} faults[] = {
		{ "nack", "5", ENXIO },
		{ "arbitration", "5", EAGAIN },
		{ "timeout", "5 1 1000", ETIMEDOUT },
	};
	unsigned int i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (!CHECK(!fault(faults[i].name, faults[i].what)))
			continue;
		ticks(20);
		printf("%s: %u errors, the last %d in register 0x%02x\n", faults[i].name,
		       seen.chip, seen.error, seen.reg);
		/* Some may be retried below us; those that reach us are reported. */
		CHECK_GE(seen.chip, 1);
		CHECK_LE(seen.chip, 5);
		CHECK_EQ(seen.error, faults[i].error);
		clear();
		ticks(10);
		CHECK(r.power > 5 && !seen.chip);
		clear();
	}
}

static void lost_setup(void)
{
	if (!CHECK(!fault("reset", "1")))
		return;
	ticks(100);
	printf("reset: %u reported, %u reconfigured\n", seen.setup, seen.reconfigured);
	CHECK_EQ(seen.setup, 1);
	CHECK_EQ(seen.resets, 1);
	CHECK_EQ(seen.reconfigured, 1);
	CHECK_GT(r.power, 50);
	clear();
	/* Another master, again and again */
	CHECK(!fault("master", "400 1 0x7127"));
	device_sleep_until(now_ns() + 125 * period_ns);
	CHECK(!fault("master", "0"));
	reader_drain(&r);
	printf("another master: %u reported, value 0x%04x, %u reconfigured\n", seen.setup, seen.value,
	       seen.reconfigured);
	CHECK_GE(seen.setup, 1);
	CHECK_EQ(seen.value, 0x7127);
	CHECK_EQ(seen.reg, 0);
	ticks(50);
	CHECK_GE(seen.reconfigured, 1);
	clear();
	ticks(50);
	CHECK(!seen.setup && r.power > 20);
	clear();
}

static void unplugged(void)
{
	CHECK(!fault("unplug", "30"));
	ticks(50);
	printf("unplugged: %u errors\n", seen.chip);
	CHECK_GE(seen.chip, 5);
	CHECK(!fault("unplug", "0"));
	clear();
	/* What was on its way is still reported. */
	ticks(10);
	clear();
	ticks(25);
	CHECK(r.power > 5 && !seen.chip);
	clear();
}

SETUP
{
	if (access(FAULTS "nack", W_OK))
		SKIP("no fault injection: %s", strerror(errno));
}

TEST(triggered)
{
	session(SYNERGY_CONFIGURE_F_TRIGGERED, 0);
	transfers();
	lost_setup();
	unplugged();
	end();
}

TEST(continuous)
{
	session(SYNERGY_CONFIGURE_F_CONTINUOUS, 1);
	transfers();
	unplugged();
	end();
}

/* A converter that stands still: found when the conversion is started afresh */
TEST(stuck)
{
	session(SYNERGY_CONFIGURE_F_CONTINUOUS, 1);
	CHECK(!fault("stuck", "1000000"));
	device_sleep_until(now_ns() + 750 * period_ns);
	CHECK(!fault("stuck", "0"));
	reader_drain(&r);
	printf("stuck: %u reported, register 0x%02x\n", seen.setup, seen.reg);
	CHECK_GE(seen.setup, 1);
	CHECK_EQ(seen.reg, 0x0f);
	end();
}
