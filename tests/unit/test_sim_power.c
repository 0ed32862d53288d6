// SPDX-License-Identifier: GPL-2.0-only
/*
 * The power of the virtual board's rails as its plugin works it out: the model to the
 * picojoule where nothing else is asked for, energy conserved through time constants,
 * variation with the spread and correlation asked for, voltage, temperature, gain; and
 * the truth's file.
 */
#include <stdlib.h>
#include <unistd.h>

#include "tests/framework/test.h"
#include "../../scripts/board/plugin/power.h"
#include "../../scripts/board/plugin/truth.h"

#define STEP_NS	2000

static struct synergy_sim_power_model classic(void)
{
	return (struct synergy_sim_power_model){
		.changes = 1, .simd_pj = 3200, .bus_pj = 33000, .inst_pj = 60, .idle_mw = 190,
		.gpu_mw = 120, .board_mw = 1700, .feeds_permille = 1000,
		.efficiency_permille = 900, .dram_permille = 1000, .seed = 1,
		.gain_ppm = 1000000, .volt_permille = 1000,
	};
}

/* The state after the model was set, at time 0. */
static struct power_state begin(const struct synergy_sim_power_model *model)
{
	struct power_state s;
	struct power_work none = { 0 };

	memset(&s, 0, sizeof(s));
	power_step(&s, model, &none, 0);
	return s;
}

/* @n steps in which the cores do @rate per nanosecond. */
static void run(struct power_state *s, const struct synergy_sim_power_model *model, int n, double simd,
		double bus, double inst)
{
	struct power_work work = s->work;
	uint64_t now = s->time_ns;
	int i;

	for (i = 0; i < n; i++) {
		now += STEP_NS;
		work.simd += simd * STEP_NS;
		work.bus += bus * STEP_NS;
		work.inst += inst * STEP_NS;
		power_step(s, model, &work, now);
	}
}

static double drawn_uj(const struct power_state *s, int rail)
{
	return s->drawn[rail] / 65536. / 1e6;
}

static double drawn_uw(const struct power_state *s, int rail)
{
	return drawn_uj(s, rail) * 1e9 / s->time_ns;
}

TEST(model)
{
	struct synergy_sim_power_model model = classic();
	struct power_state s = begin(&model);
	struct synergy_sim_entry entry;
	uint64_t cpu;

	run(&s, &model, 10000, .5, .25, 1);
	power_entry(&s, &model, &entry);
	CHECK_EQ(entry.time_ns, 20000000);
	cpu = 190ULL * 20000000 + 3200ULL * s.work.simd + 33000ULL * s.work.bus +
	      60ULL * s.work.inst;
	CHECK_EQ(entry.drawn_pj[POWER_CPU], cpu);
	CHECK_EQ(entry.drawn_pj[POWER_GPU], 120ULL * 20000000);
	CHECK_REL((double)entry.drawn_pj[POWER_IN], (cpu + 1820. * 20000000) / .9, 1e-6);
	/* Without time constants what passes the shunts is what is drawn. */
	CHECK_EQ(memcmp(entry.drawn_pj, entry.seen_pj, sizeof(entry.seen_pj)), 0);
}

TEST(no_model_no_power)
{
	struct synergy_sim_power_model model = { 0 };
	struct power_state s = begin(&model);

	run(&s, &model, 1000, 1, 1, 1);
	CHECK_EQ((uint64_t)s.drawn[POWER_IN], 0);
	model = classic();
	run(&s, &model, 1, 0, 0, 0);	/* from the next step on */
	CHECK_EQ((uint64_t)s.drawn[POWER_CPU], 0);
	run(&s, &model, 1, 0, 0, 0);
	CHECK_NEAR(drawn_uj(&s, POWER_CPU), .19 * STEP_NS / 1e3, 1e-9);
}

/* The memory's energy is the input rail's alone. */
TEST(memory_on_the_input)
{
	struct synergy_sim_power_model model = classic();
	struct power_state with, without;

	model.bus_pj = 0;
	without = begin(&model);
	run(&without, &model, 1000, 0, .4, 1);
	model.dram_pj = 8000;
	model.dram_permille = 800;
	with = begin(&model);
	run(&with, &model, 1000, 0, .4, 1);
	CHECK_EQ(with.drawn[POWER_CPU] == without.drawn[POWER_CPU], 1);
	CHECK_REL(drawn_uj(&with, POWER_IN) - drawn_uj(&without, POWER_IN),
		  .4 * 1000 * STEP_NS * 8000 / .8 / 1e6, 1e-6);
}

/* More than the memory can do is free, from the second step on. */
TEST(memory_limit)
{
	struct synergy_sim_power_model model = classic();
	struct power_state s;

	model.simd_pj = model.inst_pj = model.idle_mw = 0;
	model.bus_limit = 500;
	s = begin(&model);
	run(&s, &model, 1, 0, 1.25, 1);
	CHECK_REL(drawn_uj(&s, POWER_CPU), 1.25 * STEP_NS * 33000 / 1e6, 1e-9);
	run(&s, &model, 100, 0, 1.25, 1);
	CHECK_REL(drawn_uj(&s, POWER_CPU), (1.25 + 100 * .5) * STEP_NS * 33000 / 1e6, 1e-6);
	s = begin(&model);
	run(&s, &model, 100, 0, .45, 1);
	CHECK_REL(drawn_uj(&s, POWER_CPU), 100 * .45 * STEP_NS * 33000 / 1e6, 1e-6);
}

/* What comes through late comes through; and with the time constant asked for. */
TEST(time_constants)
{
	static const uint32_t taus[] = { 1000, 20000, 300000 };
	struct synergy_sim_entry at_step, later;
	size_t i;

	for (i = 0; i < 3; i++) {
		struct synergy_sim_power_model model = classic();
		struct power_state s;
		double steps_uw, lag;

		PARAMS("tau %u ns", taus[i]);
		model.tau_ns[POWER_CPU] = taus[i];
		s = begin(&model);
		run(&s, &model, 2000, 0, 0, 0);	/* idle, until it is steady */
		CHECK_NEAR(s.shunt_uw[POWER_CPU], 190e3, 1);
		power_entry(&s, &model, &at_step);
		run(&s, &model, 3000, .5, 0, 1);	/* 1.85 W; 6 ms */
		steps_uw = s.slope[POWER_CPU].simd / 65536. * .5 * 1e3 +
			   s.slope[POWER_CPU].inst / 65536. * 1e3;
		CHECK_NEAR(s.shunt_uw[POWER_CPU], 190e3 + steps_uw, 1);
		power_entry(&s, &model, &later);
		/* What has not passed yet is the step's power times the time constant. */
		lag = (double)(later.drawn_pj[POWER_CPU] - at_step.drawn_pj[POWER_CPU]) -
		      (double)(later.seen_pj[POWER_CPU] - at_step.seen_pj[POWER_CPU]);
		CHECK_REL(lag, steps_uw * taus[i] / 1e3, 1e-3);
		run(&s, &model, 2000, 0, 0, 0);
		power_entry(&s, &model, &later);
		CHECK_REL((double)later.drawn_pj[POWER_CPU],
			  (double)later.seen_pj[POWER_CPU] + 190. * taus[i], 1e-6);
	}
}

/* While all sleep, steps are short at first and then as long as wanted. */
TEST(rest)
{
	struct synergy_sim_power_model model = classic();
	struct power_state s = begin(&model);
	struct power_work work;
	uint64_t end, rest;
	int steps = 0;

	model.tau_ns[POWER_CPU] = 20000;
	run(&s, &model, 1000, .5, 0, 1);
	work = s.work;
	power_step(&s, &model, &work, s.time_ns);
	end = s.time_ns + 100000000;
	while (s.time_ns < end) {
		rest = power_rest_ns(&s, &model, end);
		if (!CHECK(rest > 0 && rest <= end - s.time_ns))
			return;
		power_step(&s, &model, &work, s.time_ns + rest);
		steps++;
	}
	CHECK_GE(steps, 40);
	CHECK_LE(steps, 120);
	CHECK_NEAR(s.shunt_uw[POWER_CPU], 190e3, 1);
	model.tau_ns[POWER_CPU] = 0;
	CHECK_EQ(power_rest_ns(&s, &model, s.time_ns + 5000), 5000);
}

/* Spread and correlation are those asked for, the mean is 1, and seeds differ. */
TEST(variation)
{
	struct synergy_sim_power_model model = classic();
	double sum = 0, square = 0, lagged = 0, last = 0;
	struct power_state s, other;
	int i, n = 20000;

	model.idle_mw = 0;
	model.variation_permille = 100;
	model.variation_ns = 500000;
	s = begin(&model);
	for (i = 0; i < n; i++) {
		double before = drawn_uj(&s, POWER_CPU), x;

		run(&s, &model, 50, .5, 0, 1);	/* 0.1 ms */
		x = (drawn_uj(&s, POWER_CPU) - before) / (1.66 * 100) - 1;
		sum += x;
		square += x * x;
		lagged += x * last;
		last = x;
	}
	/* Means over a fifth of the correlation time: a little less, and smoother. */
	CHECK_NEAR(sum / n, 0, .005);
	CHECK_NEAR(sqrt(square / n), .1, .006);
	CHECK_NEAR(lagged / square, pow(1 - exp(-.2), 2) / (2 * (.2 - 1 + exp(-.2))), .02);
	model.seed = 2;
	other = begin(&model);
	run(&other, &model, 50, .5, 0, 1);
	s = begin(&model);
	run(&s, &model, 50, .5, 0, 1);
	CHECK_EQ(s.drawn[POWER_CPU] == other.drawn[POWER_CPU], 1);
	model.seed = 1;
	s = begin(&model);
	run(&s, &model, 50, .5, 0, 1);
	CHECK_EQ(s.drawn[POWER_CPU] == other.drawn[POWER_CPU], 0);
}

/* Dynamic power goes with the voltage's square, static power with the voltage. */
TEST(voltage_and_gain)
{
	struct synergy_sim_power_model model = classic();
	struct power_state s;

	model.bus_pj = model.simd_pj = 0;
	model.volt_permille = 800;
	s = begin(&model);
	run(&s, &model, 1000, 0, 0, 1);
	CHECK_REL(drawn_uw(&s, POWER_CPU), 190e3 * .8 + 60e3 * .64, 1e-6);
	model.gain_ppm = 1050000;
	s = begin(&model);
	run(&s, &model, 1000, 0, 0, 1);
	CHECK_REL(drawn_uw(&s, POWER_CPU), 190e3 * .8 + 60e3 * .64 * 1.05, 1e-6);
}

/* Heat comes with the time constant, and static power with the heat. */
TEST(temperature)
{
	struct synergy_sim_power_model model = classic();
	struct power_state s;
	double watts;

	model.heat_mk = 5000;
	model.heat_ms = 10;
	model.leak_ppm = 10000;
	s = begin(&model);
	run(&s, &model, 5000, 0, 0, 1);		/* 10 ms: one time constant */
	watts = (190e-3 + 60e-3 + 120e-3 + 1.7) / .9;
	CHECK_NEAR(s.kelvin, 5 * watts * (1 - exp(-1)), .2);
	run(&s, &model, 50000, 0, 0, 1);
	CHECK_NEAR(s.slope[POWER_CPU].uw / 190e3, 1 + .01 * s.kelvin, 1e-3);
	CHECK_GT(s.kelvin, 5 * watts * .99);
}

static struct synergy_sim_entry entry_at(uint64_t time_ns)
{
	struct synergy_sim_entry entry = { .time_ns = time_ns };

	entry.drawn_pj[POWER_CPU] = time_ns * 7;
	return entry;
}

/* Points a step apart, both corners of a pause, on the guest's clock, and the last. */
TEST(truth_file)
{
	char path[] = "/tmp/truth.XXXXXX";
	struct truth_header header;
	struct truth_point points[200];
	struct synergy_sim_entry entry;
	struct truth t = { 0 };
	size_t n, i, pauses = 0;
	uint64_t now;
	FILE *file;

	close(mkstemp(path));
	REQUIRE(!truth_open(&t, path, 10));
	for (now = 1000000; now < 1500000; now += 2000) {
		entry = entry_at(now);
		truth_add(&t, &entry, 400000);
	}
	for (now = 4000000; now <= 4100000; now += 2000) {
		entry = entry_at(now);
		truth_add(&t, &entry, 400000);
	}
	CHECK(!truth_close(&t, "VDD_IN,VDD_GPU,VDD_CPU"));
	file = fopen(path, "rb");
	CHECK_EQ(fread(&header, sizeof(header), 1, file), 1);
	CHECK_EQ(memcmp(header.magic, TRUTH_MAGIC, 8), 0);
	CHECK_EQ(header.version, 1);
	CHECK_EQ(header.step_ns, 10000);
	CHECK_STR(header.rails, "VDD_IN,VDD_GPU,VDD_CPU");
	n = fread(points, sizeof(points[0]), 200, file);
	fclose(file);
	unlink(path);
	CHECK_EQ(points[0].time_ns, 600000);
	CHECK_EQ(points[n - 1].time_ns, 3700000);
	for (i = 0; i < n; i++) {
		CHECK_EQ(points[i].drawn_pj[POWER_CPU], (points[i].time_ns + 400000) * 7);
		if (i && points[i].time_ns - points[i - 1].time_ns > 12000) {
			pauses++;
			CHECK_EQ(points[i - 1].time_ns, 1098000);
			CHECK_EQ(points[i].time_ns, 3600000);
		}
	}
	CHECK_EQ(pauses, 1);
	CHECK_LE(n, 65);
}
