// SPDX-License-Identifier: GPL-2.0-only
/*
 * Planning a chip's work within a period: see plan.h. Integers only.
 */
#include "ina3221/plan.h"
#include "ina3221/regs.h"

/* Left free in every period for the timer's lateness and the kernel's own work. */
#define GUARD_NS		20000U
/* The bus voltage is taken at least this often, and at most every 64th cycle. */
#define BUS_REFRESH_NS		20000000U
#define BUS_EVERY_MAX		64U
/* From this period on the sampler's work is below one per cent of it. */
#define SEEN_PERIOD_MAX_NS	2000000U
/* Conversions after a reset (INA3221_CONFIG_DEFAULT) */
#define RESET_CONVERSION_NS	1100000U
/* So many times what is not known of a start is to be in a conversion: else of whose? */
#define START_ERROR_PARTS	4
/* A chip whose speed is known less well cannot be left to itself for long. */
#define ESTIMATED_PPM_MAX	2000U
/*
 * A sample lost is time not seen and a gap in the series besides: it counts as so many.
 * Then three rails at 1 kHz are converted for 332 us on a chip up to 7 % slow.
 */
#define LOST_WEIGHT		4U
/* Plans that are worth this part of the best are as good: habits decide. */
#define AS_GOOD_PERCENT		92U

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

__u64 synergy_plan_cycle_ns(const struct synergy_plan_request *req, __u32 averages,
			    __u32 shunt_ns, __u32 bus_ns)
{
	__u64 nominal = (__u64)averages * count_bits(req->convert_mask) * (shunt_ns + bus_ns);

	return synergy_plan_scaled(nominal, req->scale_ppm);
}

/* The longest that the cycle may take on a chip at the slow end of the margin. */
static __u64 cycle_max_ns(const struct synergy_plan_request *req, __u32 averages,
			  __u32 shunt_ns, __u32 bus_ns)
{
	return synergy_plan_scaled(synergy_plan_cycle_ns(req, averages, shunt_ns, bus_ns),
				   1000000 + req->margin_ppm);
}

/**
 * struct shape - what a candidate plan fixes before conversion times are sought
 * @overlap: registers are read while the chip converts
 * @averages: conversions per value
 * @every: bus voltages in each so manieth sweep
 * @bus_reads: bus voltages read per tick
 */
struct shape {
	bool overlap;
	__u32 averages;
	__u32 every;
	__u32 bus_reads;
};

/* Bus registers read in a tick that triggers a cycle of this kind. */
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
 * have been read before the new cycle gets to it. Bus registers move in mixed
 * cycles only; in such a tick they are left alone, unless every cycle is mixed.
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

/* The trigger's end is known to some part of a transfer only; so far it must be ahead. */
static __s64 overlap_least(const struct synergy_plan_request *req)
{
	return max(req->read_ns / 8, req->effect_error_ns);
}

/* Does a triggered cycle of these conversions fit into @period_ns? */
static bool cycle_fits(const struct synergy_plan_request *req, const struct shape *shape,
		       __u64 period_ns, __u32 shunt_ns, __u32 bus_ns)
{
	__u64 spent = GUARD_NS + 2ULL * req->dither_ns;
	__u64 bus = req->exchange_ns + reads_ns(req, bus_reads_in(shape, bus_ns)) + req->others_ns;
	__u64 cycle = cycle_max_ns(req, shape->averages, shunt_ns, bus_ns) + req->recovery_ns;

	if (shape->overlap) {
		if (overlap_spare(req, shape->every, shunt_ns, bus_ns) < overlap_least(req))
			return false;
		/* A trigger is on its way while the series before ends. */
		spent += max(cycle, bus);
	} else {
		spent += max(cycle + bus - req->others_ns, bus);
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
		if (cycle_fits(req, shape, period_ns, ns, bus_ns))
			return ns;
	}
	return 0;
}

static __u32 longest_bus(const struct synergy_plan_request *req, const struct shape *shape,
			 __u64 period_ns, __u32 shunt_ns)
{
	int code;

	for (code = INA3221_CODES - 1; code > 0; code--)
		if (cycle_fits(req, shape, period_ns, shunt_ns,
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

/* Do cycles leave so little of a period out that their windows see all of it? */
static bool covers(__u64 cycle_ns, __u64 period_ns)
{
	return cycle_ns >= period_ns - div64_u64(period_ns, 20);
}

/*
 * Of free-running candidates the one whose windows see the whole period, be it
 * by shorter conversions; of several, and where none does, the one that converts
 * longer, the shunts first.
 */
static bool better(const struct synergy_plan *one, __u64 one_cycle_ns,
		   const struct synergy_plan *two, __u64 two_cycle_ns, __u64 period_ns)
{
	bool one_covers = covers(one_cycle_ns, period_ns);
	bool two_covers = covers(two_cycle_ns, period_ns);

	if (one_covers != two_covers)
		return one_covers;
	if (!one_covers && one_cycle_ns != two_cycle_ns)
		return one_cycle_ns > two_cycle_ns;
	if (one->shunt_ns != two->shunt_ns)
		return one->shunt_ns > two->shunt_ns;
	return one_cycle_ns > two_cycle_ns;
}

/*
 * Free-running shunts alone: the latest moment in a tick for the cycles to start
 * again, once a mixed cycle has taken the bus voltages, so that each channel has
 * been converted when the next tick reads it. 0: a period has no room for that.
 */
static __u32 refresh_latest(const struct synergy_plan_request *req,
			    const struct synergy_plan *plan, __u64 period_ns)
{
	__u64 most_ppm = div64_u64((__u64)req->scale_ppm * (1000000 + req->margin_ppm), 1000000);
	__u64 mixed = cycle_max_ns(req, plan->averages, plan->mixed_shunt_ns, plan->bus_ns);
	__u64 reads = (count_bits(req->read_mask) + 2ULL) * req->read_ns + req->others_ns;
	__s64 latest = (__s64)(period_ns - GUARD_NS) - (__s64)reads;
	__u64 update = (plan->averages - 1ULL) * count_bits(req->convert_mask) * plan->shunt_ns;
	/* The mixed sweep takes effect in a tick, and may end in the next. */
	__u64 earliest = req->exchange_ns + GUARD_NS +
			 (mixed > period_ns ? mixed - period_ns : 0);
	__u64 read = 0;
	__u32 channel;

	if (!req->combined || req->dither_ns || reads + GUARD_NS > period_ns)
		return 0;
	if (overlap_spare(req, 2, plan->mixed_shunt_ns, plan->bus_ns) < overlap_least(req) ||
	    overlap_spare(req, 2, plan->shunt_ns, 0) < overlap_least(req))
		return 0;
	for (channel = 0; channel < 3; channel++) {
		if (!(req->convert_mask & (1U << channel)))
			continue;
		update += plan->shunt_ns;
		if (req->read_mask & (1U << channel)) {
			__s64 spare = (__s64)(period_ns + read) - (__s64)req->recovery_ns -
				      (__s64)synergy_plan_scaled(update, most_ppm);

			latest = min(spare, latest);
			read += req->read_ns;
		}
	}
	return latest < (__s64)earliest ? 0 : (__u32)latest;
}

/*
 * A chip may be measured a little slower than it is, and one at its nominal speed
 * is not to be refused its nominal ceiling for that.
 */
static bool fits_room(const struct synergy_plan_request *req, __u64 cycle, __u64 room)
{
	__u64 nominal = div64_u64(cycle * 1000000, req->scale_ppm);

	if (cycle <= room)
		return true;
	return req->margin_ppm <= ESTIMATED_PPM_MAX && nominal <= room &&
	       cycle <= synergy_plan_scaled(room, 1000000 + req->margin_ppm);
}

/*
 * Is that what a reset sets up? Then a chip that was reset could not be distinguished
 * from one that is as it was left.
 */
static bool is_reset_setup(const struct synergy_plan_request *req, const struct synergy_plan *plan)
{
	return plan->mixed && plan->averages == 1 && req->convert_mask == 7 &&
	       plan->shunt_ns == RESET_CONVERSION_NS && plan->bus_ns == RESET_CONVERSION_NS;
}

static __u64 free_cycle_ns(const struct synergy_plan_request *req, const struct synergy_plan *plan)
{
	return synergy_plan_cycle_ns(req, plan->averages, plan->shunt_ns,
				     plan->mixed ? plan->bus_ns : 0);
}

/*
 * The part of a free-running plan's ticks that give no new sample: cycles longer than the
 * period are read twice now and then, and where shunts alone are converted and there is no
 * room for a refresh, they are begun again after a mixed cycle (continuous.c).
 */
static __u32 lost_ppm(const struct synergy_plan_request *req, __u64 period_ns,
		      const struct synergy_plan *plan)
{
	__u64 cycle = free_cycle_ns(req, plan), lost = 0, refresh;

	if (cycle > period_ns)
		lost = div64_u64((cycle - period_ns) * 1000000, cycle);
	if (!plan->mixed && !plan->refresh_latest_ns) {
		/* A cycle until its phase is the one that is wanted, and one to end */
		refresh = synergy_plan_cycle_ns(req, plan->averages, plan->mixed_shunt_ns,
						plan->bus_ns) +
			  2 * cycle + 2ULL * req->exchange_ns + reads_ns(req, 0) +
			  req->recovery_ns;
		lost += div64_u64(refresh * 1000000,
				  max_t(__u64, SYNERGY_PLAN_REFRESH_NS,
					SYNERGY_PLAN_REFRESH_CYCLES * cycle));
	}
	return min_t(__u64, lost, 1000000);
}

/* A rail's share of time within conversions that are read, less what samples lost count. */
static __u32 free_worth_ppm(const struct synergy_plan_request *req, __u64 period_ns,
			    const struct synergy_plan *plan)
{
	__u64 shunt = synergy_plan_scaled((__u64)plan->averages * plan->shunt_ns, req->scale_ppm);
	__u64 seen = div64_u64(shunt * 1000000, max(period_ns, free_cycle_ns(req, plan)));
	__u64 lost = LOST_WEIGHT * (__u64)lost_ppm(req, period_ns, plan);

	return div64_u64(seen * (1000000 - min_t(__u64, lost, 1000000)), 1000000);
}

static __u32 triggered_worth_ppm(const struct synergy_plan_request *req, __u64 period_ns,
				 const struct synergy_plan *plan)
{
	__u64 shunts = (plan->bus_every - 1ULL) * plan->shunt_ns + plan->mixed_shunt_ns;

	shunts = synergy_plan_scaled(plan->averages * shunts, req->scale_ppm);
	return div64_u64(shunts * 1000000, plan->bus_every * period_ns);
}

static bool as_good(__u32 worth_ppm, __u32 best_ppm)
{
	return (__u64)worth_ppm * 100 >= (__u64)best_ppm * AS_GOOD_PERCENT;
}

/* Of two that are as good, the one that loses less, and then by windows. */
static bool preferable(const struct synergy_plan_request *req, __u64 period_ns,
		       const struct synergy_plan *one, const struct synergy_plan *two)
{
	__u32 one_lost = lost_ppm(req, period_ns, one);
	__u32 two_lost = lost_ppm(req, period_ns, two);

	if (one_lost != two_lost)
		return one_lost < two_lost;
	return better(one, free_cycle_ns(req, one), two, free_cycle_ns(req, two), period_ns);
}

/* Bus time of a free-running tick's reads */
static __u64 free_reads_ns(const struct synergy_plan_request *req, const struct synergy_plan *plan)
{
	/* A register that is read again and again needs no address but the first time. */
	if (req->combined && count_bits(req->read_mask) == 1 && !plan->mixed)
		return div64_u64(req->read_ns * 30ULL, 48);
	return reads_ns(req, plan->bus_reads);
}

/* What the kinds of free-running plans begin with: the caller's, and how voltages are taken */
static void begin_free(const struct synergy_plan_request *req, __u64 period_ns, bool mixed,
		       struct synergy_plan *plan)
{
	__u32 channels = count_bits(req->read_mask);

	memset(plan, 0, sizeof(*plan));
	plan->continuous = true;
	plan->mixed = mixed;
	plan->averages = req->averages ? req->averages : 1;
	if (!mixed)
		return;
	plan->bus_every = choose_bus_every(req, period_ns);
	plan->bus_reads = plan->bus_every >= channels ? 1 :
		(channels + plan->bus_every - 1) / plan->bus_every;
}

/* Bus voltages beside a shunt's conversion: in the same cycles, or in mixed cycles of their own. */
static void add_bus(const struct synergy_plan_request *req, __u64 period_ns, __u32 bus_ns,
		    struct synergy_plan *plan)
{
	plan->bus_ns = bus_ns;
	plan->mixed_shunt_ns = plan->shunt_ns;
	if (plan->mixed)
		return;
	/* As short as can be */
	plan->bus_ns = req->bus_ns ? req->bus_ns : synergy_ina3221_conversion_ns[0];
	plan->mixed_shunt_ns = synergy_ina3221_conversion_ns[0];
	plan->refresh_latest_ns = refresh_latest(req, plan, period_ns);
	plan->bus_every = plan->refresh_latest_ns ? BUS_EVERY_MAX : 0;
	plan->bus_reads = plan->refresh_latest_ns ? 1 : 0;
}

/**
 * struct free_choice - free-running plans of one kind, tried twice
 * @worth_ppm: the best's
 * @least_ppm: of those that are worth at least as much
 * @found: there is one,
 * @plan: the preferable
 */
struct free_choice {
	__u32 worth_ppm;
	__u32 least_ppm;
	bool found;
	struct synergy_plan plan;
};

static void consider(const struct synergy_plan_request *req, __u64 period_ns,
		     const struct synergy_plan *plan, struct free_choice *choice)
{
	__u32 worth = free_worth_ppm(req, period_ns, plan);

	choice->worth_ppm = max(choice->worth_ppm, worth);
	if (!as_good(worth, choice->least_ppm) ||
	    (choice->found && !preferable(req, period_ns, plan, &choice->plan)))
		return;
	choice->found = true;
	choice->plan = *plan;
}

/*
 * Free-running: cycles back to back. One whole cycle at least fits into a period; where
 * that is so, cycles longer than it may be worth what they cost, unless the caller has
 * chosen conversions, or nobody can say which reads are of the same cycle.
 */
static void try_all(const struct synergy_plan_request *req, __u64 period_ns, bool mixed,
		    struct free_choice *choice)
{
	__u64 room = period_ns - min(period_ns, 2 * (__u64)req->dither_ns);
	bool may_repeat = !req->shunt_ns && !req->bus_ns && !req->dither_ns &&
			  req->margin_ppm <= ESTIMATED_PPM_MAX;
	struct synergy_plan plan;
	bool fits = false;
	int shunt, bus;

	choice->found = false;
	begin_free(req, period_ns, mixed, &plan);
	if (free_reads_ns(req, &plan) + req->others_ns > room)
		return;
	for (shunt = 0; shunt < INA3221_CODES; shunt++) {
		plan.shunt_ns = synergy_ina3221_conversion_ns[shunt];
		if (req->shunt_ns && plan.shunt_ns != req->shunt_ns)
			continue;
		for (bus = 0; bus < (mixed ? INA3221_CODES : 1); bus++) {
			add_bus(req, period_ns, synergy_ina3221_conversion_ns[bus], &plan);
			if (mixed && req->bus_ns && plan.bus_ns != req->bus_ns)
				continue;
			if (is_reset_setup(req, &plan))
				continue;
			if (fits_room(req, free_cycle_ns(req, &plan), room))
				fits = true;
			else if (!fits || !may_repeat)
				break;
			consider(req, period_ns, &plan, choice);
		}
	}
}

/*
 * The better of all cycles with bus voltages, and of shunts alone: these where the
 * caller has said how long a shunt's conversion is, since cycles that are longer by
 * the bus voltages alone are no gain.
 */
static bool continuous(const struct synergy_plan_request *req, __u64 period_ns,
		       struct synergy_plan *plan)
{
	struct free_choice mixed = { 0 }, alone = { 0 };
	/*
	 * A bus voltage asked for every Nth sample cannot be had from shunts alone, and
	 * what guards the board may need it.
	 */
	bool can_alone = !req->bus_every && !req->guarded;
	__u32 best;

	try_all(req, period_ns, true, &mixed);
	if (can_alone)
		try_all(req, period_ns, false, &alone);
	best = max(mixed.worth_ppm, alone.worth_ppm);
	mixed.least_ppm = best;
	alone.least_ppm = best;
	try_all(req, period_ns, true, &mixed);
	if (can_alone)
		try_all(req, period_ns, false, &alone);
	if (!mixed.found && !alone.found)
		return false;
	if (!mixed.found ||
	    (alone.found && ((req->shunt_ns && alone.plan.refresh_latest_ns) ||
			     preferable(req, period_ns, &alone.plan, &mixed.plan))))
		*plan = alone.plan;
	else
		*plan = mixed.plan;
	return true;
}

/* The better of overlapped and read-first: the one that converts longer. */
static bool triggered(const struct synergy_plan_request *req, __u64 period_ns,
		      struct synergy_plan *plan)
{
	struct synergy_plan other;
	/* Where another master can come between check and trigger, values are read before. */
	bool one = req->combined && try_triggered(req, period_ns, true, plan);

	if (!try_triggered(req, period_ns, false, &other))
		return one;
	if (!one || other.shunt_ns > plan->shunt_ns)
		*plan = other;
	return true;
}

/*
 * Free-running sees the whole period, the sampler's own work included, which a
 * triggered cycle never does: it ends before the tick that reads it. Worth it
 * where cycles can be predicted, and it sees more by far, or where nothing is lost and
 * that work is a part of the period to speak of. Cycles whose length the caller has
 * chosen need not fill the period: they drift through it.
 */
static bool prefer_continuous(const struct synergy_plan_request *req, __u64 period_ns,
			      const struct synergy_plan *free, const struct synergy_plan *by_hand)
{
	if (req->dither_ns || req->bus_every || req->margin_ppm > ESTIMATED_PPM_MAX ||
	    START_ERROR_PARTS * req->effect_error_ns > free->shunt_ns)
		return false;
	if (!as_good(triggered_worth_ppm(req, period_ns, by_hand),
		     free_worth_ppm(req, period_ns, free)))
		return true;
	return period_ns < SEEN_PERIOD_MAX_NS &&
	       (req->shunt_ns || covers(free_cycle_ns(req, free), period_ns)) &&
	       (free->mixed || free->refresh_latest_ns) && free->shunt_ns >= by_hand->shunt_ns;
}

static bool feasible(const struct synergy_plan_request *req, __u64 period_ns,
		     struct synergy_plan *plan)
{
	struct synergy_plan by_hand;
	bool can_free = req->mode != SYNERGY_PLAN_TRIGGERED && continuous(req, period_ns, plan);
	bool can_trigger = req->mode != SYNERGY_PLAN_CONTINUOUS &&
			   triggered(req, period_ns, &by_hand);

	if (can_trigger && !(can_free && prefer_continuous(req, period_ns, plan, &by_hand)))
		*plan = by_hand;
	return can_free || can_trigger;
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
