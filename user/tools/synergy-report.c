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
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/synergy.h"
#include "report/files.h"
#include "report/profile.h"
#include "report/records.h"
#include "report/table.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char usage_text[] =
"usage: synergy-report [OPTION...] FILE\n"
"Tell energy, time and counts per layer from FILE, a recording of synergy-run or\n"
"synergy-record (- is standard input).\n"
"\n"
"      --rail NAME       rail that `energy' means (VDD_CPU or like it)\n"
"      --format F        table, csv, json, html on standard output (table)\n"
"      --output DIR      also write layers.csv, layers.json and report.html there\n"
"      --records         list the records instead, a line each\n"
"      --notes           list what the recording says of itself, `key: value'\n"
"  -q, --quiet           with --output: nothing on standard output\n"
"  -h, --help            this\n"
"  -V, --version         version\n"
"\n"
"Exit status: 0 done, 1 failed, 2 wrong usage. A recording that was cut or damaged is\n"
"used up to there, and the report says so.\n";

enum { OPT_RAIL = 256, OPT_FORMAT, OPT_OUTPUT, OPT_RECORDS, OPT_NOTES };

static const struct option long_options[] = {
	{ "rail", required_argument, NULL, OPT_RAIL },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "output", required_argument, NULL, OPT_OUTPUT },
	{ "records", no_argument, NULL, OPT_RECORDS },
	{ "notes", no_argument, NULL, OPT_NOTES },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

struct report_options {
	const char *file, *rail, *output;
	enum synergy_format_kind format;
	bool records, notes, quiet;
};

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("synergy-report: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

/* -1 go on, else the exit status */
static int parse(struct report_options *o, int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":qhV", long_options, NULL)) != -1) {
		switch (option) {
		case OPT_RAIL:
			o->rail = optarg;
			break;
		case OPT_OUTPUT:
			o->output = optarg;
			break;
		case OPT_FORMAT:
			if (!synergy_format_parse(optarg, &o->format))
				break;
			say("--format %s: table, csv, json or html (--help tells the options)",
			    optarg);
			return EXIT_USAGE;
		case OPT_RECORDS:
			o->records = true;
			break;
		case OPT_NOTES:
			o->notes = true;
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		case 'V':
			printf("synergy-report %s\n", SYNERGY_LIB_VERSION);
			return 0;
		default:
			say("%s: %s (--help tells the options)", argv[optind - 1],
			    option == ':' ? "needs a value" : "no such option");
			return EXIT_USAGE;
		}
	}
	if (argc - optind != 1) {
		say("one recording is needed (--help tells the options)");
		return EXIT_USAGE;
	}
	o->file = argv[optind];
	return -1;
}

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
	int result = 0;

	if (synergy_profile_read(stream, o->rail, &profile, error))
		return -1;
	if (o->output)
		result = synergy_files_write(profile, o->output, error);
	if (!result && !o->quiet) {
		synergy_terminal_find(STDOUT_FILENO, &terminal);
		result = o->format == SYNERGY_FORMAT_TABLE ?
			synergy_table_print(profile, &extras, &terminal, stdout) :
			synergy_profile_write(profile, o->format, stdout);
		if (result && errno == ENODATA)
			synergy_error_set(error, ENODATA,
				"%s: no inference is marked in it, so there is no layers table",
				o->file);
		else if (result)
			synergy_error_set(error, errno, "standard output: %s", strerror(errno));
	}
	synergy_profile_free(profile);
	return result;
}

int main(int argc, char **argv)
{
	struct report_options o = { .format = SYNERGY_FORMAT_TABLE };
	struct synergy_stream *stream;
	struct synergy_error error;
	int status;

	setlocale(LC_CTYPE, "");
	gsl_set_error_handler_off();
	status = parse(&o, argc, argv);
	if (status >= 0)
		return status;
	stream = open_file(o.file, &error);
	if (!stream) {
		say("%s", error.message);
		return EXIT_FAILED;
	}
	if (o.records)
		status = synergy_records_print(stream, stdout, &error);
	else if (o.notes)
		status = print_notes(stream, &error);
	else
		status = print_profile(&o, stream, &error);
	if (status)
		say("%s", error.message);
	synergy_stream_close(stream);
	if (!status && fflush(stdout)) {
		say("standard output: %s", strerror(errno));
		status = -1;
	}
	return status ? EXIT_FAILED : 0;
}
