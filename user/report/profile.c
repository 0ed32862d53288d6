// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Reads a recording once, feeding attribution and trace, and makes the layers
 * table; see profile.h. It computes no energy of its own.
 */
#include "report/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/provenance.h"

static int read_all(struct synergy_profile *p, struct synergy_collect *collect,
		    struct synergy_error *error)
{
	const struct synergy_record *record;
	int result;

	while ((result = synergy_stream_next(p->stream, &record, 0, &p->damage)) == 1) {
		if (synergy_trace_record(&p->trace, record) ||
		    synergy_spans_record(&p->spans, record) ||
		    synergy_steps_record(&p->steps, record) ||
		    synergy_fold_record(&p->fold, record))
			return synergy_error_set(error, errno, "power trace: %s", strerror(errno));
		if (synergy_collect_record(collect, record, error))
			return -1;
	}
	synergy_stream_tally(p->stream, &p->tally);
	if (!result)
		p->damage.message[0] = '\0';
	else if (errno != EBADMSG || !p->tally.records)
		return synergy_error_set(error, errno, "%s", p->damage.message);
	if (synergy_fold_finish(&p->fold))
		return synergy_error_set(error, errno, "folded trace: %s", strerror(errno));
	return 0;
}

/* A recording of a program that is not ours: a row per mark id that was met. */
static int make_rows(struct synergy_profile *p, const char *network,
		     const char *const *rails, const char *const *events,
		     struct synergy_error *error)
{
	char name[32];
	size_t i;

	p->layers = synergy_layers_new(p->input->n_rails, rails, p->input->n_events, events, error);
	if (!p->layers)
		return -1;
	for (i = 0; i < p->result->n_layers; i++) {
		snprintf(name, sizeof(name), "mark %zu", i);
		if (!synergy_layers_add(p->layers, network, (uint32_t)i, name, "Mark", 0))
			return synergy_error_set(error, errno, "layers table: %s", strerror(errno));
	}
	return 0;
}

static int make_layers(struct synergy_profile *p, struct synergy_error *error)
{
	const char *text = synergy_stream_info(p->stream)->layers;
	const char *network = synergy_stream_note(p->stream, "network");
	const char **rails = calloc(p->input->n_rails + 1, sizeof(*rails));
	const char **events = calloc(p->input->n_events + 1, sizeof(*events));
	int result = -1;
	size_t i;

	if (!rails || !events) {
		synergy_error_set(error, ENOMEM, "layers table: no memory");
		goto out;
	}
	for (i = 0; i < p->input->n_rails; i++)
		rails[i] = p->input->rails[i].label;
	for (i = 0; i < p->input->n_events; i++)
		events[i] = p->input->events[i];
	if (!network)
		network = "recording";
	if (text)
		result = synergy_layers_parse_static(text, strlen(text), "layers", network,
						     p->input->n_rails, rails, p->input->n_events,
						     events, &p->layers, error);
	else
		result = make_rows(p, network, rails, events, error);
out:
	free(rails);
	free(events);
	return result;
}

static int choose_rail(struct synergy_profile *p, const char *rail, struct synergy_error *error)
{
	char list[384] = "";
	size_t used = 0, i;

	p->rail = synergy_attribute_default_rail(p->result);
	if (!rail || !p->result->n_rails)
		return 0;
	for (i = 0; i < p->result->n_rails; i++) {
		if (!strcasecmp(p->result->rails[i].label, rail)) {
			p->rail = (int)i;
			return 0;
		}
		if (used < sizeof(list))
			used += snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
					 p->result->rails[i].label);
	}
	return synergy_error_set(error, ENOENT, "rail %s: not recorded; there are: %s", rail, list);
}

static int attribute(struct synergy_profile *p, const char *rail, struct synergy_error *error)
{
	if (synergy_attribute(p->input, NULL, &p->result, error))
		return -1;
	if (choose_rail(p, rail, error) || make_layers(p, error))
		return -1;
	synergy_provenance_set(p->layers, p->stream);
	return synergy_attribute_fill(p->layers, p->result, synergy_profile_rail(p), error);
}

int synergy_profile_read(struct synergy_stream *stream, const char *rail,
			 struct synergy_profile **out, struct synergy_error *error)
{
	struct synergy_profile *p = calloc(1, sizeof(*p));
	struct synergy_collect *collect = synergy_collect_new();

	*out = NULL;
	if (!p || !collect) {
		synergy_error_set(error, ENOMEM, "profile: no memory");
		goto fail;
	}
	p->stream = stream;
	p->rail = -1;
	synergy_trace_begin(&p->trace);
	synergy_spans_begin(&p->spans);
	synergy_steps_begin(&p->steps);
	if (synergy_fold_begin(&p->fold)) {
		synergy_error_set(error, ENOMEM, "profile: no memory");
		goto fail;
	}
	if (read_all(p, collect, error))
		goto fail;
	p->input = synergy_collect_finish(collect, error);
	if (!p->input && errno != ENODATA)
		goto fail;
	/* Marked inferences without a layer in them are no reason to say nothing. */
	if (p->input && p->input->n_layers && attribute(p, rail, error))
		goto fail;
	synergy_collect_free(collect);
	*out = p;
	return 0;

fail:
	synergy_collect_free(collect);
	synergy_profile_free(p);
	return -1;
}

void synergy_profile_free(struct synergy_profile *p)
{
	int saved = errno;

	if (!p)
		return;
	synergy_trace_end(&p->trace);
	synergy_spans_end(&p->spans);
	synergy_steps_end(&p->steps);
	synergy_fold_end(&p->fold);
	synergy_layers_free(p->layers);
	synergy_attribute_free(p->result);
	synergy_attribute_input_free(p->input);
	free(p);
	errno = saved;
}

const char *synergy_profile_rail(const struct synergy_profile *p)
{
	return p->result && p->rail >= 0 ? p->result->rails[p->rail].label : NULL;
}

/* What the stream itself says, before attribution's own remarks: 1 one, -1 none here, 0 no more. */
static int stream_remark(const struct synergy_profile *p, size_t i, struct synergy_remark *r)
{
	const struct synergy_stream_tally *t = &p->tally;

	*r = (struct synergy_remark){ .level = SYNERGY_REMARK_WARNING };
	switch (i) {
	case 0:
		if (!*p->damage.message)
			return -1;
		snprintf(r->what, sizeof(r->what), "%.440s; what comes after is left out", p->damage.message);
		return 1;
	case 1:
		if (!t->tail_bytes)
			return -1;
		snprintf(r->what, sizeof(r->what),
			 "the recording ends within a record: the last %llu bytes are left out",
			 (unsigned long long)t->tail_bytes);
		return 1;
	case 2:
		if (!t->seq_gaps)
			return -1;
		snprintf(r->what, sizeof(r->what),
			 "%llu gaps in the stream's sequence that no LOST record explains",
			 (unsigned long long)t->seq_gaps);
		snprintf(r->advice, sizeof(r->advice), "record again; the file was edited, or a writer failed");
		return 1;
	default:
		return 0;
	}
}

int synergy_profile_remark(const struct synergy_profile *p, size_t i, struct synergy_remark *remark)
{
	size_t at = 0, source;
	int result;

	for (source = 0; (result = stream_remark(p, source, remark)) != 0; source++)
		if (result > 0 && at++ == i)
			return 1;
	return p->result && synergy_remark(p->result, p->rail < 0 ? 0 : p->rail, i - at, remark);
}
