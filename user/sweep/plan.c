// SPDX-License-Identifier: GPL-3.0-or-later
/* See plan.h. */
#include "sweep/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "layers/csv.h"
#include "lib/array.h"
#include "sweep/clock.h"

#define MOST_PLAN_BYTES	(1U << 20)

static int check_number(const char *word, struct synergy_error *error)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(word, &end, 10);
	if (*word < '0' || *word > '9' || *end || errno || v < 1 || v > 1024)
		return synergy_error_set(error, EINVAL, "%s: not a number from 1 to 1024", word);
	return 0;
}

static int check_clock(const char *word, struct synergy_error *error)
{
	struct synergy_clock clock;

	return synergy_clock_parse(word, &clock, error);
}

static const struct {
	const char *key, *option;
	int (*check)(const char *word, struct synergy_error *error);
} axes[SYNERGY_AXES] = {
	[SYNERGY_AXIS_MODEL] = { "models", NULL, NULL },
	[SYNERGY_AXIS_CLOCK] = { "clocks", NULL, check_clock },
	[SYNERGY_AXIS_CPU] = { "cpus", "--cpu", NULL },
	[SYNERGY_AXIS_THREADS] = { "threads", "--threads", check_number },
	[SYNERGY_AXIS_BACKEND] = { "backends", "--backend", NULL },
	[SYNERGY_AXIS_CONV] = { "convs", "--conv", NULL },
	[SYNERGY_AXIS_BATCH] = { "batches", "--batch", check_number },
};

const char *synergy_axis_key(enum synergy_axis_kind axis)
{
	return axes[axis].key;
}

const char *synergy_axis_option(enum synergy_axis_kind axis)
{
	return axes[axis].option;
}

/* ---- lists of words ---- */

static void clear(struct synergy_axis *axis)
{
	while (axis->n)
		free(axis->words[--axis->n]);
	free(axis->words);
	axis->words = NULL;
}

static int add(struct synergy_axis *axis, const char *word, size_t length)
{
	char *copy;

	if (synergy_array_grow(&axis->words, axis->n, sizeof(*axis->words)))
		return -1;
	copy = strndup(word, length);
	if (!copy)
		return -1;
	axis->words[axis->n++] = copy;
	return 0;
}

static int split(struct synergy_axis *axis, const char *text, const char *separators)
{
	size_t n;

	clear(axis);
	for (;;) {
		text += strspn(text, separators);
		n = strcspn(text, separators);
		if (!n)
			return 0;
		if (add(axis, text, n))
			return -1;
		text += n;
	}
}

struct synergy_sweep_plan *synergy_sweep_plan_new(void)
{
	struct synergy_sweep_plan *plan = calloc(1, sizeof(*plan));
	int i;

	if (!plan)
		return NULL;
	plan->repeats = plan->seed = 1;
	for (i = 0; i < SYNERGY_AXES; i++) {
		if (add(&plan->axes[i], "", 0)) {
			synergy_sweep_plan_free(plan);
			return NULL;
		}
	}
	return plan;
}

void synergy_sweep_plan_free(struct synergy_sweep_plan *plan)
{
	int i;

	if (!plan)
		return;
	for (i = 0; i < SYNERGY_AXES; i++)
		clear(&plan->axes[i]);
	clear(&plan->options);
	free(plan);
}

/* ---- setting ---- */

static int set_axis(struct synergy_sweep_plan *plan, int a, const char *words,
		    struct synergy_error *error)
{
	struct synergy_axis *axis = &plan->axes[a];
	size_t i, k;

	/* A comma within a list of cores belongs to it. */
	if (split(axis, words, a == SYNERGY_AXIS_CPU ? " \t" : " \t,"))
		return synergy_error_set(error, ENOMEM, "%s: no memory", axes[a].key);
	if (!axis->n)
		return synergy_error_set(error, EINVAL, "%s: nothing is named", axes[a].key);
	for (i = 0; i < axis->n; i++) {
		for (k = 0; k < i; k++)
			if (!strcmp(axis->words[i], axis->words[k]))
				return synergy_error_set(error, EINVAL, "%s: %s is named twice",
							 axes[a].key, axis->words[i]);
		if (axes[a].check && axes[a].check(axis->words[i], error))
			return -1;
	}
	return 0;
}

static int set_number(const char *key, const char *text, uint64_t least, uint64_t most,
		      uint64_t *number, struct synergy_error *error)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, 10);
	end += strspn(end, " \t");
	if (*text < '0' || *text > '9' || *end || errno || v < least || v > most)
		return synergy_error_set(error, EINVAL, "%s: %s: not a number from %llu to %llu", key,
					 text, (unsigned long long)least, (unsigned long long)most);
	*number = v;
	return 0;
}

int synergy_sweep_plan_set(struct synergy_sweep_plan *plan, const char *key, const char *words,
		     struct synergy_error *error)
{
	int a;

	for (a = 0; a < SYNERGY_AXES; a++)
		if (!strcmp(axes[a].key, key))
			return set_axis(plan, a, words, error);
	if (!strcmp(key, "repeats"))
		return set_number(key, words, 1, SYNERGY_SWEEP_MOST_REPEATS, &plan->repeats, error);
	if (!strcmp(key, "seed"))
		return set_number(key, words, 0, UINT64_MAX, &plan->seed, error);
	if (strcmp(key, "options"))
		return synergy_error_set(error, EINVAL,
			"%s: no such key: models, clocks, cpus, threads, backends, convs, batches, repeats, seed or options",
			key);
	if (split(&plan->options, words, " \t"))
		return synergy_error_set(error, ENOMEM, "options: no memory");
	return 0;
}

/* ---- text ---- */

static int parse_line(struct synergy_sweep_plan *plan, char *line, struct synergy_error *error)
{
	char *colon, *end;

	line += strspn(line, " \t");
	end = line + strlen(line);
	while (end > line && strchr(" \t\r", end[-1]))
		*--end = '\0';
	if (!*line || *line == '#')
		return 0;
	colon = strchr(line, ':');
	if (!colon)
		return synergy_error_set(error, EINVAL, "%.60s: not `key: words'", line);
	*colon++ = '\0';
	return synergy_sweep_plan_set(plan, line, colon + strspn(colon, " \t"), error);
}

int synergy_sweep_plan_parse(struct synergy_sweep_plan *plan, const char *text, const char *name,
		       struct synergy_error *error)
{
	struct synergy_error inner;
	size_t number = 0, n;
	char *line;
	int result;

	for (; *text; text += n + (text[n] == '\n')) {
		number++;
		n = strcspn(text, "\n");
		line = strndup(text, n);
		if (!line)
			return synergy_error_set(error, ENOMEM, "%s: no memory", name);
		result = parse_line(plan, line, &inner);
		free(line);
		if (result)
			return synergy_error_set(error, errno, "%s:%zu: %.400s", name, number,
						 inner.message);
	}
	return 0;
}

int synergy_sweep_plan_read(struct synergy_sweep_plan *plan, const char *path,
		      struct synergy_error *error)
{
	size_t length;
	char *text;
	int result;

	if (synergy_csv_slurp(path, MOST_PLAN_BYTES, &text, &length, error))
		return -1;
	if (strlen(text) != length)
		result = synergy_error_set(error, EINVAL, "%s: not a text", path);
	else
		result = synergy_sweep_plan_parse(plan, text, path, error);
	free(text);
	return result;
}

static void write_words(const char *key, const struct synergy_axis *axis, FILE *out)
{
	size_t i;

	if (!axis->n || !*axis->words[0])
		return;
	fprintf(out, "%s:", key);
	for (i = 0; i < axis->n; i++)
		fprintf(out, " %s", axis->words[i]);
	fputc('\n', out);
}

int synergy_sweep_plan_write(const struct synergy_sweep_plan *plan, FILE *out)
{
	int a;

	for (a = 0; a < SYNERGY_AXES; a++)
		write_words(axes[a].key, &plan->axes[a], out);
	fprintf(out, "repeats: %llu\nseed: %llu\n", (unsigned long long)plan->repeats,
		(unsigned long long)plan->seed);
	write_words("options", &plan->options, out);
	return ferror(out) ? -1 : 0;
}

/* ---- configurations ---- */

int synergy_sweep_plan_check(const struct synergy_sweep_plan *plan, struct synergy_error *error)
{
	uint64_t runs = plan->repeats;
	int a;

	if (!*plan->axes[SYNERGY_AXIS_MODEL].words[0])
		return synergy_error_set(error, EINVAL, "models: no model is named");
	for (a = 0; a < SYNERGY_AXES; a++) {
		runs *= plan->axes[a].n;
		if (runs > SYNERGY_SWEEP_MOST_RUNS)
			return synergy_error_set(error, EINVAL, "the plan has more than %d runs",
						 SYNERGY_SWEEP_MOST_RUNS);
	}
	return 0;
}

size_t synergy_sweep_plan_configs(const struct synergy_sweep_plan *plan)
{
	size_t n = 1;
	int a;

	for (a = 0; a < SYNERGY_AXES; a++)
		n *= plan->axes[a].n;
	return n;
}

/* The last axis changes fastest. */
const char *synergy_sweep_plan_word(const struct synergy_sweep_plan *plan, size_t config,
			      enum synergy_axis_kind axis)
{
	int a;

	for (a = SYNERGY_AXES - 1; a > (int)axis; a--)
		config /= plan->axes[a].n;
	return plan->axes[axis].words[config % plan->axes[axis].n];
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

void synergy_sweep_plan_order(const struct synergy_sweep_plan *plan, uint64_t repeat, size_t *order)
{
	uint64_t state = plan->seed * 0xd1342543de82ef95ULL + repeat;
	size_t n = synergy_sweep_plan_configs(plan), i, k, swap;

	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n; i > 1; i--) {
		k = next_random(&state) % i;
		swap = order[i - 1];
		order[i - 1] = order[k];
		order[k] = swap;
	}
}
