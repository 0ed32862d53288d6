/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the sampling benchmark share. It runs on the
 * virtual board: a pinned OpenBLAS program as load, one way of sampling beside it,
 * and a count of what that cost the load in instructions executed on its core.
 */
#ifndef SYNERGY_BENCH_H
#define SYNERGY_BENCH_H

#include <stddef.h>
#include <stdint.h>

#define NSEC_PER_SEC	1000000000ULL

/* synergy.ko takes the last core. */
#define BENCH_READER_CPU	0
#define BENCH_LOAD_CPU		1
#define BENCH_SAMPLER_CPU	2	/* samplers in user space */

/**
 * struct bench_samples - what one sampler did; in memory that processes share
 * @stop: set by the controller; the sampler then ends
 * @ready: set by the sampler once it samples
 * @failed: errno of what made it end early
 * @period_ns: what it aimed at; 0 as fast as it can
 * @n: samples
 * @fresh_in: of these, in the time of the load, those that are fresh: of pollers,
 *	those whose shunt value has changed on any rail; of synergy.ko, no repeats
 * @missed: ticks that it did not make
 * @lost: records that were lost on the way
 * @errors: failed readings
 * @unaccounted: records neither received nor reported as lost
 * @time_ns: when each sample began, CLOCK_MONOTONIC
 * @is_fresh: see @fresh_in
 */
#define BENCH_MAX_SAMPLES	65536

struct bench_samples {
	volatile int stop;
	volatile int ready;
	int failed;
	uint64_t period_ns;
	uint64_t n;
	uint64_t fresh_in;
	uint64_t missed;
	uint64_t lost;
	uint64_t errors;
	uint64_t unaccounted;
	uint64_t time_ns[BENCH_MAX_SAMPLES];
	uint8_t is_fresh[BENCH_MAX_SAMPLES];
};

struct bench_samples *bench_samples_new(void);
/* Notes a sample's time and whether it is fresh. */
void bench_sample(struct bench_samples *samples, uint64_t time_ns, int fresh);

uint64_t bench_now_ns(void);
int bench_pin(int cpu);
void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The instructions that each core has executed, from the simulator's memory. */
int bench_counts_open(void);
uint64_t bench_instructions(int cpu);

/* Samplers: run until @samples->stop. */
void bench_poll_hwmon(struct bench_samples *samples);
void bench_poll_i2cdev(struct bench_samples *samples, int bus, int address);

/**
 * struct bench_session - a session of synergy.ko
 * @period_ns: 0 the shortest
 * @rail_mask: 0 all
 * @bus_voltage_every: 0 the module's choice
 * @n_events: how many of the list in stream.c
 */
struct bench_session {
	uint64_t period_ns;
	uint64_t rail_mask;
	uint32_t bus_voltage_every;
	unsigned int n_events;
};

void bench_stream(struct bench_samples *samples, const struct bench_session *session);
/* Configures and starts; returns the file that owns the session. */
int bench_session_start(const struct bench_session *session, uint64_t *period_ns);

/* Prints a line of CSV: what reading such a session's stream costs. */
void bench_reading(const struct bench_session *session);

/* One fixed piece of work of the load. */
void bench_work_init(void);
void bench_work(unsigned int rounds);

#endif /* SYNERGY_BENCH_H */
