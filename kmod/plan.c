// SPDX-License-Identifier: GPL-2.0-only
/*
 * Planning a chip's work within a period: see plan.h. Integers only.
 */
#include "plan.h"
#include "ina3221_regs.h"

/* Left free in every period for the timer's lateness and the kernel's own work. */
#define GUARD_NS		20000U
/* The bus voltage is taken at least this often, and at most every 64th round. */
#define BUS_REFRESH_NS		20000000U
#define BUS_EVERY_MAX		64U

static __u32 count_bits(__u32 mask)
{
	__u32 n = 0;

	for (; mask; mask &= mask - 1)
		n++;
	return n;
}

__u64 synergy_plan_scaled(__u64 nominal_ns, __u32 scale_ppm)
{
	return div64_u64(nominal_ns * scale_ppm, 1000000);
}

__u64 synergy_plan_round_ns(const struct synergy_plan_request *req, __u32 averages,
			    __u32 shunt_ns, __u32 bus_ns)
{
	__u64 nominal = (__u64)averages * count_bits(req->convert_mask) * (shunt_ns + bus_ns);

	return synergy_plan_scaled(nominal, req->scale_ppm);
}

/* The longest that the round may take on a chip at the slow end of the margin. */
static __u64 round_max_ns(const struct synergy_plan_request *req, __u32 averages,
			  __u32 shunt_ns, __u32 bus_ns)
{
	return synergy_plan_scaled(synergy_plan_round_ns(req, averages, shunt_ns, bus_ns),
				   1000000 + req->margin_ppm);
}

/* What a candidate plan fixes before conversion times are looked for. */
struct shape {
	bool overlap;
	__u32 averages;
	__u32 every;
	__u32 bus_reads;
};

/* Bus registers read in a tick that triggers a round of this kind. */
static __u32 bus_reads_in(const struct shape *shape, __u32 bus_ns)
{
	return bus_ns && shape->every > 1 ? 0 : shape->bus_reads;
}

static __u64 reads_ns(const struct synergy_plan_request *req, __u32 bus_reads)
{
	return (__u64)(count_bits(req->read_mask) + bus_reads) * req->read_ns;
}

/*
 * By how much are the reads ahead of the updates? Reading starts when the
 * trigger's write has ended, in the order of conversion, and each register must
 * have been read before the new round gets to it. Bus registers move in mixed
 * rounds only; in such a tick they are left alone, unless every round is mixed.
 */
static __s64 overlap_spare(const struct synergy_plan_request *req, __u32 every, __u32 shunt_ns,
			   __u32 bus_ns)
{
	__u64 least_ppm = div64_u64((__u64)req->scale_ppm * (1000000 - req->margin_ppm), 1000000);
	__s64 spare = 0x7fffffff;
	__s64 update = 0;
	__s64 read_end = 0;
	__u32 channel;

	for (channel = 0; channel < 3; channel++) {
		bool read = req->read_mask & (1U << channel);

		if (!(req->convert_mask & (1U << channel)))
			continue;
		update += synergy_plan_scaled(shunt_ns, least_ppm);
		read_end += read ? req->read_ns : 0;
		if (read && update - read_end < spare)
			spare = update - read_end;
		update += synergy_plan_scaled(bus_ns, least_ppm);
		if (!bus_ns || every > 1)
			continue;
		read_end += read ? req->read_ns : 0;
		if (read && update - read_end < spare)
			spare = update - read_end;
	}
	return spare;
}

__s64 synergy_plan_spare_ns(const struct synergy_plan_request *req,
			    const struct synergy_plan *plan, bool mixed)
{
	return mixed ? overlap_spare(req, plan->bus_every, plan->mixed_shunt_ns, plan->bus_ns) :
		       overlap_spare(req, plan->bus_every, plan->shunt_ns, 0);
}

/* Does a triggered round of these conversions fit into @period_ns? */
static bool round_fits(const struct synergy_plan_request *req, const struct shape *shape,
		       __u64 period_ns, __u32 shunt_ns, __u32 bus_ns)
{
	__u64 spent = GUARD_NS + 2ULL * req->dither_ns + req->write_ns;
	__u64 reads = reads_ns(req, bus_reads_in(shape, bus_ns));
	__u64 round = round_max_ns(req, shape->averages, shunt_ns, bus_ns);

	if (shape->overlap) {
		/* The trigger's end is known to some part of a transfer only. */
		if (overlap_spare(req, shape->every, shunt_ns, bus_ns) < (__s64)req->read_ns / 8)
			return false;
		spent += round > reads + req->others_ns ? round : reads + req->others_ns;
	} else {
		spent += reads + (round > req->others_ns ? round : req->others_ns);
	}
	return spent <= period_ns;
}

/* The longest shunt conversion that fits; 0 none does. */
static __u32 longest_shunt(const struct synergy_plan_request *req, const struct shape *shape,
			   __u64 period_ns, __u32 bus_ns)
{
	int code;

	for (code = INA3221_CODES - 1; code >= 0; code--) {
		__u32 ns = synergy_ina3221_conversion_ns[code];

		if (req->shunt_ns && ns != req->shunt_ns)
			continue;
		if (round_fits(req, shape, period_ns, ns, bus_ns))
			return ns;
	}
	return 0;
}

static __u32 longest_bus(const struct synergy_plan_request *req, const struct shape *shape,
			 __u64 period_ns, __u32 shunt_ns)
{
	int code;

	for (code = INA3221_CODES - 1; code > 0; code--)
		if (round_fits(req, shape, period_ns, shunt_ns,
			       synergy_ina3221_conversion_ns[code]))
			break;
	return synergy_ina3221_conversion_ns[code];
}

static __u32 choose_bus_every(const struct synergy_plan_request *req, __u64 period_ns)
{
	__u64 every = div64_u64(BUS_REFRESH_NS, period_ns ? period_ns : 1);

	if (req->bus_every)
		return req->bus_every;
	if (every < 1)
		return 1;
	return every > BUS_EVERY_MAX ? BUS_EVERY_MAX : (__u32)every;
}

static bool try_triggered(const struct synergy_plan_request *req, __u64 period_ns, bool overlap,
			  struct synergy_plan *plan)
{
	__u32 channels = count_bits(req->read_mask);
	__u32 bus_ns = req->bus_ns ? req->bus_ns : synergy_ina3221_conversion_ns[0];
	struct shape shape;

	shape.overlap = overlap;
	shape.averages = req->averages ? req->averages : 1;
	shape.every = choose_bus_every(req, period_ns);
	shape.bus_reads = shape.every == 1 ? channels :
		(channels + shape.every - 2) / (shape.every - 1);
	memset(plan, 0, sizeof(*plan));
	plan->overlap = overlap;
	plan->averages = shape.averages;
	plan->bus_every = shape.every;
	plan->bus_reads = shape.bus_reads;
	plan->mixed_shunt_ns = longest_shunt(req, &shape, period_ns, bus_ns);
	if (!plan->mixed_shunt_ns)
		return false;
	plan->bus_ns = req->bus_ns ? req->bus_ns :
		longest_bus(req, &shape, period_ns, plan->mixed_shunt_ns);
	plan->shunt_ns = shape.every == 1 ? plan->mixed_shunt_ns :
		longest_shunt(req, &shape, period_ns, 0);
	return plan->shunt_ns;
}

/* Free-running: rounds back to back, at least one whole round a period. */
static bool try_continuous(const struct synergy_plan_request *req, __u64 period_ns, bool mixed,
			   struct synergy_plan *plan)
{
	__u32 averages = req->averages ? req->averages : 1;
	__u32 channels = count_bits(req->read_mask);
	__u64 room = period_ns - (period_ns < 2ULL * req->dither_ns ? period_ns :
				  2ULL * req->dither_ns);
	__u64 reads;
	__u32 bus_ns = 0;
	int code;

	memset(plan, 0, sizeof(*plan));
	plan->continuous = true;
	plan->averages = averages;
	if (mixed) {
		bus_ns = req->bus_ns ? req->bus_ns : synergy_ina3221_conversion_ns[0];
		plan->bus_every = choose_bus_every(req, period_ns);
		plan->bus_reads = plan->bus_every >= channels ? 1 :
			(channels + plan->bus_every - 1) / plan->bus_every;
	}
	/* A register that is read again and again needs no address but the first time. */
	reads = channels == 1 && !mixed ? req->read_ns * 30ULL / 48 :
		reads_ns(req, plan->bus_reads);
	if (reads + req->others_ns > room)
		return false;
	for (code = INA3221_CODES - 1; code >= 0; code--) {
		__u32 ns = synergy_ina3221_conversion_ns[code];

		if (req->shunt_ns && ns != req->shunt_ns)
			continue;
		if (synergy_plan_round_ns(req, averages, ns, bus_ns) > room)
			continue;
		plan->shunt_ns = ns;
		plan->mixed_shunt_ns = ns;
		plan->bus_ns = bus_ns;
		return true;
	}
	return false;
}

/* The better of overlapped and read-first: the one that converts longer. */
static bool triggered(const struct synergy_plan_request *req, __u64 period_ns,
		      struct synergy_plan *plan)
{
	struct synergy_plan other;
	bool one = try_triggered(req, period_ns, true, plan);

	if (!try_triggered(req, period_ns, false, &other))
		return one;
	if (!one || other.shunt_ns > plan->shunt_ns)
		*plan = other;
	return true;
}

static bool feasible(const struct synergy_plan_request *req, __u64 period_ns,
		     struct synergy_plan *plan)
{
	if (req->mode != SYNERGY_PLAN_CONTINUOUS && triggered(req, period_ns, plan))
		return true;
	if (req->mode == SYNERGY_PLAN_TRIGGERED)
		return false;
	if (try_continuous(req, period_ns, true, plan))
		return true;
	/* A bus voltage asked for every Nth sample cannot be had from shunts alone. */
	return !req->bus_every && try_continuous(req, period_ns, false, plan);
}

static __u64 shortest(const struct synergy_plan_request *req, struct synergy_plan *plan)
{
	__u64 low = 0;	/* known not to fit */
	__u64 high = SYNERGY_PLAN_PERIOD_MAX_NS;

	while (high - low > 1) {
		__u64 mid = low + (high - low) / 2;

		if (feasible(req, mid, plan))
			high = mid;
		else
			low = mid;
	}
	/* Whole microseconds, upwards: figures that can be typed back. */
	return div64_u64(high + 999, 1000) * 1000;
}

int synergy_plan_make(const struct synergy_plan_request *req, __u64 *period_ns,
		      struct synergy_plan *plan)
{
	if (req->shunt_ns && synergy_ina3221_conversion_code(req->shunt_ns) < 0)
		return -EINVAL;
	if (req->bus_ns && synergy_ina3221_conversion_code(req->bus_ns) < 0)
		return -EINVAL;
	if (req->averages && synergy_ina3221_average_code(req->averages) < 0)
		return -EINVAL;
	if (!req->convert_mask || (req->read_mask & ~req->convert_mask))
		return -EINVAL;
	if (*period_ns > SYNERGY_PLAN_PERIOD_MAX_NS)
		return -EINVAL;
	if (*period_ns && feasible(req, *period_ns, plan))
		return 0;
	if (*period_ns) {
		*period_ns = shortest(req, plan);
		return -ERANGE;
	}
	*period_ns = shortest(req, plan);
	return feasible(req, *period_ns, plan) ? 0 : -ERANGE;
}

__u32 synergy_plan_bus_ns(const struct synergy_plan_request *req, const struct synergy_plan *plan)
{
	__u64 ns = reads_ns(req, plan->bus_reads) + (plan->continuous ? 0 : req->write_ns);

	return ns > 0xffffffffULL ? 0xffffffffU : (__u32)ns;
}
