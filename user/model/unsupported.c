// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a model file asks for and is not there: all of it in one message, and, for who only
 * describes a network, the shapes that the file states behind it.
 */
#include <errno.h>
#include <string.h>

#include "model/build.h"

void synergy_unsupported_add(struct synergy_unsupported *u, const char *name, const char *first)
{
	const int room = (int)(sizeof(u->kinds) / sizeof(u->kinds[0]));
	char word[sizeof(u->kinds[0].name)];
	int i;

	snprintf(word, sizeof(word), "%s", name);
	for (i = 0; i < u->n_kinds; i++)
		if (!strcmp(u->kinds[i].name, word)) {
			u->kinds[i].count++;
			return;
		}
	if (u->n_kinds == room) {
		u->n_others++;
		return;
	}
	memcpy(u->kinds[i].name, word, sizeof(word));
	snprintf(u->kinds[i].first, sizeof(u->kinds[i].first), "%s", first);
	u->kinds[i].count = 1;
	u->n_kinds++;
}

/* "Loop (2, the first 'body'), ai.x:Foo (1: 'foo')"; what does not fit is counted. */
static void list(const struct synergy_unsupported *u, char *buf, size_t size)
{
	int i, left = u->n_others;
	size_t used = 0;
	char one[160];

	buf[0] = '\0';
	for (i = 0; i < u->n_kinds; i++) {
		snprintf(one, sizeof(one), "%s%s (%d%s '%s')", used ? ", " : "", u->kinds[i].name,
			 u->kinds[i].count, u->kinds[i].count > 1 ? ", the first" : ":",
			 u->kinds[i].first);
		/* Room for "and N more". */
		if (used + strlen(one) + 32 > size) {
			left += u->kinds[i].count;
			continue;
		}
		strcpy(buf + used, one);
		used += strlen(one);
	}
	if (left)
		snprintf(buf + used, size - used, " and %d more", left);
}

int synergy_unsupported_error(const struct synergy_unsupported *u,
			      const struct synergy_graph *graph, const char *nodes,
			      struct synergy_error *err)
{
	char text[340];

	list(u, text, sizeof(text));
	return synergy_graph_error(graph, err, ENOTSUP, "%d %s are not supported: %s",
				   u->n_kinds, nodes, text);
}

int synergy_unsupported_note(const struct synergy_unsupported *u, struct synergy_graph *graph,
			     struct synergy_error *err)
{
	char text[300];

	list(u, text, sizeof(text));
	graph->partial = true;
	return synergy_graph_note(graph, err,
				  "not supported: %s: cannot be run, is described as far as shapes are known",
				  text);
}

int synergy_unsupported_state(struct synergy_graph *graph, int tensor,
			      const struct synergy_declared *shape, struct synergy_error *err)
{
	struct synergy_graph_memory *memory = graph->memory;
	int i;

	if (!memory->declared) {
		memory->declared = synergy_graph_alloc(graph, (size_t)graph->n_tensors *
							      sizeof(*memory->declared));
		if (!memory->declared)
			return synergy_graph_no_memory(graph, err);
		memory->n_declared = graph->n_tensors;
		for (i = 0; i < memory->n_declared; i++)
			memory->declared[i].rank = -1;
	}
	memory->declared[tensor] = *shape;
	return 0;
}

bool synergy_unsupported_inputs_known(const struct synergy_graph *graph,
				      const struct synergy_node *node)
{
	int i;

	for (i = 0; i < node->n_inputs; i++)
		if (node->inputs[i] >= 0 && graph->tensors[node->inputs[i]].rank < 0)
			return false;
	return true;
}

int synergy_unsupported_declare(struct synergy_graph *graph, const struct synergy_node *node,
				struct synergy_error *err)
{
	const struct synergy_declared *stated;
	int i, t;

	for (i = 0; i < node->n_outputs; i++) {
		t = node->outputs[i];
		if (t < 0)
			continue;
		stated = t < graph->memory->n_declared ? &graph->memory->declared[t] : NULL;
		if (stated && stated->rank >= 0 &&
		    synergy_tensor_set_shape(graph, &graph->tensors[t], stated->dtype,
					     stated->rank, stated->dims, err))
			return -1;
	}
	return 0;
}

/* Only what is not supported becomes a note. */
int synergy_graph_note_error(struct synergy_graph *graph, const struct synergy_error *why,
			     struct synergy_error *err)
{
	const char *text = why->message;
	const size_t path = strlen(graph->path);

	/* The message names the file already, as whoever prints a note does. */
	if (!strncmp(text, graph->path, path) && !strncmp(text + path, ": ", 2))
		text += path + 2;
	graph->partial = true;
	return synergy_graph_note(graph, err, "%s", text);
}
