// SPDX-License-Identifier: GPL-2.0-only
#include "ina3221/regs.h"
#include "ina3221/reset.h"

/* Four steps: 160 uV, twice the largest offset of a shunt that carries nothing */
#define SURELY_DRAWING	(4 << 3)

/* Bus voltages that may differ from what was last read of them */
static __u32 moving(const struct synergy_chip_clock *clock, __u32 bus_pending,
		    const struct synergy_reading *reading)
{
	__u32 i, mask = bus_pending;

	for (i = 0; i < reading->n; i++)
		if (INA3221_IS_BUS(reading->reg[i]))
			mask |= 1U << INA3221_CHANNEL(reading->reg[i]);
	return clock->running.valid && clock->running.mixed ? mask | clock->convert_mask : mask;
}

enum synergy_reset synergy_reset_suspect(const struct synergy_chip_clock *clock,
					 const struct synergy_values *values, __u32 bus_pending,
					 const struct synergy_reading *reading, __u32 *witness)
{
	__u32 i, channel, drawing = 0;
	bool others = false;

	*witness = SYNERGY_CONVERTER_CHANNELS;
	for (i = 0; i < reading->n; i++) {
		if (INA3221_IS_BUS(reading->reg[i]))
			continue;
		channel = INA3221_CHANNEL(reading->reg[i]);
		others |= reading->word[i];
		if ((__s16)reading->word[i] >= SURELY_DRAWING)
			drawing |= 1U << channel;
		else if (!reading->word[i] && values->shunt_raw[channel] &&
			 values->bus_raw[channel])
			*witness = channel;
	}
	for (i = 0; i < reading->n; i++) {
		channel = INA3221_CHANNEL(reading->reg[i]);
		if (!INA3221_IS_BUS(reading->reg[i]) || reading->word[i] ||
		    !values->bus_raw[channel] || !(drawing & (1U << channel)))
			continue;
		*witness = channel;
		return SYNERGY_RESET_FOUND;
	}
	if (*witness == SYNERGY_CONVERTER_CHANNELS)
		return SYNERGY_RESET_NONE;
	/* A bus voltage that may have moved is a witness only if all rails are at 0. */
	if (others && (moving(clock, bus_pending, reading) & (1U << *witness)))
		return SYNERGY_RESET_NONE;
	return SYNERGY_RESET_SUSPECTED;
}

enum synergy_reset synergy_reset_confirm(const struct synergy_chip_clock *clock,
					 const struct synergy_values *values, __u32 bus_pending,
					 const struct synergy_reading *reading, __u32 witness,
					 const struct synergy_reading *bus)
{
	__u64 offset = synergy_clock_update_ns(clock, true, witness, true);

	if (!(moving(clock, bus_pending, reading) & (1U << witness))) {
		if ((__s16)bus->word[0] == values->bus_raw[witness])
			return SYNERGY_RESET_NONE;
	} else if (bus->word[0]) {
		return clock->running.mixed &&
		       synergy_series_possibly(clock, &clock->running, offset,
					       bus->latched[0].late_ns) ?
			SYNERGY_RESET_UNDECIDABLE : SYNERGY_RESET_NONE;
	}
	return bus->word[0] ? SYNERGY_RESET_UNDECIDABLE : SYNERGY_RESET_FOUND;
}
