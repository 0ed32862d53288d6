// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Einsum: its equation, as numpy has it, into labels and their sizes. Letters and "..."
 * name dimensions; one of size 1 repeats to the others of its name.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "model/shape.h"

/* One term of the equation, without blanks. */
struct term {
	char letters[SYNERGY_MAX_RANK];
	int n, dots;		/* letters; how many come before "...", -1: there is none */
};

struct equation {
	const struct synergy_graph *graph;
	const struct synergy_node *node;
	struct synergy_error *err;
	struct term in[SYNERGY_EINSUM_OPERANDS], out;
	bool explicit_out;
	int dots;		/* dimensions that "..." stands for, at most */
	int label_of[128];	/* of a letter; -1: not met yet */
	int first_dot;		/* label of the first of them */
};

static int refuse(const struct equation *e, const char *why)
{
	return synergy_node_error(e->graph, e->node, e->err, EINVAL, "equation '%.100s' %s",
				  e->node->p.einsum.equation, why);
}

/* One term up to a comma, an arrow or the end; *p is advanced to it. */
static int read_term(const struct equation *e, const char **p, struct term *t)
{
	*t = (struct term){ .dots = -1 };
	for (; **p && **p != ',' && **p != '-'; ++*p) {
		if (**p == ' ')
			continue;
		if (!strncmp(*p, "...", 3)) {
			if (t->dots >= 0)
				return refuse(e, "has '...' twice in one term");
			t->dots = t->n;
			*p += 2;
		} else if (!isascii((unsigned char)**p) || !isalpha((unsigned char)**p)) {
			return refuse(e, "has a character that is none of letters, ',', '->' and '...'");
		} else if (t->n == SYNERGY_MAX_RANK) {
			return refuse(e, "has a term of more than 8 letters");
		} else {
			t->letters[t->n++] = **p;
		}
	}
	return 0;
}

static int read_equation(struct equation *e)
{
	const char *p = e->node->p.einsum.equation;
	int n = 0;

	for (;;) {
		if (n == e->node->n_inputs)
			return refuse(e, "has more terms than there are inputs");
		if (read_term(e, &p, &e->in[n++]))
			return -1;
		if (*p != ',')
			break;
		p++;
	}
	if (n != e->node->n_inputs)
		return refuse(e, "has fewer terms than there are inputs");
	if (!*p)
		return 0;
	if (strncmp(p, "->", 2))
		return refuse(e, "has '-' without '>'");
	p += 2;
	e->explicit_out = true;
	if (read_term(e, &p, &e->out))
		return -1;
	return *p ? refuse(e, "goes on behind its result") : 0;
}

/* How many dimensions "..." stands for, in all terms at most. */
static int count_dots(struct equation *e)
{
	const struct synergy_tensor *t;
	int i, rest;

	for (i = 0; i < e->node->n_inputs; i++) {
		t = synergy_node_input(e->graph, e->node, i);
		rest = t->rank - e->in[i].n;
		if (e->in[i].dots < 0 ? rest != 0 : rest < 0)
			return synergy_node_error(e->graph, e->node, e->err, EINVAL,
						  "equation '%.100s' does not fit input '%.80s' of rank %d",
						  e->node->p.einsum.equation, t->name, t->rank);
		if (e->in[i].dots >= 0 && rest > e->dots)
			e->dots = rest;
	}
	return 0;
}

static bool appears_once(const struct equation *e, char letter)
{
	int i, k, count = 0;

	for (i = 0; i < e->node->n_inputs; i++)
		for (k = 0; k < e->in[i].n; k++)
			count += e->in[i].letters[k] == letter;
	return count == 1;
}

/* Without an arrow: "...", then the letters that are there once, in their order. */
static int make_result(struct equation *e)
{
	int letter;

	e->out.dots = 0;
	for (letter = 'A'; letter <= 'z'; letter++) {
		if (!isalpha(letter) || !appears_once(e, (char)letter))
			continue;
		if (e->out.n == SYNERGY_MAX_RANK)
			return refuse(e, "has a result of more than 8 letters");
		e->out.letters[e->out.n++] = (char)letter;
	}
	return 0;
}

static int new_label(const struct equation *e, struct synergy_einsum_params *p)
{
	if (p->n_labels == SYNERGY_EINSUM_LABELS)
		return refuse(e, "has more than 16 letters");
	p->size[p->n_labels] = 1;
	return p->n_labels++;
}

/* The labels of a term's dimensions, of which "..." has `dots`; those of the result come first. */
static int label_term(struct equation *e, struct synergy_einsum_params *p, const struct term *t,
		      int dots, bool result, int8_t *labels)
{
	int k, d, n = 0;

	for (k = 0; k <= t->n; k++) {
		for (d = 0; k == t->dots && d < dots; d++) {
			if (result && d == 0)
				e->first_dot = p->n_labels;
			if (result && new_label(e, p) < 0)
				return -1;
			if (n == SYNERGY_MAX_RANK)
				return refuse(e, "has a term of more than 8 dimensions");
			labels[n++] = (int8_t)(e->first_dot + e->dots - dots + d);
		}
		if (k == t->n)
			break;
		if (e->label_of[(int)t->letters[k]] < 0) {
			e->label_of[(int)t->letters[k]] = new_label(e, p);
			if (e->label_of[(int)t->letters[k]] < 0)
				return -1;
		} else if (result) {
			return refuse(e, "has a letter twice in its result");
		}
		if (n == SYNERGY_MAX_RANK)
			return refuse(e, "has a term of more than 8 dimensions");
		labels[n++] = (int8_t)e->label_of[(int)t->letters[k]];
	}
	return n;
}

/* The labels' sizes as operand i has them. */
static int set_sizes(struct equation *e, struct synergy_einsum_params *p, int i)
{
	const struct synergy_tensor *t = synergy_node_input(e->graph, e->node, i);
	int d, before;

	for (d = 0; d < t->rank; d++) {
		int64_t *size = &p->size[p->labels[i][d]];

		for (before = 0; before < d; before++)
			if (p->labels[i][before] == p->labels[i][d] && t->dims[before] != t->dims[d])
				return refuse(e, "takes a diagonal of unequal dimensions");
		if (t->dims[d] == 1 || t->dims[d] == *size)
			continue;
		if (*size != 1)
			return synergy_node_error(e->graph, e->node, e->err, EINVAL,
						  "equation '%.100s': dimension %d of input '%.80s' is %lld, not %lld",
						  e->node->p.einsum.equation, d, t->name,
						  (long long)t->dims[d], (long long)*size);
		*size = t->dims[d];
	}
	return 0;
}

static int resolve(struct equation *e, struct synergy_einsum_params *p)
{
	int8_t labels[SYNERGY_MAX_RANK];
	int i, letter;

	if (read_equation(e) || count_dots(e) || (!e->explicit_out && make_result(e)))
		return -1;
	if (e->dots && e->out.dots < 0)
		return refuse(e, "has no '...' in its result");
	for (letter = 0; letter < 128; letter++)
		e->label_of[letter] = -1;
	p->n_labels = 0;
	p->n_out = label_term(e, p, &e->out, e->dots, true, labels);
	if (p->n_out < 0)
		return -1;
	for (i = 0; i < e->node->n_inputs; i++)
		if (label_term(e, p, &e->in[i],
			       synergy_node_input(e->graph, e->node, i)->rank - e->in[i].n, false,
			       p->labels[i]) < 0 ||
		    set_sizes(e, p, i))
			return -1;
	for (letter = 0; letter < e->out.n; letter++)
		for (i = 0; !memchr(e->in[i].letters, e->out.letters[letter], (size_t)e->in[i].n);)
			if (++i == e->node->n_inputs)
				return refuse(e, "has a letter in its result that no input has");
	return 0;
}

int synergy_shape_einsum(struct synergy_graph *graph, struct synergy_node *node,
			 struct synergy_error *err)
{
	const struct synergy_tensor *first = synergy_node_input(graph, node, 0), *t;
	struct equation e = { .graph = graph, .node = node, .err = err };
	int i;

	for (i = 0; i < node->n_inputs; i++) {
		t = synergy_node_input(graph, node, i);
		if (t->dtype != first->dtype || t->dtype == SYNERGY_BOOL)
			return synergy_node_error(graph, node, err, EINVAL,
						  "input '%.80s' has type %s, '%.80s' %s; supported: numbers of one type",
						  first->name, synergy_dtype_name(first->dtype),
						  t->name, synergy_dtype_name(t->dtype));
	}
	if (resolve(&e, &node->p.einsum))
		return -1;
	return synergy_set_output(graph, node, 0, first->dtype, node->p.einsum.n_out,
				  node->p.einsum.size, err);
}

/* A product for each combination of labels, once more for each operand beyond two. */
void synergy_work_einsum(const struct synergy_graph *graph, const struct synergy_node *node,
			 struct synergy_work *work)
{
	uint64_t all = 1;
	int i;

	(void)graph;
	for (i = 0; i < node->p.einsum.n_labels; i++)
		all = synergy_mul_work(all, (uint64_t)node->p.einsum.size[i]);
	work->mac = node->n_inputs > 1 ? synergy_mul_work(all, (uint64_t)node->n_inputs - 1) : 0;
	work->flops = node->n_inputs > 1 ? synergy_mul_work(2, work->mac) : all;
}
