/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The power of the virtual board's rails, step by step: from what the cores have done
 * in a step, by the model that the simulator module has set, to the energy that was drawn
 * and the energy that has passed the shunts. A step is some microseconds long, but for
 * the times in which all cores sleep.
 *
 *	CPU = idle x leak(T) x V + gain x variation(t) x V^2 x (simd + bus + inst)
 *	GPU = gpu
 *	IN  = (feeds x (CPU + GPU) + board) / efficiency + dram / dram efficiency
 *
 * Bus accesses beyond what the memory can do are free: QEMU's cores do not wait for it.
 *
 * V is relative to the nominal voltage. What passes a shunt follows what is drawn with
 * the rail's time constant. Pure; tests/unit/test_sim_power.c.
 */
#ifndef SYNERGY_PLUGIN_POWER_H
#define SYNERGY_PLUGIN_POWER_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "../../../kmod/sim/layout.h"

#define POWER_IN	0
#define POWER_GPU	1
#define POWER_CPU	2

/* What was done until some time, all cores together. */
struct power_work {
	uint64_t simd;
	uint64_t bus;
	uint64_t inst;
};

struct power_state {
	uint64_t time_ns;
	struct power_work work;
	unsigned __int128 drawn[SYNERGY_SIM_RAILS];	/* in 1/65536 pJ */
	double seen_pj[SYNERGY_SIM_RAILS];
	double shunt_uw[SYNERGY_SIM_RAILS];	/* power that passes the shunt now */
	double served;				/* share of the bus accesses within the limit */
	double variation;			/* the program's, standard normal */
	double kelvin;				/* above ambient */
	uint64_t random;
	uint32_t changes;			/* of the model that slope is of */
	struct synergy_sim_slope slope[SYNERGY_SIM_RAILS];
};

/* splitmix64 */
static inline uint64_t power_random(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* Standard normal to what is needed here: twelve evenly spread numbers. */
static inline double power_normal(uint64_t *state)
{
	double sum = -6;
	int i;

	for (i = 0; i < 3; i++) {
		uint64_t bits = power_random(state);

		sum += (bits & 0xffff) / 65536. + (bits >> 16 & 0xffff) / 65536. +
		       (bits >> 32 & 0xffff) / 65536. + (bits >> 48) / 65536.;
	}
	return sum;
}

static inline void power_add(struct synergy_sim_slope *to, const struct synergy_sim_slope *from,
			     double share)
{
	to->simd += llround(from->simd * share);
	to->bus += llround(from->bus * share);
	to->inst += llround(from->inst * share);
	to->uw += llround(from->uw * share);
}

/* How energy grows from here on, until something changes. */
static inline void power_slopes(struct power_state *s, const struct synergy_sim_power_model *model)
{
	double volt = model->volt_permille / 1e3;
	double dynamic = model->gain_ppm / 1e6 *
			 fmax(0, 1 + model->variation_permille / 1e3 * s->variation);
	double leak = fmax(0, 1 + model->leak_ppm / 1e6 * s->kelvin);
	struct synergy_sim_slope *cpu = &s->slope[POWER_CPU], *gpu = &s->slope[POWER_GPU];
	struct synergy_sim_slope *in = &s->slope[POWER_IN];

	memset(s->slope, 0, sizeof(s->slope));
	s->changes = model->changes;
	if (!model->changes)
		return;
	cpu->simd = llround(model->simd_pj * 65536. * dynamic * volt * volt);
	cpu->bus = llround(model->bus_pj * 65536. * dynamic * volt * volt * s->served);
	cpu->inst = llround(model->inst_pj * 65536. * dynamic * volt * volt);
	cpu->uw = llround(model->idle_mw * 1e3 * leak * volt);
	gpu->uw = model->gpu_mw * 1000ULL;
	power_add(in, cpu, model->feeds_permille / (double)model->efficiency_permille);
	power_add(in, gpu, model->feeds_permille / (double)model->efficiency_permille);
	in->uw += llround(model->board_mw * 1e6 / model->efficiency_permille);
	in->bus += llround(model->dram_pj * 65536. * dynamic * s->served * 1e3 /
			   model->dram_permille);
}

/* In 1/65536 pJ; uW times ns is 1/1000 pJ. */
static inline unsigned __int128 power_energy(const struct synergy_sim_slope *slope,
					     const struct power_work *work, uint64_t ns)
{
	return (unsigned __int128)slope->simd * work->simd +
	       (unsigned __int128)slope->bus * work->bus +
	       (unsigned __int128)slope->inst * work->inst +
	       (unsigned __int128)slope->uw * ns * 8192 / 125;
}

/* What has passed the shunt meanwhile: a first-order lag behind what is drawn. */
static inline void power_shunt(struct power_state *s, int rail, double drawn_pj, double ns,
			       double tau_ns)
{
	double drawn_uw = drawn_pj / ns * 1e3;
	double after_uw = drawn_uw;

	if (tau_ns > 0)
		after_uw += (s->shunt_uw[rail] - drawn_uw) * exp(-ns / tau_ns);
	s->seen_pj[rail] += drawn_pj - tau_ns * (after_uw - s->shunt_uw[rail]) / 1e3;
	s->shunt_uw[rail] = after_uw;
}

static inline void power_vary(struct power_state *s, const struct synergy_sim_power_model *model,
			      double ns)
{
	double keep;

	if (!model->variation_permille || !model->variation_ns)
		return;
	keep = exp(-ns / model->variation_ns);
	s->variation = keep * s->variation +
		       sqrt(1 - keep * keep) * power_normal(&s->random);
}

/* @drawn_pj of the input rail is what heats. */
static inline void power_heat(struct power_state *s, const struct synergy_sim_power_model *model,
			      double drawn_pj, double ns)
{
	double end, keep;

	if (!model->heat_mk || !model->heat_ms)
		return;
	end = drawn_pj / ns * 1e-3 * model->heat_mk / 1e3;
	keep = exp(-ns / (model->heat_ms * 1e6));
	s->kelvin = end + (s->kelvin - end) * keep;
}

/**
 * power_step() - go on to a time
 * @s: the state; all 0 at first
 * @model: as it has been since the last step
 * @work: what has been done until then
 * @time_ns: the time
 */
static inline void power_step(struct power_state *s, const struct synergy_sim_power_model *model,
			      const struct power_work *work, uint64_t time_ns)
{
	struct power_work done = { work->simd - s->work.simd, work->bus - s->work.bus,
				   work->inst - s->work.inst };
	uint64_t ns = time_ns - s->time_ns;
	unsigned __int128 energy;
	double input_pj = 0;
	int rail;

	if (!s->random)
		s->random = (uint64_t)model->seed << 32 | 0x5eed;
	for (rail = 0; rail < SYNERGY_SIM_RAILS; rail++) {
		energy = power_energy(&s->slope[rail], &done, ns);
		s->drawn[rail] += energy;
		if (rail == POWER_IN)
			input_pj = energy / 65536.;
		if (ns)
			power_shunt(s, rail, energy / 65536., ns, model->tau_ns[rail]);
		else
			s->seen_pj[rail] += energy / 65536.;
	}
	if (ns) {
		power_vary(s, model, ns);
		power_heat(s, model, input_pj, ns);
	}
	/* As in this step, so in the next: its slopes are known before it. */
	s->served = 1;
	if (model->bus_limit && ns && done.bus * 1e3 > (double)model->bus_limit * ns)
		s->served = model->bus_limit * (double)ns / (done.bus * 1e3);
	s->time_ns = time_ns;
	s->work = *work;
	power_slopes(s, model);
}

/* Without a time constant what passes is what is drawn, to the picojoule. */
static inline void power_entry(const struct power_state *s, const struct synergy_sim_power_model *model,
			       struct synergy_sim_entry *entry)
{
	int rail;

	memset(entry, 0, sizeof(*entry));
	entry->time_ns = s->time_ns;
	for (rail = 0; rail < SYNERGY_SIM_RAILS; rail++) {
		entry->drawn_pj[rail] = s->drawn[rail] >> 16;
		entry->seen_pj[rail] = model->tau_ns[rail] ? llround(fmax(0, s->seen_pj[rail])) :
							   entry->drawn_pj[rail];
	}
}

/* Nothing is done for long: how long until what passes has changed visibly. */
static inline uint64_t power_rest_ns(const struct power_state *s,
				     const struct synergy_sim_power_model *model, uint64_t end_ns)
{
	uint64_t left = end_ns - s->time_ns, step = left;
	int rail;

	for (rail = 0; rail < SYNERGY_SIM_RAILS; rail++) {
		double tau = model->tau_ns[rail];
		double apart = fabs(s->shunt_uw[rail] - (double)s->slope[rail].uw);

		/* A thousandth of a watt is below what any chip sees. */
		if (tau > 0 && apart > 1000 && tau / 8 < step)
			step = tau / 8 < 1 ? 1 : tau / 8;
	}
	return step;
}

#endif /* SYNERGY_PLUGIN_POWER_H */
