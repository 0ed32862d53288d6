// SPDX-License-Identifier: GPL-3.0-or-later
/* The list of a file's intervals, see intervals.h. */
#include "report/intervals.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "layers/csv.h"
#include "lib/array.h"

#define MOST_BYTES	(1UL << 30)	/* of a file: jansson takes some ten times as much */

void synergy_intervals_free(struct synergy_interval_list *list)
{
	size_t i;

	for (i = 0; i < list->n_names; i++)
		free(list->names[i].text);
	free(list->names);
	free(list->intervals);
	synergy_index_clear(&list->name_of);
	synergy_index_clear(&list->id_of);
	memset(list, 0, sizeof(*list));
}

static uint64_t hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325;

	while (*text)
		h = (h ^ (unsigned char)*text++) * 0x100000001b3;
	return h;
}

int synergy_intervals_name(struct synergy_interval_list *list, const char *text, uint32_t *name)
{
	uint64_t key = hash(text);
	uint32_t id = synergy_name_id(text);

	/* Two names of one hash are no file's accident; they would share the next key. */
	while ((*name = synergy_index_find(&list->name_of, key)) != SYNERGY_INDEX_NONE) {
		if (!strcmp(list->names[*name].text, text))
			return 0;
		key++;
	}
	while (synergy_index_find(&list->id_of, id) != SYNERGY_INDEX_NONE)
		id++;
	*name = (uint32_t)list->n_names;
	if (synergy_array_grow(&list->names, list->n_names, sizeof(*list->names)) ||
	    synergy_index_add(&list->name_of, key, *name) ||
	    synergy_index_add(&list->id_of, id, *name))
		return -1;
	list->names[*name] = (struct synergy_interval_name){ strdup(text), id };
	if (!list->names[*name].text)
		return -1;
	list->n_names++;
	return 0;
}

int synergy_intervals_add(struct synergy_interval_list *list, const struct synergy_interval *v)
{
	if (synergy_array_grow(&list->intervals, list->n, sizeof(*list->intervals)))
		return -1;
	list->intervals[list->n++] = *v;
	return 0;
}

uint32_t synergy_intervals_task(const char *text)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (isdigit((unsigned char)*text) && !*end && !errno && v && v <= INT32_MAX)
		return (uint32_t)v;
	return (uint32_t)hash(text) | 0x80000000;	/* no number of a task */
}

int synergy_intervals_read(const char *path, struct synergy_interval_list *list,
			   struct synergy_error *error)
{
	size_t length, i;
	char *text;
	int result;

	if (synergy_csv_slurp(path, MOST_BYTES, &text, &length, error))
		return -1;
	for (i = 0; i < length && isspace((unsigned char)text[i]); i++)
		;
	result = text[i] == '{' || text[i] == '[' ?
		synergy_intervals_trace(text, length, path, list, error) :
		synergy_intervals_csv(text, length, path, list, error);
	free(text);
	if (!result && !list->n)
		result = synergy_error_set(error, EINVAL, "%s: no interval is in it", path);
	if (result)
		synergy_intervals_free(list);
	return result;
}
