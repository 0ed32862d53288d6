/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two halves of the chip driver share: ina3221.c (the chip and its
 * transfers) and ina3221_tick.c (sampling). Callers hold chip->io_lock and have
 * seen chip->client set.
 */
#ifndef SYNERGY_INA3221_H
#define SYNERGY_INA3221_H

#include "ina3221_regs.h"
#include "internal.h"

#define INA3221_READ_CLOCKS	48	/* address, register, address, two bytes */
#define INA3221_WRITE_CLOCKS	38

int synergy_ina3221_read(struct synergy_ina3221 *chip, u8 reg, u16 *value);
int synergy_ina3221_write(struct synergy_ina3221 *chip, u8 reg, u16 value);
/* Several at once; on error *@failed is the register, as far as it is known. */
int synergy_ina3221_read_many(struct synergy_ina3221 *chip, const u8 *regs, u16 *values, u32 n,
			      u8 *failed);

#endif /* SYNERGY_INA3221_H */
