// SPDX-License-Identifier: GPL-2.0-only
/*
 * The meter on the device: what it gives for a load and for doing nothing is what the
 * simulator knows, within its own intervals; windows overlap; another program's session is
 * read along; what fails says so.
 * board: timeout=60 debug=no
 */
#include <math.h>

#include "device.h"
#include "lib/meter.h"
#include "lib/synergy.h"
#include "sim_session.h"

static struct synergy_meter_reading reading[8];
static struct synergy_error error;

static void work(unsigned int ms)
{
	static char from[1 << 20], to[1 << 20];
	__u64 until = now_ns() + ms * 1000000ULL;

	while (now_ns() < until) {
		memcpy(to, from, sizeof(to) >> (now_ns() >> 22) % 3);
		__asm__ volatile("" : : "r"(to) : "memory");
		if (now_ns() >> 23 & 1)
			sleep_ms(3);
	}
}

/*
 * Reading against the truth, which was asked before the begin and after the end. Under
 * load the program works and sleeps by turns, of which windows see a third.
 */
static void check_truth(int loaded, const struct sim_energy *before, const struct sim_energy *after)
{
	static const char *const labels[] = { "VDD_IN", "VDD_GPU", "VDD_CPU" };
	double seconds = (double)(after->time_ns - before->time_ns) * 1e-9;
	int i;

	for (i = 0; i < SIM_RAILS; i++) {
		const struct synergy_meter_reading *r = &reading[i];
		double true_j = (double)(after->pj[i] - before->pj[i]) * 1e-12;
		double apart = fabs(r->energy_j - true_j * r->seconds / seconds);

		PARAMS("%s: %g +- %g (sensor %g) J in %g s, true %g J in %g s, %llu samples, covered %g",
		       r->rail, r->energy_j, r->ci95_j, r->sensor_u95_j, r->seconds, true_j, seconds,
		       (unsigned long long)r->samples, r->covered);
		CHECK_STR(r->rail, labels[i]);
		CHECK_GT(r->samples, 100);
		/* The asking itself takes some time of other power. */
		CHECK_LE(apart, r->ci95_j + r->sensor_u95_j + 2 * (seconds - r->seconds));
		CHECK_LE(apart, (loaded ? 0.15 : 0.002) * true_j + 0.005);
		CHECK_LE(r->ci95_j, (loaded ? 0.15 : 0.01) * r->energy_j);
		CHECK_REL(r->power_w, r->energy_j / r->seconds, 1e-9);
		CHECK_GT(r->covered, 0.05);
		CHECK_LE(r->covered, 1);
	}
}

TEST(truth)
{
	struct synergy_meter *meter = synergy_meter_open(NULL, &error);
	struct sim_energy before, after;
	int window, loaded;

	if (!CHECK(meter != NULL)) {
		fprintf(stderr, "%s\n", error.message);
		return;
	}
	CHECK_EQ(synergy_meter_rails(meter), SIM_RAILS);
	session_run_on(0);
	for (loaded = 0; loaded < 2; loaded++) {
		CHECK(!sim_energy(&before));
		window = synergy_meter_begin(meter, &error);
		CHECK_GE(window, 0);
		if (loaded)
			work(1400);
		else
			sleep_ms(700);
		CHECK_EQ(synergy_meter_end(meter, window, reading, 8, &error), SIM_RAILS);
		CHECK(!sim_energy(&after));
		check_truth(loaded, &before, &after);
	}
	synergy_meter_close(meter);
}

TEST(windows)
{
	struct synergy_meter *meter = synergy_meter_open(NULL, &error);
	struct synergy_meter_reading outer[3], inner[3];
	int first, second, i, w[SYNERGY_METER_WINDOWS];

	if (!CHECK(meter != NULL))
		return;
	first = synergy_meter_begin(meter, &error);
	sleep_ms(50);
	second = synergy_meter_begin(meter, &error);
	CHECK_NE(first, second);
	sleep_ms(100);
	CHECK_EQ(synergy_meter_end(meter, second, inner, 3, &error), 3);
	CHECK_EQ(synergy_meter_end(meter, first, outer, 1, &error), 3);
	CHECK_GT(outer[0].seconds, inner[0].seconds);
	CHECK_GT(outer[0].energy_j, inner[0].energy_j);
	CHECK_FAILS(synergy_meter_end(meter, first, outer, 3, &error), EINVAL);
	CHECK_FAILS(synergy_meter_end(meter, -1, outer, 3, &error), EINVAL);
	CHECK_FAILS(synergy_meter_end(meter, SYNERGY_METER_WINDOWS, outer, 3, &error), EINVAL);
	for (i = 0; i < SYNERGY_METER_WINDOWS; i++)
		w[i] = synergy_meter_begin(meter, &error);
	CHECK_GE(w[SYNERGY_METER_WINDOWS - 1], 0);
	CHECK_FAILS(synergy_meter_begin(meter, &error), ENOSPC);
	synergy_meter_close(meter);
}

TEST(rails_and_rates)
{
	struct synergy_meter_options options = { .size = sizeof(options), .rails = "VDD_CPU,VDD_IN" };
	struct synergy_meter *meter = synergy_meter_open(&options, &error);
	int window;

	if (CHECK(meter != NULL)) {
		CHECK_EQ(synergy_meter_rails(meter), 2);
		window = synergy_meter_begin(meter, &error);
		sleep_ms(100);
		CHECK_EQ(synergy_meter_end(meter, window, reading, 8, &error), 2);
		CHECK_STR(reading[0].rail, "VDD_IN");
		CHECK_STR(reading[1].rail, "VDD_CPU");
		synergy_meter_close(meter);
	}
	options.rails = "VDD_NONE";
	CHECK(!synergy_meter_open(&options, &error));
	CHECK_EQ(errno, ENOENT);
	CHECK_HAS(error.message, "VDD_NONE");
	options.rails = NULL;
	options.rate_hz = 1e6;
	CHECK(!synergy_meter_open(&options, &error));
	CHECK_EQ(errno, ERANGE);
}

/* synergy-record around the program has the session already. */
TEST(another_session)
{
	struct synergy_configure cfg;
	struct synergy_meter *meter;
	int fd = device_open(O_RDWR | O_NONBLOCK), window;

	CHECK(!device_configure(fd, &cfg, 2000000, 0, 0) && !device_start(fd));
	meter = synergy_meter_open(NULL, &error);
	if (!CHECK(meter != NULL)) {
		fprintf(stderr, "%s\n", error.message);
		return;
	}
	window = synergy_meter_begin(meter, &error);
	sleep_ms(200);
	CHECK_EQ(synergy_meter_end(meter, window, reading, 8, &error), SIM_RAILS);
	CHECK_GT(reading[2].samples, 10);
	/* It ends: nothing comes any more. */
	window = synergy_meter_begin(meter, &error);
	CHECK(!device_stop(fd));
	sleep_ms(20);
	CHECK_FAILS(synergy_meter_end(meter, window, reading, 8, &error), ETIMEDOUT);
	CHECK_HAS(error.message, "stopped");
	synergy_meter_close(meter);
	/* One without power is of no use. */
	device_config(&cfg, 2000000);
	cfg.flags = SYNERGY_CONFIGURE_F_NO_POWER;
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg) && !device_start(fd));
	CHECK(!synergy_meter_open(NULL, &error));
	CHECK_EQ(errno, EBUSY);
	close(fd);
}
