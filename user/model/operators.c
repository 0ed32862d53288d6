// SPDX-License-Identifier: LGPL-2.1-or-later
/* The list of --operators, from the readers' own tables. */
#include "model/caffe.h"
#include "model/onnx.h"

int synergy_operators_print(FILE *out)
{
	const char *name;
	int since;
	size_t i;

	fprintf(out, "%-24s %s\n", "ONNX operator", "opsets");
	for (i = 0; (name = synergy_onnx_operator(i, &since)) != NULL; i++)
		if (since <= SYNERGY_ONNX_MAX_OPSET)
			fprintf(out, "%-24s %d to %d\n", name, since, SYNERGY_ONNX_MAX_OPSET);
	fprintf(out, "\nCaffe layer\n");
	for (i = 0; (name = synergy_caffe_layer_type(i)) != NULL; i++)
		fprintf(out, "%s\n", name);
	return ferror(out) ? -1 : 0;
}
