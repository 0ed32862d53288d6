// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The progress bar; see progress.h. It writes to the stream that it was given.
 */
#include "measure/progress.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define BAR	28
#define QUIET_MS	1000
#define EVERY_MS	100

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void synergy_progress_begin(struct synergy_progress *p, FILE *out, const char *what)
{
	memset(p, 0, sizeof(*p));
	p->out = out && isatty(fileno(out)) ? out : NULL;
	p->begin_ms = now_ms();
	snprintf(p->what, sizeof(p->what), "%s", what);
}

void synergy_progress_show(struct synergy_progress *p, double done, double all, const char *note)
{
	double share = all > 0 ? done / all : 0;
	uint64_t now = now_ms();
	int i, full;

	if (!p->out || now < p->begin_ms + QUIET_MS || now < p->shown_ms + EVERY_MS)
		return;
	share = share > 1 ? 1 : share < 0 ? 0 : share;
	full = (int)(share * BAR + .5);
	fprintf(p->out, "\r\033[K%s [", p->what);
	for (i = 0; i < BAR; i++)
		fputc(i < full ? '#' : '.', p->out);
	fprintf(p->out, "] %.0f/%.0f", done, all);
	if (share > 0 && share < 1)
		fprintf(p->out, ", %.0f s left", (now - p->begin_ms) / 1e3 * (1 / share - 1));
	if (note && *note)
		fprintf(p->out, ", %s", note);
	fflush(p->out);
	p->shown = true;
	p->shown_ms = now;
}

void synergy_progress_end(struct synergy_progress *p)
{
	if (p->out && p->shown)
		fputs("\r\033[K", p->out);
	if (p->out)
		fflush(p->out);
	p->out = NULL;
}
