// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The collector: from records, one after another, to arrays of samples and
 * intervals. It pairs marks, takes differences of counters, leaves out what
 * carries no information (repeats, warm-ups, inferences that lost a mark) and
 * counts what it left out. It does no arithmetic on power.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/collect.h"
#include "lib/array.h"
#include "lib/recording.h"

#define SHUNT_STEP_UV	40.0	/* of an INA3221 */
#define BUS_STEP_MV	8.0

struct synergy_collect *synergy_collect_new(void)
{
	struct synergy_collect *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->open = calloc(SYNERGY_MAX_OPEN, sizeof(*c->open));
	if (!c->open) {
		free(c);
		return NULL;
	}
	return c;
}

void synergy_free_samples(struct synergy_rail_samples *s)
{
	free(s->begin_ns);
	free(s->end_ns);
	free(s->power_uw);
	free(s->current_ma);
	free(s->bus_mv);
	free(s->bus_time_ns);
	free(s->step_uw);
	free(s->slack_ns);
	free(s->tick_ns);
}

void synergy_collect_free(struct synergy_collect *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < c->n_rails; i++) {
		synergy_free_samples(&c->rails[i].s);
	}
	free(c->rails);
	free(c->intervals);
	free(c->open);
	free(c);
}

/* ---- what the stream says about itself ---- */

static struct synergy_collect_rail *find_rail(struct synergy_collect *c, uint32_t index)
{
	size_t i;

	for (i = 0; i < c->n_rails; i++)
		if (c->rails[i].index == index)
			return &c->rails[i];
	return NULL;
}

static struct synergy_collect_rail *add_rail(struct synergy_collect *c, uint32_t index)
{
	struct synergy_collect_rail *r;

	if (synergy_array_grow(&c->rails, c->n_rails, sizeof(*c->rails)))
		return NULL;
	r = &c->rails[c->n_rails++];
	*r = (struct synergy_collect_rail){ .index = index };
	snprintf(r->s.label, sizeof(r->s.label), "rail%u", index);
	return r;
}

static int take_rail(struct synergy_collect *c, const struct synergy_rail *info)
{
	struct synergy_collect_rail *r = find_rail(c, info->index);

	if (!r)
		r = add_rail(c, info->index);
	if (!r)
		return -1;
	r->shunt_uohm = info->shunt_uohm;
	synergy_sensor_default(&r->s.sensor, info->shunt_uohm,
			       !!(info->flags & SYNERGY_RAIL_F_ASSUMED_SHUNT),
			       !!(info->flags & SYNERGY_RAIL_F_OFFSET_CORRECTED));
	snprintf(r->s.label, sizeof(r->s.label), "%.*s", (int)sizeof(info->label), info->label);
	return 0;
}

/* The first entry of a column names it; the others are its stand-ins on other cores. */
static void take_event(struct synergy_collect *c, const struct synergy_event *info)
{
	if (info->column >= SYNERGY_MAX_EVENTS)
		return;
	if (c->n_events <= info->column)
		c->n_events = info->column + 1;
	if (!*c->events[info->column])
		snprintf(c->events[info->column], sizeof(c->events[0]), "%.*s",
			 (int)sizeof(info->name), info->name);
}

static int take_info(struct synergy_collect *c, const struct synergy_info_record *r)
{
	size_t body = r->hdr.size - sizeof(*r);

	switch (r->kind) {
	case SYNERGY_INFO_RAIL:
		if (body >= sizeof(struct synergy_rail))
			return take_rail(c, (const struct synergy_rail *)r->body);
		break;
	case SYNERGY_INFO_EVENT:
		if (body >= sizeof(struct synergy_event))
			take_event(c, (const struct synergy_event *)r->body);
		break;
	}
	return 0;
}

/* ---- power ---- */

static int grow_samples(struct synergy_collect_rail *r)
{
	struct synergy_rail_samples *s = &r->s;

#define GROW(array)	synergy_array_grow(&(array), s->n, sizeof(*(array)))
	return GROW(s->begin_ns) || GROW(s->end_ns) || GROW(s->power_uw) || GROW(s->current_ma) ||
	       GROW(s->bus_mv) || GROW(s->bus_time_ns) || GROW(s->step_uw) ||
	       GROW(s->slack_ns) || GROW(s->tick_ns) ? -1 : 0;
#undef GROW
}

static int take_channel(struct synergy_collect *c, const struct synergy_power_record *p,
			const struct synergy_power_channel *ch)
{
	struct synergy_collect_rail *r = find_rail(c, ch->rail);
	size_t i;

	c->notes.saturated += !!(ch->flags & SYNERGY_CHANNEL_F_SATURATED);
	c->notes.filtered += !!(ch->flags & SYNERGY_CHANNEL_F_FILTERED);
	if (ch->flags & SYNERGY_CHANNEL_F_NO_BUS) {
		c->notes.no_bus++;
		return 0;
	}
	if (!r)
		r = add_rail(c, ch->rail);
	if (!r || grow_samples(r))
		return -1;
	i = r->s.n;
	/*
	 * The same conversion again is no new equation, be it told so (its times may have
	 * been reckoned anew since) or not.
	 */
	if (i && ((ch->flags & SYNERGY_CHANNEL_F_REPEAT) ||
		  (r->s.begin_ns[i - 1] == ch->window_begin_ns &&
		   r->s.end_ns[i - 1] == ch->window_end_ns)))
		return 0;
	r->s.begin_ns[i] = ch->window_begin_ns;
	r->s.end_ns[i] = ch->window_end_ns;
	r->s.power_uw[i] = (double)ch->power_uw;
	r->s.current_ma[i] = ch->current_ua / 1e3;
	r->s.bus_mv[i] = ch->bus_mv;
	r->s.bus_time_ns[i] = ch->bus_time_ns;
	/* uV / uOhm is A; times mV is mW */
	r->s.step_uw[i] = r->shunt_uohm ?
		SHUNT_STEP_UV / r->shunt_uohm * fabs((double)ch->bus_mv) * 1000.0 : 0;
	r->s.slack_ns[i] = ch->window_error_ns;
	r->s.tick_ns[i] = p->hdr.time_ns;
	r->chip = p->chip;
	r->bus_step_sum += ch->bus_mv ? BUS_STEP_MV / fabs((double)ch->bus_mv) : 0;
	r->s.n++;
	return 0;
}

static int take_power(struct synergy_collect *c, const struct synergy_power_record *p,
		      struct synergy_error *err)
{
	uint32_t i;

	if (p->n_channels > (p->hdr.size - sizeof(*p)) / sizeof(p->channel[0]))
		return synergy_error_set(err, EINVAL,
					 "record %llu: %u channels in a POWER record of %u bytes",
					 (unsigned long long)p->hdr.seq, p->n_channels,
					 p->hdr.size);
	c->notes.samples++;
	c->notes.late += !!(p->hdr.flags & SYNERGY_POWER_F_LATE);
	c->notes.reconfigured += !!(p->hdr.flags & SYNERGY_POWER_F_RECONFIGURED);
	if (p->hdr.flags & SYNERGY_POWER_F_REPEAT) {
		c->notes.repeats++;
		return 0;
	}
	for (i = 0; i < p->n_channels; i++) {
		const struct synergy_power_channel *ch = &p->channel[i];

		if (!(ch->flags & SYNERGY_CHANNEL_F_NO_BUS) &&
		    ch->window_end_ns <= ch->window_begin_ns)
			return synergy_error_set(err, EINVAL,
						 "record %llu: rail %u: a conversion window from %llu to %llu ns",
						 (unsigned long long)p->hdr.seq, ch->rail,
						 (unsigned long long)ch->window_begin_ns,
						 (unsigned long long)ch->window_end_ns);
		if (take_channel(c, p, ch))
			return synergy_error_set(err, ENOMEM, "samples: out of memory");
	}
	return 0;
}

/* ---- marks ---- */

/* A tool's mark, but for the recorder's around its command, which is as a layer's. */
static bool is_tool(const struct synergy_marker_record *m)
{
	return (m->hdr.flags & SYNERGY_MARKER_F_TOOL) && m->id != SYNERGY_MARK_ID_COMMAND;
}

static void take_begin(struct synergy_collect *c, const struct synergy_marker_record *m)
{
	struct synergy_open_mark *o;

	if (c->n_open == SYNERGY_MAX_OPEN) {	/* the oldest was never ended */
		memmove(c->open, c->open + 1, (SYNERGY_MAX_OPEN - 1) * sizeof(*c->open));
		c->n_open--;
		c->notes.unmatched++;
	}
	o = &c->open[c->n_open++];
	o->time_ns = m->done_ns;
	o->cookie = m->cookie;
	o->id = synergy_mark_layer(m);
	o->tool = is_tool(m);
	o->tid = m->tid;
	o->cpu = m->hdr.flags & SYNERGY_MARKER_F_ALL_CPUS ? UINT32_MAX : m->cpu;
	o->n_counts = m->n_counts < SYNERGY_MAX_EVENTS ? m->n_counts : SYNERGY_MAX_EVENTS;
	memcpy(o->counts, m->count, o->n_counts * sizeof(o->counts[0]));
}

/* Counts between two marks of the same core; NaN where they say nothing. */
static void differences(struct synergy_collect *c, const struct synergy_open_mark *o,
			const struct synergy_marker_record *m, double *counts)
{
	uint32_t cpu = m->hdr.flags & SYNERGY_MARKER_F_ALL_CPUS ? UINT32_MAX : m->cpu;
	int multiplexed = 0;
	uint32_t i;

	for (i = 0; i < SYNERGY_MAX_EVENTS; i++)
		counts[i] = NAN;
	if (cpu != o->cpu) {
		c->notes.migrated++;
		return;
	}
	for (i = 0; i < o->n_counts && i < m->n_counts; i++) {
		const struct synergy_count *a = &o->counts[i], *b = &m->count[i];
		uint64_t enabled = b->enabled_ns - a->enabled_ns;
		uint64_t running = b->running_ns - a->running_ns;

		if (b->value < a->value || !b->enabled_ns || (enabled && !running))
			continue;
		counts[i] = (double)(b->value - a->value);
		if (running < enabled) {
			counts[i] *= (double)enabled / (double)running;
			multiplexed = 1;
		}
	}
	c->notes.multiplexed += multiplexed;
}

static int take_end(struct synergy_collect *c, const struct synergy_marker_record *m,
		    struct synergy_error *err)
{
	struct synergy_raw_interval *v;
	size_t i = c->n_open;

	while (i && !(c->open[i - 1].id == synergy_mark_layer(m) && c->open[i - 1].tool == is_tool(m) &&
		      c->open[i - 1].tid == m->tid &&
		      c->open[i - 1].cookie == m->cookie))
		i--;
	if (!i) {
		c->notes.unmatched++;
		return 0;
	}
	i--;
	if (synergy_array_grow(&c->intervals, c->n_intervals, sizeof(*c->intervals)))
		return synergy_error_set(err, ENOMEM, "marks: out of memory");
	v = &c->intervals[c->n_intervals];
	v->begin_ns = c->open[i].time_ns;
	v->end_ns = m->hdr.time_ns;
	v->cookie = m->cookie;
	v->id = synergy_mark_layer(m);
	v->tool = is_tool(m);
	differences(c, &c->open[i], m, v->counts);
	memmove(&c->open[i], &c->open[i + 1], (c->n_open - i - 1) * sizeof(*c->open));
	c->n_open--;
	if (m->hdr.flags & SYNERGY_MARKER_F_ABANDONED)
		c->notes.abandoned++;
	else if (v->end_ns < v->begin_ns)
		return synergy_error_set(err, EINVAL,
					 "record %llu: mark %u ends at %llu ns, before its begin at %llu",
					 (unsigned long long)m->hdr.seq, m->id,
					 (unsigned long long)v->end_ns,
					 (unsigned long long)v->begin_ns);
	else
		c->n_intervals++;
	return 0;
}

static int take_marker(struct synergy_collect *c, const struct synergy_marker_record *m,
		       struct synergy_error *err)
{
	if (m->n_counts > (m->hdr.size - sizeof(*m)) / sizeof(m->count[0]))
		return synergy_error_set(err, EINVAL,
					 "record %llu: %u counts in a MARKER record of %u bytes",
					 (unsigned long long)m->hdr.seq, m->n_counts, m->hdr.size);
	if (!is_tool(m) && synergy_mark_layer(m) >= SYNERGY_ATTRIBUTE_MAX_LAYERS &&
	    m->kind != SYNERGY_MARK_POINT)
		return synergy_error_set(err, EFBIG, "record %llu: layer %u: the limit is %d",
					 (unsigned long long)m->hdr.seq, m->id,
					 SYNERGY_ATTRIBUTE_MAX_LAYERS);
	if (m->kind == SYNERGY_MARK_BEGIN)
		take_begin(c, m);
	else if (m->kind == SYNERGY_MARK_END)
		return take_end(c, m, err);
	return 0;
}

/*
 * A chip was found reset or set up by somebody else: what it gave since it was
 * last looked at may be anything, so it goes.
 */
static void take_error(struct synergy_collect *c, const struct synergy_error_record *e)
{
	uint64_t since_ns = e->hdr.time_ns - 1000ULL * e->since_us;
	size_t i, most = 0;

	c->notes.errors++;
	if (e->source != SYNERGY_ERROR_SETUP)
		return;
	for (i = 0; i < c->n_rails; i++) {
		struct synergy_collect_rail *r = &c->rails[i];
		size_t n = r->s.n;

		if (r->chip != e->index)
			continue;
		while (n && r->s.tick_ns[n - 1] >= since_ns)
			n--;
		if (r->s.n)
			r->bus_step_sum *= (double)n / (double)r->s.n;
		most = r->s.n - n > most ? r->s.n - n : most;
		r->s.n = n;
	}
	c->notes.disowned += most;
}

static void take_lost(struct synergy_collect *c, const struct synergy_lost_record *l)
{
	c->notes.lost += l->count;
	c->notes.lost_power += l->by_type[SYNERGY_RECORD_POWER];
	c->notes.lost_markers += l->by_type[SYNERGY_RECORD_MARKER];
}

int synergy_collect_record(struct synergy_collect *c, const struct synergy_record *record,
			   struct synergy_error *err)
{
	static const size_t least[] = {
		[SYNERGY_RECORD_INFO] = sizeof(struct synergy_info_record),
		[SYNERGY_RECORD_POWER] = sizeof(struct synergy_power_record),
		[SYNERGY_RECORD_PMU] = sizeof(struct synergy_pmu_record),
		[SYNERGY_RECORD_MARKER] = sizeof(struct synergy_marker_record),
		[SYNERGY_RECORD_LOST] = sizeof(struct synergy_lost_record),
		[SYNERGY_RECORD_ERROR] = sizeof(struct synergy_error_record),
	};
	uint16_t type = record->type;

	if (type < sizeof(least) / sizeof(least[0]) && record->size < least[type])
		return synergy_error_set(err, EINVAL, "record %llu: type %u of %u bytes",
					 (unsigned long long)record->seq, type, record->size);
	switch (type) {
	case SYNERGY_RECORD_INFO:
		if (take_info(c, (const struct synergy_info_record *)record))
			return synergy_error_set(err, ENOMEM, "rails: out of memory");
		break;
	case SYNERGY_RECORD_POWER:
		return take_power(c, (const struct synergy_power_record *)record, err);
	case SYNERGY_RECORD_MARKER:
		return take_marker(c, (const struct synergy_marker_record *)record, err);
	case SYNERGY_RECORD_LOST:
		take_lost(c, (const struct synergy_lost_record *)record);
		break;
	case SYNERGY_RECORD_ERROR:
		take_error(c, (const struct synergy_error_record *)record);
		break;
	}
	return 0;
}
