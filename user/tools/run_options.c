// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * synergy-run's command line; see run_options.h.
 */
#include "tools/run_options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/gemm.h"
#include "model/graph.h"
#include "tools/options.h"
#include "tools/shared_options.h"

SYNERGY_WORDS(mode_word, "auto", "require", "off")
SYNERGY_WORDS(channels_word, "rgb", "bgr")

static const char *conv_word(size_t i)
{
	return synergy_conv_choice_name((enum synergy_conv_choice)i);
}

static int read_cpus(void *to, const char *text, struct synergy_error *error)
{
	struct synergy_run_options *o = to;

	o->pinned = true;
	return synergy_option_cpus("--cpu", text, &o->cpus, error);
}

static int read_mean(void *to, const char *text, struct synergy_error *error)
{
	struct synergy_input_options *input = to;

	input->n_mean = synergy_option_reals("--mean", text, 4, input->mean, error);
	return input->n_mean < 0 ? -1 : 0;
}

static int read_scale(void *to, const char *text, struct synergy_error *error)
{
	struct synergy_input_options *input = to;

	input->n_scale = synergy_option_reals("--scale", text, 4, input->scale, error);
	return input->n_scale < 0 ? -1 : 0;
}

static int read_channels(void *to, const char *text, struct synergy_error *error)
{
	return synergy_inputs_order(to, text, error);
}

/* Said by whoever asks for it; else by what there is */
static int read_control(void *to, const char *text, struct synergy_error *error)
{
	return synergy_option_unsigned("--control", text, 0, 10000, to, error);
}

static int read_check(void *to, const char *text, struct synergy_error *error)
{
	return synergy_option_unsigned("--time-check", text, 0, 100000, to, error);
}

static int read_idle(void *to, const char *text, struct synergy_error *error)
{
	return synergy_option_real("--idle", text, 0, 3600, to, error);
}

#define O struct synergy_run_options

static const struct synergy_option options[] = {
	SYNERGY_TITLE("What is run"),
	SYNERGY_UNSIGNED("runs", 0, "N", O, runs, 1, 1000000, "5", "inferences that count"),
	SYNERGY_UNSIGNED("warmup", 0, "N", O, warmup, 0, 100000, "1",
			 "inferences before them that do not"),
	SYNERGY_REAL("until", 0, "PCT", O, until_pct, 0.01, 100, NULL,
		     "go on, --runs at a time, until every layer's 95 % interval is within PCT of "
		     "its energy (layers of 1 % of the time and more)"),
	SYNERGY_UNSIGNED("max-runs", 0, "N", O, max_runs, 1, 1000000, NULL,
			 "but no more than this (20 times --runs)"),
	SYNERGY_REAL("duration", 0, "SECONDS", O, duration_s, 0.001, 1e6, NULL,
		     "inferences that count for so long, instead of --runs"),
	SYNERGY_REAL("cool-down", 0, "SECONDS", O, cool_down_s, 0, 3600, "0",
		     "asleep before each inference"),
	SYNERGY_UNSIGNED("threads", 0, "N", O, threads, 1, 256, "1", "threads, as in the papers"),
	SYNERGY_READ_ALL("cpu", 0, "LIST", read_cpus,
		     "cores to run on: 1, or 0-3,5 (the first but core 0; with one thread it is "
		     "pinned there)"),
	SYNERGY_WORD("backend", 0, "NAME", O, plan.backend, synergy_gemm_name, "openblas",
		     "matrix multiplication"),
	SYNERGY_CHOICE("conv", 0, "METHOD", O, plan.conv, conv_word, "auto",
		       "convolution: auto (the cheapest for each layer), im2col (the papers'), "
		       "im2col-all, direct, winograd"),
	SYNERGY_FLAG("fuse", 0, O, plan.fuse, "fold normalisation, addition and activation into convolutions"),
	SYNERGY_FLAG("reference", 0, O, plan.reference,
		     "every layer by its plain reference kernel: slow, to compare with"),
	SYNERGY_UNSIGNED("batch", 0, "N", O, batch, 1, 65536, NULL,
			 "images at once (as the file says, else 1)"),
	SYNERGY_TITLE("What goes in"),
	SYNERGY_TEXT("weights", 0, "FILE", O, weights, NULL,
		     ".caffemodel for a .prototxt; without it weights are random: energy does not "
		     "depend on trained values"),
	SYNERGY_UNSIGNED("seed", 0, "N", O, seed, 0, UINT64_MAX, "1", "of random weights and input"),
	SYNERGY_ROW_INPUT(O, input, 0, ".npy, TensorProto .pb, PNG or JPEG; once per input"),
	SYNERGY_ROW_SHAPE(O, input, 0),
	SYNERGY_READ("mean", 0, "V[,V,V]", O, input, read_mean, NULL,
		     "subtracted from a picture's values (0..255), by channel"),
	SYNERGY_READ("scale", 0, "V[,V,V]", O, input, read_scale, NULL, "then multiplied by it"),
	SYNERGY_READ("channels", 0, "ORDER", O, input, read_channels, channels_word,
		     "rgb or bgr (bgr for .prototxt, else rgb)"),
	SYNERGY_TITLE("What is measured"),
	SYNERGY_ROW_EVENTS(O, events),
	SYNERGY_ROW_RATE(O, measurement.capture),
	SYNERGY_ROW_CONVERSION(O, measurement.capture),
	SYNERGY_ROW_RAIL(O, rail),
	SYNERGY_ROW_RAILS(O, measurement.capture),
	SYNERGY_CHOICE("measure", 0, "MODE", O, measurement.mode, mode_word, "auto",
		       "auto: energy if /dev/synergy is there; require: exit 3 if it is not; off: "
		       "time and counts only"),
	SYNERGY_ROW_DEVICE(O, measurement.capture.device),
	SYNERGY_ROW_SOURCE(O, measurement.capture,
			   "where power comes from: hwmon, iio, powercap (the module)"),
	SYNERGY_READ("idle", 0, "SECONDS", O, idle_s, read_idle, NULL,
		     "of doing nothing, before and after (0.5 with a device)"),
	SYNERGY_READ("time-check", 0, "N", O, check_steps, read_check, NULL,
		     "busy and idle steps before the inferences, that show when windows were; 0 "
		     "none (200 with power)"),
	SYNERGY_READ("control", 0, "N", O, control, read_control, NULL,
		     "inferences without marks, for comparison (1 with a device)"),
	SYNERGY_ROW_NO_DITHER(O, measurement.capture),
	SYNERGY_TITLE("What comes out"),
	SYNERGY_ROW_FORMAT(O, format),
	SYNERGY_TEXT("output", 'o', "DIR", O, output, NULL,
		     "layers.csv, layers.json, report.html, capture.syn, outputs"),
	SYNERGY_TEXT("record", 0, "FILE", O, record, NULL, "the recording, for synergy-report"),
	SYNERGY_TEXT("times", 0, "FILE", O, times, NULL, "time of each inference, as CSV"),
	SYNERGY_TEXT("dump", 0, "DIR", O, dump, NULL,
		     "every layer's output as .npy (from a run of its own)"),
	SYNERGY_TEXT("labels", 0, "FILE", O, labels, NULL, "print the five best classes by name"),
	SYNERGY_TEXT("predict", 0, "FILE", O, predict, NULL,
		     "a model.json of synergy-fit: prediction beside measurement"),
	SYNERGY_FLAG("describe", 0, O, describe,
		     "print the graph with shapes, MACs, parameters; do not run"),
	SYNERGY_FLAG("operators", 0, O, operators,
		     "list the ONNX operators and Caffe layers that there are; MODEL is not needed"),
	SYNERGY_TEXT("name", 0, "NAME", O, name, NULL,
		     "what to call the network (the file's name)"),
	SYNERGY_ROW_QUIET(O, quiet, "no progress, no notes on what is missing"),
	SYNERGY_END,
};

#undef O

const struct synergy_tool synergy_run_tool = {
	.name = "synergy-run",
	.operands = "MODEL",
	.about = "Run the ConvNet in MODEL (.onnx, or .prototxt with or without --weights) and print "
		 "energy, time and counts per layer.",
	.after =
"Exit status: 0 done, 1 failed, 2 wrong usage, 3 no device (--measure require).\n"
"More in synergy-run(1); the device in synergy(4).\n",
	.files = "*.onnx *.prototxt",
	.options = options,
	.most_operands = 1,
};

/* Nothing runs for --describe: what is for a run would be passed over without a word. */
static int check_described(const struct synergy_run_options *o)
{
	const struct {
		const char *option;
		bool given;
	} runs[] = {
		{ "--mean", o->input.n_mean }, { "--scale", o->input.n_scale },
		{ "--channels", o->input.order != SYNERGY_CHANNELS_BY_FORMAT },
		{ "--labels", o->labels }, { "--dump", o->dump }, { "--output", o->output },
		{ "--record", o->record }, { "--times", o->times }, { "--predict", o->predict },
	};
	size_t i;

	for (i = 0; o->describe && i < sizeof(runs) / sizeof(runs[0]); i++)
		if (runs[i].given)
			return synergy_usage_error("%s: has no effect with --describe",
						   runs[i].option);
	return -1;
}

int synergy_run_parse(struct synergy_run_options *o, int argc, char **argv)
{
	int status;

	memset(o, 0, sizeof(*o));
	o->control = SYNERGY_RUN_UNSAID;
	o->check_steps = SYNERGY_RUN_UNSAID;
	o->idle_s = NAN;
	o->input.order = SYNERGY_CHANNELS_BY_FORMAT;
	status = synergy_tool_parse(&synergy_run_tool, o, argc, argv);
	if (status >= 0)
		return status;
	if (o->operators)
		return synergy_operators_print(stdout) || fflush(stdout) ? SYNERGY_EXIT_FAILED : 0;
	if (optind == argc)
		return synergy_usage_error("no model file is given");
	o->model = argv[optind];
	if (o->duration_s > 0 && o->until_pct > 0)
		return synergy_usage_error("--duration and --until: only one can say when to end");
	return check_described(o);
}
