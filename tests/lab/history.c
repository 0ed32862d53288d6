// SPDX-License-Identifier: GPL-2.0-only
/* Energy over time, see history.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"

#define UNEVEN	0.05	/* of the power: what is left of a step counts until then */

void lab_history_begin(struct lab_history *h, double now_ns, double lag_ns, const double *uw)
{
	memset(h, 0, sizeof(*h));
	h->now_ns = now_ns;
	h->lag_ns = lag_ns;
	memcpy(h->behind_uw, uw, sizeof(h->behind_uw));
	lab_history_add(h, 1, uw);
}

static int grow(struct lab_history *h)
{
	size_t room = h->room ? 2 * h->room : 65536;
	double *p = realloc(h->end_ns, room * sizeof(*p));
	int rail;

	if (!p)
		return -1;
	h->end_ns = p;
	for (rail = 0; rail < LAB_RAILS; rail++) {
		p = realloc(h->sum[rail], room * sizeof(*p));
		if (!p)
			return -1;
		h->sum[rail] = p;
	}
	h->room = room;
	return 0;
}

static void add_cell(struct lab_history *h, double ns, const double *uw)
{
	double kept = h->lag_ns > 0 ? exp(-ns / h->lag_ns) : 0;
	int rail;

	if (h->failed || (h->n == h->room && grow(h))) {
		h->failed = 1;
		return;
	}
	h->now_ns += ns;
	h->end_ns[h->n] = h->now_ns;
	for (rail = 0; rail < LAB_RAILS; rail++) {
		double before = h->n ? h->sum[rail][h->n - 1] : 0;
		double apart = h->behind_uw[rail] - uw[rail];

		h->sum[rail][h->n] = before + uw[rail] * ns + apart * h->lag_ns * (1 - kept);
		h->behind_uw[rail] = uw[rail] + apart * kept;
	}
	h->n++;
}

static int far_off(const struct lab_history *h, const double *uw)
{
	int rail, far = 0;

	for (rail = 0; rail < LAB_RAILS; rail++)
		far |= fabs(h->behind_uw[rail] - uw[rail]) > UNEVEN * fabs(uw[rail]);
	return far;
}

/* A step that the rail follows slowly is not even within a cell: shorter ones, for a while. */
void lab_history_add(struct lab_history *h, double ns, const double *uw)
{
	double cell = h->lag_ns / 4, done = 0;

	for (; cell > 0 && ns - done > cell && far_off(h, uw); done += cell)
		add_cell(h, cell, uw);
	add_cell(h, ns - done, uw);
}

/* Energy up to a time, taking the power within a cell as even. */
static double up_to(const struct lab_history *h, int rail, double ns, size_t *cell)
{
	size_t i = *cell;
	double share;

	while (i + 1 < h->n && h->end_ns[i] < ns)
		i++;
	while (i > 1 && h->end_ns[i - 1] > ns)
		i--;
	*cell = i;
	if (!i)
		return 0;
	share = (ns - h->end_ns[i - 1]) / (h->end_ns[i] - h->end_ns[i - 1]);
	return h->sum[rail][i - 1] + share * (h->sum[rail][i] - h->sum[rail][i - 1]);
}

double lab_history_mean(const struct lab_history *h, int rail, double begin, double end,
			size_t *cell)
{
	double from = up_to(h, rail, begin, cell);

	return (up_to(h, rail, end, cell) - from) / (end - begin);
}

void lab_history_free(struct lab_history *h)
{
	int rail;

	free(h->end_ns);
	for (rail = 0; rail < LAB_RAILS; rail++)
		free(h->sum[rail]);
}
