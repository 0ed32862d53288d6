// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * synergy-run's command line; see run_options.h.
 */
#include "tools/run_options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <string.h>

#include "tools/options.h"

const char synergy_run_usage[] =
"usage: synergy-run [OPTION...] MODEL\n"
"Run the ConvNet in MODEL (.onnx, or .prototxt with or without --weights) and tell\n"
"energy, time and counts per layer.\n"
"\n"
"What is run\n"
"      --runs N          inferences that count (5)\n"
"      --warmup N        inferences before them that do not (1)\n"
"      --until PCT       go on, N runs at a time, until every layer's 95 % interval is\n"
"                        within PCT of its energy (layers of 1 % of the time and more)\n"
"      --max-runs N      but no more than this (20 times --runs)\n"
"      --duration SECONDS  inferences that count for so long, instead of --runs\n"
"      --cool-down SECONDS  asleep before each inference (0)\n"
"      --threads N       threads (1, as in the papers)\n"
"      --cpu LIST        cores to run on: 1, or 0-3,5 (the first but core 0; with one\n"
"                        thread it is pinned there)\n"
"      --backend B       matrix multiplication: openblas, blis, eigen, ref (openblas)\n"
"      --conv METHOD     im2col (the papers'), auto, direct, winograd (im2col)\n"
"      --fuse            fold normalisation and activation into convolutions\n"
"      --reference       every layer by its plain reference kernel: slow, to compare with\n"
"      --batch N         images at once (as the file says, else 1)\n"
"\n"
"What goes in\n"
"      --weights FILE    .caffemodel for a .prototxt; without it weights are random:\n"
"                        energy does not depend on trained values\n"
"      --seed N          of random weights and input (1)\n"
"      --input [NAME=]FILE  .npy, TensorProto .pb, PNG or JPEG; once per input\n"
"      --shape [NAME=]1x3x224x224  of an input, where the file leaves it open\n"
"      --mean V[,V,V]    subtracted from a picture's values (0..255), by channel\n"
"      --scale V[,V,V]   then multiplied by it\n"
"      --channels ORDER  rgb or bgr (bgr for .prototxt, else rgb)\n"
"\n"
"What is measured\n"
"  -e, --events LIST     libpfm4 or kernel names, PMU/config=0x74,name=simd/\n"
"      --rate HZ         power samples a second; max: as fast as bus and chip allow\n"
"                        (1000, or what can be carried)\n"
"      --conversion US   a shunt conversion: 140, 204, 332, 588, 1100, 2116, 4156, 8244 (the\n"
"                        longest that fits; shorter ones tell short layers apart)\n"
"      --rail NAME       rail that `energy' means (VDD_CPU or like it)\n"
"      --rails LIST      rails to sample (all)\n"
"      --measure MODE    auto: energy if /dev/synergy is there; require: exit 3 if it is\n"
"                        not; off: time and counts only (auto)\n"
"      --device FILE     instead of /dev/synergy\n"
"      --idle SECONDS    of doing nothing, before and after (0.5 with a device)\n"
"      --control N       inferences without marks, for comparison (1 with a device)\n"
"      --no-dither       sample at an exact period\n"
"\n"
"What comes out\n"
"      --format F        table, csv, json, html on standard output (table)\n"
"      --output DIR      layers.csv, layers.json, report.html, capture.syn, outputs\n"
"      --record FILE     the recording, for synergy-report\n"
"      --times FILE      time of each inference, as CSV\n"
"      --dump DIR        every layer's output as .npy (from a run of its own)\n"
"      --labels FILE     print the five best classes by name\n"
"      --predict FILE    a model.json of synergy-fit: prediction beside measurement\n"
"      --describe        print the graph with shapes, MACs, parameters; do not run\n"
"      --name NAME       what to call the network (the file's name)\n"
"  -q, --quiet           no progress, no notes on what is missing\n"
"  -h, --help            this\n"
"  -V, --version         version\n"
"\n"
"Exit status: 0 done, 1 failed, 2 wrong usage, 3 no device (--measure require).\n"
"More in synergy-run(1); the device in synergy(4).\n";

enum {
	OPT_RUNS = 256, OPT_WARMUP, OPT_UNTIL, OPT_MAX_RUNS, OPT_DURATION, OPT_COOL_DOWN, OPT_TIMES, OPT_THREADS, OPT_CPU, OPT_BACKEND,
	OPT_CONV, OPT_FUSE, OPT_REFERENCE, OPT_BATCH, OPT_WEIGHTS, OPT_SEED, OPT_INPUT, OPT_SHAPE, OPT_MEAN, OPT_SCALE,
	OPT_CHANNELS, OPT_RATE, OPT_CONVERSION, OPT_RAIL, OPT_RAILS, OPT_MEASURE, OPT_DEVICE, OPT_IDLE,
	OPT_CONTROL, OPT_NO_DITHER, OPT_FORMAT, OPT_OUTPUT, OPT_RECORD, OPT_DUMP, OPT_LABELS,
	OPT_PREDICT, OPT_DESCRIBE, OPT_NAME,
};

static const struct option long_options[] = {
	{ "runs", required_argument, NULL, OPT_RUNS },
	{ "warmup", required_argument, NULL, OPT_WARMUP },
	{ "until", required_argument, NULL, OPT_UNTIL },
	{ "max-runs", required_argument, NULL, OPT_MAX_RUNS },
	{ "duration", required_argument, NULL, OPT_DURATION },
	{ "cool-down", required_argument, NULL, OPT_COOL_DOWN },
	{ "times", required_argument, NULL, OPT_TIMES },
	{ "threads", required_argument, NULL, OPT_THREADS },
	{ "cpu", required_argument, NULL, OPT_CPU },
	{ "backend", required_argument, NULL, OPT_BACKEND },
	{ "conv", required_argument, NULL, OPT_CONV },
	{ "fuse", no_argument, NULL, OPT_FUSE },
	{ "reference", no_argument, NULL, OPT_REFERENCE },
	{ "batch", required_argument, NULL, OPT_BATCH },
	{ "weights", required_argument, NULL, OPT_WEIGHTS },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "input", required_argument, NULL, OPT_INPUT },
	{ "shape", required_argument, NULL, OPT_SHAPE },
	{ "mean", required_argument, NULL, OPT_MEAN },
	{ "scale", required_argument, NULL, OPT_SCALE },
	{ "channels", required_argument, NULL, OPT_CHANNELS },
	{ "events", required_argument, NULL, 'e' },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "conversion", required_argument, NULL, OPT_CONVERSION },
	{ "rail", required_argument, NULL, OPT_RAIL },
	{ "rails", required_argument, NULL, OPT_RAILS },
	{ "measure", required_argument, NULL, OPT_MEASURE },
	{ "device", required_argument, NULL, OPT_DEVICE },
	{ "idle", required_argument, NULL, OPT_IDLE },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ "no-dither", no_argument, NULL, OPT_NO_DITHER },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "output", required_argument, NULL, OPT_OUTPUT },
	{ "record", required_argument, NULL, OPT_RECORD },
	{ "dump", required_argument, NULL, OPT_DUMP },
	{ "labels", required_argument, NULL, OPT_LABELS },
	{ "predict", required_argument, NULL, OPT_PREDICT },
	{ "describe", no_argument, NULL, OPT_DESCRIBE },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* Options with a number: where it goes and its limits. */
static int parse_number(struct synergy_run_options *o, int option, const char *text,
			struct synergy_error *error)
{
	const struct {
		int option;
		const char *name;
		uint64_t min, max;
		uint64_t *to;
	} numbers[] = {
		{ OPT_RUNS, "--runs", 1, 1000000, &o->runs },
		{ OPT_WARMUP, "--warmup", 0, 100000, &o->warmup },
		{ OPT_MAX_RUNS, "--max-runs", 1, 1000000, &o->max_runs },
		{ OPT_THREADS, "--threads", 1, 256, &o->threads },
		{ OPT_BATCH, "--batch", 1, 65536, &o->batch },
		{ OPT_SEED, "--seed", 0, UINT64_MAX, &o->seed },
		{ OPT_CONTROL, "--control", 0, 10000, &o->control },
	};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].option == option)
			return synergy_option_unsigned(numbers[i].name, text, numbers[i].min,
						       numbers[i].max, numbers[i].to, error);
	return 1;
}

static int parse_text(struct synergy_run_options *o, int option, const char *text)
{
	const struct {
		int option;
		const char **to;
	} texts[] = {
		{ OPT_WEIGHTS, &o->weights }, { 'e', &o->events }, { OPT_RAIL, &o->rail },
		{ OPT_RAILS, &o->measurement.capture.rails }, { OPT_DEVICE, &o->measurement.capture.device },
		{ OPT_OUTPUT, &o->output }, { OPT_RECORD, &o->record }, { OPT_DUMP, &o->dump },
		{ OPT_LABELS, &o->labels }, { OPT_PREDICT, &o->predict }, { OPT_NAME, &o->name }, { OPT_TIMES, &o->times },
		{ OPT_BACKEND, &o->plan.backend },
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].option == option) {
			*texts[i].to = text;
			return 0;
		}
	}
	return 1;
}

static int parse_mode(const char *text, enum synergy_measurement_mode *mode,
		      struct synergy_error *error)
{
	if (!strcmp(text, "auto"))
		*mode = SYNERGY_MEASUREMENT_AUTO;
	else if (!strcmp(text, "require"))
		*mode = SYNERGY_MEASUREMENT_REQUIRE;
	else if (!strcmp(text, "off"))
		*mode = SYNERGY_MEASUREMENT_OFF;
	else
		return synergy_error_set(error, EINVAL, "--measure %s: auto, require or off", text);
	return 0;
}

/* The rest: words of a list, flags, and what needs more than one value. */
static int parse_other(struct synergy_run_options *o, int option, const char *text,
		       struct synergy_error *e)
{
	switch (option) {
	case OPT_UNTIL:
		return synergy_option_real("--until", text, 0.01, 100, &o->until_pct, e);
	case OPT_DURATION:
		return synergy_option_real("--duration", text, 0.001, 1e6, &o->duration_s, e);
	case OPT_COOL_DOWN:
		return synergy_option_real("--cool-down", text, 0, 3600, &o->cool_down_s, e);
	case OPT_IDLE:
		return synergy_option_real("--idle", text, 0, 3600, &o->idle_s, e);
	case OPT_RATE:
		o->measurement.capture.fastest = !strcmp(text, "max");
		return o->measurement.capture.fastest ? 0 : synergy_option_real("--rate", text, 0.1, 1e6,
							    &o->measurement.capture.rate_hz, e);
	case OPT_CONVERSION:
		return synergy_option_conversion("--conversion", text,
						 &o->measurement.capture.conversion_ns, e);
	case OPT_CPU:
		o->pinned = true;
		return synergy_option_cpus("--cpu", text, &o->cpus, e);
	case OPT_CONV:
		if (!synergy_conv_choice_parse(text, &o->plan.conv))
			return 0;
		return synergy_error_set(e, EINVAL, "--conv %s: im2col, auto, direct or winograd",
					 text);
	case OPT_FORMAT:
		o->format = text;
		return 0;
	case OPT_MEASURE:
		return parse_mode(text, &o->measurement.mode, e);
	case OPT_INPUT:
		return synergy_inputs_add(&o->input, text, e);
	case OPT_SHAPE:
		return synergy_inputs_shape(&o->input, text, e);
	case OPT_MEAN:
		o->input.n_mean = synergy_option_reals("--mean", text, 4, o->input.mean, e);
		return o->input.n_mean < 0 ? -1 : 0;
	case OPT_SCALE:
		o->input.n_scale = synergy_option_reals("--scale", text, 4, o->input.scale, e);
		return o->input.n_scale < 0 ? -1 : 0;
	case OPT_CHANNELS:
		return synergy_inputs_order(&o->input, text, e);
	case OPT_FUSE:
		o->plan.fuse = true;
		return 0;
	case OPT_REFERENCE:
		o->plan.reference = true;
		return 0;
	case OPT_NO_DITHER:
		o->measurement.capture.no_dither = true;
		return 0;
	case OPT_DESCRIBE:
		o->describe = true;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	default:
		return 1;
	}
}

static void set_defaults(struct synergy_run_options *o)
{
	memset(o, 0, sizeof(*o));
	o->runs = 5;
	o->warmup = 1;
	o->threads = 1;
	o->seed = 1;
	o->control = SYNERGY_RUN_UNSAID;
	o->idle_s = NAN;
	o->format = "table";
	o->input.order = SYNERGY_CHANNELS_BY_FORMAT;
}

/* Nothing runs for --describe: what is for a run would be passed over without a word. */
static int check_described(const struct synergy_run_options *o, struct synergy_error *error)
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
			return synergy_error_set(error, EINVAL,
						 "%s: has no effect with --describe", runs[i].option);
	return 0;
}

enum synergy_run_wish synergy_run_parse(struct synergy_run_options *o, int argc, char **argv,
					struct synergy_error *error)
{
	int option, result;

	set_defaults(o);
	opterr = 0;
	optind = 0;
	while ((option = getopt_long(argc, argv, ":e:qhV", long_options, NULL)) != -1) {
		switch (option) {
		case 'h':
			return SYNERGY_RUN_HELP;
		case 'V':
			return SYNERGY_RUN_VERSION;
		case ':':
			synergy_error_set(error, EINVAL, "%s needs a value", argv[optind - 1]);
			return SYNERGY_RUN_WRONG;
		case '?':
			synergy_error_set(error, EINVAL, "%s: no such option, or it takes no value",
					  argv[optind - 1]);
			return SYNERGY_RUN_WRONG;
		}
		result = parse_text(o, option, optarg);
		if (result > 0)
			result = parse_number(o, option, optarg, error);
		if (result > 0)
			result = parse_other(o, option, optarg, error);
		if (result < 0)
			return SYNERGY_RUN_WRONG;
	}
	if (optind == argc) {
		synergy_error_set(error, EINVAL, "no model file is given");
		return SYNERGY_RUN_WRONG;
	}
	if (argc - optind > 1) {
		synergy_error_set(error, EINVAL, "%s: one model file at a time", argv[optind + 1]);
		return SYNERGY_RUN_WRONG;
	}
	o->model = argv[optind];
	if (o->duration_s > 0 && o->until_pct > 0) {
		synergy_error_set(error, EINVAL, "--duration and --until: only one can say when to end");
		return SYNERGY_RUN_WRONG;
	}
	return check_described(o, error) ? SYNERGY_RUN_WRONG : SYNERGY_RUN_GO;
}
