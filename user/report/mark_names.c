// SPDX-License-Identifier: GPL-3.0-or-later
/* See mark_names.h. */
#include "report/mark_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layers/layers.h"
#include "lib/recording.h"

struct synergy_mark_names {
	const char *text;		/* the table's, as last seen: it belongs to the stream */
	struct synergy_layers *layers;
};

struct synergy_mark_names *synergy_mark_names_new(void)
{
	return calloc(1, sizeof(struct synergy_mark_names));
}

void synergy_mark_names_free(struct synergy_mark_names *n)
{
	if (!n)
		return;
	synergy_layers_free(n->layers);
	free(n);
}

/* A table that cannot be read leaves the marks their numbers. */
static void look_at_table(struct synergy_mark_names *n, const struct synergy_stream *stream)
{
	const char *text = synergy_stream_info(stream)->layers;
	struct synergy_error error;

	if (!text || text == n->text)
		return;
	n->text = text;
	synergy_layers_free(n->layers);
	if (synergy_layers_parse_static(text, strlen(text), "layers", "", 0, NULL, 0, NULL,
					&n->layers, &error))
		n->layers = NULL;
}

/* Tables are in the order of their indices as a rule; if not, they are searched. */
static const char *layer_name(const struct synergy_layers *t, uint32_t id)
{
	size_t i;

	if (!t)
		return NULL;
	if (id < t->n_rows && t->rows[id].index == id)
		return t->rows[id].layer;
	for (i = 0; i < t->n_rows; i++)
		if (t->rows[i].index == id)
			return t->rows[i].layer;
	return NULL;
}

const char *synergy_mark_names_find(struct synergy_mark_names *n,
				    const struct synergy_stream *stream, uint32_t tgid, uint32_t id,
				    char *buf, size_t size)
{
	const char *name;

	look_at_table(n, stream);
	name = layer_name(n->layers, id);
	if (!name)
		name = synergy_stream_mark_name(stream, tgid, id);
	if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "mark %u", id);
	return buf;
}

const char *synergy_mark_names_get(struct synergy_mark_names *n,
				   const struct synergy_stream *stream,
				   const struct synergy_marker_record *m, char *buf, size_t size)
{
	if (!(m->hdr.flags & SYNERGY_MARKER_F_TOOL))
		return synergy_mark_names_find(n, stream, m->tgid, m->id, buf, size);
	switch (m->id) {
	case SYNERGY_MARK_ID_RUN:
		snprintf(buf, size, m->cookie & SYNERGY_MARK_COOKIE_WARMUP ? "warm-up %u" :
			 "inference %u", (unsigned int)m->cookie);
		break;
	case SYNERGY_MARK_ID_IDLE:
		snprintf(buf, size, "idle");
		break;
	case SYNERGY_MARK_ID_COMMAND:
		snprintf(buf, size, "command");
		break;
	default:
		snprintf(buf, size, "time check");
	}
	return buf;
}
