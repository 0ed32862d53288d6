// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the terminal at a descriptor can show; see grid.h.
 */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "report/grid.h"

#define LEAST_COLUMNS	40

void synergy_terminal_find(int fd, struct synergy_terminal *terminal)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	memset(terminal, 0, sizeof(*terminal));
	terminal->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	terminal->colour = isatty(fd) && !getenv("NO_COLOR");
	if (columns && atoi(columns) >= LEAST_COLUMNS)
		terminal->columns = atoi(columns);
	else if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_col >= LEAST_COLUMNS)
		terminal->columns = size.ws_col;
}
