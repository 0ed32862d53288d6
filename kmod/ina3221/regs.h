/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The INA3221's registers and what their bits mean, and the arithmetic from a
 * register to microvolts, microamperes and microwatts (datasheet SBOS576).
 * Pure: compiled into unit tests. No bus access here.
 */
#ifndef SYNERGY_INA3221_REGS_H
#define SYNERGY_INA3221_REGS_H

#include "pure.h"

#define INA3221_REG_CONFIG		0x00
#define INA3221_REG_SHUNT(channel)	(0x01 + 2 * (channel))	/* channel 0..2 */
#define INA3221_REG_BUS(channel)	(0x02 + 2 * (channel))
/* Of a register of results: its channel, and which of the two it is */
#define INA3221_CHANNEL(reg)		(((reg) - 1U) / 2)
#define INA3221_IS_BUS(reg)		(!((reg) & 1))
#define INA3221_IS_RESULT(reg)		((reg) - 1U < 6)
#define INA3221_REG_CRITICAL(channel)	(0x07 + 2 * (channel))
#define INA3221_REG_WARNING(channel)	(0x08 + 2 * (channel))
#define INA3221_REG_SUM_LIMIT		0x0e
#define INA3221_REG_MASK_ENABLE		0x0f
#define INA3221_REG_VALID_UPPER		0x10
#define INA3221_REG_VALID_LOWER		0x11
#define INA3221_REG_MANUFACTURER	0xfe
#define INA3221_REG_DIE			0xff

#define INA3221_CONFIG_RESET_BIT	0x8000
#define INA3221_CONFIG_DEFAULT		0x7127
#define INA3221_CONFIG_CHANNEL(channel)	(0x4000 >> (channel))
#define INA3221_CONFIG_CHANNELS		0x7000
#define INA3221_CONFIG_AVERAGE_SHIFT	9
#define INA3221_CONFIG_BUS_SHIFT	6
#define INA3221_CONFIG_SHUNT_SHIFT	3
#define INA3221_CONFIG_MODE		0x0007
#define INA3221_MODE_SHUNT		0x0001
#define INA3221_MODE_BUS		0x0002
#define INA3221_MODE_CONTINUOUS		0x0004

#define INA3221_MASK_CVRF		0x0001
#define INA3221_LIMIT_DEFAULT		0x7ff8	/* limits after reset: no alert ever */
#define INA3221_SUM_LIMIT_DEFAULT	0x7ffe
#define INA3221_VALID_UPPER_DEFAULT	0x2710
#define INA3221_VALID_LOWER_DEFAULT	0x2328
#define INA3221_MANUFACTURER_ID		0x5449
#define INA3221_DIE_ID			0x3220

#define INA3221_SHUNT_LSB_UV		40
#define INA3221_BUS_LSB_MV		8

/* The converter's eight times and averages, in the order of their codes. */
#define INA3221_CODES			8
extern const __u32 synergy_ina3221_conversion_ns[INA3221_CODES];
extern const __u32 synergy_ina3221_averages[INA3221_CODES];
/* What a configuration averages over */
__u32 synergy_ina3221_config_averages(__u16 config);

/* Code of a time or number of averages, or -EINVAL when the chip has no such. */
int synergy_ina3221_conversion_code(__u32 ns);
int synergy_ina3221_average_code(__u32 averages);

__s32 synergy_ina3221_shunt_uv(__s16 raw);
__s32 synergy_ina3221_bus_mv(__s16 raw);

/*
 * What boards' firmware knows of a shunt's offset, as NVIDIA's kernels have it: one value,
 * and others for ranges of the voltage.
 */
#define SYNERGY_OFFSET_RANGES		8

/**
 * struct synergy_offset_range - an offset that holds for a part of the shunt's voltages
 * @first_uv: the least of them, signed
 * @last_uv: and the greatest
 * @offset_uv: offset there
 */
struct synergy_offset_range {
	__s32 first_uv, last_uv;
	__s32 offset_uv;
};

/**
 * struct synergy_offset - a shunt's offset
 * @uv: outside of all ranges
 * @n: ranges
 * @range: the first that holds a voltage counts
 */
struct synergy_offset {
	__s32 uv;
	__u32 n;
	struct synergy_offset_range range[SYNERGY_OFFSET_RANGES];
};

/* Towards zero for a positive offset, whatever the voltage's sign: as those kernels do. */
__s32 synergy_ina3221_without_offset(__s32 shunt_uv, const struct synergy_offset *offset);
/* Rounded to nearest; saturates at the ends of __s32. */
__s32 synergy_ina3221_current_ua(__s32 shunt_uv, __u32 shunt_uohm);
__s64 synergy_ina3221_power_uw(__s32 current_ua, __s32 bus_mv);
bool synergy_ina3221_saturated(__s16 shunt_raw, __s16 bus_raw);

#endif /* SYNERGY_INA3221_REGS_H */
