// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each conversion is the mean over its own window: the windows of a chip that
 * converts one rail without a pause add up to what the rail has truly taken,
 * whatever the core does meanwhile, but for noise and steps.
 */
/* board: modules=none timeout=120 debug=no */
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "sim.h"

#define WINDOW_NS	8244000
#define WINDOWS		80

static const double shunt_ohm[SIM_RAILS] = { 0.020, 0.010, 0.010 };
/* The law's defaults: (0.19 + 0.12 + 1.7) / 0.9, 0.12, 0.19 */
static const double idle_w[SIM_RAILS] = { 2.233, 0.12, 0.19 };

/* Work that keeps changing, in steps much shorter than a window and longer. */
static pid_t start_load(void)
{
	static char from[1 << 20], to[1 << 20];
	cpu_set_t set;
	pid_t pid = fork();
	int i, n;

	if (pid)
		return pid;
	CPU_ZERO(&set);
	CPU_SET(1, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (n = 1;; n = n % 7 + 1) {
		for (i = 0; i < n; i++) {
			memcpy(to, from, sizeof(to));
			__asm__ volatile("" : : "r"(to) : "memory");
		}
		for (i = 0; i < 100 * n; i++) {
			memcpy(to, from, 4096);
			__asm__ volatile("" : : "r"(to) : "memory");
		}
		sim_sleep_us(1777 * n);
	}
}

static double volts(int rail)
{
	CHECK(!sim_write(0x00, 0x4000 >> rail | 7 << 6 | 2));
	sim_sleep_us(9000);
	return sim_bus_mv(sim_get(2 + 2 * rail)) * 1e-3;
}

static void compare(int rail, const char *name)
{
	double volt = volts(rail), measured = 0, truth;
	struct sim_energy begin, end;
	uint64_t start_ns;
	pid_t load;
	int i;

	CHECK(!sim_write(0x00, 0x4000 >> rail | 7 << 3 | 5));
	start_ns = sim_now_ns();
	CHECK(!sim_energy(&begin));
	load = start_load();
	for (i = 0; i < WINDOWS; i++) {
		/* The load ends well before the last window does. */
		if (i == WINDOWS - 1) {
			kill(load, SIGKILL);
			waitpid(load, NULL, 0);
		}
		sim_sleep_until(start_ns + (i + 1) * WINDOW_NS + WINDOW_NS / 4);
		measured += sim_shunt_mv(sim_get(1 + 2 * rail)) / shunt_ohm[rail] * volt *
			    WINDOW_NS * 1e-9;
	}
	CHECK(!sim_energy(&end));
	truth = (end.pj[rail] - begin.pj[rail]) * 1e-9;
	/* A quarter of a window was spent idle after the last one. */
	truth -= idle_w[rail] * 1e3 * ((end.time_ns - begin.time_ns) * 1e-9 -
				       WINDOWS * WINDOW_NS * 1e-9);
	printf("%s: truth %.3f mJ, read over I2C %.3f mJ: %+.3f %%\n", name, truth, measured,
	       (measured / truth - 1) * 100);
	CHECK_NEAR(measured / truth, 1, 0.005);
}

SETUP
{
	cpu_set_t set;

	REQUIRE(!sim_load("supply_mv=2000 source_mohm=0 noise_bus_uv=0"));
	CPU_ZERO(&set);
	CPU_SET(3, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

TEST(vdd_in)
{
	compare(SIM_VDD_IN, "VDD_IN");
}

TEST(vdd_cpu)
{
	compare(SIM_VDD_CPU, "VDD_CPU");
}

TEARDOWN
{
	CHECK(!sim_unload());
}
