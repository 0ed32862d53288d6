/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * datapackage.json: what the columns of results.csv are (specs.frictionlessdata.io, tabular
 * data package and table schema).
 */
#ifndef SYNERGY_SWEEP_DATA_PACKAGE_H
#define SYNERGY_SWEEP_DATA_PACKAGE_H

#include <stddef.h>

#include "lib/error.h"

/* Into @output, for results.csv with these rails and events. -1: ENOMEM, or of writing. */
int synergy_data_package_write(const char *output, size_t n_rails, char *const *rails,
			       size_t n_events, char *const *events, struct synergy_error *error);

#endif /* SYNERGY_SWEEP_DATA_PACKAGE_H */
