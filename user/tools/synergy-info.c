// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * synergy-info: what is here to measure with (chips, rails, rates, PMUs, permissions,
 * versions), what is wrong, and what to do about it.
 */
#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report/doctor.h"
#include "tools/shared_options.h"
#include "tools/tool.h"

enum info_format { INFO_TEXT, INFO_JSON };

struct info_options {
	const char *device, *root;
	enum info_format format;
	bool boards;
};

SYNERGY_WORDS(format_word, "text", "json")

#define O struct info_options

static const struct synergy_option options[] = {
	SYNERGY_CHOICE("format", 'f', "FORMAT", O, format, format_word, "text",
		       "what comes on standard output"),
	SYNERGY_FLAG("boards", 0, O, boards,
		     "boards and their systems: kernel, the chip's driver there, what to do"),
	SYNERGY_ROW_DEVICE(O, device),
	SYNERGY_TEXT("root", 0, "DIR", O, root, NULL, "look at DIR/sys and DIR/proc (for tests)"),
	SYNERGY_END,
};

#undef O

static const struct synergy_tool tool = {
	.name = "synergy-info",
	.about = "Print what there is to measure with here, what is wrong, and what to do about it.",
	.after =
"Exit status: 0 the device can be used, 1 failed, 2 wrong usage, 3 it cannot.\n",
	.options = options,
};

int main(int argc, char **argv)
{
	struct info_options o = { .root = "" };
	struct synergy_doctor doctor = { .root = "" };
	struct synergy_terminal terminal;
	int status;

	setlocale(LC_CTYPE, "");
	status = synergy_tool_parse(&tool, &o, argc, argv);
	if (status >= 0)
		return status;
	if (o.boards)
		return synergy_doctor_print_boards(stdout) || fflush(stdout) ? SYNERGY_EXIT_FAILED : 0;
	doctor.root = o.root;
	doctor.device = o.device;
	synergy_doctor_examine(&doctor);
	synergy_terminal_find(STDOUT_FILENO, &terminal);
	status = o.format == INFO_TEXT ? synergy_doctor_print(&doctor, &terminal, stdout) :
		synergy_doctor_write_json(&doctor, stdout);
	if (status || doctor.failed || fflush(stdout)) {
		synergy_say("%s", doctor.failed ? "no memory" : strerror(errno));
		status = SYNERGY_EXIT_FAILED;
	} else {
		status = doctor.usable ? 0 : SYNERGY_EXIT_NO_DEVICE;
	}
	synergy_doctor_clear(&doctor);
	return status;
}
