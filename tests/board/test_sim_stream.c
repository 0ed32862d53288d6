// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole chain at 1 kHz on three rails, as a session is by default: power in
 * the stream, integrated over a run, is the energy that the rails have truly
 * taken, within 0.5 % and what the chip's own noise leaves.
 */
/* board: timeout=120 debug=no */
#include <math.h>
#include <signal.h>
#include <sys/wait.h>

#include "sim_session.h"

#define RUN_MS		5000
#define PERIOD_NS	1000000
/* The simulated chip's noise is 20 uV, over 20, 10 and 10 mOhm at 5.5 V. */
static const double noise_uw[SIM_RAILS] = { 5500, 11000, 11000 };

static void dense(uint64_t n)
{
	__asm__ volatile("1:	fmla	v0.4s, v1.4s, v2.4s\n"
			 "	fmla	v3.4s, v4.4s, v5.4s\n"
			 "	subs	%0, %0, #1\n"
			 "	b.ne	1b\n"
			 : "+r"(n) : : "v0", "v3", "cc");
}

static void sparse(uint64_t n)
{
	__asm__ volatile("1:	fmla	v0.4s, v1.4s, v2.4s\n"
			 "	nop\n"
			 "	subs	%0, %0, #1\n"
			 "	b.ne	1b\n"
			 : "+r"(n) : : "v0", "cc");
}

/*
 * Phases of some milliseconds, as layers are: dense SIMD, sparse SIMD, copying,
 * and a pause now and then. What draws power for less than a period is a matter
 * of chance for samples, on a real chip as well, so there is none of that.
 */
static void load(void)
{
	static char from[1 << 16], to[1 << 16];
	int i, k;

	session_run_on(1);
	for (i = 0;; i++) {
		dense(1200000 + i % 7 * 150000);
		sparse(900000 + i % 5 * 130000);
		for (k = 0; k < 150; k++) {
			memcpy(to, from, sizeof(to));
			__asm__ volatile("" : : "r"(to) : "memory");
		}
		if (i % 4 == 3)
			sim_sleep_us(3777);
	}
}

/* The mean power of all samples, times the time that they stand for. */
/* Return: samples */
static int integrate(const struct session *s, double uj[SIM_RAILS], double seconds)
{
	const struct synergy_record *record = NULL;
	const struct synergy_power_record *power;
	double sum[SIM_RAILS] = { 0 };
	int n = 0, i;

	while ((record = session_next(s, record, SYNERGY_RECORD_POWER))) {
		power = (const struct synergy_power_record *)record;
		if (!CHECK(power->n_channels == SIM_RAILS))
			return 0;
		if (power->hdr.flags & SYNERGY_POWER_F_REPEAT)
			continue;
		n++;
		for (i = 0; i < SIM_RAILS; i++)
			sum[i] += power->channel[i].power_uw;
	}
	printf("%d samples\n", n);
	CHECK_GT(n, RUN_MS * 1000000LL / PERIOD_NS * 98 / 100);
	for (i = 0; n && i < SIM_RAILS; i++)
		uj[i] = sum[i] / n * seconds;
	return n;
}

TEST(energy_at_1_khz)
{
	static const char *const names[SIM_RAILS] = { "VDD_IN", "VDD_GPU", "VDD_CPU" };
	double uj[SIM_RAILS] = { 0 }, truth;
	struct sim_energy begin, end;
	struct session s;
	uint64_t now;
	double seconds, noise;
	pid_t pid;
	int i, n;

	session_run_on(0);
	pid = fork();
	if (!pid)
		load();
	sim_sleep_us(100000);
	if (!CHECK(!session_start(&s, PERIOD_NS, 0, NULL, 0))) {
		kill(pid, SIGKILL);
		return;
	}
	CHECK(!sim_energy(&begin));
	do {
		sim_sleep_us(100000);
		session_drain(&s);
		now = sim_now_ns();
	} while (now - begin.time_ns < RUN_MS * 1000000ULL);
	CHECK(!sim_energy(&end));
	session_stop(&s);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK_EQ(session_count(&s, SYNERGY_RECORD_LOST), 0);
	CHECK_EQ(session_count(&s, SYNERGY_RECORD_ERROR), 0);
	seconds = (end.time_ns - begin.time_ns) * 1e-9;
	n = integrate(&s, uj, seconds);
	for (i = 0; i < SIM_RAILS; i++) {
		truth = (end.pj[i] - begin.pj[i]) * 1e-6;
		noise = noise_uw[i] * seconds / sqrt(n) / truth;
		printf("%s: truth %.3f mJ, through I2C and stream %.3f mJ: %+.3f %% (noise %.3f %%)\n",
		       names[i], truth * 1e-3, uj[i] * 1e-3, (uj[i] / truth - 1) * 100,
		       noise * 100);
		CHECK_NEAR(uj[i] / truth, 1, 0.005 + 2 * noise);
	}
	session_end(&s);
}
