// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Edit distance (insert, delete, replace, swap of neighbours) over short names.
 */
#include "measure/closest_match.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static unsigned int distance(const char *a, const char *b)
{
	unsigned int rows[3][SYNERGY_CLOSEST_NAME + 1];
	size_t n = strlen(a), m = strlen(b), i, j;

	if (n > SYNERGY_CLOSEST_NAME || m > SYNERGY_CLOSEST_NAME)
		return SYNERGY_CLOSEST_NAME;
	for (j = 0; j <= m; j++)
		rows[0][j] = j;
	for (i = 1; i <= n; i++) {
		unsigned int *row = rows[i % 3], *above = rows[(i + 2) % 3];
		unsigned int *before = rows[(i + 1) % 3];

		row[0] = i;
		for (j = 1; j <= m; j++) {
			int x = tolower((unsigned char)a[i - 1]);
			int y = tolower((unsigned char)b[j - 1]);

			row[j] = least(least(row[j - 1], above[j]) + 1, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

void synergy_closest_begin(struct synergy_closest *near, const char *wanted)
{
	memset(near, 0, sizeof(*near));
	near->wanted = wanted;
}

void synergy_closest_offer(struct synergy_closest *near, const char *name)
{
	unsigned int d = distance(near->wanted, name);
	size_t i, at;

	/* A part of a name counts as near: l1d_cache for l1d_cache_refill. */
	if (strlen(near->wanted) > 3 && strcasestr(name, near->wanted))
		d = least(d, 2);
	if (d > 1 + strlen(near->wanted) / 4 || strlen(name) >= SYNERGY_CLOSEST_NAME)
		return;
	for (i = 0; i < near->n; i++)
		if (!strcasecmp(near->best[i].name, name))
			return;
	for (at = 0; at < near->n && near->best[at].distance <= d; at++)
		;
	if (at >= SYNERGY_CLOSEST_MAX)
		return;
	if (near->n < SYNERGY_CLOSEST_MAX)
		near->n++;
	memmove(&near->best[at + 1], &near->best[at],
		(near->n - 1 - at) * sizeof(near->best[0]));
	strcpy(near->best[at].name, name);
	near->best[at].distance = d;
}

size_t synergy_closest_list(const struct synergy_closest *near, char *buf, size_t size)
{
	size_t i, used = 0;

	if (size)
		buf[0] = '\0';
	for (i = 0; i < near->n && used < size; i++)
		used += snprintf(buf + used, size - used, "%s%s", i ? ", " : "",
				 near->best[i].name);
	return near->n;
}
