// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Command-line values; see options.h.
 */
#include "tools/options.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int synergy_option_unsigned(const char *option, const char *text, uint64_t min, uint64_t max,
			    uint64_t *value, struct synergy_error *error)
{
	char *end = NULL;

	errno = 0;
	if (isdigit((unsigned char)*text))
		*value = strtoull(text, &end, 0);
	if (!end || *end || errno || *value < min || *value > max)
		return synergy_error_set(error, EINVAL, "%s %s: a whole number from %llu to %llu",
					 option, text, (unsigned long long)min,
					 (unsigned long long)max);
	return 0;
}

int synergy_option_real(const char *option, const char *text, double min, double max,
			double *value, struct synergy_error *error)
{
	char *end = NULL;

	*value = strtod(text, &end);
	if (end == text || *end || !isfinite(*value) || *value < min || *value > max)
		return synergy_error_set(error, EINVAL, "%s %s: a number from %g to %g", option,
					 text, min, max);
	return 0;
}

const char *synergy_conversion_word(size_t i)
{
	static const char *const us[] = { "140", "204", "332", "588", "1100", "2116", "4156",
					  "8244" };

	return i < sizeof(us) / sizeof(us[0]) ? us[i] : NULL;
}

int synergy_option_conversion(const char *option, const char *text, uint32_t *ns,
			      struct synergy_error *error)
{
	size_t i;

	for (i = 0; synergy_conversion_word(i); i++)
		if (!strcmp(synergy_conversion_word(i), text)) {
			*ns = (uint32_t)strtoul(text, NULL, 10) * 1000;
			return 0;
		}
	return synergy_error_set(error, EINVAL,
		"%s %s: the chip has 140, 204, 332, 588, 1100, 2116, 4156 and 8244 us", option,
		text);
}

int synergy_option_reals(const char *option, const char *text, int max, float *values,
			 struct synergy_error *error)
{
	const char *at = text;
	char *end;
	int n = 0;

	for (;;) {
		double v = strtod(at, &end);

		if (end == at || !isfinite(v) || n == max || (*end && *end != ','))
			return synergy_error_set(error, EINVAL,
				"%s %s: one number, or up to %d with commas", option, text, max);
		values[n++] = (float)v;
		if (!*end)
			return n;
		at = end + 1;
	}
}

int synergy_option_cpus(const char *option, const char *text, cpu_set_t *cpus,
			struct synergy_error *error)
{
	unsigned long first, last;
	const char *at = text;
	cpu_set_t allowed;
	char *end;

	CPU_ZERO(cpus);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	while (isdigit((unsigned char)*at)) {
		first = last = strtoul(at, &end, 10);
		if (*end == '-' && isdigit((unsigned char)end[1]))
			last = strtoul(end + 1, &end, 10);
		for (; first <= last; first++) {
			if (first >= CPU_SETSIZE || !CPU_ISSET(first, &allowed))
				return synergy_error_set(error, EINVAL,
					"%s %s: core %lu is not there or not allowed", option, text,
					first);
			CPU_SET(first, cpus);
		}
		at = end;
		if (!*at)
			return 0;
		if (*at++ != ',')
			break;
	}
	return synergy_error_set(error, EINVAL, "%s %s: core numbers like 1 or 0-3,5", option, text);
}
