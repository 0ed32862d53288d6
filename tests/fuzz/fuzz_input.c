// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target of what --input takes: .npy, TensorProto, PNG and JPEG, distinguished by
 * their first bytes; the array is then copied into a small network's input.
 */
#include <string.h>

#include "infer/array.h"
#include "infer/inputs.h"
#include "tests/fuzz/fuzz.h"

static char input_name[] = "x";

static int read_any(const unsigned char *data, size_t size, const char *path,
		    const struct synergy_tensor *input, struct synergy_array *array,
		    struct synergy_error *err)
{
	const struct synergy_input_options options = { .n_mean = 1, .mean = { 1 } };

	if (size > 6 && !memcmp(data, "\x93NUMPY", 6))
		return synergy_npy_read(path, array, err);
	if (size > 3 && (!memcmp(data, "\x89PNG", 4) || !memcmp(data, "\xff\xd8\xff", 3)))
		return synergy_image_read(path, &options, SYNERGY_CHANNELS_BGR, input, array, err);
	return synergy_pb_read(path, array, err);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static float values[3 * 8 * 8];
	const struct synergy_tensor input = {
		.name = input_name, .dtype = SYNERGY_F32, .rank = 4, .dims = { 1, 3, 8, 8 },
		.count = 3 * 8 * 8, .bytes = sizeof(values),
	};
	struct synergy_error err = { "" };
	struct synergy_array array = { 0 };
	char path[64];
	int fd = fuzz_file(data, size, path);

	if (read_any(data, size, path, &input, &array, &err)) {
		must(err.message[0] != '\0');
	} else {
		must(array.count >= 0 && array.rank >= 0 && array.rank <= SYNERGY_MAX_RANK);
		if (synergy_array_copy(&array, &input, values, "input", &err))
			must(err.message[0] != '\0');
		synergy_array_free(&array);
	}
	close(fd);
	return 0;
}
