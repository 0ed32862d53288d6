// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Inputs; see inputs.h. What kind of file it is, its first bytes say.
 */
#include "infer/inputs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int synergy_inputs_add(struct synergy_input_options *options, const char *file,
		       struct synergy_error *error)
{
	if (options->n_files == SYNERGY_INPUTS_MAX)
		return synergy_error_set(error, E2BIG, "--input %s: more than %d files", file,
					 SYNERGY_INPUTS_MAX);
	options->files[options->n_files++] = file;
	return 0;
}

int synergy_inputs_order(struct synergy_input_options *options, const char *word,
			 struct synergy_error *error)
{
	if (!strcmp(word, "rgb"))
		options->order = SYNERGY_CHANNELS_RGB;
	else if (!strcmp(word, "bgr"))
		options->order = SYNERGY_CHANNELS_BGR;
	else
		return synergy_error_set(error, EINVAL, "--channels %s: rgb or bgr", word);
	return 0;
}

static int read_file(const char *path, const struct synergy_input_options *options,
		     enum synergy_channels order, const struct synergy_tensor *tensor,
		     struct synergy_array *array, struct synergy_error *error)
{
	unsigned char start[8] = { 0 };
	FILE *f = fopen(path, "rbe");
	size_t got;

	if (!f)
		return synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	got = fread(start, 1, sizeof(start), f);
	if (ferror(f)) {
		fclose(f);
		return synergy_error_set(error, EISDIR, "%s: cannot be read", path);
	}
	fclose(f);
	if (!got)
		return synergy_error_set(error, EINVAL, "%s: empty", path);
	if (!memcmp(start, "\x93NUMPY", 6))
		return synergy_npy_read(path, array, error);
	if (!memcmp(start, "\x89PNG", 4) || !memcmp(start, "\xff\xd8\xff", 3))
		return synergy_image_read(path, options, order, tensor, array, error);
	return synergy_pb_read(path, array, error);
}

int synergy_inputs_fill(const struct synergy_input_options *options, uint64_t seed,
			const struct synergy_graph *graph, struct synergy_plan *plan,
			struct synergy_error *error)
{
	enum synergy_channels order = options->order;
	struct synergy_array array;
	int i, result;

	if (order == SYNERGY_CHANNELS_BY_FORMAT)
		order = graph->format == SYNERGY_FORMAT_CAFFE ? SYNERGY_CHANNELS_BGR :
			SYNERGY_CHANNELS_RGB;
	if (options->n_files > graph->n_inputs)
		return synergy_error_set(error, EINVAL, "--input %s: the network has %d input%s",
			options->files[graph->n_inputs], graph->n_inputs,
			graph->n_inputs == 1 ? "" : "s");
	for (i = 0; i < graph->n_inputs; i++) {
		const struct synergy_tensor *tensor = &graph->tensors[graph->inputs[i]];
		void *data = synergy_plan_tensor(plan, graph->inputs[i]);

		if (!data)	/* nothing reads it */
			continue;
		if (i >= options->n_files) {
			synergy_array_random(tensor, data, seed);
			continue;
		}
		if (read_file(options->files[i], options, order, tensor, &array, error))
			return -1;
		result = synergy_array_copy(&array, tensor, data, options->files[i], error);
		synergy_array_free(&array);
		if (result)
			return -1;
	}
	return 0;
}
