/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a sweep runs: the product of its axes (models, clocks, cores, threads, back ends,
 * convolution methods, batch sizes), each configuration as often as there are repeats.
 * A repeat is a block: all configurations once, in an order drawn by the seed, so that
 * what drifts (temperature, supply) does not pass for an effect.
 *
 * As text, which is also what a sweep keeps beside its results:
 *
 *	# what costs least on this board
 *	models: alexnet.prototxt squeezenet.prototxt
 *	clocks: 204MHz 710MHz 1734MHz schedutil
 *	threads: 1 4
 *	repeats: 3
 *	options: --until 2 --rail VDD_IN
 *
 * A line a key, words parted by blanks. Words of an axis must differ. What is not named
 * is as synergy-run has it.
 */
#ifndef SYNERGY_SWEEP_PLAN_H
#define SYNERGY_SWEEP_PLAN_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/error.h"

#define SYNERGY_SWEEP_MOST_RUNS		100000
#define SYNERGY_SWEEP_MOST_REPEATS	1000

enum synergy_axis_kind {
	SYNERGY_AXIS_MODEL, SYNERGY_AXIS_CLOCK, SYNERGY_AXIS_CPU, SYNERGY_AXIS_THREADS,
	SYNERGY_AXIS_BACKEND, SYNERGY_AXIS_CONV, SYNERGY_AXIS_BATCH, SYNERGY_AXES
};

/* Words of an axis, at least one; the only one may be "": not named. */
struct synergy_axis {
	size_t n;
	char **words;
};

struct synergy_sweep_plan {
	struct synergy_axis axes[SYNERGY_AXES];
	struct synergy_axis options;	/* for synergy-run, as they are; may be none */
	uint64_t repeats, seed;
};

struct synergy_sweep_plan *synergy_sweep_plan_new(void);	/* one "" on each axis; NULL: ENOMEM */
void synergy_sweep_plan_free(struct synergy_sweep_plan *plan);	/* NULL is fine */

/* The key of an axis in a plan ("clocks") and its option of synergy-run ("--threads"; NULL none). */
const char *synergy_axis_key(enum synergy_axis_kind axis);
const char *synergy_axis_option(enum synergy_axis_kind axis);

/**
 * synergy_sweep_plan_set - set an axis' words, or "repeats", "seed", "options"
 * @plan: to be changed
 * @key: as in the text
 * @words: parted by blanks or, but for options, by commas
 * @error: names key and word
 *
 * Return: 0, or -1 with errno EINVAL, ENOMEM.
 */
int synergy_sweep_plan_set(struct synergy_sweep_plan *plan, const char *key, const char *words,
		     struct synergy_error *error);

/* The text, in the order of a file; what it does not name is left as it is. EINVAL names the line. */
int synergy_sweep_plan_parse(struct synergy_sweep_plan *plan, const char *text, const char *name,
		       struct synergy_error *error);
int synergy_sweep_plan_read(struct synergy_sweep_plan *plan, const char *path,
		      struct synergy_error *error);
int synergy_sweep_plan_write(const struct synergy_sweep_plan *plan, FILE *out);

/* EINVAL: no model, or more than SYNERGY_SWEEP_MOST_RUNS runs. */
int synergy_sweep_plan_check(const struct synergy_sweep_plan *plan, struct synergy_error *error);

size_t synergy_sweep_plan_configs(const struct synergy_sweep_plan *plan);
/* The word of an axis in configuration number @config. */
const char *synergy_sweep_plan_word(const struct synergy_sweep_plan *plan, size_t config,
			      enum synergy_axis_kind axis);

/**
 * synergy_sweep_plan_order - the configurations of a block, in the order that they run in
 * @plan: checked
 * @repeat: the block, from 0
 * @order: takes synergy_sweep_plan_configs() numbers
 *
 * The same seed and repeat give the same order on every machine.
 */
void synergy_sweep_plan_order(const struct synergy_sweep_plan *plan, uint64_t repeat, size_t *order);

#endif /* SYNERGY_SWEEP_PLAN_H */
