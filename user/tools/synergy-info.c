// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * synergy-info: what is here to measure with (chips, rails, rates, PMUs, permissions,
 * versions), what is wrong, and what to do about it.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/synergy.h"
#include "report/doctor.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NO_DEVICE = 3 };

static const char usage_text[] =
"usage: synergy-info [OPTION...]\n"
"Tell what there is to measure with here, what is wrong, and what to do about it.\n"
"\n"
"      --format F        text or json (text)\n"
"      --device FILE     instead of /dev/synergy\n"
"      --root DIR        look at DIR/sys and DIR/proc (for tests)\n"
"  -h, --help            this\n"
"  -V, --version         version\n"
"\n"
"Exit status: 0 the device can be used, 1 failed, 2 wrong usage, 3 it cannot.\n";

enum { OPT_FORMAT = 256, OPT_DEVICE, OPT_ROOT };

static const struct option long_options[] = {
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "device", required_argument, NULL, OPT_DEVICE },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static int wrong(const char *what, const char *why)
{
	fprintf(stderr, "synergy-info: %s: %s (--help tells the options)\n", what, why);
	return EXIT_USAGE;
}

/* -1 go on, else the exit status */
static int parse(struct synergy_doctor *doctor, const char **format, int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":hV", long_options, NULL)) != -1) {
		switch (option) {
		case OPT_FORMAT:
			*format = optarg;
			if (strcmp(optarg, "text") && strcmp(optarg, "json"))
				return wrong(optarg, "--format is text or json");
			break;
		case OPT_DEVICE:
			doctor->device = optarg;
			break;
		case OPT_ROOT:
			doctor->root = optarg;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		case 'V':
			printf("synergy-info %s\n", SYNERGY_LIB_VERSION);
			return 0;
		case ':':
			return wrong(argv[optind - 1], "needs a value");
		default:
			return wrong(argv[optind - 1], "no such option");
		}
	}
	return optind == argc ? -1 : wrong(argv[optind], "takes no argument");
}

int main(int argc, char **argv)
{
	struct synergy_doctor doctor = { .root = "" };
	struct synergy_terminal terminal;
	const char *format = "text";
	int status;

	setlocale(LC_CTYPE, "");
	status = parse(&doctor, &format, argc, argv);
	if (status >= 0)
		return status;
	synergy_doctor_examine(&doctor);
	synergy_terminal_find(STDOUT_FILENO, &terminal);
	status = strcmp(format, "json") ? synergy_doctor_print(&doctor, &terminal, stdout) :
		synergy_doctor_write_json(&doctor, stdout);
	if (status || doctor.failed || fflush(stdout)) {
		fprintf(stderr, "synergy-info: %s\n", doctor.failed ? "no memory" : strerror(errno));
		status = EXIT_FAILED;
	} else {
		status = doctor.usable ? 0 : EXIT_NO_DEVICE;
	}
	synergy_doctor_clear(&doctor);
	return status;
}
