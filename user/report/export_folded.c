// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Folded stacks, as flamegraph.pl, speedscope and others read them; see export.h. A line
 * is a stack of names and a whole number: microjoules of an inference on one rail, or
 * microseconds where no power was measured. Names with slashes are stacks of their own.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "report/export.h"
#include "report/profile.h"

/* ';' parts frames, and the last blank parts the number. */
static void put_frame(const char *name, int split, FILE *out)
{
	for (; *name; name++) {
		if (split && *name == '/' && name[1])
			fputc(';', out);
		else
			fputc(*name == ';' ? ':' : (unsigned char)*name <= 0x20 || *name == 0x7f ? '_' :
			      *name, out);
	}
}

int synergy_export_folded(struct synergy_stream *stream, const char *rail, FILE *out,
			  struct synergy_error *error)
{
	const struct synergy_profile_options options = { .rail = rail };
	struct synergy_profile *profile;
	double value;
	size_t i;
	int bad;

	if (synergy_profile_read(stream, &options, &profile, error))
		return -1;
	if (!profile->layers) {
		synergy_profile_free(profile);
		return synergy_error_set(error, ENODATA,
					 "no inference is marked in it, so there are no stacks");
	}
	for (i = 0; i < profile->layers->n_rows; i++) {
		const struct synergy_layers_row *row = &profile->layers->rows[i];

		value = rint(profile->rail >= 0 ? row->energy_uj : row->time_us);
		/* A width cannot be unknown or negative: such rows have none. */
		if (!(value > 0))
			continue;
		put_frame(row->network, 0, out);
		fputc(';', out);
		put_frame(row->layer, synergy_layers_is_layer(row), out);
		fprintf(out, " %.0f\n", value);
	}
	synergy_profile_free(profile);
	bad = ferror(out);
	return bad ? synergy_error_set(error, EIO, "standard output: cannot be written") : 0;
}
