/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What comes out of a network: outputs and layers' outputs as .npy files, and the
 * best classes by name.
 */
#ifndef SYNERGY_INFER_OUTPUTS_H
#define SYNERGY_INFER_OUTPUTS_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/error.h"
#include "infer/plan.h"

/* DIR/output.npy, or DIR/output_0.npy ... when there are several. After a run. */
int synergy_outputs_write(const struct synergy_graph *graph, const struct synergy_plan *plan,
			  const char *directory, struct synergy_error *error);

/* Runs once more and writes DIR/NNN-NAME.npy (_1 ... for further outputs of a node). */
int synergy_outputs_dump(const struct synergy_graph *graph, struct synergy_plan *plan,
			 const char *directory, struct synergy_error *error);

/*
 * The five greatest values of the first output, with lines of the labels file as
 * names, on out. ENODATA: the output has no values; EINVAL: fewer labels than values.
 */
int synergy_outputs_best(const struct synergy_graph *graph, const struct synergy_plan *plan,
			 const char *labels, FILE *out, struct synergy_error *error);

/*
 * What is wrong with output i of a run: values that are no numbers or infinite, as a line
 * that names it. False: nothing is.
 */
bool synergy_outputs_remark(const struct synergy_graph *graph, const struct synergy_plan *plan,
			    int i, char *buf, size_t size);

#endif /* SYNERGY_INFER_OUTPUTS_H */
