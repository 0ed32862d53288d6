// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target of recordings, as `synergy-report FILE` takes them: every record is
 * read and listed, energy is attributed, and the table and all files are written.
 */
#include <gsl/gsl_errno.h>

#include "report/files.h"
#include "report/html.h"
#include "report/profile.h"
#include "report/records.h"
#include "report/table.h"
#include "tests/fuzz/fuzz.h"

static FILE *sink;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	gsl_set_error_handler_off();
	sink = fopen("/dev/null", "w");
	must(sink != NULL);
	return 0;
}

static void report(struct synergy_stream *stream)
{
	const struct synergy_terminal terminal = { .utf8 = true, .columns = 100 };
	struct synergy_profile *profile = NULL;
	struct synergy_error err = { "" };

	if (synergy_profile_read(stream, NULL, &profile, &err)) {
		must(err.message[0] != '\0');
		synergy_profile_free(profile);
		return;
	}
	must(!synergy_table_print(profile, NULL, &terminal, sink));
	must(!synergy_html_write(profile, sink));
	if (profile->layers) {
		must(!synergy_layers_write_csv(profile->layers, sink));
		must(!synergy_layers_write_json(profile->layers, sink));
	}
	synergy_profile_free(profile);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct synergy_error err = { "" };
	struct synergy_stream *stream;
	int fd = fuzz_file(data, size, NULL);

	stream = synergy_stream_open_fd(fd, "input", &err);
	if (!stream) {
		must(err.message[0] != '\0');
		close(fd);
		return 0;
	}
	report(stream);
	if (!synergy_stream_rewind(stream))
		synergy_records_print(stream, sink, &err);
	synergy_stream_close(stream);
	return 0;
}
