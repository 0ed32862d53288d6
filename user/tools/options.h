/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strict reading of numbers and lists from the command line. Each gives 0, or -1
 * with a message that names the option and the value.
 */
#ifndef SYNERGY_TOOLS_OPTIONS_H
#define SYNERGY_TOOLS_OPTIONS_H

#include <sched.h>
#include <stdint.h>

#include "lib/error.h"

int synergy_option_unsigned(const char *option, const char *text, uint64_t min, uint64_t max,
			    uint64_t *value, struct synergy_error *error);
int synergy_option_real(const char *option, const char *text, double min, double max,
			double *value, struct synergy_error *error);
/*
 * Conversion times that the INA3221 has (data sheet, 8.6.2.1), in microseconds: by number,
 * NULL after the last; and read, as ns.
 */
const char *synergy_conversion_word(size_t i);
int synergy_option_conversion(const char *option, const char *text, uint32_t *ns,
			      struct synergy_error *error);
/* "1.5", or one per channel: "104,117,123"; fills up to max, gives how many. */
int synergy_option_reals(const char *option, const char *text, int max, float *values,
			 struct synergy_error *error);
/* "1", "0-3", "1,3-5": cores that this process may use. */
int synergy_option_cpus(const char *option, const char *text, cpu_set_t *cpus,
			struct synergy_error *error);

#endif /* SYNERGY_TOOLS_OPTIONS_H */
