// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every fault of the simulator is seen in the stream as what it is: a failed
 * transfer as an ERROR record with its errno and register, a set-up that is not
 * ours as one with what was found, a chip that converts no more as repeats, a
 * slow bus as missed ticks; and the session goes on after each.
 */
/* board: timeout=90 */
#include "sim_session.h"

struct seen {
	int power;
	int repeats;
	int reconfigured;
	int late;
	int errors;
	int of_errno;
	int setup;
	uint32_t setup_reg;
	uint32_t setup_value;
	uint64_t missed;
	int64_t greatest_uw;	/* of any rail */
};

static const struct synergy_record *last;
static uint64_t period_ns;

/* Everything new in the stream after @ticks of sampling. */
static struct seen sample(struct session *s, int ticks, int errno_value)
{
	struct synergy_stats stats = { .size = sizeof(stats) };
	static uint64_t missed_before;
	const struct synergy_record *record = last;
	const struct synergy_power_record *power;
	const struct synergy_error_record *error;
	struct seen seen = { 0 };
	uint32_t ch;
	int i;

	for (i = 0; i < ticks; i += 50) {
		sim_sleep_us(50 * period_ns / 1000);
		session_drain(s);
	}
	while ((record = session_next(s, record, SYNERGY_RECORD_POWER))) {
		last = record;
		power = (const struct synergy_power_record *)record;
		seen.power++;
		seen.repeats += !!(record->flags & SYNERGY_POWER_F_REPEAT);
		seen.reconfigured += !!(record->flags & SYNERGY_POWER_F_RECONFIGURED);
		seen.late += !!(record->flags & SYNERGY_POWER_F_LATE);
		for (ch = 0; ch < power->n_channels; ch++)
			if (power->channel[ch].power_uw > seen.greatest_uw)
				seen.greatest_uw = power->channel[ch].power_uw;
	}
	/* Errors are few: all so far, less those of the calls before. */
	for (record = NULL; (record = session_next(s, record, SYNERGY_RECORD_ERROR));) {
		error = (const struct synergy_error_record *)record;
		if (error->source == SYNERGY_ERROR_SETUP) {
			seen.setup++;
			seen.setup_reg = error->reg;
			seen.setup_value = error->value;
			continue;
		}
		CHECK_EQ(error->source, SYNERGY_ERROR_CHIP);
		CHECK_EQ(error->index, 0);
		seen.errors++;
		seen.of_errno += error->error == errno_value;
	}
	CHECK(!ioctl(s->fd, SYNERGY_IOC_STATS, &stats));
	seen.missed = stats.ticks_missed - missed_before;
	missed_before = stats.ticks_missed;
	return seen;
}

static int errors_before, setups_before;

static struct seen inject(struct session *s, const char *name, const char *text, int errno_value)
{
	struct seen seen;

	CHECK(!sim_fault(name, text));
	seen = sample(s, 300, errno_value);
	CHECK(!sim_fault(name, "0"));
	seen.errors -= errors_before;
	seen.setup -= setups_before;
	errors_before += seen.errors;
	setups_before += seen.setup;
	printf("%s: %d samples, %d errors, %d of set-up (0x%04x), %d repeats, %d reconfigured, %d late, %" PRIu64 " ticks missed, a rail at most %" PRId64 " uW\n",
	       name, seen.power, seen.errors, seen.setup, seen.setup_value, seen.repeats,
	       seen.reconfigured, seen.late, seen.missed, seen.greatest_uw);
	return seen;
}

static void transfers(struct session *s)
{
	struct seen seen;
	char text[32];

	seen = inject(s, "nack", "3 20", ENXIO);
	CHECK_EQ(seen.errors, 3);
	CHECK_EQ(seen.of_errno, 3);
	CHECK_GT(seen.power, 200);
	seen = inject(s, "arbitration", "3 20", EAGAIN);
	CHECK_EQ(seen.errors, 3);
	CHECK_EQ(seen.of_errno, 3);
	CHECK_GT(seen.power, 200);
	/* Each takes as long as ten ticks. */
	snprintf(text, sizeof(text), "2 30 %" PRIu64, 10 * period_ns / 1000);
	seen = inject(s, "timeout", text, ETIMEDOUT);
	CHECK_EQ(seen.errors, 2);
	CHECK_EQ(seen.of_errno, 2);
	CHECK_GE(seen.missed, 10);
	CHECK_GT(seen.power, 150);
	seen = inject(s, "slow", "5 10 20", 0);
	CHECK_EQ(seen.errors, 0);
	CHECK(seen.missed > 0 || seen.late > 0);
	CHECK_GT(seen.power, 100);
}

static void spike(struct session *s)
{
	struct seen spike = { 0 }, seen;
	int i;

	/* Again if the sample that it hit went missing, as on a slow kernel it may. */
	for (i = 0; i < 4 && spike.greatest_uw <= 12000000; i++)
		spike = inject(s, "spike", "1 1 40000", 0);
	/* 40 mV over 20 mOhm at 5.5 V are 11 W, over 10 mOhm 22 W; else 9 W at most. */
	CHECK_GT(spike.greatest_uw, 12000000);
	seen = sample(s, 300, 0);
	CHECK_LT(seen.greatest_uw, spike.greatest_uw - 3000000);
}

/* By its configuration, the flag that is not there, or a bus voltage emptied */
static int reset_found(uint32_t reg, uint32_t value)
{
	if (reg == 0x00 || reg == 0x0f)
		return value == (reg ? 2 : 0x7127);
	return reg % 2 == 0 && value == 0;
}

static void set_up(struct session *s)
{
	struct seen seen = inject(s, "reset", "1", 0);
	int i;

	CHECK_EQ(seen.setup, 1);
	CHECK(reset_found(seen.setup_reg, seen.setup_value));
	CHECK_EQ(seen.reconfigured, 1);
	/*
	 * What we write ourselves right after that is no loss, and not reported; where it
	 * comes between the two looks, the second finds no conversion: a single shot's.
	 */
	seen = (struct seen){ 0 };
	for (i = 0; i < 8 && !(seen.setup && !seen.setup_reg); i++) {
		seen = inject(s, "master", "1 1 0x4923", 0);
		CHECK(!seen.setup || !seen.setup_reg ||
		      (seen.setup_reg == 0x0f && seen.setup_value == 2));
	}
	CHECK(seen.setup == 1 && !seen.setup_reg && seen.setup_value == 0x4923);
	CHECK_EQ(seen.reconfigured, 1);
	CHECK_GT(seen.power, 200);
}

static void unplugged(struct session *s)
{
	struct seen seen = inject(s, "unplug", "1", ENXIO);

	CHECK_GT(seen.errors, 100);
	CHECK_LT(seen.power, 5);
	seen = sample(s, 300, 0);
	CHECK_GT(seen.power, 200);
}

/* At 1 kHz, or at what this kernel's bus carries: a debugging one's carries less. */
static int start(struct session *s, uint32_t flags, uint64_t wanted_ns)
{
	int ret;

	last = NULL;
	errors_before = 0;
	setups_before = 0;
	period_ns = wanted_ns;
	ret = session_start(s, period_ns, flags, NULL, 0);
	if (ret && errno == ERANGE && s->configure.period_ns > period_ns) {
		period_ns = s->configure.period_ns;
		session_end(s);
		ret = session_start(s, period_ns, flags, NULL, 0);
	}
	if (ret) {
		perror("/dev/synergy");
		return -1;
	}
	printf("a sample every %" PRIu64 " us\n", period_ns / 1000);
	sample(s, 100, 0);
	return 0;
}

static void stop(struct session *s)
{
	session_stop(s);
	CHECK_EQ(session_count(s, SYNERGY_RECORD_LOST), 0);
	session_end(s);
}

TEST(continuous)
{
	struct session s;

	REQUIRE(!start(&s, SYNERGY_CONFIGURE_F_CONTINUOUS, 1000000));
	transfers(&s);
	spike(&s);
	set_up(&s);
	unplugged(&s);
	stop(&s);
}

/*
 * That nothing gets ready shows where each cycle is triggered, and where a tick has time
 * left to look at the flag: not at the shortest period that a slow kernel can carry.
 */
TEST(triggered)
{
	struct session s;
	struct seen seen;

	REQUIRE(!start(&s, SYNERGY_CONFIGURE_F_TRIGGERED, 2000000));
	seen = inject(&s, "stuck", "1000000", 0);
	CHECK_GT(seen.repeats, 0);
	CHECK_EQ(seen.errors, 0);
	stop(&s);
}
