// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the default at 1 kHz on three rails promises of its windows: they see
 * every part of a period alike, the sampler's own work included; bus voltages are
 * taken again without a missed tick; no conversion is reported twice unmarked; and the
 * value is that of the window that is reported with it: a program that works and
 * rests by turns, and notes when, must be found so by every sample. The same where
 * something holds up each transfer a little; and, but for the first, of conversions
 * that are shorter than they could be.
 */
/* board: timeout=120 debug=no */
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "sim_session.h"

#define RUN_MS		3000	/* at most; a dozen times through all places of a round */
#define PERIOD_NS	1000000
#define PARTS		4
#define TURNS		2000
/* What the processor's rail draws at work and at rest lies far on either side. */
#define BETWEEN_UW	700000

/* An instruction is a nanosecond here: so the work is known to take this, undisturbed. */
#define WORK_NS(turn)	(4ULL * (700000 + (turn) % 7 * 100000))
/* The sampler's own part is 2 %. Beyond this somebody else had the clock for a while. */
#define DISTURBED	1.04

struct turn {
	uint64_t work_ns;
	uint64_t rest_ns;
};

/* This program reads the stream now and then: its own work, on another core. */
static struct {
	uint64_t begin_ns, end_ns;
} drains[RUN_MS / 100];

struct seen {
	int samples;
	int vague;			/* windows known no better than a tenth of a period */
	int repeats[SIM_RAILS];
	int refreshes;
	int at_work, at_rest, wrong;	/* samples wholly within; of these, with the other's power */
	int disturbed;			/* at work, while somebody else worked, too: not judged */
	int parts[SIM_RAILS][PARTS];	/* of the period, in which a window begins */
};

/* Nobody knows where in a transfer the time was lost: windows are known less well. */
static bool delayed;

static void work_and_rest(struct turn *turns)
{
	uint64_t n;
	int i;

	session_run_on(1);
	for (i = 0; i < TURNS - 1; i++) {
		turns[i].work_ns = sim_now_ns();
		n = WORK_NS(i) / 4;
		__asm__ volatile("1:	fmla	v0.4s, v1.4s, v2.4s\n"
				 "	fmla	v3.4s, v4.4s, v5.4s\n"
				 "	subs	%0, %0, #1\n"
				 "	b.ne	1b\n"
				 : "+r"(n) : : "v0", "v3", "cc");
		turns[i].rest_ns = sim_now_ns();
		sim_sleep_us(2300 + i % 5 * 300);
	}
	pause();
}

/* One sample of the processor's rail against what the program was doing then. */
static void judge(const struct synergy_power_record *power, const struct turn *turns,
		  struct seen *seen)
{
	const struct synergy_power_channel *channel = &power->channel[SIM_VDD_CPU];
	/* Falling asleep and waking up takes some of the rest's time, and is no rest. */
	uint64_t begin = channel->window_begin_ns - channel->window_error_ns - 30000;
	uint64_t end = channel->window_end_ns + channel->window_error_ns + 30000;
	bool wrong;
	int i;

	for (i = 0; i < RUN_MS / 100; i++)
		if (begin < drains[i].end_ns && end > drains[i].begin_ns)
			return;
	for (i = 0; i < TURNS - 1 && turns[i + 1].work_ns; i++) {
		if (begin >= turns[i].work_ns && end <= turns[i].rest_ns) {
			if ((double)(turns[i].rest_ns - turns[i].work_ns) >
			    DISTURBED * (double)WORK_NS(i)) {
				seen->disturbed++;
				return;
			}
			seen->at_work++;
			wrong = channel->power_uw < BETWEEN_UW;
		} else if (begin >= turns[i].rest_ns && end <= turns[i + 1].work_ns) {
			seen->at_rest++;
			wrong = channel->power_uw > BETWEEN_UW;
		} else {
			continue;
		}
		if (wrong)
			printf("%" PRId64 " uW in a window %" PRIu64 " ns after turn %d began, %" PRIu64 " after its work, of %" PRIu64 " ns known to %u\n",
			       (int64_t)channel->power_uw,
			       (uint64_t)(channel->window_begin_ns - turns[i].work_ns), i,
			       (uint64_t)(channel->window_begin_ns - turns[i].rest_ns),
			       (uint64_t)(channel->window_end_ns - channel->window_begin_ns),
			       channel->window_error_ns);
		seen->wrong += wrong;
		break;
	}
}

static void look(const struct session *s, const struct turn *turns, uint32_t conversion_ns,
		 struct seen *seen)
{
	const struct synergy_record *record = NULL;
	uint64_t window[SIM_RAILS] = { 0 }, bus = 0;
	bool unsure[SIM_RAILS] = { false };
	int i;

	while ((record = session_next(s, record, SYNERGY_RECORD_POWER))) {
		const struct synergy_power_record *power = (const void *)record;

		if (!CHECK(power->n_channels == SIM_RAILS))
			return;
		seen->samples++;
		judge(power, turns, seen);
		seen->vague += power->channel[0].window_error_ns > PERIOD_NS / 10;
		for (i = 0; i < SIM_RAILS; i++) {
			const struct synergy_power_channel *channel = &power->channel[i];
			/* A window reported twice may have been estimated again. */
			bool same = channel->window_begin_ns < window[i] + conversion_ns / 2;
			bool repeat = channel->flags & SYNERGY_CHANNEL_F_REPEAT;

			/*
			 * Behind a window known to less than half a conversion it is open
			 * which of two conversions that was: the next value may then be called
			 * a repeat, which loses one. Such windows are counted below.
			 */
			CHECK(same ? repeat : !repeat || unsure[i]);
			unsure[i] = channel->window_error_ns > conversion_ns / 2;
			seen->repeats[i] += same;
			window[i] = channel->window_begin_ns;
			seen->parts[i][window[i] % PERIOD_NS * PARTS / PERIOD_NS]++;
		}
		seen->refreshes += power->channel[0].bus_time_ns != bus;
		bus = power->channel[0].bus_time_ns;
	}
}

/* conversion_ns 0: the module's choice, whose rounds fill the period */
static void session(uint32_t conversion_ns, int run_ms, struct turn *turns)
{
	struct synergy_configure configure = {
		.size = sizeof(configure),
		.period_ns = PERIOD_NS,
		.conversion_shunt_ns = conversion_ns,
	};
	struct synergy_stats stats = { .size = sizeof(stats) };
	struct synergy_chip chip = { .size = sizeof(chip) };
	struct seen seen = { 0 };
	struct session s;
	int i, part;
	pid_t pid;

	memset(turns, 0, TURNS * sizeof(*turns));
	pid = fork();
	if (!pid)
		work_and_rest(turns);
	if (!CHECK(!session_begin(&s, &configure))) {
		perror("/dev/synergy");
		kill(pid, SIGKILL);
		return;
	}
	for (i = 0; i < run_ms; i += 100) {
		sim_sleep_us(100000);
		drains[i / 100].begin_ns = sim_now_ns();
		session_drain(&s);
		drains[i / 100].end_ns = sim_now_ns();
	}
	CHECK(!ioctl(s.fd, SYNERGY_IOC_CHIP, &chip));
	session_stop(&s);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK(!ioctl(s.fd, SYNERGY_IOC_STATS, &stats));
	look(&s, turns, chip.conversion_shunt_ns, &seen);
	printf("conversions of %u ns: %d samples, %" PRIu64 " ticks missed, %d with vague windows, %d new bus voltages\n",
	       chip.conversion_shunt_ns, seen.samples, (uint64_t)stats.ticks_missed, seen.vague,
	       seen.refreshes);
	printf("%d samples wholly at work, %d at rest, %d of them with the other's power; %d not judged\n",
	       seen.at_work, seen.at_rest, seen.wrong, seen.disturbed);
	CHECK(chip.flags & SYNERGY_CHIP_F_CONTINUOUS);
	CHECK(!conversion_ns || chip.conversion_shunt_ns == conversion_ns);
	CHECK_GT(seen.at_work, seen.samples / 5);
	CHECK_GT(seen.at_rest, seen.samples / 5);
	CHECK_EQ(seen.wrong, 0);
	CHECK_LT(seen.disturbed * 20, seen.samples);
	CHECK_EQ(stats.ticks_missed, 0);
	CHECK_EQ(stats.power_repeats, 0);
	CHECK_EQ(stats.records[SYNERGY_RECORD_ERROR], 0);
	CHECK_GE(seen.samples, run_ms - 2);
	CHECK_LT(seen.vague * (delayed ? 20 : 50), seen.samples);
	CHECK_GE(seen.refreshes, run_ms / 300);
	for (i = 0; i < SIM_RAILS; i++) {
		printf("rail %d: %d repeats, windows begin in quarters of a period:", i,
		       seen.repeats[i]);
		for (part = 0; part < PARTS; part++) {
			printf(" %d", seen.parts[i][part]);
			if (!conversion_ns)
				CHECK_NEAR(seen.parts[i][part] * PARTS / (double)seen.samples, 1,
					   0.15);
		}
		printf("\n");
		CHECK_LT(seen.repeats[i] * 100, seen.samples);
		CHECK(i != SIM_VDD_IN || !delayed || seen.repeats[i]);
	}
	session_end(&s);
}

static struct turn *turns;

SETUP
{
	turns = mmap(NULL, TURNS * sizeof(*turns), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK_NE(turns, MAP_FAILED);
	session_run_on(0);
}

TEST(default_conversions)
{
	session(0, RUN_MS, turns);
}

TEST(short_conversions)
{
	session(140000, RUN_MS / 3, turns);
}

/* As where each core takes turns before the sampler's goes on: too late for rail 0 */
TEST(late_transfers)
{
	CHECK(!sim_fault("late", "1000000 1 40"));
	delayed = true;
	session(0, RUN_MS / 2, turns);
	delayed = false;
	CHECK(!sim_fault("late", "0"));
}
