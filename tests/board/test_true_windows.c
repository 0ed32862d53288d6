// SPDX-License-Identifier: GPL-2.0-only
/*
 * The windows that are stated hold the conversions that the values are of, whatever
 * the chip and the bus are like: a table over what the data sheet leaves open
 * (conversion-ready after each set of conversions or after all averages, up to 40 us out
 * of power-down), the clock's tolerance, what the adapter's driver takes around the bits,
 * and whether the bus's clock is known. The simulator's conversions say which they are.
 */
/* board: timeout=240 modules=none debug=no */
#include <stdbool.h>

#include "sim_session.h"

#define RUN_US		300000
#define ROUNDING_NS	200	/* the driver's and the chip's whole ns and ppm, over a series */
#define SHARE		0.99
#define CHIP		0x40
#define PARTS		4

struct world {
	bool ready_each, hide_hz;
	int recovery_us, clock_ppm, before_us, after_us;
};

/* As the simulator writes them (kmod/sim/numbered.c) */
struct entry {
	uint64_t begin_ns, end_ns;
	uint32_t chip;
	uint16_t channel, word;
};

static struct entry entries[65536];
static size_t n_entries;

static bool take_entries(void)
{
	int fd = open(SIM_DEBUGFS "conversions", O_RDONLY);
	ssize_t n = 1;
	size_t size = 0;

	while (fd >= 0 && n > 0) {
		n = read(fd, (char *)entries + size, sizeof(entries) - size);
		size += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	n_entries = size / sizeof(entries[0]);
	return fd >= 0 && n_entries < sizeof(entries) / sizeof(entries[0]);
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* The conversion that a value is of: numbers come again, but not soon. */
static const struct entry *find(const struct synergy_power_channel *channel, uint32_t number)
{
	const struct entry *best = NULL;
	size_t i;

	for (i = 0; i < n_entries; i++) {
		const struct entry *e = &entries[i];

		if (e->chip != CHIP || e->channel != number || e->word != (uint16_t)channel->shunt_raw)
			continue;
		if (!best || apart(e->begin_ns, channel->window_begin_ns) <
			     apart(best->begin_ns, channel->window_begin_ns))
			best = e;
	}
	return best;
}

struct seen {
	int values, outside;
	double error_ns, worst_ns;	/* as stated, on average; and beyond it */
	double seen;			/* share of the time in windows, of the first rail */
};

static void judge(const struct session *s, struct seen *seen)
{
	const struct synergy_record *record = NULL;
	uint64_t first = 0, last = 0, covered = 0, before = 0;
	uint32_t i;

	memset(seen, 0, sizeof(*seen));
	while ((record = session_next(s, record, SYNERGY_RECORD_POWER))) {
		const struct synergy_power_record *power = (const void *)record;

		for (i = 0; i < power->n_channels; i++) {
			const struct synergy_power_channel *c = &power->channel[i];
			const struct entry *e = find(c, c->rail);
			double off;

			if (c->flags & SYNERGY_CHANNEL_F_REPEAT)
				continue;
			seen->values++;
			seen->error_ns += c->window_error_ns;
			if (!i) {
				first = first ? first : c->window_begin_ns;
				last = c->window_end_ns;
				covered += c->window_end_ns - (c->window_begin_ns > before ?
							       c->window_begin_ns : before);
				before = c->window_end_ns;
			}
			if (!CHECK(e))
				return;
			off = (double)apart(e->begin_ns, c->window_begin_ns);
			if ((double)apart(e->end_ns, c->window_end_ns) > off)
				off = (double)apart(e->end_ns, c->window_end_ns);
			off -= c->window_error_ns + ROUNDING_NS;
			seen->outside += off > 0;
			if (off > seen->worst_ns)
				seen->worst_ns = off;
		}
	}
	seen->error_ns /= seen->values ? seen->values : 1;
	seen->seen = last > first ? (double)covered / (double)(last - first) : 0;
}

/* Where in a sweep of three conversions do ticks find the chip? */
static void phases(const struct session *s, uint64_t sweep_ns, int *parts)
{
	const struct synergy_record *record = NULL;

	while ((record = session_next(s, record, SYNERGY_RECORD_POWER))) {
		const struct synergy_power_record *power = (const void *)record;
		uint64_t since = power->hdr.time_ns - power->channel[0].window_begin_ns;

		if (!(power->channel[0].flags & SYNERGY_CHANNEL_F_REPEAT))
			parts[since % sweep_ns * PARTS / sweep_ns]++;
	}
}

/* A session at a thousand a second, or at the most there is */
static void sample(const struct world *w, uint64_t rail_mask)
{
	struct synergy_configure configure = {
		.size = sizeof(configure), .period_ns = 1000000, .rail_mask = rail_mask,
	};
	struct synergy_chip chip = { .size = sizeof(chip) };
	struct session s;
	struct seen seen;

	/* ERANGE leaves the shortest in it. */
	if (session_begin(&s, &configure)) {
		configure.period_ns = s.configure.period_ns;
		if (s.fd >= 0)
			close(s.fd);
		free(s.bytes);
		if (!CHECK(!session_begin(&s, &configure))) {
			perror("/dev/synergy");
			return;
		}
	}
	sim_sleep_us(RUN_US);
	CHECK(!ioctl(s.fd, SYNERGY_IOC_CHIP, &chip));
	session_stop(&s);
	CHECK(take_entries());
	judge(&s, &seen);
	printf("%-5s %3d us %+4d ppt %3d + %3d us %-7s %5d ns %s %7.0f us %s %5d +-%5d %5d values %6.2f %% inside, +-%6.1f us, seen %3.0f %%\n",
	       w->ready_each ? "set" : "all", w->recovery_us, w->clock_ppm / 1000, w->before_us,
	       w->after_us, w->hide_hz ? "hidden" : "known", (int)chip.transfer_ns,
	       rail_mask == 1 ? "1 rail " : "3 rails", (double)s.configure.period_ns / 1e3,
	       chip.flags & SYNERGY_CHIP_F_CONTINUOUS ? "continuous" : "triggered ",
	       (int)chip.conversion_ppm / 100, (int)chip.conversion_margin_ppm, seen.values,
	       100 - 100.0 * seen.outside / (seen.values ? seen.values : 1), seen.error_ns / 1e3,
	       100 * seen.seen);
	CHECK_GT(seen.values, 20);
	CHECK_GE(seen.values - seen.outside, SHARE * seen.values);
	CHECK_GT(chip.conversion_ppm, 0);
	session_end(&s);
}

static void run(const struct world *w)
{
	char parameters[200];

	PARAMS("ready_each=%d recovery %d us, clock %d ppm, driver %d + %d us, hide_hz=%d",
	       w->ready_each, w->recovery_us, w->clock_ppm, w->before_us, w->after_us, w->hide_hz);
	snprintf(parameters, sizeof(parameters),
		 "numbered=1 ready_each=%d recovery_us=%d clock_ppm=%d before_us=%d after_us=%d hide_hz=%d",
		 w->ready_each, w->recovery_us, w->clock_ppm, w->before_us, w->after_us, w->hide_hz);
	REQUIRE(!system("insmod /lib/modules/synergy/synergy.ko"));
	REQUIRE(!sim_load(parameters));
	sample(w, 7);
	sample(w, 1);
	CHECK(!sim_unload());
	CHECK(!system("rmmod synergy"));
}

/* Each value of each meets each of most others. */
TEST(table)
{
	static const int clocks[] = { 0, -100000, 100000, -4500 };
	static const int overheads[][2] = { { 0, 0 }, { 0, 60 }, { 40, 200 }, { 0, 600 }, { 60, 0 } };
	struct world w;
	int i;

	for (i = 0; i < 12; i++) {
		w.ready_each = i & 1;
		w.recovery_us = i & 2 ? 40 : 0;
		w.clock_ppm = clocks[(i + i / 4) % 4];
		w.before_us = overheads[i % 5][0];
		w.after_us = overheads[i % 5][1];
		w.hide_hz = (i >> 2 ^ i) & 1;
		run(&w);
	}
}

/*
 * A period of three sweeps: the phase would stand still. Begun again at random phases,
 * each is as likely.
 */
TEST(restarts)
{
	struct synergy_configure configure = {
		.size = sizeof(configure), .period_ns = 1260000, .rail_mask = 7,
		.conversion_shunt_ns = 140000, .flags = SYNERGY_CONFIGURE_F_RESTARTS,
	};
	int parts[PARTS] = { 0 }, samples, i;
	struct session s;
	struct seen seen;

	REQUIRE(!system("insmod /lib/modules/synergy/synergy.ko"));
	REQUIRE(!sim_load("numbered=1"));
	if (CHECK(!session_begin(&s, &configure))) {
		sim_sleep_us(4000000);
		session_stop(&s);
		CHECK(take_entries());
		judge(&s, &seen);
		samples = session_count(&s, SYNERGY_RECORD_POWER);
		phases(&s, 420000, parts);
		printf("%d samples; phases by quarters of a sweep: %d %d %d %d; %d of %d values outside\n",
		       samples, parts[0], parts[1], parts[2], parts[3], seen.outside, seen.values);
		CHECK_GT(samples, 2600);
		CHECK_GE(seen.values - seen.outside, SHARE * seen.values);
		/* Some 190 restarts: a quarter has 48 +- 6 of them. */
		for (i = 0; i < PARTS; i++)
			CHECK_NEAR(parts[i] * PARTS / (double)samples, 1, 0.5);
	}
	session_end(&s);
	CHECK(!sim_unload());
	CHECK(!system("rmmod synergy"));
}
