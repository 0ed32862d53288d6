// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target of layers.csv and of published tables: what reads is written in every
 * form, what was written reads again, and it goes into a data set of synergy-fit.
 */
#include <gsl/gsl_errno.h>
#include <string.h>

#include "layers/layers.h"
#include "fit/dataset.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	gsl_set_error_handler_off();
	return 0;
}

static void round_trip(const struct synergy_layers *layers)
{
	struct synergy_error err = { "" };
	struct synergy_layers *again;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	must(out && !synergy_layers_write_json(layers, out) &&
	     !synergy_layers_write_static(layers, out));
	fclose(out);
	free(text);
	text = NULL;
	out = open_memstream(&text, &size);
	must(out && !synergy_layers_write_csv(layers, out) && !fclose(out));
	must(!synergy_layers_parse_csv(text, size, "again", &again, &err));
	must(again->n_rows == layers->n_rows);
	synergy_layers_free(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const struct synergy_dataset_options options = { 0 };
	struct synergy_dataset set = { 0 };
	struct synergy_error err = { "" };
	struct synergy_layers *layers;
	char path[64];
	int fd;

	if (!synergy_layers_parse_csv((const char *)data, size, "input", &layers, &err)) {
		round_trip(layers);
		synergy_layers_free(layers);
	} else {
		must(err.message[0] != '\0');
	}
	fd = fuzz_file(data, size, path);
	err.message[0] = '\0';
	if (synergy_dataset_add(&set, path, &options, &err) || synergy_dataset_finish(&set, &err))
		must(err.message[0] != '\0');
	synergy_dataset_free(&set);
	close(fd);
	return 0;
}
