// SPDX-License-Identifier: LGPL-2.1-or-later
/* The ONNX reader. */
#include <errno.h>

#include "model/build.h"

int synergy_read_onnx(struct synergy_graph *graph, const void *data, size_t size,
		      const struct synergy_graph_options *options, struct synergy_error *err)
{
	(void)data;
	(void)size;
	(void)options;
	return synergy_graph_error(graph, err, ENOTSUP, "ONNX files are not read yet");
}
