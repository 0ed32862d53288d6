// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * synergy-report: attribution and report from a recording alone, on any machine.
 * It opens no device and measures nothing.
 */
#include <errno.h>
#include <getopt.h>
#include <gsl/gsl_errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/synergy.h"
#include "report/budget.h"
#include "report/compare.h"
#include "report/export.h"
#include "report/files.h"
#include "report/intervals.h"
#include "report/profile.h"
#include "report/records.h"
#include "report/table.h"
#include "tools/shared_options.h"
#include "tools/tool.h"

struct report_options {
	const char *file, *other, *rail, *thread, *output, *layer, *intervals, *clock, *calibration;
	enum synergy_format_kind format;
	const char *export;
	bool compare, budget, records, notes, quiet;
};

#define O struct report_options

static const struct synergy_option options[] = {
	SYNERGY_ROW_RAIL(O, rail),
	SYNERGY_TEXT("thread", 0, "TID", O, thread, NULL,
		     "rows of this thread's marks alone; else each thread that marked has its own"),
	SYNERGY_TEXT("intervals", 0, "INTERVALS", O, intervals, NULL,
		     "energy of the intervals in this file: Chrome trace events (ONNX Runtime, PyTorch), TensorRT's profile, CSV"),
	SYNERGY_TEXT("intervals-clock", 0, "CLOCK", O, clock, NULL,
		     "of the file's times: monotonic, raw, realtime, mark:NAME (aligned by its calls), or seconds to add (monotonic or realtime, whichever fits)"),
	SYNERGY_ROW_FORMAT(O, format),
	SYNERGY_TEXT("output", 'o', "DIR", O, output, NULL,
		     "also write layers.csv, layers.json and report.html there"),
	SYNERGY_FLAG("compare", 0, O, compare,
		     "print what B takes more or less than A, and whether that is more than chance; each is a recording, a layers.csv or a directory of synergy-run --output"),
	SYNERGY_WORD("export", 0, "KIND", O, export, synergy_export_word, NULL,
		       "another program's form instead: samples or marks (CSV, a line each), trace (Perfetto, Chrome), folded (stacks of microjoules for flame graphs)"),
	SYNERGY_FLAG("budget", 0, O, budget,
		     "print the uncertainty budget of an inference or, named beside FILE, of a layer"),
	SYNERGY_TEXT("calibration", 0, "FILE", O, calibration, NULL,
		     "of synergy-calibrate, instead of what the recording carries; none: as read"),
	SYNERGY_FLAG("records", 0, O, records, "list the records instead, a line each"),
	SYNERGY_FLAG("notes", 0, O, notes, "list what the recording says of itself, `key: value'"),
	SYNERGY_ROW_QUIET(O, quiet, "with --output: nothing on standard output"),
	SYNERGY_END,
};

#undef O

static const struct synergy_tool tool = {
	.name = "synergy-report",
	.operands = "FILE, --compare A B, or --budget [LAYER] FILE",
	.about = "Print energy, time and counts per layer from FILE, a recording of synergy-run or "
		 "synergy-record (- is standard input).",
	.after =
"Exit status: 0 done, 1 failed, 2 wrong usage. A recording that was cut or damaged is\n"
"used up to there, and the report says so.\n",
	.files = "*.syn *.csv",
	.options = options,
	.least_operands = 1,
	.most_operands = 2,
	.missing = "one recording is needed",
};

static struct synergy_stream *open_file(const char *file, struct synergy_error *error)
{
	struct synergy_stream *stream;
	int fd;

	if (strcmp(file, "-")) {
		stream = synergy_stream_open(file, error);
		if (stream && synergy_stream_is_device(stream)) {
			synergy_stream_close(stream);
			synergy_error_set(error, EINVAL,
				"%s: the device, not a recording (synergy-record makes one)", file);
			return NULL;
		}
		return stream;
	}
	fd = dup(STDIN_FILENO);
	stream = fd < 0 ? NULL : synergy_stream_open_fd(fd, "standard input", error);
	if (fd < 0)
		synergy_error_set(error, errno, "standard input: %s", strerror(errno));
	else if (!stream)
		close(fd);
	return stream;
}

static int print_notes(struct synergy_stream *stream, struct synergy_error *error)
{
	const struct synergy_record *record;
	const char *key, *value;
	uint32_t i;
	int result;

	while ((result = synergy_stream_next(stream, &record, 0, error)) == 1)
		;
	for (i = 0; (value = synergy_stream_note_at(stream, i, &key)); i++) {
		synergy_text_put(key, stdout);
		fputs(": ", stdout);
		synergy_text_put(value, stdout);
		putchar('\n');
	}
	return result;
}

static int print_profile(const struct report_options *o, struct synergy_stream *stream,
			 struct synergy_error *error)
{
	struct synergy_table_extras extras = { .unmarked_us = NAN, .marked_us = NAN };
	struct synergy_terminal terminal;
	struct synergy_profile *profile;
	const struct synergy_profile_options options = { .rail = o->rail, .thread = o->thread,
							 .calibration = o->calibration };
	int result = 0;

	if (synergy_profile_read(stream, &options, &profile, error))
		return -1;
	synergy_terminal_find(STDOUT_FILENO, &terminal);
	if (o->output)
		result = synergy_files_write(profile, o->output, error);
	if (!result && o->budget) {
		result = synergy_budget_print(profile, o->layer, &terminal, stdout, error);
	} else if (!result && !o->quiet) {
		result = o->format == SYNERGY_FORMAT_TABLE ?
			synergy_table_print(profile, &extras, &terminal, stdout) :
			synergy_profile_write(profile, o->format, stdout);
		if (result && errno == ENODATA)
			synergy_error_set(error, ENODATA,
				"%s: neither power samples nor a whole inference are in it, so there is no layers table",
				o->file);
		else if (result)
			synergy_error_set(error, errno, "standard output: %s", strerror(errno));
	}
	synergy_profile_free(profile);
	return result;
}

static int print_comparison(const struct report_options *o, struct synergy_error *error)
{
	struct synergy_comparison *comparison;
	struct synergy_terminal terminal;
	int result;

	if (synergy_compare(o->file, o->other, o->rail, &comparison, error))
		return -1;
	synergy_terminal_find(STDOUT_FILENO, &terminal);
	switch (o->format) {
	case SYNERGY_FORMAT_JSON:
		result = synergy_comparison_write_json(comparison, stdout);
		break;
	case SYNERGY_FORMAT_HTML:
		result = synergy_comparison_write_html(comparison, stdout);
		break;
	default:
		result = synergy_comparison_print(comparison, &terminal, stdout);
	}
	if (result)
		synergy_error_set(error, errno, "standard output: %s", strerror(errno));
	synergy_comparison_free(comparison);
	return result;
}

/* The recording with the marks of another program's file, and how they came to be there. */
static struct synergy_stream *open_merged(const struct report_options *o,
					  struct synergy_error *error)
{
	struct synergy_interval_fit fit;
	struct synergy_stream *stream;

	if (!strcmp(o->file, "-")) {
		synergy_error_set(error, EINVAL,
			"--intervals: the recording is read twice: a file, not standard input");
		return NULL;
	}
	stream = synergy_intervals_merge(o->file, o->intervals, o->clock, &fit, error);
	if (!stream)
		return NULL;
	synergy_say("%s: %s", o->intervals, fit.how);
	if (fit.outside)
		synergy_say("%s: %zu interval%s outside of the recording, left out", o->intervals,
			    fit.outside, fit.outside == 1 ? "" : "s");
	if (fit.unended)
		synergy_say("%s: %zu begin%s or end%s without the other, left out", o->intervals,
			    fit.unended, fit.unended == 1 ? "" : "s", fit.unended == 1 ? "" : "s");
	return stream;
}

static int print_file(const struct report_options *o, struct synergy_error *error)
{
	struct synergy_stream *stream = o->intervals ? open_merged(o, error) :
		open_file(o->file, error);
	int result;

	if (!stream)
		return -1;
	if (o->export)
		result = synergy_export(stream, o->export, o->rail, stdout, error);
	else if (o->records)
		result = synergy_records_print(stream, stdout, error);
	else if (o->notes)
		result = print_notes(stream, error);
	else
		result = print_profile(o, stream, error);
	synergy_stream_close(stream);
	return result;
}

/* What goes with what. -1 go on, else the exit status */
static int check_use(struct report_options *o, int operands, char **operand)
{
	if (o->compare ? operands != 2 : operands == 2 && !o->budget)
		return synergy_usage_error(o->compare ? "--compare: two measurements are needed" :
					   "one recording is needed (or two with --compare)");
	if (o->compare && o->budget)
		return synergy_usage_error("--budget is of one recording, not of --compare");
	if (o->compare && (o->output || o->records || o->notes || o->export))
		return synergy_usage_error("--compare: --output, --export, --records and --notes are for one recording");
	if (!!o->export + o->records + o->notes + o->budget > 1)
		return synergy_usage_error("--export, --records, --notes, --budget: one at a time");
	if (o->compare && o->format == SYNERGY_FORMAT_CSV)
		return synergy_usage_error("--compare: --format csv: table, json or html");
	if (o->clock && !o->intervals)
		return synergy_usage_error("--intervals-clock is of --intervals");
	if (o->intervals && o->compare)
		return synergy_usage_error("--intervals is of one recording, not of --compare");
	o->file = operand[0];
	o->other = operand[1];
	/* The layer may come before the file or after it. */
	if (o->budget && operands == 2) {
		int first = strcmp(operand[1], "-") && access(operand[1], R_OK);

		o->file = operand[!first];
		o->layer = operand[first];
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct report_options o = { .format = SYNERGY_FORMAT_TABLE };
	struct synergy_error error;
	int status;

	setlocale(LC_CTYPE, "");
	gsl_set_error_handler_off();
	status = synergy_tool_parse(&tool, &o, argc, argv);
	if (status >= 0)
		return status;
	status = check_use(&o, argc - optind, argv + optind);
	if (status >= 0)
		return status;
	status = o.compare ? print_comparison(&o, &error) : print_file(&o, &error);
	if (status)
		synergy_say("%s", error.message);
	if (!status && fflush(stdout)) {
		synergy_say("standard output: %s", strerror(errno));
		status = -1;
	}
	return status ? SYNERGY_EXIT_FAILED : 0;
}
