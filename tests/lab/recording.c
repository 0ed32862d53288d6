// SPDX-License-Identifier: GPL-2.0-only
/*
 * A session as a recording, for what reads recordings: samples as POWER records of one
 * channel, intervals as pairs of marks, all in the order of time, behind the notes and
 * the table of layers. What a reader collects of it is the input that it was made from,
 * but for fractions of a microwatt.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"
#include "lib/recording.h"
#include "lib/synergy.h"

#define CPU	1
#define THREAD	100

/* What happens at a time: a sample that is read, or an edge of an interval. */
struct happening {
	uint64_t ns;
	enum { LAB_BEGIN, LAB_END, LAB_SAMPLE } what;
	size_t rail, index;
};

struct writing {
	const struct lab_session *s;
	const struct synergy_attribute_input *in;
	struct synergy_recording *out;
	struct synergy_error *err;
	uint64_t seq;
	int failed;
};

static void put(struct writing *w, void *record, size_t size, unsigned int type, uint64_t ns)
{
	struct synergy_record *r = record;

	r->size = (uint32_t)size;
	r->type = (uint16_t)type;
	r->time_ns = r->raw_ns = ns;
	r->seq = ++w->seq;
	w->failed |= synergy_recording_write(w->out, record, size, w->err);
}

static void put_info(struct writing *w, unsigned int kind, const void *body, size_t size)
{
	struct {
		struct synergy_info_record head;
		char body[256];
	} r = { .head.kind = kind };

	memcpy(r.body, body, size);
	put(w, &r, sizeof(r.head) + size, SYNERGY_RECORD_INFO, 1);
}

static int lab_rail(const struct writing *w, size_t rail)
{
	return strcmp(w->in->rails[rail].label, lab_rail_names[LAB_CPU]) ? LAB_IN : LAB_CPU;
}

static void put_set_up(struct writing *w)
{
	size_t n = w->in->n_rails, i;
	struct synergy_device device = { .size = sizeof(device), .api_version = SYNERGY_API_VERSION,
		.n_chips = 1, .n_rails = (uint32_t)n, .n_cpus = 4, .module_version = "lab" };
	struct synergy_chip chip = { .size = sizeof(chip), .address = 0x40, .averages = 1,
		.conversion_shunt_ns = (uint32_t)w->s->scheme->window_ns, .adapter_name = "lab" };
	struct synergy_session session = { .size = sizeof(session), .state = 1,
		.period_ns = (uint64_t)w->s->scheme->tick_ns, .rail_mask = (1U << n) - 1, .start_ns = 1 };

	put_info(w, SYNERGY_INFO_DEVICE, &device, sizeof(device));
	put_info(w, SYNERGY_INFO_CHIP, &chip, sizeof(chip));
	for (i = 0; i < n; i++) {
		struct synergy_rail rail = { .size = sizeof(rail), .index = (uint32_t)i,
			.channel = (uint32_t)i + 1,
			.shunt_uohm = (uint32_t)w->s->board->shunt_uohm[lab_rail(w, i)] };

		snprintf(rail.label, sizeof(rail.label), "%s", w->in->rails[i].label);
		put_info(w, SYNERGY_INFO_RAIL, &rail, sizeof(rail));
	}
	put_info(w, SYNERGY_INFO_SESSION, &session, sizeof(session));
}

/* ---- one after the other ---- */

static void put_sample(struct writing *w, const struct happening *h)
{
	const struct synergy_rail_samples *v = &w->in->rails[h->rail];
	double mv = w->s->board->mv[lab_rail(w, h->rail)];
	struct {
		struct synergy_power_record head;
		struct synergy_power_channel c;
	} r = { .head.n_channels = 1, .head.channel_size = sizeof(r.c) };

	r.c = (struct synergy_power_channel){
		.rail = (uint32_t)h->rail, .power_uw = llrint(v->power_uw[h->index]), .bus_mv = (int)mv,
		.current_ua = (int)lrint(v->power_uw[h->index] / mv * 1e3),
		.window_begin_ns = v->begin_ns[h->index], .window_end_ns = v->end_ns[h->index],
		.bus_time_ns = v->begin_ns[h->index], .window_error_ns = v->window_error_ns[h->index],
	};
	r.head.bus_begin_ns = r.head.bus_end_ns = h->ns;
	put(w, &r, sizeof(r), SYNERGY_RECORD_POWER, h->ns);
}

static void put_mark(struct writing *w, const struct happening *h)
{
	static const uint32_t ids[] = {
		[SYNERGY_INTERVAL_RUN] = SYNERGY_MARK_ID_RUN,
		[SYNERGY_INTERVAL_IDLE] = SYNERGY_MARK_ID_IDLE,
		[SYNERGY_INTERVAL_BUSY] = SYNERGY_MARK_ID_BUSY,
	};
	const struct synergy_intervals *v = &w->in->intervals;
	struct synergy_marker_record r = { .id = v->kind[h->index] == SYNERGY_INTERVAL_LAYER ?
			v->layer[h->index] : ids[v->kind[h->index]],
		.kind = h->what == LAB_BEGIN ? SYNERGY_MARK_BEGIN : SYNERGY_MARK_END,
		.cookie = v->run[h->index], .count_size = sizeof(struct synergy_count),
		.cpu = CPU, .tid = THREAD, .tgid = THREAD, .done_ns = h->ns };

	if (v->kind[h->index] != SYNERGY_INTERVAL_LAYER)
		r.hdr.flags = SYNERGY_MARKER_F_TOOL;
	put(w, &r, sizeof(r), SYNERGY_RECORD_MARKER, h->ns);
}

/* At one time ends are before begins; of several, what began later ends first. */
static int in_order(const void *a, const void *b)
{
	const struct happening *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	if (x->what != y->what)
		return x->what == LAB_BEGIN || y->what == LAB_END ? 1 : -1;
	if (x->what == LAB_END)
		return x->index > y->index ? -1 : x->index < y->index;
	return x->index < y->index ? -1 : x->index > y->index;
}

static struct happening *in_time(const struct synergy_attribute_input *in, size_t *n)
{
	size_t most = 2 * in->intervals.n, rail, i;
	struct happening *h;

	for (rail = 0; rail < in->n_rails; rail++)
		most += in->rails[rail].n;
	h = calloc(most, sizeof(*h));
	*n = 0;
	for (i = 0; h && i < in->intervals.n; i++) {
		h[(*n)++] = (struct happening){ in->intervals.begin_ns[i], LAB_BEGIN, 0, i };
		h[(*n)++] = (struct happening){ in->intervals.end_ns[i], LAB_END, 0, i };
	}
	for (rail = 0; h && rail < in->n_rails; rail++)
		for (i = 0; i < in->rails[rail].n; i++)
			h[(*n)++] = (struct happening){ in->rails[rail].tick_ns[i], LAB_SAMPLE, rail, i };
	if (h)
		qsort(h, *n, sizeof(*h), in_order);
	return h;
}

/* ---- the whole ---- */

static void put_texts(struct writing *w)
{
	size_t n = w->s->network->n_layers, i, at, room = 64 + 64 * n;
	char *table = malloc(room), notes[256];

	snprintf(notes, sizeof(notes), "network: %s\nhost: %s\nbackend: lab\n", w->s->network->name,
		 w->s->board->name);
	w->failed |= !table || synergy_recording_note(w->out, notes, w->err);
	if (!table)
		return;
	at = (size_t)snprintf(table, room, "index,layer,op,mac,params,bytes_in,bytes_out,group,method\n");
	for (i = 0; i < n; i++)
		at += (size_t)snprintf(table + at, room - at, "%zu,layer%zu,Conv,1000,0,0,0,1,im2col\n", i, i);
	w->failed |= synergy_recording_layers(w->out, table, w->err);
	free(table);
}

int lab_record(const struct lab_session *s, const struct synergy_attribute_input *in,
	       const char *path, struct synergy_error *err)
{
	struct writing w = { .s = s, .in = in, .err = err };
	struct happening *h;
	size_t n, i;

	w.out = synergy_recording_create(path, 0, err);
	if (!w.out)
		return -1;
	put_texts(&w);
	put_set_up(&w);
	h = in_time(in, &n);
	w.failed |= !h;
	for (i = 0; i < n && !w.failed; i++)
		(h[i].what == LAB_SAMPLE ? put_sample : put_mark)(&w, &h[i]);
	free(h);
	if (synergy_recording_close(w.out, err))
		w.failed = 1;
	return w.failed ? -1 : 0;
}
