// SPDX-License-Identifier: GPL-2.0-only
/*
 * The boards that the simulator can be: their rails and shunts, what they draw when
 * idle and when a core moves memory as fast as it can, their sensors' noise; and that
 * what synergy.ko measures of each is what was drawn.
 */
/* board: timeout=180 debug=no */
#include <math.h>

#include "sim.h"
#include "sim_session.h"

#define PERIOD_NS	1000000
#define IDLE_ID		1
#define BUSY_ID		2

struct board {
	const char *name;
	const char *labels[3];
	uint32_t shunt_uohm[3];
	int cpu;			/* channel of the processor's rail */
	double volts;
	double idle_w[3];		/* within 5 %, and a step */
	double busy_w[2];		/* of the processor's rail, at the least and most */
	double noise_uv;
	double variation_w;		/* of the processor's rail while busy, about */
	size_t copy_bytes;		/* its work: what classic's sensors can still show */
};

static const struct board boards[] = {
	{ "classic", { "VDD_IN", "VDD_GPU", "VDD_CPU" }, { 20000, 10000, 10000 }, 2, 5.5,
	  { 2.23, .12, .19 }, { .2, 3 }, 20, 0, 4096 },
	{ "tx1", { "VDD_IN", "VDD_GPU", "VDD_CPU" }, { 20000, 10000, 10000 }, 2, 19.26,
	  { 2.42, .12, .36 }, { 1.1, 2.9 }, 104, .16, 8 << 20 },
	{ "tx1-loud", { "VDD_IN", "VDD_GPU", "VDD_CPU" }, { 20000, 10000, 10000 }, 2, 19.26,
	  { 2.42, .12, .36 }, { 1.1, 2.9 }, 218, .33, 8 << 20 },
	{ "orin-nano", { "VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC" }, { 5000, 5000, 5000 }, 1, 5,
	  { 6.15, 1.62, 2.31 }, { 2.2, 5 }, 25, .07, 8 << 20 },
	{ "agx-orin", { "VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0" }, { 2000, 2000, 2000 }, 1,
	  20, { 3.9, 3.6, 3.33 }, { 4.2, 7 }, 60, .07, 8 << 20 },
};

/* As the energy's file has them: by the model's rails */
static const int model_rail[][3] = {
	{ 0, 1, 2 }, { 0, 1, 2 }, { 0, 1, 2 }, { 0, 2, 1 }, { 1, 2, 0 },
};

static void work(size_t bytes, uint64_t until_ns)
{
	static char from[8 << 20], to[8 << 20];

	while (sim_now_ns() < until_ns) {
		memcpy(to, from, bytes);
		__asm__ volatile("" : : "r"(to) : "memory");
	}
}

struct phase {
	struct sim_energy begin, end;
	uint64_t begin_ns, end_ns;
};

static void one_phase(struct session *s, struct phase *p, uint32_t id, size_t bytes, uint64_t ns)
{
	uint64_t until;

	CHECK(!session_mark(s, SYNERGY_MARK_BEGIN, id, 0));
	CHECK(!sim_energy(&p->begin));
	p->begin_ns = p->begin.time_ns;
	until = p->begin_ns + ns;
	if (id == BUSY_ID)
		work(bytes, until);
	else
		sim_sleep_until(until);
	CHECK(!sim_energy(&p->end));
	p->end_ns = p->end.time_ns;
	CHECK(!session_mark(s, SYNERGY_MARK_END, id, 0));
	session_drain(s);
}

struct figures {
	double mean_w[3];
	double noise_uv[3];	/* of successive conversions */
	int n;
};

/* Of the samples whose windows lie well within the phase. */
static void figure(const struct session *s, const struct phase *p, struct figures *f)
{
	const struct synergy_record *record = NULL;
	double last[3] = { 0 }, square[3] = { 0 };
	int i;

	memset(f, 0, sizeof(*f));
	while ((record = session_next(s, record, SYNERGY_RECORD_POWER))) {
		const struct synergy_power_record *power = (const void *)record;

		if (power->channel[0].window_begin_ns < p->begin_ns + 3000000 ||
		    power->hdr.time_ns > p->end_ns)
			continue;
		for (i = 0; i < 3; i++) {
			const struct synergy_power_channel *c = &power->channel[i];

			f->mean_w[i] += c->power_uw / 1e6;
			if (f->n)
				square[i] += (c->shunt_uv - last[i]) * (c->shunt_uv - last[i]);
			last[i] = c->shunt_uv;
		}
		f->n++;
	}
	for (i = 0; i < 3; i++) {
		f->mean_w[i] /= f->n;
		f->noise_uv[i] = sqrt(square[i] / (f->n - 1) / 2);
	}
}

static double truth_w(const struct phase *p, int rail)
{
	return (p->end.pj[rail] - p->begin.pj[rail]) / 1e3 / (p->end.time_ns - p->begin.time_ns);
}

/* A channel's mean may be off by noise, quantisation (noise dithers it) and the corners. */
static void check_means(const struct board *b, const int *model, const struct phase *p,
			const struct figures *f, const char *name, double corner)
{
	double step_w, noise_w, truth;
	int i;

	for (i = 0; i < 3; i++) {
		PARAMS("%s, %s, %s, %d samples", b->name, name, b->labels[i], f->n);
		step_w = 40e-6 / (b->shunt_uohm[i] * 1e-6) * b->volts;
		noise_w = step_w * (b->noise_uv / 40 + .5) + b->variation_w;
		truth = truth_w(p, model[i]);
		printf("%s %s %s: drawn %.3f W, measured %.3f W, noise %.0f uV\n", b->name, name,
		       b->labels[i], truth, f->mean_w[i], f->noise_uv[i]);
		/* A sensor without noise hides half a step. */
		CHECK_NEAR(f->mean_w[i], truth, 4 * noise_w / sqrt(f->n) + corner * truth +
			   (b->noise_uv < 30 ? step_w / 2 : 0));
	}
}

static void check_rails(const struct session *s, const struct board *b)
{
	struct synergy_rail rail = { .size = sizeof(rail) };

	for (rail.index = 0; rail.index < 3; rail.index++) {
		__u32 i = rail.index;

		rail.flags = 0;
		CHECK(!ioctl(s->fd, SYNERGY_IOC_RAIL, &rail));
		CHECK_STR(rail.label, b->labels[i]);
		CHECK_EQ(rail.shunt_uohm, b->shunt_uohm[i]);
		CHECK_EQ(rail.flags, 0);
	}
}

static void one_board(const struct board *b, const int *model)
{
	struct phase idle, busy;
	struct session s;
	struct figures f;
	char parameter[64];
	int i;

	snprintf(parameter, sizeof(parameter), "board=%s", b->name);
	REQUIRE(!sim_load(parameter));
	REQUIRE(!session_start(&s, PERIOD_NS, 0, NULL, 0));
	session_run_on(2);
	check_rails(&s, b);
	sim_sleep_us(20000);
	one_phase(&s, &idle, IDLE_ID, 0, 200000000);
	one_phase(&s, &busy, BUSY_ID, b->copy_bytes, 200000000);
	figure(&s, &idle, &f);
	CHECK_GE(f.n, 150);
	check_means(b, model, &idle, &f, "idle", .01);
	for (i = 0; i < 3; i++) {
		PARAMS("%s, idle, %s", b->name, b->labels[i]);
		CHECK_NEAR(truth_w(&idle, model[i]), b->idle_w[i], .06 * b->idle_w[i] + .1);
		/* A step's own spread is in what is read. */
		CHECK_NEAR(f.noise_uv[i], sqrt(b->noise_uv * b->noise_uv + 40 * 40 / 12.),
			   .25 * b->noise_uv + 5);
	}
	figure(&s, &busy, &f);
	check_means(b, model, &busy, &f, "busy", .01);
	PARAMS("%s, busy", b->name);
	CHECK_GE(truth_w(&busy, model[b->cpu]), b->busy_w[0]);
	CHECK_LE(truth_w(&busy, model[b->cpu]), b->busy_w[1]);
	session_end(&s);
	sim_unload();
}

SETUP
{
	if (sim_pmu_type() < 0)
		SKIP("QEMU runs without the plugin: nothing is known of what cores do");
	REQUIRE(!sim_unload());
}

TEST(classic) { one_board(&boards[0], model_rail[0]); }
TEST(tx1) { one_board(&boards[1], model_rail[1]); }
TEST(tx1_loud) { one_board(&boards[2], model_rail[2]); }
TEST(orin_nano) { one_board(&boards[3], model_rail[3]); }
TEST(agx_orin) { one_board(&boards[4], model_rail[4]); }

TEST(unknown_board)
{
	CHECK(system("insmod /lib/modules/synergy/synergy-sim.ko board=tx2 2>/dev/null"));
	CHECK(!sim_load(""));
}
