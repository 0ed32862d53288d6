// SPDX-License-Identifier: GPL-2.0-only
/*
 * The board: the one table of chips and rails, and which slot of it a chip gets.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

struct synergy_board synergy_board = {
	.lock = __MUTEX_INITIALIZER(synergy_board.lock),
};

/* What makes an old slot this chip's; the lesser the better. */
enum slot_match {
	SLOT_SAME,		/* bus and address */
	SLOT_REPLUGGED,		/* address, and an adapter of the same name */
	SLOT_UNUSED,		/* its chip is gone, and no session counts on it */
	SLOT_NONE,
};

static enum slot_match match_slot(const struct synergy_ina3221 *chip, struct i2c_client *client)
{
	bool full = synergy_board.n_chips == SYNERGY_MAX_CHIPS;

	if (chip->info.i2c_bus == i2c_adapter_id(client->adapter) &&
	    chip->info.address == client->addr)
		return SLOT_SAME;
	if (!(chip->info.flags & SYNERGY_CHIP_F_GONE))
		return SLOT_NONE;
	if (chip->info.address == client->addr &&
	    !strcmp(chip->info.adapter_name, client->adapter->name))
		return SLOT_REPLUGGED;
	return full && !synergy_board.configured ? SLOT_UNUSED : SLOT_NONE;
}

struct synergy_ina3221 *synergy_board_find(struct i2c_client *client)
{
	enum slot_match match, best = SLOT_NONE;
	struct synergy_ina3221 *found = NULL;
	u32 i;

	for (i = 0; i < synergy_board.n_chips; i++) {
		match = match_slot(synergy_board.chips[i], client);
		if (match < best) {
			best = match;
			found = synergy_board.chips[i];
		}
	}
	return found;
}

struct synergy_ina3221 *synergy_board_new(struct i2c_client *client)
{
	struct synergy_ina3221 *chip;
	u32 channel;

	if (synergy_board.n_chips == SYNERGY_MAX_CHIPS)
		return ERR_PTR(-ENOSPC);
	chip = kzalloc(sizeof(*chip), GFP_KERNEL);
	if (!chip)
		return ERR_PTR(-ENOMEM);
	mutex_init(&chip->io_lock);
	chip->index = synergy_board.n_chips;
	chip->info.size = sizeof(chip->info);
	chip->info.index = chip->index;
	for (channel = 0; channel < SYNERGY_CHANNELS; channel++)
		chip->rails[channel] = chip->index * SYNERGY_CHANNELS + channel;
	return chip;
}

void synergy_board_set_gone(struct synergy_ina3221 *chip)
{
	u32 channel;

	chip->info.flags |= SYNERGY_CHIP_F_GONE;
	for (channel = 0; channel < SYNERGY_CHANNELS; channel++)
		synergy_board.rails[chip->rails[channel]].flags |= SYNERGY_RAIL_F_GONE;
}

void synergy_board_free(void)
{
	u32 i;

	for (i = 0; i < synergy_board.n_chips; i++)
		kfree(synergy_board.chips[i]);
}
