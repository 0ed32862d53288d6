// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target of model.json: what reads is written, reads again, and predicts a small
 * network whose layers are of all types.
 */
#include <gsl/gsl_errno.h>
#include <string.h>

#include "layers/layers.h"
#include "fit/model.h"
#include "fit/predict.h"
#include "tests/fuzz/fuzz.h"

static const char network[] =
	"index,layer,op,mac,params,bytes_in,bytes_out,kernel_h,kernel_w,stride_h,stride_w,group,"
	"channels_in,channels_out,method\n"
	"0,c,Conv,1000000,900,4000,8000,3,3,1,1,1,10,10,im2col\n"
	"1,d,Conv,9000,90,4000,4000,3,3,1,1,10,10,10,depthwise\n"
	"2,r,Relu,0,0,4000,4000,,,,,,,,simd\n"
	"3,p,MaxPool,0,0,4000,1000,2,2,2,2,,10,10,simd\n"
	"4,n,LRN,0,0,1000,1000,,,,,,,,simd\n"
	"5,f,Gemm,50000,5000,1000,40,,,,,,,,gemm\n";

static struct synergy_layers *table;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct synergy_error err = { "" };

	(void)argc, (void)argv;
	gsl_set_error_handler_off();
	if (synergy_layers_parse_static(network, strlen(network), "network", "n", 0, NULL, 0, NULL,
					&table, &err)) {
		fprintf(stderr, "%s\n", err.message);
		abort();
	}
	return 0;
}

static void use(const struct synergy_model *model)
{
	struct synergy_prediction p;
	struct synergy_error err = { "" };
	char text[300];
	size_t i;

	if (synergy_predict(model, table, &p, &err)) {
		must(err.message[0] != '\0');
		return;
	}
	for (i = 0; synergy_prediction_remark(&p, table, i, text, sizeof(text)); i++)
		must(i < 100);
	synergy_prediction_free(&p);
}

static struct synergy_model *read_bytes(const void *data, size_t size)
{
	struct synergy_error err = { "" };
	struct synergy_model *model;
	char path[64];
	int fd = fuzz_file(data, size, path);

	if (synergy_model_read(path, &model, &err)) {
		must(err.message[0] != '\0');
		model = NULL;
	}
	close(fd);
	return model;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct synergy_model *model = read_bytes(data, size), *again;
	char *text = NULL;
	FILE *out;

	if (!model)
		return 0;
	use(model);
	out = open_memstream(&text, &size);
	must(out && !synergy_model_write(model, out) && !fclose(out));
	again = read_bytes(text, size);
	must(again && again->n_parts == model->n_parts);
	free(again);
	free(text);
	free(model);
	return 0;
}
