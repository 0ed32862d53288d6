// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random histories of a simulated chip against the module's own sampling: late reads,
 * slow and fast clocks, resets, another master's writes, a bus that stalls or fails. Of
 * a million samples none has a value with a window that does not contain its
 * conversion, and none is called new twice, unless a SETUP error takes it back.
 */
#include "tests/framework/test.h"

#include "../../kmod/kunit/pure_parts.h"

#include "sim_chip.h"

#define SESSIONS	500
#define SAMPLES		(1000000 / SESSIONS)
/* Both sides round to whole nanoseconds and parts per million, a sweep at a time. */
#define ROUNDING_NS	20
#define HELD		4096	/* samples that a SETUP error can still take back */

enum fault { WINDOW, TWICE, FAULTS };

/* What is wrong with a sample that nobody has taken back yet */
struct wrong {
	__u64 begin_ns;
	enum fault fault;
	int channel;
	__s64 off_ns;
	__u64 error_ns;
};

static struct history {
	struct sim_chip chip;
	struct synergy_converter converter;
	__u16 reported[3];		/* value that was called new last, by channel */
	struct wrong wrong[HELD];
	int n_wrong;
	__u64 samples, fresh, taken_back, lost, failed;
	__u64 error_sum_ns;
} h;

static struct {
	__u64 samples, fresh, taken_back, lost, failed, resets, masters, missed, wrong[FAULTS];
} total;

static void note(__u64 begin_ns, enum fault fault, int channel, __s64 off_ns,
		 __u64 error_ns)
{
	if (h.n_wrong < HELD)
		h.wrong[h.n_wrong++] = (struct wrong) { begin_ns, fault, channel, off_ns, error_ns };
}

static __s64 outside(__u64 stated, __u64 is, __u64 error_ns)
{
	__s64 off = (__s64)(is - stated);

	return (__u64)(off < 0 ? -off : off) > error_ns + ROUNDING_NS ? off : 0;
}

static void io_sample(struct synergy_io *io, const struct synergy_output *output)
{
	int channel;

	(void)io;
	h.samples++;
	h.fresh += !output->repeat;
	for (channel = 0; channel < 3; channel++) {
		const struct synergy_window *w = &output->window[channel];
		__u16 word = (__u16)output->values.shunt_raw[channel];
		const struct sim_conversion *is = sim_conversion(&h.chip, 2 * channel, word);
		__s64 off;

		if (!(output->channels & (1U << channel)))
			continue;
		h.error_sum_ns += w->error_ns;
		if (!is) {
			note(output->begin_ns, WINDOW, channel, 0, w->error_ns);
			continue;
		}
		off = outside(w->begin_ns, is->begin_ns, w->error_ns);
		if (!off)
			off = outside(w->end_ns, is->end_ns, w->error_ns);
		if (off)
			note(output->begin_ns, WINDOW, channel, off, w->error_ns);
		if (output->repeat || (output->repeats & (1U << channel)))
			continue;
		if (word == h.reported[channel])
			note(output->begin_ns, TWICE, channel, 0, w->error_ns);
		h.reported[channel] = word;
	}
}

/* Samples since the last tick that found all as it should be are not to be trusted. */
static void io_setup_lost(struct synergy_io *io, const struct synergy_setup_lost *lost)
{
	int i, kept = 0;

	(void)io;
	h.lost++;
	for (i = 0; i < h.n_wrong; i++)
		if (h.wrong[i].begin_ns < lost->trusted_ns)
			h.wrong[kept++] = h.wrong[i];
	h.taken_back += (__u64)(h.n_wrong - kept);
	h.n_wrong = kept;
}

static void io_failed(struct synergy_io *io, __u8 reg, __u64 time_ns, int err)
{
	(void)io;
	(void)reg;
	(void)time_ns;
	CHECK(err < 0);
	h.failed++;
}

static __u64 log_uniform(double low, double high)
{
	return (__u64)(low * pow(high / low, (double)random_int(0, 1000000) / 1e6));
}

/* What the adapter's driver takes, and whether the bus's clock is known */
static void random_bus(struct sim_world *world, struct synergy_bus_timing *timing)
{
	static const __u32 overheads[] = { 0, 0, 60000, 240000, 600000 };

	world->clock_ns = (__u32)random_int(0, 3) ? 2500 : 10000;
	world->before_ns = overheads[random_int(0, 4)];
	world->after_ns = overheads[random_int(0, 4)];
	world->jitter_ns = random_int(0, 1) ? (world->before_ns + world->after_ns) / 20 : 0;
	timing->clock_ns = random_int(0, 3) ? world->clock_ns : INA3221_CLOCK_LEAST_NS;
	timing->read_ns = 48 * world->clock_ns + world->before_ns + world->after_ns + 80;
}

/* How long the chip takes out of power-down, and what is known of it */
static void random_recovery(struct sim_world *world, struct synergy_recovery *recovery)
{
	world->recovery_ns = random_int(0, 1) ? (__u32)random_int(0, 40000) : 0;
	*recovery = (struct synergy_recovery) { .most_ns = INA3221_RECOVERY_MOST_NS };
	if (random_int(0, 1)) {
		recovery->least_ns = world->recovery_ns -
			min(world->recovery_ns, (__u32)random_int(0, 4000));
		recovery->most_ns = world->recovery_ns + (__u32)random_int(0, 4000);
	}
}

/* A world within what the driver knows of it */
static void random_world(struct sim_world *world, struct synergy_speed *speed)
{
	static const __u32 margins[] = { 3, 30, 150, 1000, 20000, 100000 };
	__u32 margin = margins[random_int(0, 5)];

	memset(world, 0, sizeof(*world));
	speed->scale_ppm = (__u32)random_int(1000000 - 100000, 1000000 + 100000);
	speed->margin_ppm = margin;
	world->scale = (speed->scale_ppm +
			0.98 * (double)random_int(-(__s64)margin, margin)) / 1e6;
	world->ready_each_sweep = random_int(0, 1);
	world->late_ns = random_int(0, 1) ? 10000 : 100;
	if (random_int(0, 1)) {
		world->delay_every = (__u32)random_int(10, 3000);
		world->delay_ns = (__u32)log_uniform(1e3, 5e7);
	}
	if (!random_int(0, 3))
		world->fail_every = (__u32)random_int(30, 3000);
	if (!random_int(0, 2))
		world->reset_every_ns = log_uniform(2e7, 2e9);
	if (!random_int(0, 2))
		world->master_every_ns = log_uniform(2e7, 2e9);
}

static void random_request(struct synergy_plan_request *req, const struct synergy_io *io,
			   const struct sim_world *world, const struct synergy_recovery *recovery,
			   const struct synergy_speed *speed)
{
	memset(req, 0, sizeof(*req));
	req->read_mask = (__u32)random_int(1, 7);
	req->convert_mask = req->read_mask | (random_int(0, 3) ? 0 : (__u32)random_int(1, 7));
	req->read_ns = io->timing.read_ns;
	req->exchange_ns = io->timing.read_ns + 38 * world->clock_ns;
	req->effect_error_ns = req->exchange_ns -
		(INA3221_EXCHANGE_CLOCKS - 1) * io->timing.clock_ns;
	req->recovery_ns = recovery->most_ns;
	req->scale_ppm = speed->scale_ppm;
	req->margin_ppm = speed->margin_ppm;
	req->mode = (__u32)random_int(0, 2);
	req->restarts = !random_int(0, 3);
	req->guarded = !random_int(0, 5);
	req->combined = io->timing.combined;
	if (!random_int(0, 2))
		req->bus_every = (__u32)random_int(1, 20);
	if (!random_int(0, 2))
		req->shunt_ns = synergy_ina3221_conversion_ns[random_int(0, 4)];
	if (!random_int(0, 5))
		req->averages = synergy_ina3221_averages[random_int(0, 3)];
}

/* Return: 0, or no such plan */
static int prepare(__u64 *period_ns)
{
	struct synergy_plan_request req;
	struct sim_world world;
	struct synergy_bus_timing timing = { 0 };
	struct synergy_recovery recovery;
	struct synergy_speed speed = { 0 };
	struct synergy_plan plan;
	bool combined = random_int(0, 3);

	memset(&h.converter, 0, sizeof(h.converter));
	random_world(&world, &speed);
	random_bus(&world, &timing);
	random_recovery(&world, &recovery);
	sim_init(&h.chip, &world, combined);
	h.chip.io.sample = io_sample;
	h.chip.io.setup_lost = io_setup_lost;
	h.chip.io.failed = io_failed;
	timing.combined = combined;
	h.chip.io.timing = timing;
	random_request(&req, &h.chip.io, &world, &recovery, &speed);
	*period_ns = random_int(0, 3) ? log_uniform(1.4e5, 2e7) : 0;
	if (synergy_plan_make(&req, period_ns, &plan) &&
	    synergy_plan_make(&req, period_ns, &plan))
		return -1;
	h.converter.io = &h.chip.io;
	h.converter.clock.speed = speed;
	h.converter.clock.recovery = recovery;
	synergy_converter_prepare(&h.converter, &req, &plan);
	h.converter.period_ns = *period_ns;
	/* Between two misfortunes there is time to notice the first. */
	if (world.reset_every_ns)
		h.chip.world.reset_every_ns = max(world.reset_every_ns, 20 * *period_ns);
	if (world.master_every_ns)
		h.chip.world.master_every_ns = max(world.master_every_ns, 20 * *period_ns);
	h.converter.grid_ns = h.chip.now_ns;
	return 0;
}

static void explain(int session, __u64 period_ns)
{
	static const char *const names[] = { "a value's conversion is not in its window",
					     "a value is called new twice" };
	const struct synergy_plan *plan = &h.converter.clock.plan;
	const struct sim_world *world = &h.chip.world;
	int i;

	for (i = 0; i < h.n_wrong && i < 3; i++)
		printf("session %d, at %llu us: %s: channel %d, %lld ns off, stated +-%llu\n",
		       session, h.wrong[i].begin_ns / 1000, names[h.wrong[i].fault],
		       h.wrong[i].channel, h.wrong[i].off_ns, h.wrong[i].error_ns);
	if (!h.n_wrong)
		return;
	printf("  every %llu ns, channels %x of %x, %s%s%s, averages %u, shunt %u, in mixed %u, bus %u every %u, refresh %u\n",
	       period_ns, h.converter.read_mask, h.converter.clock.convert_mask,
	       plan->continuous ? "continuous" : "triggered", plan->overlap ? ", overlapped" : "",
	       plan->mixed ? ", mixed" : "", plan->averages, plan->shunt_ns, plan->mixed_shunt_ns,
	       plan->bus_ns, plan->bus_every, plan->refresh_latest_ns);
	printf("  clock %.6f, known as %u +-%u ppm; delays up to %u ns every %u, a failure every %u, resets %llu ns, masters %llu ns\n",
	       world->scale, h.converter.clock.speed.scale_ppm,
	       h.converter.clock.speed.margin_ppm, world->delay_ns, world->delay_every,
	       world->fail_every, world->reset_every_ns, world->master_every_ns);
}

static void session(int number)
{
	__u64 period_ns, start, tick, error_ns;
	__u64 missed = 0;
	int i;

	memset(h.reported, 0, sizeof(h.reported));
	h.n_wrong = 0;
	h.samples = h.fresh = h.taken_back = h.lost = h.failed = h.error_sum_ns = 0;
	if (prepare(&period_ns))
		return;
	start = h.chip.now_ns;
	for (tick = 0; h.samples < SAMPLES && tick < 2 * SAMPLES; tick++) {
		__u64 deadline = start + tick * period_ns;

		if (deadline < h.chip.now_ns && tick) {
			missed++;
			continue;
		}
		sim_wait_until(&h.chip.io, deadline);
		if (synergy_converter_tick(&h.converter, missed))
			h.failed++;
		missed = 0;
	}
	synergy_converter_stop(&h.converter);
	explain(number, period_ns);
	for (i = 0; i < h.n_wrong; i++)
		total.wrong[h.wrong[i].fault]++;
	error_ns = h.samples ? h.error_sum_ns / h.samples : 0;
	(void)error_ns;
	total.samples += h.samples;
	total.fresh += h.fresh;
	total.taken_back += h.taken_back;
	total.lost += h.lost;
	total.failed += h.failed;
	total.resets += h.chip.resets;
	total.masters += h.chip.masters;
	total.missed += h.converter.missed;
}

TEST(histories)
{
	int i;

	random_state = test_seed(0);
	for (i = 0; i < SESSIONS; i++)
		session(i);
	printf("%llu samples, %llu new; %llu resets, %llu writes of another master, %llu failures; %llu set-ups lost, %llu wrong samples taken back, %llu ticks missed\n",
	       total.samples, total.fresh, total.resets, total.masters, total.failed, total.lost,
	       total.taken_back, total.missed);
	CHECK_GT(total.samples, 700000);
	CHECK_GT(total.fresh, total.samples / 2);
	CHECK_GT(total.lost, 100);
	CHECK_GT(total.taken_back, 100);
	CHECK_EQ(total.wrong[WINDOW], 0);
	CHECK_EQ(total.wrong[TWICE], 0);
}
