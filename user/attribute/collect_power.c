// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The collector's power: from POWER records to arrays of samples by rail. What carries
 * no information (repeats) or is not to be trusted is left out, and counted.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/collect.h"
#include "attribute/internal.h"
#include "lib/array.h"

#define SHUNT_STEP_UV	40.0	/* of an INA3221 */
#define BUS_STEP_MV	8.0

void synergy_free_samples(struct synergy_rail_samples *s)
{
	free(s->begin_ns);
	free(s->end_ns);
	free(s->power_uw);
	free(s->current_ma);
	free(s->bus_mv);
	free(s->bus_time_ns);
	free(s->lsb_uw);
	free(s->window_error_ns);
	free(s->tick_ns);
}

/* ---- rails ---- */

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
	*r = (struct synergy_collect_rail){
		.index = index, .shunt_step_uv = SHUNT_STEP_UV, .bus_step_mv = BUS_STEP_MV,
	};
	snprintf(r->s.label, sizeof(r->s.label), "rail%u", index);
	return r;
}

int synergy_collect_rail(struct synergy_collect *c, const struct synergy_rail *info)
{
	struct synergy_collect_rail *r = find_rail(c, info->index);

	if (!r)
		r = add_rail(c, info->index);
	if (!r)
		return -1;
	r->shunt_uohm = info->shunt_uohm;
	r->shunt_step_uv = SHUNT_STEP_UV;
	r->bus_step_mv = BUS_STEP_MV;
	synergy_sensor_default(&r->s.sensor, info->shunt_uohm,
			       !!(info->flags & SYNERGY_RAIL_F_ASSUMED_SHUNT),
			       !!(info->flags & SYNERGY_RAIL_F_OFFSET_CORRECTED));
	snprintf(r->s.label, sizeof(r->s.label), "%.*s", (int)sizeof(info->label), info->label);
	return 0;
}

int synergy_collect_source(struct synergy_collect *c, const struct synergy_source_record *source)
{
	struct synergy_collect_rail *r = find_rail(c, source->rail);
	double ohm;

	if (!r)
		r = add_rail(c, source->rail);
	if (!r)
		return -1;
	ohm = r->shunt_uohm / 1e6;
	r->lsb_uw = (double)source->step_nw / 1e3;
	r->step_uj = (double)source->step_nj / 1e3;
	r->bus_step_mv = source->bus_step_uv / 1e3;
	r->s.counted = !!(source->flags & SYNERGY_SOURCE_F_COUNTED);
	/* uA times Ohm is uV; the coarser of the converter's step and the file's counts. */
	r->shunt_step_uv = fmax(source->shunt_step_nv / 1e3, source->step_ua * ohm);
	if (!r->shunt_uohm && source->step_ua) {
		/* As if of 1 Ohm. */
		r->shunt_uohm = 1000000;
		r->shunt_step_uv = source->step_ua;
	}
	synergy_sensor_source(&r->s.sensor, source, r->shunt_step_uv);
	return 0;
}

/* ---- samples ---- */

/* What a step is worth in a sample, uW. */
static double step_of(const struct synergy_collect_rail *r, const struct synergy_power_channel *ch)
{
	if (r->step_uj > 0)
		return r->step_uj / ((double)(ch->window_end_ns - ch->window_begin_ns) / 1e9);
	if (r->lsb_uw > 0)
		return r->lsb_uw;
	/* uV / uOhm is A; times mV is mW */
	return r->shunt_uohm ?
		r->shunt_step_uv / r->shunt_uohm * fabs((double)ch->bus_mv) * 1000.0 : 0;
}

static int grow_samples(struct synergy_collect_rail *r)
{
	struct synergy_rail_samples *s = &r->s;

#define GROW(array)	synergy_array_grow(&(array), s->n, sizeof(*(array)))
	return GROW(s->begin_ns) || GROW(s->end_ns) || GROW(s->power_uw) || GROW(s->current_ma) ||
	       GROW(s->bus_mv) || GROW(s->bus_time_ns) || GROW(s->lsb_uw) ||
	       GROW(s->window_error_ns) || GROW(s->tick_ns) ? -1 : 0;
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
	if (!c->first_ns || ch->window_begin_ns < c->first_ns)
		c->first_ns = ch->window_begin_ns;
	if (ch->window_end_ns > c->last_ns)
		c->last_ns = ch->window_end_ns;
	if (!synergy_zones_keep(&c->zones, ch->window_end_ns))
		return 0;
	if (!r)
		r = add_rail(c, ch->rail);
	if (!r || grow_samples(r))
		return -1;
	i = r->s.n;
	/*
	 * The same conversion again is no new equation, be it reported as such (its times may have
	 * been estimated again since) or not.
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
	r->s.lsb_uw[i] = step_of(r, ch);
	r->s.window_error_ns[i] = ch->window_error_ns;
	r->s.tick_ns[i] = p->hdr.time_ns;
	r->chip = p->chip;
	r->bus_step_sum += ch->bus_mv ? r->bus_step_mv / fabs((double)ch->bus_mv) : 0;
	r->s.n++;
	c->n_samples++;
	return 0;
}

int synergy_collect_power(struct synergy_collect *c, const struct synergy_power_record *p,
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
	if (c->n_samples > c->max_samples && synergy_collect_thin(c))
		return synergy_error_set(err, ENOMEM, "samples: out of memory");
	return 0;
}

/*
 * A chip was found reset or set up by somebody else: what it gave since it was
 * last looked at may be anything, so it goes.
 */
void synergy_collect_error(struct synergy_collect *c, const struct synergy_error_record *e)
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
		c->n_samples -= r->s.n - n;
		r->s.n = n;
	}
	c->notes.invalidated += most;
}

/* ---- into the input ---- */

static void *copy_array(const void *from, size_t n, size_t size)
{
	void *to = malloc(n ? n * size : 1);

	if (to && n)
		memcpy(to, from, n * size);
	return to;
}

int synergy_collect_copy_rails(const struct synergy_collect *c,
			       struct synergy_attribute_input *in)
{
	size_t i;

	in->rails = calloc(c->n_rails ? c->n_rails : 1, sizeof(*in->rails));
	if (!in->rails)
		return -1;
	for (i = 0; i < c->n_rails; i++) {
		const struct synergy_rail_samples *a = &c->rails[i].s;
		struct synergy_rail_samples *b = &in->rails[in->n_rails];

		if (!a->n)
			continue;	/* not sampled in this session */
		in->n_rails++;
		*b = *a;
		b->bus_step_share = c->rails[i].bus_step_sum / (double)a->n;
		b->begin_ns = copy_array(a->begin_ns, a->n, sizeof(*a->begin_ns));
		b->end_ns = copy_array(a->end_ns, a->n, sizeof(*a->end_ns));
		b->power_uw = copy_array(a->power_uw, a->n, sizeof(*a->power_uw));
		b->current_ma = copy_array(a->current_ma, a->n, sizeof(*a->current_ma));
		b->bus_mv = copy_array(a->bus_mv, a->n, sizeof(*a->bus_mv));
		b->bus_time_ns = copy_array(a->bus_time_ns, a->n, sizeof(*a->bus_time_ns));
		b->lsb_uw = copy_array(a->lsb_uw, a->n, sizeof(*a->lsb_uw));
		b->window_error_ns = copy_array(a->window_error_ns, a->n, sizeof(*a->window_error_ns));
		b->tick_ns = copy_array(a->tick_ns, a->n, sizeof(*a->tick_ns));
		if (!b->begin_ns || !b->end_ns || !b->power_uw || !b->current_ma || !b->bus_mv ||
		    !b->bus_time_ns || !b->lsb_uw || !b->window_error_ns || !b->tick_ns ||
		    synergy_voltage_between(b))
			return -1;
	}
	return 0;
}
