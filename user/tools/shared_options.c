// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Values that more than one tool reads alike; see shared_options.h.
 */
#include "tools/shared_options.h"

#include <string.h>

#include "tools/options.h"

int synergy_read_input(void *to, const char *text, struct synergy_error *error)
{
	return synergy_inputs_add(to, text, error);
}

int synergy_read_shape(void *to, const char *text, struct synergy_error *error)
{
	return synergy_inputs_shape(to, text, error);
}

int synergy_read_rate(void *to, const char *text, struct synergy_error *error)
{
	struct synergy_capture_options *capture = to;

	capture->fastest = !strcmp(text, "max");
	if (capture->fastest)
		return 0;
	return synergy_option_real("--rate", text, 0.1, 1e6, &capture->rate_hz, error);
}

int synergy_read_conversion(void *to, const char *text, struct synergy_error *error)
{
	struct synergy_capture_options *capture = to;

	return synergy_option_conversion("--conversion", text, &capture->conversion_ns, error);
}
