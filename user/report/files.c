// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The report's files; see files.h.
 */
#include "report/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "report/html.h"

static const struct {
	const char *word;
	const char *file;	/* in the output directory; NULL: on the terminal only */
} formats[] = {
	[SYNERGY_FORMAT_TABLE] = { "table", NULL },
	[SYNERGY_FORMAT_CSV] = { "csv", "layers.csv" },
	[SYNERGY_FORMAT_JSON] = { "json", "layers.json" },
	[SYNERGY_FORMAT_HTML] = { "html", "report.html" },
};

#define N_FORMATS	(sizeof(formats) / sizeof(formats[0]))

const char *synergy_format_word(size_t i)
{
	return i < N_FORMATS ? formats[i].word : NULL;
}

int synergy_profile_write(const struct synergy_profile *p, enum synergy_format_kind kind,
			  FILE *out)
{
	const struct synergy_layers *tables[SYNERGY_PROFILE_THREADS + 1];
	size_t i;

	if (kind == SYNERGY_FORMAT_HTML)
		return synergy_html_write(p, out);
	if (!p->layers) {
		errno = ENODATA;
		return -1;
	}
	tables[0] = p->layers;
	for (i = 0; i < p->n_threads; i++)
		tables[i + 1] = p->threads[i].layers;
	switch (kind) {
	case SYNERGY_FORMAT_CSV:
		return synergy_layers_write_csv_all(tables, p->n_threads + 1, out);
	case SYNERGY_FORMAT_JSON:
		return synergy_layers_write_json_all(tables, p->n_threads + 1, out);
	default:
		errno = EINVAL;
		return -1;
	}
}

int synergy_files_directory(const char *directory, struct synergy_error *error)
{
	struct stat st;

	if (!mkdir(directory, 0777))
		return 0;
	if (errno == EEXIST && !stat(directory, &st) && S_ISDIR(st.st_mode))
		return 0;
	return synergy_error_set(error, errno, "%s: %s", directory, strerror(errno));
}

static int write_file(const struct synergy_profile *p, const char *directory,
		      enum synergy_format_kind kind, struct synergy_error *error)
{
	char path[1024];
	int result;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/%s", directory, formats[kind].file) >=
	    (int)sizeof(path))
		return synergy_error_set(error, ENAMETOOLONG, "%s: name is too long", directory);
	f = fopen(path, "we");
	if (!f)
		return synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	result = synergy_profile_write(p, kind, f);
	if (fclose(f))
		result = -1;
	if (result)
		return synergy_error_set(error, errno ? errno : EIO, "%s: %s", path,
					 strerror(errno ? errno : EIO));
	return 0;
}

int synergy_files_write(const struct synergy_profile *p, const char *directory,
			struct synergy_error *error)
{
	size_t i;

	if (synergy_files_directory(directory, error))
		return -1;
	for (i = 0; i < N_FORMATS; i++) {
		if (!formats[i].file || (!p->layers && i != SYNERGY_FORMAT_HTML))
			continue;
		if (write_file(p, directory, i, error))
			return -1;
	}
	return 0;
}
