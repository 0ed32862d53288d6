// SPDX-License-Identifier: GPL-2.0-only
/*
 * The continuous way of sampling: the chip converts without end from a known time on,
 * at a measured speed, so that the time of a read says whose conversion it has. The
 * longer that goes on the less it is known, and the series is begun again before it
 * is not.
 *
 * Where a sweep is about as long as a period its windows leave out nothing, not even
 * the sampler's own work. For that, their phase relative to the ticks must not stand
 * still: either it drifts by itself, and is left to, or each start has another one
 * (phase.c).
 */
#include "ina3221/converter.h"
#include "ina3221/phase.h"
#include "ina3221/regs.h"

/* Where a refresh of the bus voltages can wait for a phase that costs no sample: once a second */
#define CONTINUOUS_WAIT_NS		1000000000ULL
/* Between polls of the flag where the speed's probes give none */
#define CHECK_NS		64000000ULL
/* Kept between a sweep's end and what is to come after it: a timer's lateness */
#define SWEEP_GUARD_NS		10000U
/*
 * How fast the chip's speed may move. The data sheet says +-10 % and nothing of how
 * stable that is; the probes find out where it moves faster (speed.c).
 */
#define WANDER_PPM_PER_S	16
/*
 * Between random restarts: as long as the shortest layers of interest last some times,
 * and the sample that each costs is still one of twenty at a thousand a second.
 */
#define RESTART_NS		20000000ULL
/* A series is begun again when its sweeps are not known to this part of one. */
#define STALE_PART		8

/* How far the sweeps' times may be off at @when_ns */
static __u64 error_ns(const struct synergy_converter *c, __u64 when_ns)
{
	const struct synergy_bounds *begin = &c->clock.running.begin;

	return synergy_bounds_error_ns(begin) +
	       synergy_clock_error_ns(&c->clock, when_ns - synergy_bounds_middle(begin));
}

/* Is what is known of the series too little to go on with? */
static bool stale(const struct synergy_converter *c, __u64 now_ns)
{
	__u64 begin = synergy_bounds_middle(&c->clock.running.begin);

	return synergy_clock_error_ns(&c->clock, now_ns - begin) >
	       c->clock.plan.averages * synergy_clock_continuous_ns(&c->clock) / STALE_PART;
}

/* ---- starting ---- */

/*
 * What the speed is less known by since this was done last: not by as much a start,
 * which at some plans is fifty times a second. Where nobody probes the speed, it is
 * worth what it was at START, no less.
 */
static void wander(struct synergy_converter *c)
{
	struct synergy_speed *speed = &c->clock.speed;
	const __u64 ppm_ns = 1000000000ULL / WANDER_PPM_PER_S;
	__u64 ppm = div64_u64(c->tick_ns - c->continuous.wandered_ns, ppm_ns);

	c->continuous.wandered_ns += ppm * ppm_ns;
	if (speed->margin_ppm < c->req.margin_ppm)
		speed->margin_ppm = min_t(__u64, speed->margin_ppm + ppm, c->req.margin_ppm);
}

static int run(struct synergy_converter *c, bool *lost)
{
	int err;

	c->continuous.running = false;
	err = synergy_converter_start(c, c->clock.plan.mixed, true, lost);
	if (err)
		return err;
	c->continuous.running = true;
	c->continuous.refresh = false;
	c->continuous.ticks = 0;
	c->continuous.probed = 0;
	c->continuous.checked = 0;
	c->continuous.restart_ns = c->tick_ns + RESTART_NS;
	wander(c);
	return 0;
}

/* How long to wait before the write, so that it takes effect at the phase that is wanted */
static __u64 phase_wait_ns(struct synergy_converter *c, __u64 now_ns)
{
	__u64 cycle = c->clock.plan.averages * synergy_clock_continuous_ns(&c->clock), phase;

	if (!c->req.restarts)
		return synergy_phase_choose(c, now_ns + c->req.exchange_ns);
	div64_u64_rem((__u64)c->io->random(c->io) << 16 | (c->io->random(c->io) & 0xffff),
		      cycle, &phase);
	return phase;
}

/* Begin again; where shunts alone are converted, bus voltages are first taken by a single shot. */
static int begin_again(struct synergy_converter *c)
{
	bool single = !c->triggers ||
		      (!c->clock.plan.mixed && c->tick_ns >= c->continuous.bus_due_ns);
	__u64 now, cycle, wait;
	bool lost;
	int err;

	if (c->continuous.running) {
		err = synergy_converter_check_converting(c, &lost);
		if (err)
			return err;
	}
	c->continuous.running = false;
	c->single = false;
	if (single) {
		err = synergy_triggered_once(c);
		if (err || !c->known)
			return err;
		cycle = c->clock.plan.averages * synergy_clock_continuous_ns(&c->clock);
		wait = c->clock.plan.refresh_latest_ns ? CONTINUOUS_WAIT_NS :
							 SYNERGY_PLAN_REFRESH_NS;
		c->continuous.bus_due_ns = c->io->now_ns(c->io) +
			max(wait, SYNERGY_PLAN_REFRESH_CYCLES * cycle);
	}
	now = c->io->now_ns(c->io);
	err = c->io->wait_until(c->io, now + phase_wait_ns(c, now));
	if (!err)
		err = run(c, &lost);
	/* A reset since the wait's begin has emptied the registers until they are converted. */
	c->clock.before.valid = false;
	if (!err && !single)
		synergy_converter_no_sample(c);
	return err;
}

/* ---- reading ---- */

/*
 * Channels whose value is nothing new: a sample has had it, or nobody can say whose
 * it is, or there is none. *@converted: all have been converted by the running series.
 */
static __u32 without_news(const struct synergy_converter *c, const struct synergy_sample *sample,
			  bool *converted)
{
	__u32 channel, mask = 0;

	*converted = true;
	for (channel = 0; channel < SYNERGY_CONVERTER_CHANNELS; channel++) {
		const struct synergy_resolved *r = &sample->channel[channel];

		if (!(c->read_mask & (1U << channel)))
			continue;
		if (r->shunt != SYNERGY_VALUE_NEW)
			mask |= 1U << channel;
		*converted &= r->shunt >= SYNERGY_VALUE_REPEAT && r->of_running;
	}
	return mask;
}

/* @stopped: the sweeps have been stopped, and the registers stand still. */
static int read_running(struct synergy_converter *c, bool stopped)
{
	__u8 regs[SYNERGY_READING_WORDS];
	struct synergy_reading reading;
	struct synergy_sample sample;
	bool reset = false, converted;
	__u32 channel, n = 0, repeats;
	__u64 nth;
	int err;

	div64_u64_rem(c->samples, max(c->clock.plan.bus_every, 1U), &nth);
	if (c->clock.plan.mixed && !nth)
		c->bus_pending = c->read_mask;
	if (stopped) {
		for (channel = 0; channel < SYNERGY_CONVERTER_CHANNELS; channel++)
			if (c->read_mask & (1U << channel))
				regs[n++] = INA3221_REG_SHUNT(channel);
	} else {
		synergy_phase_order(c, c->io->now_ns(c->io), regs);
		n = hweight32(c->read_mask);
		n += synergy_converter_bus_regs(c, c->clock.plan.bus_reads, &regs[n]);
	}
	err = synergy_converter_read(c, regs, n, &reading);
	/* Else the next check of the set-up finds it. */
	if (!err && stopped)
		err = synergy_converter_check_reset(c, &reading, &reset);
	if (err || reset)
		return err;
	synergy_resolve(&c->clock, &reading, &sample);
	repeats = without_news(c, &sample, &converted);
	synergy_converter_store(c, &sample);
	synergy_sample_taken(&c->clock, &sample);
	/* Nothing converted since a start at such a phase, or not all ever: no sample yet */
	if ((c->read_mask & ~c->known) ||
	    (repeats == c->read_mask && !converted && !stopped))
		synergy_converter_no_sample(c);
	else
		synergy_converter_give(c, repeats);
	return 0;
}

/* ---- refreshing the bus voltages without missing a tick ---- */

/*
 * One tick polls whether the chip has converted, the next starts a single-shot
 * sweep of shunts and bus voltages and reads what the continuous ones have left, the
 * third starts them again and reads the single one. They go on where they would have
 * been without the break, if that is early enough in the tick for all of them to
 * have ended a first time by the next one.
 */
static bool refresh_due(struct synergy_converter *c)
{
	__u64 third = c->tick_ns + 2 * c->period_ns;

	if (!c->clock.plan.refresh_latest_ns || c->continuous.ticks < c->clock.plan.bus_every)
		return false;
	if (!synergy_phase_drifts(c) || stale(c, c->tick_ns) ||
	    c->tick_ns >= c->continuous.bus_due_ns)
		return true;
	return synergy_phase_next(c, &c->clock.running, third + c->req.exchange_ns) - third <=
	       c->clock.plan.refresh_latest_ns;
}

/* Let the running sweep end where there is time for that: its last rail is then not lost. */
static int wait_for_sweep(const struct synergy_converter *c)
{
	__u64 now = c->io->now_ns(c->io);
	__u64 error = error_ns(c, now);
	__u64 mixed = synergy_clock_scaled(&c->clock, c->clock.plan.averages *
					   synergy_clock_sweep_ns(&c->clock, true));
	__u64 reads_ns = (hweight32(c->read_mask) + 2ULL) * c->req.read_ns;
	__u64 effect = synergy_phase_next(c, &c->clock.running, now + c->req.exchange_ns) + error +
		       SWEEP_GUARD_NS;

	if (!synergy_phase_drifts(c) ||
	    error + mixed + c->req.exchange_ns + 3 * SWEEP_GUARD_NS >
		c->clock.plan.averages * synergy_clock_continuous_ns(&c->clock) ||
	    effect + reads_ns + SWEEP_GUARD_NS > c->tick_ns + c->period_ns)
		return 0;
	return c->io->wait_until(c->io, effect - c->req.exchange_ns);
}

static int refresh_begin(struct synergy_converter *c)
{
	bool lost;
	int err = wait_for_sweep(c);

	if (!err)
		err = synergy_triggered_start(c, true, &lost);
	return err || lost ? err : read_running(c, true);
}

/*
 * When the write is to take effect: not before the single-shot sweep has ended. Where
 * the sweeps' phase stands still, anywhere that leaves time to read in this tick,
 * though it may cost the next its sample.
 */
static __u64 refresh_effect_ns(struct synergy_converter *c)
{
	__u64 earliest = max(c->io->now_ns(c->io) + c->req.exchange_ns,
			     c->ready_ns + SWEEP_GUARD_NS);
	__u64 reads_ns = (hweight32(c->read_mask) + c->clock.plan.bus_reads + 1ULL) *
			 c->req.read_ns;
	__u64 end_ns = c->tick_ns + c->period_ns;
	__u64 begin_ns, wait;

	if (synergy_phase_drifts(c)) {
		begin_ns = synergy_phase_next(c, &c->clock.before, earliest);
		return begin_ns <= c->tick_ns + c->clock.plan.refresh_latest_ns ? begin_ns :
										  earliest;
	}
	if (earliest + reads_ns >= end_ns)
		return earliest;
	div64_u64_rem(synergy_phase_choose(c, earliest), end_ns - earliest - reads_ns, &wait);
	return earliest + wait;
}

static int refresh_end(struct synergy_converter *c)
{
	bool lost;
	int err = c->io->wait_until(c->io, refresh_effect_ns(c) - c->req.exchange_ns);

	c->single = false;
	if (!err)
		err = run(c, &lost);
	if (err || lost)
		return err;
	c->continuous.bus_due_ns = c->tick_ns + CONTINUOUS_WAIT_NS;
	return synergy_triggered_read(c, &c->clock.before, false, 0, true);
}

/*
 * Where nothing else has polled for a while, and the tick has the time: does the chip
 * still convert? A tenth of a second is less than the shortest inference of interest.
 */
static int check_now_and_then(struct synergy_converter *c)
{
	__u64 checked = max(c->continuous.checked, c->continuous.probed);
	bool lost;

	if ((c->continuous.ticks - checked) * c->period_ns < CHECK_NS ||
	    c->io->now_ns(c->io) + c->req.read_ns + c->req.others_ns + SWEEP_GUARD_NS >
		c->tick_ns + c->period_ns)
		return 0;
	c->continuous.checked = c->continuous.ticks;
	return synergy_converter_check_converting(c, &lost);
}

int synergy_continuous_tick(struct synergy_converter *c)
{
	bool bus_due = !c->clock.plan.mixed && c->tick_ns >= c->continuous.bus_due_ns;
	bool lost;
	int err;

	if (!c->continuous.running ||
	    (!c->clock.plan.refresh_latest_ns && (bus_due || stale(c, c->tick_ns))))
		return begin_again(c);
	if (c->single)
		return refresh_end(c);
	if (c->continuous.refresh)
		return refresh_begin(c);
	c->continuous.ticks++;
	if (c->req.restarts && c->tick_ns >= c->continuous.restart_ns)
		return begin_again(c);
	err = read_running(c, false);
	if (!err && refresh_due(c)) {
		err = synergy_converter_check_converting(c, &lost);
		c->continuous.refresh = !err && !lost;
	} else if (!err) {
		err = synergy_converter_probe_speed(c);
		if (!err && c->continuous.running)
			err = check_now_and_then(c);
	}
	return err;
}
