// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where every tensor lies. Tensors that hold the same data (views) are one
 * value; a value may lie inside another one (an input of Concat in its output,
 * the input of an in-place operator in its result); what is left, and the
 * workspaces, share one arena by lifetimes. Settled once, before running.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "infer/plan_internal.h"

#define ALWAYS INT_MAX
/* Placing is quadratic; graphs beyond this are placed without reuse. */
#define MAX_PLACED 20000
#define HUGE_PAGE (2UL << 20)

struct value {
	int def; /* node that writes it first; -1: there from the beginning */
	int last; /* node that reads it last; ALWAYS: an output or an input of the graph */
	int overwritten; /* node that overwrites its memory in place; ALWAYS: none */
	int inside; /* value in which it lies, or -1 */
	bool live; /* some step reads or writes it */
	bool pinned; /* input or output of the graph */
	void *constant;
	size_t at; /* offset in `inside`, or in the arena */
	size_t bytes;
};

/* A piece of the arena for some nodes' time. */
struct item {
	size_t bytes, at;
	int def, last;
	size_t *result; /* where the offset goes */
};

struct layout {
	struct synergy_plan *plan;
	struct value *values; /* by tensor; used where owner[t] == t */
	int *owner; /* the tensor that stands for this one's value */
	struct item *items;
	size_t n_items;
};

static int find(const struct layout *l, int tensor)
{
	while (l->owner[tensor] != tensor)
		tensor = l->owner[tensor];
	return tensor;
}

static struct value *value_of(const struct layout *l, int tensor)
{
	return &l->values[find(l, tensor)];
}

/* A view's output is its input's value. */
static void join_views(struct layout *l)
{
	const struct synergy_plan *plan = l->plan;
	int i;

	for (i = 0; i < plan->graph->n_nodes; i++) {
		const struct synergy_step *s = &plan->steps[i];

		if (s->kernel && (s->kernel->flags & SYNERGY_KERNEL_VIEW) &&
		    s->out_tensor[0] >= 0 && s->in_tensor[0] >= 0 &&
		    s->call.in[0]->bytes == s->call.out[0]->bytes)
			l->owner[s->out_tensor[0]] = find(l, s->in_tensor[0]);
	}
}

static void touch(struct layout *l, int tensor, int node)
{
	struct value *v = value_of(l, tensor);

	if (!v->live || node < v->def)
		v->def = node;
	if (!v->live || node > v->last)
		v->last = node;
	v->live = true;
}

static void set_lifetimes(struct layout *l)
{
	const struct synergy_plan *plan = l->plan;
	const struct synergy_graph *graph = plan->graph;
	int i, t;

	for (t = 0; t < graph->n_tensors; t++) {
		struct value *v = value_of(l, t);

		if (graph->tensors[t].bytes > v->bytes)
			v->bytes = graph->tensors[t].bytes;
		if (graph->tensors[t].is_const)
			v->constant = graph->tensors[t].data;
	}
	for (i = 0; i < graph->n_nodes; i++) {
		const struct synergy_step *s = &plan->steps[i];

		for (t = 0; s->kernel && t < s->call.n_in; t++)
			if (s->in_tensor[t] >= 0)
				touch(l, s->in_tensor[t], i);
		for (t = 0; s->kernel && t < s->call.n_out; t++)
			if (s->out_tensor[t] >= 0)
				touch(l, s->out_tensor[t], i);
	}
	for (i = 0; i < graph->n_inputs; i++) {
		touch(l, graph->inputs[i], -1);
		value_of(l, graph->inputs[i])->pinned = true;
		value_of(l, graph->inputs[i])->last = ALWAYS;
	}
	for (i = 0; i < graph->n_outputs; i++) {
		touch(l, graph->outputs[i], graph->n_nodes);
		value_of(l, graph->outputs[i])->pinned = true;
		value_of(l, graph->outputs[i])->last = ALWAYS;
	}
}

static bool may_move(const struct value *v)
{
	return v->inside < 0 && !v->constant && !v->pinned && v->live;
}

/* Input 0 of an in-place kernel takes the output's place. */
static void place_in_place(struct layout *l, int i)
{
	const struct synergy_step *s = &l->plan->steps[i];
	struct value *in, *out;
	int t;

	if (!(s->kernel->flags & SYNERGY_KERNEL_IN_PLACE) || s->in_tensor[0] < 0 ||
	    s->out_tensor[0] < 0)
		return;
	in = value_of(l, s->in_tensor[0]);
	out = value_of(l, s->out_tensor[0]);
	if (in == out || !may_move(in) || in->last != i || in->bytes != out->bytes ||
	    out->constant || out->def != i)
		return;
	for (t = 1; t < s->call.n_in; t++)
		if (s->in_tensor[t] >= 0 && value_of(l, s->in_tensor[t]) == in)
			return;
	in->inside = find(l, s->out_tensor[0]);
	in->at = 0;
	in->overwritten = i;
}

/* Inputs of Concat take their places in its output, if each is one stretch of it. */
static void place_concat(struct layout *l, int i)
{
	struct synergy_step *s = &l->plan->steps[i];
	const int axis = s->call.node->p.axis.axis;
	struct value *out, *in;
	size_t at = 0;
	bool all = true;
	int t, d;

	for (d = 0; d < axis; d++)
		if (s->call.out[0]->dims[d] != 1)
			return;
	out = value_of(l, s->out_tensor[0]);
	if (out->constant || out->def != i)
		return;
	for (t = 0; t < s->call.n_in; t++, at += s->call.in[t - 1]->bytes) {
		in = value_of(l, s->in_tensor[t]);
		if (in == out || !may_move(in) || in->last > out->overwritten ||
		    in->bytes != s->call.in[t]->bytes) {
			all = false;
			continue;
		}
		in->inside = find(l, s->out_tensor[0]);
		in->at = at;
		in->overwritten = out->overwritten;
	}
	s->no_copy = all;
}

/* Later nodes first, so that a place is known before what may lie inside it. */
static void place_inside(struct layout *l)
{
	const struct synergy_plan *plan = l->plan;
	int i;

	for (i = plan->graph->n_nodes - 1; i >= 0; i--) {
		if (!plan->steps[i].kernel)
			continue;
		if (plan->steps[i].call.node->kind == SYNERGY_OP_CONCAT)
			place_concat(l, i);
		else
			place_in_place(l, i);
	}
}

static int by_size(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->def != y->def ? (x->def > y->def ? 1 : -1) : 0;
}

static void add_item(struct layout *l, size_t bytes, int def, int last, size_t *result)
{
	const size_t pad = SYNERGY_PLAN_ALIGN - 1;

	l->items[l->n_items++] = (struct item){ .bytes = (bytes + pad) & ~pad, .def = def,
						.last = last, .result = result };
}

/* Every root value with the lifetime of all that lies inside it, and workspaces. */
static void list_items(struct layout *l)
{
	const struct synergy_graph *graph = l->plan->graph;
	int t;

	for (t = 0; t < graph->n_tensors; t++) {
		struct value *v = &l->values[t], *root = v;

		if (l->owner[t] != t || !v->live)
			continue;
		while (root->inside >= 0)
			root = &l->values[root->inside];
		if (v->def < root->def)
			root->def = v->def;
		if (v->last > root->last)
			root->last = v->last;
	}
	for (t = 0; t < graph->n_tensors; t++) {
		struct value *v = &l->values[t];

		if (l->owner[t] == t && v->live && !v->constant && v->inside < 0)
			add_item(l, v->bytes, v->def, v->last, &v->at);
	}
	for (t = 0; t < graph->n_nodes; t++) {
		struct synergy_step *s = &l->plan->steps[t];

		if (s->workspace_bytes)
			add_item(l, s->workspace_bytes, t, t, &s->workspace_offset);
	}
	qsort(l->items, l->n_items, sizeof(*l->items), by_size);
}

/* The lowest gap among placed items (sorted by offset) that share its time. */
static size_t lowest_gap(const struct item *const *placed, size_t n, const struct item *item)
{
	size_t at = 0, i;

	for (i = 0; i < n; i++) {
		const struct item *p = placed[i];

		if (p->last < item->def || p->def > item->last)
			continue;
		if (p->at >= at + item->bytes)
			break;
		if (p->at + p->bytes > at)
			at = p->at + p->bytes;
	}
	return at;
}

/* Largest first, each at the lowest free offset. */
static int place_items(struct layout *l)
{
	const struct item **placed = calloc(l->n_items + 1, sizeof(*placed));
	struct synergy_plan *plan = l->plan;
	size_t i, j, total = 0;

	if (!placed)
		return -1;
	for (i = 0; i < l->n_items; i++) {
		struct item *item = &l->items[i];

		item->at = l->n_items > MAX_PLACED ? total : lowest_gap(placed, i, item);
		*item->result = item->at;
		total += item->bytes;
		if (item->at + item->bytes > plan->arena_bytes)
			plan->arena_bytes = item->at + item->bytes;
		if (l->n_items > MAX_PLACED)
			continue;
		for (j = i; j > 0 && placed[j - 1]->at > item->at; j--)
			placed[j] = placed[j - 1];
		placed[j] = item;
	}
	plan->unshared_bytes = total;
	free(placed);
	return 0;
}

/* Memory that the system can give without swapping; 0: not known. */
static size_t available_bytes(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long kib = 0;
	char line[128];

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %lu kB", &kib) == 1)
			break;
	fclose(f);
	return (size_t)kib * 1024;
}

/*
 * Whole pages, huge where they can be, and touched: no page fault is left for a
 * measured run.
 */
void *synergy_plan_alloc(size_t bytes)
{
	const size_t available = available_bytes();
	const size_t whole = (bytes + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	char *raw, *memory;
	size_t head;

	if (bytes > SIZE_MAX / 2 || (available && bytes > available)) {
		errno = ENOMEM;
		return NULL;
	}
	raw = mmap(NULL, whole + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0);
	if (raw == MAP_FAILED)
		return NULL;
	memory = (char *)(((uintptr_t)raw + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
	head = memory - raw;
	if (head)
		munmap(raw, head);
	munmap(memory + whole, HUGE_PAGE - head);
	madvise(memory, whole, MADV_HUGEPAGE);
	memset(memory, 0, bytes);
	return memory;
}

void synergy_plan_release(void *memory, size_t bytes)
{
	if (memory)
		munmap(memory, (bytes + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
}

static void *address_of(const struct layout *l, int tensor)
{
	const struct value *v = value_of(l, tensor);
	size_t at = 0;

	if (v->constant)
		return v->constant;
	if (!v->live)
		return NULL;
	for (; v->inside >= 0; v = &l->values[v->inside])
		at += v->at;
	return l->plan->arena + v->at + at;
}

static void bind(struct layout *l)
{
	struct synergy_plan *plan = l->plan;
	int i, t;

	for (t = 0; t < plan->graph->n_tensors; t++)
		plan->data[t] = address_of(l, t);
	for (i = 0; i < plan->graph->n_nodes; i++) {
		struct synergy_step *s = &plan->steps[i];

		for (t = 0; t < s->call.n_in; t++)
			if (s->owned[t])
				s->call.src[t] = s->owned[t];
			else if (s->in_tensor[t] >= 0)
				s->call.src[t] = plan->data[s->in_tensor[t]];
		for (t = 0; t < s->call.n_out; t++)
			if (s->out_tensor[t] >= 0)
				s->call.dst[t] = plan->data[s->out_tensor[t]];
		if (s->workspace_bytes)
			s->call.workspace = plan->arena + s->workspace_offset;
	}
}

static int lay_out(struct layout *l, struct synergy_error *err)
{
	struct synergy_plan *plan = l->plan;
	const char *path = plan->graph->path;
	int i;

	for (i = 0; i < plan->graph->n_tensors; i++) {
		l->owner[i] = i;
		l->values[i].inside = -1;
		l->values[i].overwritten = ALWAYS;
	}
	for (i = 0; i < plan->graph->n_nodes; i++) {
		struct synergy_step *s = &plan->steps[i];

		if (s->kernel && s->kernel->workspace)
			s->workspace_bytes = s->kernel->workspace(&s->call);
	}
	join_views(l);
	set_lifetimes(l);
	place_inside(l);
	list_items(l);
	if (place_items(l))
		return synergy_error_set(err, ENOMEM, "%s: out of memory", path);
	plan->arena = synergy_plan_alloc(plan->arena_bytes + SYNERGY_PLAN_ALIGN);
	if (!plan->arena) {
		size_t bytes = plan->arena_bytes;

		plan->arena_bytes = 0;
		return synergy_error_set(err, ENOMEM,
					 "%s: activations need %zu bytes, %zu are available", path,
					 bytes, available_bytes());
	}
	bind(l);
	return 0;
}

int synergy_plan_memory(struct synergy_plan *plan, struct synergy_error *err)
{
	const size_t tensors = plan->graph->n_tensors, nodes = plan->graph->n_nodes;
	struct layout l = {
		.plan = plan,
		.values = calloc(tensors + 1, sizeof(*l.values)),
		.owner = calloc(tensors + 1, sizeof(*l.owner)),
		.items = calloc(tensors + nodes + 1, sizeof(*l.items)),
	};
	int result;

	if (!l.values || !l.owner || !l.items)
		result = synergy_error_set(err, ENOMEM, "%s: out of memory", plan->graph->path);
	else
		result = lay_out(&l, err);
	free(l.values);
	free(l.owner);
	free(l.items);
	return result;
}
