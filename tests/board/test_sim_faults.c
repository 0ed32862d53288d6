// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on demand, as a program on the bus meets them: each has its own errno
 * or its own sign in the registers, comes as often as was asked, and ends.
 */
/* board: modules=none timeout=60 */
#include "sim.h"

static int failures(int n, int *error)
{
	uint16_t value = 0;
	int i, ret, failed = 0;

	for (i = 0; i < n; i++) {
		ret = sim_read(0xfe, &value);
		if (!ret && value == 0x5449)
			continue;
		failed++;
		*error = -ret;
	}
	return failed;
}

TEST(bus_errors)
{
	static const struct {
		const char *name;
		int error;
	} faults[] = {
		{ "nack", ENXIO },
		{ "arbitration", EAGAIN },
		{ "timeout", ETIMEDOUT },
	};
	int i, error = 0;

	for (i = 0; i < 3; i++) {
		CHECK(!sim_fault(faults[i].name, "3"));
		/* The core tries again by itself after a lost arbitration. */
		CHECK(failures(10, &error) >= 1 || faults[i].error == EAGAIN);
		CHECK_EQ(failures(10, &error), 0);
		CHECK(!sim_fault(faults[i].name, "2 4"));
		CHECK_EQ(failures(3, &error), 0);
		CHECK(failures(1, &error) == 1 || faults[i].error == EAGAIN);
		CHECK_EQ(failures(3, &error), 0);
		CHECK(failures(1, &error) == 1 || faults[i].error == EAGAIN);
		CHECK_EQ(failures(20, &error), 0);
		if (faults[i].error != EAGAIN)
			CHECK_EQ(error, faults[i].error);
	}
	/* More in a row than there are retries. */
	CHECK(!sim_fault("arbitration", "1000"));
	error = 0;
	CHECK_EQ(failures(1, &error), 1);
	CHECK_EQ(error, EAGAIN);
	CHECK(!sim_fault("arbitration", "0"));
	CHECK_EQ(failures(5, &error), 0);
}

TEST(bus_time)
{
	uint64_t access_ns = sim_access_ns(), begin = sim_now_ns(), least = ~0ULL, took;
	int i;

	CHECK(!sim_fault("slow", "1 1 20"));
	sim_get(0xfe);
	CHECK_GE(sim_now_ns() - begin, 20 * 120000);
	begin = sim_now_ns();
	CHECK(!sim_fault("timeout", "1 1 5000"));
	sim_read(0xfe, &(uint16_t){ 0 });
	CHECK_GE(sim_now_ns() - begin, 5000000);
	/*
	 * It has ended, for each read has its value; and they take no longer than 48 bits
	 * and the kernel's own work, but for one that something else holds up.
	 */
	for (i = 0; i < 5; i++) {
		begin = sim_now_ns();
		CHECK_EQ(sim_get(0xfe), 0x5449);
		took = sim_now_ns() - begin;
		least = took < least ? took : least;
	}
	CHECK_LT(least, 120000 + 4 * access_ns);
}

TEST(configuration)
{
	CHECK(!sim_write(0x00, 0x7007));
	CHECK(!sim_fault("master", "1 1 0x4923"));
	CHECK_EQ(sim_get(0x00), 0x4923);
	CHECK(!sim_write(0x00, 0x7007));
	CHECK_EQ(sim_get(0x00), 0x7007);
	CHECK(!sim_write(0x07, 0x1000));
	CHECK(!sim_fault("reset", "1"));
	CHECK_EQ(sim_get(0x00), 0x7127);
	CHECK_EQ(sim_get(0x07), 0x7ff8);
}

TEST(unplugged)
{
	int error = 0;

	CHECK(!sim_write(0x00, 0x7007));
	CHECK(!sim_fault("unplug", "1"));
	CHECK_EQ(failures(5, &error), 5);
	CHECK_EQ(error, ENXIO);
	CHECK(!sim_fault("unplug", "0"));
	CHECK_EQ(sim_get(0x00), 0x7127);
}

TEST(values)
{
	double before, spike;
	uint16_t stuck;
	int i, changed = 0;

	/* GPU alone: constant but for noise */
	CHECK(!sim_write(0x00, 0x2005));
	sim_sleep_us(1000);
	before = sim_shunt_mv(sim_get(0x03));
	CHECK(!sim_fault("spike", "1 1 30000"));
	spike = sim_shunt_mv(sim_get(0x03));
	CHECK_NEAR(spike - before, 30, 0.3);
	CHECK_NEAR(sim_shunt_mv(sim_get(0x03)), before, 0.3);
	CHECK(!sim_fault("stuck", "20"));
	stuck = sim_get(0x03);
	for (i = 0; i < 19; i++)
		CHECK_EQ(sim_get(0x03), stuck);
	for (i = 0; i < 20; i++)
		changed += sim_get(0x03) != stuck;
	CHECK_GT(changed, 0);
}

TEST(bad_requests)
{
	CHECK_EQ(sim_fault("nack", "x"), -EINVAL);
	CHECK_EQ(sim_fault("nack", "1 0"), -EINVAL);
	CHECK(sim_fault("nack", "") == -EINVAL || sim_fault("nack", "") == 0);
}

/* Figures that would not fit where they go are refused at load. */
TEST(bad_parameters)
{
	static const char *const bad[] = {
		"clock_ppm=-1000001", "clock_ppm=2000000", "offset_uv=0,3000000",
		"noise_uv=4000000000", "noise_bus_uv=4000000000", "bus_hz=1", "chips=0x50",
	};
	size_t i;

	CHECK(!sim_unload());
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		PARAMS("%s", bad[i]);
		if (!CHECK(sim_load(bad[i]) < 0))
			sim_unload();
	}
	CHECK(!sim_load(""));
}

SETUP
{
	REQUIRE(!sim_load(""));
}

TEARDOWN
{
	CHECK(!sim_unload());
}
