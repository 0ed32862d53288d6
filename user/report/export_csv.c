// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Samples and marks as CSV; see export.h. Times are CLOCK_MONOTONIC ns as recorded.
 */
#include <errno.h>

#include "report/export.h"
#include "report/mark_names.h"

typedef unsigned long long ull;

static int cannot_write(struct synergy_error *error)
{
	return synergy_error_set(error, errno ? errno : EIO, "standard output: cannot be written");
}

/* ---- samples ---- */

static void put_flags(const struct synergy_power_record *p, const struct synergy_power_channel *c,
		      FILE *out)
{
	const char *sep = "";

	/* Joined by blanks: one field. */
#define PUT(condition, word) do { if (condition) { fprintf(out, "%s" word, sep); sep = " "; } } while (0)
	PUT((p->hdr.flags & SYNERGY_POWER_F_REPEAT) || (c->flags & SYNERGY_CHANNEL_F_REPEAT), "repeat");
	PUT(p->hdr.flags & SYNERGY_POWER_F_LATE, "late");
	PUT(p->hdr.flags & SYNERGY_POWER_F_RECONFIGURED, "reconfigured");
	PUT(c->flags & SYNERGY_CHANNEL_F_NO_BUS, "no_bus");
	PUT(c->flags & SYNERGY_CHANNEL_F_SATURATED, "saturated");
	PUT(c->flags & SYNERGY_CHANNEL_F_FILTERED, "filtered");
#undef PUT
}

static void put_sample(const struct synergy_stream *stream, const struct synergy_power_record *p,
		       const struct synergy_power_channel *c, FILE *out)
{
	char label[64];

	fprintf(out, "%llu,", (ull)p->hdr.time_ns);
	synergy_export_field(synergy_export_rail(stream, c->rail, label, sizeof(label)),
			     sizeof(label), out);
	fprintf(out, ",%llu,%llu,%u,%d,%d,", (ull)c->window_begin_ns, (ull)c->window_end_ns,
		c->window_error_ns, c->shunt_uv, c->current_ua);
	/* Without a bus voltage there is no power: empty, not 0. */
	if (c->flags & SYNERGY_CHANNEL_F_NO_BUS)
		fputs(",,", out);
	else
		fprintf(out, "%d,%lld,", c->bus_mv, (long long)c->power_uw);
	put_flags(p, c, out);
	fputc('\n', out);
}

int synergy_export_samples(struct synergy_stream *stream, FILE *out, struct synergy_error *error)
{
	const struct synergy_power_record *p;
	const struct synergy_record *record;
	uint32_t i;
	int result;

	fputs("time_ns,rail,window_begin_ns,window_end_ns,window_error_ns,shunt_uv,current_ua,bus_mv,power_uw,flags\n",
	      out);
	while ((result = synergy_stream_next(stream, &record, 0, error)) == 1) {
		if (record->type != SYNERGY_RECORD_POWER)
			continue;
		p = (const void *)record;
		for (i = 0; i < p->n_channels; i++)
			put_sample(stream, p, SYNERGY_ENTRY(p, struct synergy_power_channel,
							    channel_size, i), out);
		if (ferror(out))
			return cannot_write(error);
	}
	return result;
}

/* ---- marks ---- */

static void put_header(const struct synergy_stream *stream, FILE *out)
{
	const char *name;
	uint32_t i;

	fputs("time_ns,done_ns,kind,id,name,cookie,cpu,tid,tgid", out);
	for (i = 0; (name = synergy_stream_column_name(stream, i)); i++) {
		fputc(',', out);
		synergy_export_field(name, SYNERGY_NAME_LEN, out);
	}
	fputc('\n', out);
}

static void put_mark(const struct synergy_stream *stream, struct synergy_mark_names *names,
		     const struct synergy_marker_record *m, uint32_t n_columns, FILE *out)
{
	static const char *const kinds[] = { "point", "begin", "end" };
	const struct synergy_count *c;
	char name[256];
	uint32_t i;

	fprintf(out, "%llu,%llu,%s,%u,", (ull)m->hdr.time_ns, (ull)m->done_ns,
		m->kind < 3 ? kinds[m->kind] : "unknown", m->id);
	synergy_export_field(synergy_mark_names_get(names, stream, m, name, sizeof(name)),
			     sizeof(name), out);
	fprintf(out, ",%llu,", (ull)m->cookie);
	/* A mark of a mapped page does not know its core. */
	if (m->cpu != UINT32_MAX)
		fprintf(out, "%u", m->cpu);
	fprintf(out, ",%u,%u", m->tid, m->tgid);
	for (i = 0; i < n_columns; i++) {
		fputc(',', out);
		if (i >= m->n_counts)
			continue;
		c = SYNERGY_ENTRY(m, struct synergy_count, count_size, i);
		if (c->enabled_ns)
			fprintf(out, "%llu", (ull)c->value);
	}
	fputc('\n', out);
}

int synergy_export_marks(struct synergy_stream *stream, FILE *out, struct synergy_error *error)
{
	struct synergy_mark_names *names = synergy_mark_names_new();
	const struct synergy_record *record;
	uint32_t n_columns = 0;
	int result, begun = 0;

	if (!names)
		return synergy_error_set(error, ENOMEM, "marks: no memory");
	while ((result = synergy_stream_next(stream, &record, 0, error)) == 1) {
		if (record->type != SYNERGY_RECORD_MARKER)
			continue;
		/* What is counted is known by the first mark. */
		if (!begun++) {
			n_columns = synergy_stream_info(stream)->n_columns;
			put_header(stream, out);
		}
		put_mark(stream, names, (const void *)record, n_columns, out);
		if (ferror(out)) {
			result = cannot_write(error);
			break;
		}
	}
	if (!begun)
		put_header(stream, out);
	synergy_mark_names_free(names);
	return result;
}
