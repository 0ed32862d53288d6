// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which layer of one table is which of the other; see compare.h. First by name (of
 * several with one name the first is the first, and so on). What is left between two
 * pairs is matched in order where operator and MACs agree, as when a network was
 * exported again with other names.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/compare.h"

struct side {
	const struct synergy_layers *t;
	size_t n;
	size_t *rows;		/* of the layers, in order */
	size_t *by_name;	/* places in rows, by name and then in order */
	size_t *other;		/* place in the other's rows; SIZE_MAX none */
};

static const struct synergy_layers_row *row_at(const struct side *s, size_t i)
{
	return &s->t->rows[s->rows[i]];
}

static int by_name(const void *a, const void *b, void *arg)
{
	const struct side *s = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int order = strcmp(row_at(s, x)->layer, row_at(s, y)->layer);

	return order ? order : x < y ? -1 : x > y;
}

static int open_side(struct side *s, const struct synergy_layers *t)
{
	size_t i;

	s->t = t;
	s->rows = calloc(t->n_rows + 1, sizeof(*s->rows));
	s->by_name = calloc(t->n_rows + 1, sizeof(*s->by_name));
	s->other = calloc(t->n_rows + 1, sizeof(*s->other));
	if (!s->rows || !s->by_name || !s->other)
		return -1;
	for (i = 0; i < t->n_rows; i++)
		if (synergy_layers_is_layer(&t->rows[i]))
			s->rows[s->n++] = i;
	for (i = 0; i < s->n; i++) {
		s->by_name[i] = i;
		s->other[i] = SIZE_MAX;
	}
	qsort_r(s->by_name, s->n, sizeof(*s->by_name), by_name, s);
	return 0;
}

static void close_side(struct side *s)
{
	free(s->rows);
	free(s->by_name);
	free(s->other);
}

static void match_names(struct side *a, struct side *b)
{
	size_t i = 0, k = 0;

	while (i < a->n && k < b->n) {
		int order = strcmp(row_at(a, a->by_name[i])->layer, row_at(b, b->by_name[k])->layer);

		if (!order) {
			a->other[a->by_name[i]] = b->by_name[k];
			b->other[b->by_name[k]] = a->by_name[i];
		}
		i += order <= 0;
		k += order >= 0;
	}
}

static int alike(const struct synergy_layers_row *x, const struct synergy_layers_row *y)
{
	return !strcmp(x->op, y->op) && x->mac == y->mac;
}

/* a's places from..to and b's first..end lie between the same two pairs. */
static size_t match_places(struct side *a, size_t from, size_t to, struct side *b, size_t first,
			   size_t end)
{
	size_t i, k, n = 0;

	for (i = from; i < to; i++) {
		if (a->other[i] != SIZE_MAX)
			continue;
		for (k = first; k < end; k++)
			if (b->other[k] == SIZE_MAX && alike(row_at(a, i), row_at(b, k)))
				break;
		if (k == end)
			continue;
		a->other[i] = k;
		b->other[k] = i;
		first = k + 1;
		n++;
	}
	return n;
}

static size_t match_between(struct side *a, struct side *b)
{
	size_t i, from = 0, first = 0, end, n = 0;

	/* Pairs in order are borders; those of names that changed places are none. */
	for (i = 0; i <= a->n; i++) {
		if (i < a->n && (a->other[i] == SIZE_MAX || a->other[i] < first))
			continue;
		end = i < a->n ? a->other[i] : b->n;
		n += match_places(a, from, i, b, first, end);
		from = i + 1;
		first = end + 1;
	}
	return n;
}

static void add(struct synergy_comparison *c, const struct side *a, size_t i, const struct side *b,
		size_t k)
{
	struct synergy_compare_row *row = &c->rows[c->n_rows++];

	row->a = i == SIZE_MAX ? NULL : row_at(a, i);
	row->b = k == SIZE_MAX ? NULL : row_at(b, k);
	c->n_only_a += !row->b;
	c->n_only_b += !row->a;
}

/* In a's order; b's own where they stand in b, behind the pair before them. */
static void list(struct synergy_comparison *c, const struct side *a, const struct side *b)
{
	size_t i, k = 0;

	for (i = 0; i < a->n; i++) {
		if (a->other[i] != SIZE_MAX)
			for (; k < a->other[i]; k++)
				if (b->other[k] == SIZE_MAX)
					add(c, a, SIZE_MAX, b, k);
		add(c, a, i, b, a->other[i]);
	}
	for (; k < b->n; k++)
		if (b->other[k] == SIZE_MAX)
			add(c, a, SIZE_MAX, b, k);
}

static const struct synergy_layers_row *find_op(const struct synergy_layers *t, const char *op)
{
	size_t i;

	for (i = 0; i < t->n_rows; i++)
		if (!strcmp(t->rows[i].op, op))
			return &t->rows[i];
	return NULL;
}

int synergy_compare_match(const struct synergy_layers *a, const struct synergy_layers *b,
			  struct synergy_comparison *c)
{
	struct side x = { 0 }, y = { 0 };
	int result = -1;

	if (!open_side(&x, a) && !open_side(&y, b))
		c->rows = calloc(x.n + y.n + 1, sizeof(*c->rows));
	if (c->rows) {
		match_names(&x, &y);
		c->n_by_place = match_between(&x, &y);
		list(c, &x, &y);
		c->between.a = find_op(a, SYNERGY_LAYERS_BETWEEN);
		c->between.b = find_op(b, SYNERGY_LAYERS_BETWEEN);
		result = 0;
	}
	close_side(&x);
	close_side(&y);
	if (result)
		errno = ENOMEM;
	return result;
}
