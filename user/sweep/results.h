/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sweep's results as one tidy table: a line for each layer of each run, and one, with an
 * empty index and the op "(total)", for the whole inference. Sweeps of several boards go
 * into one table; a board is a column.
 *
 *	board,config,repeat,order,model,clock,khz,cpus,threads,backend,conv,batch,
 *	temperature_c,network,runs,idle_mw,idle_ci95_mw,rail,index,layer,op,type,mac,time_us,
 *	energy_uj,energy_ci95_uj,sensor_u95_uj,resolved,<rail>_uj...,<event>...
 *
 * Beside it datapackage.json says what the columns are, in which units (a Frictionless
 * tabular data package).
 */
#ifndef SYNERGY_SWEEP_RESULTS_H
#define SYNERGY_SWEEP_RESULTS_H

#include <stddef.h>
#include <stdio.h>

#include "lib/error.h"

#define SYNERGY_RESULTS_TOTAL	"(total)"

/**
 * synergy_results_write - results.csv and datapackage.json from runs
 * @directories: of sweeps
 * @n: how many
 * @output: directory that they go to
 * @n_runs: takes how many runs there were, unless NULL
 * @error: names the file at fault
 *
 * Runs are in the order of board, order; the same runs give the same bytes, whoever ran
 * them and in which order they came.
 * Return: 0, or -1 with errno: ENODATA no run is done, EINVAL a bad file, or of files.
 */
int synergy_results_write(char *const *directories, size_t n, const char *output, size_t *n_runs,
			  struct synergy_error *error);

#endif /* SYNERGY_SWEEP_RESULTS_H */
