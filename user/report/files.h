/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes a profile's files into a directory: layers.csv, layers.json, report.html.
 */
#ifndef SYNERGY_REPORT_FILES_H
#define SYNERGY_REPORT_FILES_H

#include <stdio.h>

#include "report/profile.h"

enum synergy_format_kind { SYNERGY_FORMAT_TABLE, SYNERGY_FORMAT_CSV, SYNERGY_FORMAT_JSON,
			   SYNERGY_FORMAT_HTML };

/* "table", "csv", "json", "html": a format's word; NULL after the last */
const char *synergy_format_word(size_t i);

/* CSV, JSON or HTML of the layers; EINVAL for TABLE, ENODATA when there are none. */
int synergy_profile_write(const struct synergy_profile *profile, enum synergy_format_kind kind,
			  FILE *out);

/* Makes the directory if need be; errors name the file. */
int synergy_files_write(const struct synergy_profile *profile, const char *directory,
			struct synergy_error *error);

/* mkdir, but an existing directory is fine. */
int synergy_files_directory(const char *directory, struct synergy_error *error);

#endif /* SYNERGY_REPORT_FILES_H */
