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

#include "report/calibrated.h"
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

/* What a row of phases is called. */
static const char *phase_name(const struct synergy_profile *p, const struct synergy_phases *ph,
			      size_t row, const char *network, char *buf, size_t size)
{
	const struct synergy_marked_name *phase = &ph->rows[row];
	const char *name;

	if (row + 1 == ph->n)
		return network;
	if (phase->others)
		return "(other names)";
	name = synergy_stream_mark_name(p->stream, ph->tgid, phase->id);
	if (name)
		return name;
	snprintf(buf, size, "mark %u", phase->id);
	return buf;
}

const char *synergy_profile_unit(const struct synergy_profile *p)
{
	if (!p->input || !p->input->phases)
		return "inference";
	return synergy_stream_note(p->stream, "command") ? "run" : "recording";
}

/* A recording of any program: a row per name that was marked, and one of the rest. */
static int make_rows(const struct synergy_profile *p, const struct synergy_attribute_input *in,
		     const char *network, const char *program, struct synergy_layers *t,
		     struct synergy_error *error)
{
	bool command = synergy_stream_note(p->stream, "command") != NULL;
	char buf[32];
	size_t i;

	for (i = 0; i < in->phases->n; i++) {
		bool rest = i + 1 == in->phases->n;
		const char *op = !rest ? "Mark" : command ? "Command" : "Recording";

		if (!synergy_layers_add(t, network, (uint32_t)i,
					phase_name(p, in->phases, i, program, buf, sizeof(buf)), op, 0))
			return synergy_error_set(error, errno, "layers table: %s", strerror(errno));
	}
	t->has_calls = 1;
	return 0;
}

/* Columns of the phases' rows; energies are of the chosen rail. */
static void fill_calls(const struct synergy_profile *p, const struct synergy_attribute_input *in,
		       const struct synergy_attribute_result *r, struct synergy_layers *t)
{
	double runs = (double)in->n_runs;
	size_t i;

	for (i = 0; i < in->phases->n; i++) {
		const struct synergy_marked_name *phase = &in->phases->rows[i];
		struct synergy_layers_calls *c = &t->rows[i].calls;

		c->calls = (double)phase->calls / runs;
		c->parent = phase->parent;
		c->inclusive_us = phase->inclusive_us;
		c->shared_us = phase->shared_us;
		if (p->rail < 0)
			continue;
		c->inclusive_uj = r->rails[p->rail].inclusive[i].energy_uj.value;
		c->inclusive_ci95_uj = r->rails[p->rail].inclusive[i].energy_uj.ci95;
	}
}

static int new_table(const struct synergy_attribute_input *in, struct synergy_layers **t,
		     struct synergy_error *error)
{
	const char **rails = calloc(in->n_rails + 1, sizeof(*rails));
	const char **events = calloc(in->n_events + 1, sizeof(*events));
	size_t i;

	if (!rails || !events) {
		synergy_error_set(error, ENOMEM, "layers table: no memory");
		goto out;
	}
	for (i = 0; i < in->n_rails; i++)
		rails[i] = in->rails[i].label;
	for (i = 0; i < in->n_events; i++)
		events[i] = in->events[i];
	*t = synergy_layers_new(in->n_rails, rails, in->n_events, events, error);
out:
	free(rails);
	free(events);
	return *t ? 0 : -1;
}

/* The rows of the LAYERS text, or of marks by number where there is none. */
static int inference_rows(const struct synergy_profile *p, const char *network,
			  struct synergy_layers *t, struct synergy_error *error)
{
	const char *text = synergy_stream_info(p->stream)->layers;
	struct synergy_layers *rows;
	char name[32];
	int result;
	size_t i;

	for (i = 0; !text && i < p->result->n_layers; i++) {
		snprintf(name, sizeof(name), "mark %zu", i);
		if (!synergy_layers_add(t, network, (uint32_t)i, name, "Mark", 0))
			return synergy_error_set(error, errno, "layers table: %s", strerror(errno));
	}
	if (!text)
		return 0;
	if (synergy_layers_parse_static(text, strlen(text), "layers", network, 0, NULL, 0, NULL,
					&rows, error))
		return -1;
	result = synergy_layers_append(t, rows, error);
	synergy_layers_free(rows);
	return result;
}

static const char *network_of(const struct synergy_profile *p)
{
	const char *network = synergy_stream_note(p->stream, "network");

	return network ? network : "recording";
}

static int make_layers(struct synergy_profile *p, struct synergy_error *error)
{
	const char *network = network_of(p);

	if (new_table(p->input, &p->layers, error))
		return -1;
	if (p->input->phases)
		return make_rows(p, p->input, network, network, p->layers, error);
	return inference_rows(p, network, p->layers, error);
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
	if (p->input->phases)
		fill_calls(p, p->input, p->result, p->layers);
	return synergy_attribute_fill(p->layers, p->result, synergy_profile_rail(p), error);
}

/* Another thread's rows, in a network of their own. */
static int attribute_thread(struct synergy_profile *p, struct synergy_collect *collect, size_t at,
			    const struct synergy_profile_options *o, struct synergy_error *error)
{
	struct synergy_profile_thread *t = &p->threads[p->n_threads];
	char network[256];

	t->input = synergy_collect_finish_thread(collect, at, error);
	if (!t->input)
		return -1;
	p->n_threads++;
	t->tgid = t->input->phases->tgid;
	t->tid = t->input->phases->tid;
	snprintf(network, sizeof(network), "%s/%u", network_of(p), t->tid);
	if (synergy_calibrate_input(p->stream, o->calibration, t->input, error) ||
	    synergy_attribute(t->input, NULL, &t->result, error) ||
	    new_table(t->input, &t->layers, error) ||
	    make_rows(p, t->input, network, network_of(p), t->layers, error))
		return -1;
	fill_calls(p, t->input, t->result, t->layers);
	return synergy_attribute_fill(t->layers, t->result, synergy_profile_rail(p), error);
}

/* The thread that is asked for, by its number; 0 and all where none is. */
static int choose_thread(const struct synergy_marking_thread *threads, size_t n, const char *asked,
			 size_t *at, struct synergy_error *error)
{
	char list[256] = "", tid[16];
	size_t used = 0;

	for (*at = 0; asked && *at < n; ++*at) {
		snprintf(tid, sizeof(tid), "%u", threads[*at].tid);
		if (!strcmp(tid, asked))
			return 0;
		if (used < sizeof(list))
			used += snprintf(list + used, sizeof(list) - used, "%s%s", *at ? ", " : "", tid);
	}
	if (!asked)
		return 0;
	return synergy_error_set(error, ENOENT, "thread %s: marked nothing; there are: %s", asked,
				 n ? list : "none");
}

static int attribute_all(struct synergy_profile *p, struct synergy_collect *collect,
			 const struct synergy_profile_options *o, struct synergy_error *error)
{
	const struct synergy_marking_thread *threads;
	size_t n, at, i;

	if (synergy_collect_threads(collect, &threads, &n, error) ||
	    choose_thread(threads, n, o->thread, &at, error))
		return -1;
	p->input = n ? synergy_collect_finish_thread(collect, at, error) :
		synergy_collect_finish(collect, error);
	if (!p->input)
		return errno == ENODATA ? 0 : -1;
	if (synergy_calibrate_input(p->stream, o->calibration, p->input, error))
		return -1;
	/* Marked inferences without a layer in them are no reason to say nothing. */
	if (p->input->n_layers && attribute(p, o->rail, error))
		return -1;
	for (i = 1; !o->thread && i < n && p->n_threads < SYNERGY_PROFILE_THREADS; i++)
		if (attribute_thread(p, collect, i, o, error))
			return -1;
	p->more_threads = o->thread || !n ? 0 : n - 1 - p->n_threads;
	return 0;
}

static int begin_traces(struct synergy_profile *p, struct synergy_error *error)
{
	synergy_trace_begin(&p->trace);
	synergy_spans_begin(&p->spans);
	synergy_steps_begin(&p->steps);
	if (synergy_fold_begin(&p->fold))
		return synergy_error_set(error, ENOMEM, "profile: no memory");
	return 0;
}

int synergy_profile_read(struct synergy_stream *stream,
			 const struct synergy_profile_options *options,
			 struct synergy_profile **out, struct synergy_error *error)
{
	static const struct synergy_profile_options none;
	struct synergy_profile *p = calloc(1, sizeof(*p));
	struct synergy_collect *collect = synergy_collect_new();

	*out = NULL;
	if (!p || !collect) {
		synergy_error_set(error, ENOMEM, "profile: no memory");
		goto fail;
	}
	p->stream = stream;
	p->rail = -1;
	if (begin_traces(p, error) || read_all(p, collect, error) ||
	    attribute_all(p, collect, options ? options : &none, error))
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
	size_t i;

	if (!p)
		return;
	for (i = 0; i < p->n_threads; i++) {
		synergy_layers_free(p->threads[i].layers);
		synergy_attribute_free(p->threads[i].result);
		synergy_attribute_input_free(p->threads[i].input);
	}
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
	case 3:
		if (!p->more_threads)
			return -1;
		r->level = SYNERGY_REMARK_NOTE;
		snprintf(r->what, sizeof(r->what), "%zu more threads marked intervals", p->more_threads);
		snprintf(r->advice, sizeof(r->advice), "--thread TID shows one of them");
		return 1;
	default:
		return 0;
	}
}

/* Intervals of a kind in which a clock moved, of how many. */
static size_t moved_within(const struct synergy_profile *p, const struct synergy_step_track *t,
			   enum synergy_interval_kind kind, size_t *n)
{
	const struct synergy_intervals *v = p->input ? &p->input->intervals : NULL;
	size_t i, moved = 0;

	*n = 0;
	for (i = 0; v && i < v->n; i++) {
		if (v->kind[i] != kind)
			continue;
		++*n;
		moved += synergy_steps_moved(t, v->begin_ns[i], v->end_ns[i]);
	}
	return moved;
}

/* A clock that moved; the same returns as stream_remark(). */
static int clock_remark(const struct synergy_profile *p, size_t i, struct synergy_remark *r)
{
	const struct synergy_step_track *t;
	size_t runs, layers, n_runs, n_layers;
	double least, greatest;

	if (i >= p->steps.n)
		return 0;
	t = &p->steps.tracks[i];
	if (t->kind != SYNERGY_STEP_FREQ || !t->changes)
		return -1;
	synergy_steps_range(t, &least, &greatest);
	runs = moved_within(p, t, SYNERGY_INTERVAL_RUN, &n_runs);
	layers = moved_within(p, t, SYNERGY_INTERVAL_LAYER, &n_layers);
	*r = (struct synergy_remark){ .level = SYNERGY_REMARK_WARNING };
	snprintf(r->what, sizeof(r->what),
		 "the clock of the cores from %u on moved between %.0f and %.0f MHz: %llu changes, within %zu of %zu %s%s and %zu of %zu intervals in them",
		 t->index, least / 1e3, greatest / 1e3, (unsigned long long)t->changes, runs,
		 n_runs, synergy_profile_unit(p), n_runs == 1 ? "" : "s", layers, n_layers);
	snprintf(r->advice, sizeof(r->advice), "a fixed frequency, or synergy-sweep, which sets and restores it");
	return 1;
}

int synergy_profile_remark(const struct synergy_profile *p, size_t i, struct synergy_remark *remark)
{
	size_t at = 0, source;
	int result;

	for (source = 0; (result = stream_remark(p, source, remark)) != 0; source++)
		if (result > 0 && at++ == i)
			return 1;
	for (source = 0; (result = clock_remark(p, source, remark)) != 0; source++)
		if (result > 0 && at++ == i)
			return 1;
	return p->result && synergy_remark(p->result, p->layers, p->rail < 0 ? 0 : p->rail, i - at, remark);
}
