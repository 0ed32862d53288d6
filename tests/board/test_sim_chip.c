// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated INA3221 register by register, over I2C, against its data sheet:
 * identity, reset, timetable, conversion-ready flag, single shots, averages,
 * limits, shunt sum; and the time that a transfer takes.
 */
/* board: modules=none timeout=60 */
#include "sim.h"

#define MODE_SINGLE	3
#define MODE_CONTINUOUS	7
#define ALL		0x7000
#define AVERAGES(code)	((code) << 9)
#define TIMES(code)	((code) << 6 | (code) << 3)
#define CVRF		1

static const int conversion_us[] = { 140, 204, 332, 588, 1100, 2116, 4156, 8244 };
static uint64_t access_ns;
static uint64_t read_ns;	/* what a register read takes */

/* The first conversion time from @code on of which @n are long beside a read. */
static int unhurried(int code, int n)
{
	while (code < 7 && n * conversion_us[code] * 1000ULL < 4 * read_ns)
		code++;
	return code;
}

TEST(identity)
{
	CHECK_EQ(sim_get(0xfe), 0x5449);
	CHECK_EQ(sim_get(0xff), 0x3220);
	CHECK_EQ(sim_get(0x00), 0x7127);
	CHECK_EQ(sim_get(0x07), 0x7ff8);
	CHECK_EQ(sim_get(0x0c), 0x7ff8);
	CHECK_EQ(sim_get(0x0e), 0x7ffe);
	CHECK_EQ(sim_get(0x10), 0x2710);
	CHECK_EQ(sim_get(0x11), 0x2328);
	CHECK_EQ(sim_get(0x42), 0);
	/* Read-only registers stay as they are. */
	CHECK(!sim_write(0xfe, 0));
	CHECK_EQ(sim_get(0xfe), 0x5449);
	/* Limits have no low three bits. */
	CHECK(!sim_write(0x07, 0x1fff));
	CHECK_EQ(sim_get(0x07), 0x1ff8);
	CHECK(!sim_write(0x00, 0x8000 | 0x7127));
	CHECK_EQ(sim_get(0x07), 0x7ff8);
	CHECK_EQ(sim_get(0x00), 0x7127);
}

/* 48 bit times of a register read: 120 us at 400 kHz. */
TEST(transfer_time)
{
	printf("a register read takes %" PRIu64 " ns, the kernel's own work %" PRIu64 " ns\n",
	       read_ns, access_ns);
	CHECK_GE(read_ns, 120000);
	CHECK_LT(read_ns, 120000 + 3 * access_ns);
}

/*
 * Configure, look at the flag at once and @look_us later: it is not there before
 * @round_us. A look that was delayed until after that says nothing, and is repeated.
 * Returns when the configuration had been written, at the latest.
 */
static uint64_t not_ready_before(uint16_t configuration, int look_us, int round_us)
{
	uint16_t at_once, later;
	uint64_t begin, written = 0;
	int i;

	for (i = 0; i < 10; i++) {
		begin = sim_now_ns();
		CHECK(!sim_write(0x00, configuration));
		written = sim_now_ns();
		at_once = sim_get(0x0f);
		sim_sleep_until(begin + look_us * 1000ULL);
		later = sim_get(0x0f);
		if (sim_now_ns() - begin < round_us * 1000ULL)
			break;
	}
	CHECK_LT(i, 10);
	CHECK(!(at_once & CVRF));
	CHECK(!(later & CVRF));
	return written;
}

TEST(ready_flag)
{
	int code = unhurried(4, 1), us = conversion_us[code];
	uint64_t written;

	/* One round: six conversions, of 1.1 ms where that is long. */
	written = not_ready_before(ALL | TIMES(code) | MODE_CONTINUOUS, 5 * us, 6 * us);
	sim_sleep_until(written + 6250ULL * us);
	CHECK(sim_get(0x0f) & CVRF);
	CHECK(!(sim_get(0x0f) & CVRF));
	sim_sleep_us(6 * us);
	CHECK(sim_get(0x0f) & CVRF);
	/* A new configuration starts over, and clears the flag. */
	sim_sleep_us(6 * us);
	CHECK(!sim_write(0x00, ALL | TIMES(code) | MODE_CONTINUOUS));
	CHECK(!(sim_get(0x0f) & CVRF));
	/* Powered down: nothing gets ready. */
	CHECK(!sim_write(0x00, ALL | TIMES(code)));
	sim_sleep_us(18 * us);
	CHECK(!(sim_get(0x0f) & CVRF));
}

TEST(single_shot)
{
	int i, code = unhurried(0, 6), us = conversion_us[code];
	uint16_t first, bus;

	/* 140 us a conversion, shunt of channel 3 alone */
	CHECK(!sim_write(0x00, 0x1000 | 1));
	sim_sleep_us(200);
	CHECK(sim_get(0x0f) & CVRF);
	first = sim_get(0x05);
	CHECK_GT(sim_shunt_mv(first), 0);
	sim_sleep_us(2000);
	CHECK(!(sim_get(0x0f) & CVRF));
	for (i = 0; i < 5; i++)
		CHECK_EQ(sim_get(0x05), first);
	/* Channels not asked for keep what they had; the bus voltage, too. */
	bus = sim_get(0x04);
	CHECK(!sim_write(0x00, 0x2000 | 1));
	sim_sleep_us(500);
	CHECK_EQ(sim_get(0x04), bus);
	CHECK(!sim_write(0x00, 0x2000 | 2));
	sim_sleep_us(500);
	/* The GPU's 22 mA over the supply's 50 mOhm are next to nothing. */
	CHECK_NEAR(sim_bus_mv(sim_get(0x04)), 5503, 16);
	/* Four averages are four rounds. */
	not_ready_before(ALL | AVERAGES(1) | TIMES(code) | MODE_SINGLE, 3 * 6 * us, 4 * 6 * us);
	sim_sleep_us(6 * us);
	CHECK(sim_get(0x0f) & CVRF);
}

static double spread(int averages_code)
{
	double sum = 0, square = 0, v;
	int i, n = averages_code ? 60 : 240;

	CHECK(!sim_write(0x00, 0x2000 | AVERAGES(averages_code) | 5));
	/* GPU: its power is constant, so what varies is noise. */
	for (i = 0; i < n; i++) {
		sim_sleep_us(averages_code ? 5000 : 300);
		v = sim_shunt_mv(sim_get(0x03)) * 1000;
		sum += v;
		square += v * v;
	}
	/* Without enough noise the steps show: half of one either way. */
	CHECK_NEAR(sum / n, 120.0 / 5.504 * 10, averages_code ? 20 : 10);
	return sqrt(square / n - sum / n * (sum / n));
}

/* Noise dithers the 40 uV steps; averages take it away. */
TEST(noise)
{
	double plain = spread(0), averaged = spread(3);

	printf("shunt noise: %.1f uV, with 64 averages %.1f uV\n", plain, averaged);
	CHECK_GT(plain, 15);
	CHECK_LT(plain, 40);
	CHECK_LT(averaged, plain);
}

TEST(limits)
{
	CHECK(!sim_write(0x00, ALL | MODE_CONTINUOUS));
	CHECK(!(sim_get(0x0f) & 0x03b8));
	/* Channel 1 draws more than 1 mV of shunt voltage, channel 2 less. */
	CHECK(!sim_write(0x07, 25 << 3));
	CHECK(!sim_write(0x09, 25 << 3));
	CHECK(!sim_write(0x08, 26 << 3));
	sim_sleep_us(2000);
	CHECK_EQ((sim_get(0x0f) & 0x03b8), (1 << 9 | 1 << 5));
	CHECK(!sim_write(0x07, 0x7ff8));
	CHECK(!sim_write(0x08, 0x7ff8));
	CHECK(!sim_write(0x09, 0x7ff8));
	sim_get(0x0f);
	sim_sleep_us(2000);
	CHECK(!(sim_get(0x0f) & 0x03b8));
}

TEST(shunt_sum)
{
	int a, b;

	CHECK(!sim_write(0x0f, 0x5000));	/* channels 1 and 3 */
	CHECK(!sim_write(0x00, ALL | TIMES(0) | MODE_SINGLE));
	sim_sleep_us(2000);
	a = (int16_t)sim_get(0x01) >> 3;
	b = (int16_t)sim_get(0x05) >> 3;
	CHECK_EQ((int16_t)sim_get(0x0d) >> 1, a + b);
	CHECK(!sim_write(0x0f, 0));
	CHECK_EQ(sim_get(0x0d), 0);
}

SETUP
{
	uint64_t begin;
	int i;

	REQUIRE(!sim_load(""));
	access_ns = sim_access_ns();
	begin = sim_now_ns();
	for (i = 0; i < 50; i++)
		sim_get(0xfe);
	read_ns = (sim_now_ns() - begin) / 50;
}

TEARDOWN
{
	CHECK(!sim_unload());
}
