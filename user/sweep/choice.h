/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which configuration costs least: results.csv (results.h) gathered by configuration, for
 * each network as a whole and for each of its layers, on each board.
 *
 * Energies, times and products are an image's: those of an inference by its batch.
 */
#ifndef SYNERGY_SWEEP_CHOICE_H
#define SYNERGY_SWEEP_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/error.h"

enum synergy_setting {
	SYNERGY_SETTING_CLOCK, SYNERGY_SETTING_CPUS, SYNERGY_SETTING_THREADS,
	SYNERGY_SETTING_BACKEND, SYNERGY_SETTING_CONV, SYNERGY_SETTING_BATCH, SYNERGY_SETTINGS
};

extern const char *const synergy_setting_columns[SYNERGY_SETTINGS];	/* of results.csv */

/* One configuration of a group. */
struct synergy_choice {
	const char *settings[SYNERGY_SETTINGS];
	double khz;			/* NaN: a governor's, or as found */
	size_t repeats;
	double energy_uj, energy_ci95_uj;	/* NaN: unknown */
	double energy_se_uj, energy_dof;
	double time_us, idle_mw;
	double edp_ujs, edp_se_ujs, edp_ci95_ujs, edp_dof;	/* energy by time */
	double period_uj;		/* energy over the period: work, then idle; NaN: it takes longer */
	bool best_energy, best_edp;	/* the least */
	bool like_best_energy, like_best_edp;	/* not distinguishable from the least, 95 % */
	bool pareto;			/* no other takes less of both, energy and time */
};

/* A network (index -1), or a layer of it, on a board. */
struct synergy_choice_group {
	const char *board, *model, *layer, *op;
	long index;
	double period_us;		/* what period_uj is over */
	size_t n;
	struct synergy_choice *choices;	/* fastest first */
};

struct synergy_choices {
	size_t n;
	struct synergy_choice_group *groups;	/* by board and model: the whole, then its layers */
	size_t n_texts;
	char **texts;			/* what the pointers above point into */
};

/**
 * synergy_choices_read - gather a table of results
 * @path: of results.csv
 * @period_us: over which idle power is counted; NaN: the slowest configuration's time
 * @choices: takes them; synergy_choices_clear() frees, after a failure too
 * @error: names file, line and column
 *
 * A configuration's interval is from the scatter between its repeats, pooled over the
 * group's configurations (their relative deviations are taken for alike), or from the
 * runs' own intervals where those are wider.
 * Return: 0, or -1 with errno EINVAL, ENOMEM, or of reading.
 */
int synergy_choices_read(const char *path, double period_us, struct synergy_choices *choices,
			 struct synergy_error *error);
void synergy_choices_clear(struct synergy_choices *choices);

/* What of a group is best, by what; NULL where no energy is known. */
const struct synergy_choice *synergy_choice_best_energy(const struct synergy_choice_group *g);
const struct synergy_choice *synergy_choice_best_edp(const struct synergy_choice_group *g);

/* The least fixed clock beside this governor, all else alike; NULL: there is none. */
const struct synergy_choice *synergy_choice_fixed(const struct synergy_choice_group *g,
						  const struct synergy_choice *governor);

/* Its settings, those that differ within the group: "clock 710MHz, threads 4". */
void synergy_choice_name(const struct synergy_choice_group *g, const struct synergy_choice *c,
			 char *text, size_t size);

/* choices.csv: a line for each configuration of each group. -1: out took an error. */
int synergy_choices_write(const struct synergy_choices *choices, FILE *out);

/* For people: a table a network, and what follows from it. -1: ENOMEM, or out's error. */
int synergy_choices_print(const struct synergy_choices *choices, FILE *out);

/* sweep.html: the same, with energy against time, in one file. -1: out took an error. */
int synergy_choices_write_page(const struct synergy_choices *choices, FILE *out);

#endif /* SYNERGY_SWEEP_CHOICE_H */
