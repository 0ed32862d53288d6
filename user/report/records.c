// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Records as text; see records.h.
 */
#include "report/records.h"

#include <errno.h>
#include <string.h>

#include "lib/recording.h"

typedef unsigned long long ull;

/* At most size characters: a name in a recording need not end. */
static void print_word(const char *text, size_t size, FILE *out)
{
	for (; size && *text; text++, size--)
		fputc((unsigned char)*text < 0x21 || *text == 0x7f ? '_' : *text, out);
}

static void print_counts(const struct synergy_stream *stream, const struct synergy_count *count,
			 uint32_t n, FILE *out)
{
	const char *name;
	uint32_t i;

	for (i = 0; i < n; i++) {
		fputc(' ', out);
		name = synergy_stream_column_name(stream, i);
		if (name)
			print_word(name, SIZE_MAX, out);
		else
			fprintf(out, "column%u", i);
		if (!count[i].enabled_ns && !count[i].running_ns)
			fputs("=-", out);
		else
			fprintf(out, "=%llu", (ull)count[i].value);
		if (count[i].running_ns < count[i].enabled_ns)
			fprintf(out, "(%.1f%%)", 100. * count[i].running_ns / count[i].enabled_ns);
	}
}

static void print_power(const struct synergy_stream *stream, const struct synergy_power_record *p,
			FILE *out)
{
	const struct synergy_stream_info *info = synergy_stream_info(stream);
	uint32_t i;

	fprintf(out, " chip=%u bus_ns=%llu", p->chip, (ull)(p->bus_end_ns - p->bus_begin_ns));
	if (p->hdr.flags & SYNERGY_POWER_F_REPEAT)
		fputs(" repeat", out);
	if (p->hdr.flags & SYNERGY_POWER_F_LATE)
		fputs(" late", out);
	if (p->hdr.flags & SYNERGY_POWER_F_RECONFIGURED)
		fputs(" reconfigured", out);
	for (i = 0; i < p->n_channels; i++) {
		const struct synergy_power_channel *c = &p->channel[i];

		fputc(' ', out);
		if (c->rail < info->n_rails && *info->rails[c->rail].label)
			print_word(info->rails[c->rail].label, SYNERGY_LABEL_LEN, out);
		else
			fprintf(out, "rail%u", c->rail);
		if (c->flags & SYNERGY_CHANNEL_F_NO_BUS)
			fprintf(out, "=-(%dua)", c->current_ua);
		else
			fprintf(out, "=%lld(%dua,%dmv)", (long long)c->power_uw, c->current_ua,
				c->bus_mv);
	}
}

static void print_marker(const struct synergy_stream *stream,
			 const struct synergy_marker_record *m, FILE *out)
{
	static const char *const kinds[] = { "point", "begin", "end" };
	static const char *const tools[] = { "run", "idle", "command", "busy" };
	const char *name;

	fprintf(out, " kind=%s", m->kind < 3 ? kinds[m->kind] : "?");
	if ((m->hdr.flags & SYNERGY_MARKER_F_TOOL) && m->id >= SYNERGY_MARK_ID_BUSY)
		fprintf(out, " id=%s", tools[SYNERGY_MARK_ID_RUN - m->id]);
	else
		fprintf(out, " id=%u", m->id);
	name = synergy_stream_mark_name(stream, m->tgid, m->id);
	if (name) {
		fputs(" name=", out);
		print_word(name, SYNERGY_NAME_LEN, out);
	}
	fprintf(out, " cookie=%llu%s cpu=%u tid=%u done_ns=%llu", (ull)(m->cookie & 0xffffffff),
		m->cookie & SYNERGY_MARK_COOKIE_WARMUP ? " warmup" : "", m->cpu, m->tid,
		(ull)m->done_ns);
	if (m->hdr.flags & SYNERGY_MARKER_F_ABANDONED)
		fputs(" abandoned", out);
	if (m->hdr.flags & SYNERGY_MARKER_F_MOVED)
		fputs(" moved", out);
	print_counts(stream, m->count, m->n_counts, out);
}

static void print_info(const struct synergy_info_record *info, FILE *out)
{
	static const char *const kinds[] = { "?", "device", "chip", "rail", "event", "session" };
	const void *body = info->body;
	const struct synergy_session *session = body;
	const struct synergy_event *event = body;
	const struct synergy_rail *rail = body;

	fprintf(out, " of=%s%s", info->kind < 6 ? kinds[info->kind] : "?",
		info->hdr.flags & SYNERGY_INFO_F_REPLAY ? " replay" : "");
	switch (info->kind) {
	case SYNERGY_INFO_RAIL:
		fputs(" label=", out);
		print_word(rail->label, SYNERGY_LABEL_LEN, out);
		break;
	case SYNERGY_INFO_EVENT:
		fputs(" name=", out);
		print_word(event->name, SYNERGY_NAME_LEN, out);
		break;
	case SYNERGY_INFO_SESSION:
		fprintf(out, " state=%u period_ns=%llu", session->state, (ull)session->period_ns);
		break;
	}
}

static void print_lost(const struct synergy_lost_record *l, FILE *out)
{
	static const char *const types[SYNERGY_RECORD_TYPES] = {
		NULL, "info", "power", "pmu", "marker", "lost", "error", "freq", "temp", "name",
	};
	int i;

	fprintf(out, " count=%llu", (ull)l->count);
	for (i = 1; i < SYNERGY_RECORD_TYPES; i++)
		if (l->by_type[i] && types[i])
			fprintf(out, " %s=%llu", types[i], (ull)l->by_type[i]);
}

static void print_freq(const struct synergy_freq_record *f, FILE *out)
{
	fprintf(out, " cpu=%u policy=%u khz=%u old_khz=%u%s%s", f->cpu, f->policy, f->khz,
		f->old_khz, f->hdr.flags & SYNERGY_FREQ_F_FOUND ? " found" : "",
		f->hdr.flags & SYNERGY_FREQ_F_SAMPLED ? " sampled" : "");
}

static void print_temp(const struct synergy_temp_record *t, FILE *out)
{
	fprintf(out, " %s=%u value=%d max=%d name=",
		t->kind == SYNERGY_TEMP_COOLING ? "cooling" : "zone", t->index, t->value, t->max);
	print_word(t->name, sizeof(t->name), out);
}

static void print_name(const struct synergy_name_record *n, FILE *out)
{
	fprintf(out, " id=%u tgid=%u%s name=", n->id, n->tgid,
		n->hdr.flags & SYNERGY_NAME_F_REPLAY ? " replay" : "");
	print_word(n->name, sizeof(n->name), out);
}

static void print_error(const struct synergy_error_record *e, FILE *out)
{
	static const char *const sources[] = { "?", "chip", "pmu", "setup", "page" };

	fprintf(out, " source=%s index=%u error=%d(", e->source < 5 ? sources[e->source] : "?",
		e->index, e->error);
	print_word(strerror(e->error), SIZE_MAX, out);
	fprintf(out, ") reg=0x%02x value=0x%x count=%llu", e->reg, e->value, (ull)e->count);
	if (e->since_us)
		fprintf(out, " since_us=%u", e->since_us);
}

void synergy_record_print(const struct synergy_stream *stream,
			  const struct synergy_record *record, FILE *out)
{
	const struct synergy_pmu_record *pmu = (const void *)record;

	fprintf(out, "%llu %llu ", (ull)record->seq, (ull)record->time_ns);
	switch (record->type) {
	case SYNERGY_RECORD_INFO:
		fputs("info", out);
		print_info((const void *)record, out);
		break;
	case SYNERGY_RECORD_POWER:
		fputs("power", out);
		print_power(stream, (const void *)record, out);
		break;
	case SYNERGY_RECORD_PMU:
		fprintf(out, "pmu cpu=%u%s%s", pmu->cpu,
			record->flags & SYNERGY_PMU_F_OFFLINE ? " offline" : "",
			record->flags & SYNERGY_PMU_F_ONLINE ? " online" : "");
		print_counts(stream, pmu->count, pmu->n_counts, out);
		break;
	case SYNERGY_RECORD_MARKER:
		fputs("marker", out);
		print_marker(stream, (const void *)record, out);
		break;
	case SYNERGY_RECORD_LOST:
		fputs("lost", out);
		print_lost((const void *)record, out);
		break;
	case SYNERGY_RECORD_ERROR:
		fputs("error", out);
		print_error((const void *)record, out);
		break;
	case SYNERGY_RECORD_FREQ:
		fputs("freq", out);
		print_freq((const void *)record, out);
		break;
	case SYNERGY_RECORD_TEMP:
		fputs("temp", out);
		print_temp((const void *)record, out);
		break;
	case SYNERGY_RECORD_NAME:
		fputs("name", out);
		print_name((const void *)record, out);
		break;
	case SYNERGY_RECORD_NOTE:
		fputs("note", out);
		break;
	case SYNERGY_RECORD_LAYERS:
		fputs("layers", out);
		break;
	default:
		fprintf(out, "type%u size=%u", record->type, record->size);
	}
	fputc('\n', out);
}

int synergy_records_print(struct synergy_stream *stream, FILE *out, struct synergy_error *error)
{
	const struct synergy_record *record;
	int result;

	while ((result = synergy_stream_next(stream, &record, 0, error)) == 1) {
		synergy_record_print(stream, record, out);
		if (ferror(out))
			return synergy_error_set(error, EIO, "standard output: cannot be written");
	}
	return result;
}
