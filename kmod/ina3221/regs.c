// SPDX-License-Identifier: GPL-2.0-only
/*
 * INA3221 register arithmetic: see regs.h. Values are two's complement
 * in bits 15..3, so dividing the whole signed register by 8 gives the number
 * of steps, small negative currents included.
 */
#include "ina3221/regs.h"

const __u32 synergy_ina3221_conversion_ns[INA3221_CODES] = {
	140000, 204000, 332000, 588000, 1100000, 2116000, 4156000, 8244000,
};

const __u32 synergy_ina3221_averages[INA3221_CODES] = {
	1, 4, 16, 64, 128, 256, 512, 1024,
};

__u32 synergy_ina3221_config_averages(__u16 config)
{
	return synergy_ina3221_averages[config >> INA3221_CONFIG_AVERAGE_SHIFT &
					(INA3221_CODES - 1)];
}

static int find(const __u32 *table, __u32 value)
{
	int code;

	for (code = 0; code < INA3221_CODES; code++)
		if (table[code] == value)
			return code;
	return -EINVAL;
}

int synergy_ina3221_conversion_code(__u32 ns)
{
	return find(synergy_ina3221_conversion_ns, ns);
}

int synergy_ina3221_average_code(__u32 averages)
{
	return find(synergy_ina3221_averages, averages);
}

/* An arithmetic shift by hand: C leaves >> of a negative number to the compiler. */
static __s32 steps(__s16 raw)
{
	__s32 low = raw & 7;

	return (raw - low) / 8;
}

__s32 synergy_ina3221_shunt_uv(__s16 raw)
{
	return steps(raw) * INA3221_SHUNT_LSB_UV;
}

__s32 synergy_ina3221_without_offset(__s32 shunt_uv, const struct synergy_offset *offset)
{
	__s32 uv = offset->uv;
	__u32 i;

	for (i = 0; i < offset->n; i++) {
		const struct synergy_offset_range *range = &offset->range[i];

		if (shunt_uv >= range->first_uv && shunt_uv <= range->last_uv) {
			uv = range->offset_uv;
			break;
		}
	}
	return shunt_uv < 0 ? shunt_uv + uv : shunt_uv - uv;
}

__s32 synergy_ina3221_bus_mv(__s16 raw)
{
	return steps(raw) * INA3221_BUS_LSB_MV;
}

__s32 synergy_ina3221_current_ua(__s32 shunt_uv, __u32 shunt_uohm)
{
	__s64 num = (__s64)shunt_uv * 1000000;
	__s64 half = shunt_uohm / 2;
	__s64 ua;

	if (!shunt_uohm)
		return 0;
	ua = div64_s64(num < 0 ? num - half : num + half, shunt_uohm);
	if (ua > 0x7fffffffLL)
		return 0x7fffffff;
	if (ua < -0x7fffffffLL - 1)
		return -0x7fffffff - 1;
	return (__s32)ua;
}

__s64 synergy_ina3221_power_uw(__s32 current_ua, __s32 bus_mv)
{
	__s64 nw = (__s64)current_ua * bus_mv;

	return div64_s64(nw < 0 ? nw - 500 : nw + 500, 1000);
}

bool synergy_ina3221_saturated(__s16 shunt_raw, __s16 bus_raw)
{
	return steps(shunt_raw) >= 4095 || steps(shunt_raw) <= -4096 || steps(bus_raw) >= 4095;
}
