// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests of windows: shunt conversions that give their number in place of a
 * measurement, and a list of when each that was read had been converted, in debugfs,
 * synergy-sim/conversions: entries of struct entry, in the order of reading.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include "sim.h"

#define ENTRIES		65536
/* A register has 12 bits for a positive value; small ones would look like no current. */
#define NUMBER_FIRST	32
#define NUMBER_END	4000

static bool numbered;
module_param(numbered, bool, 0444);
MODULE_PARM_DESC(numbered, "shunt conversions give their number, for tests (default no)");

/**
 * struct entry - a conversion's result was read
 * @begin_ns: begin of the conversion, CLOCK_MONOTONIC
 * @end_ns: end of it
 * @chip: bus << 8 | address
 * @channel: 0..2
 * @word: the register's contents
 */
struct entry {
	u64 begin_ns;
	u64 end_ns;
	u32 chip;
	u16 channel;
	u16 word;
};

static struct entry *entries;
static struct debugfs_blob_wrapper blob;

/**
 * synergy_sim_numbered() - is it asked for?
 *
 * Return: it is
 */
bool synergy_sim_numbered(void)
{
	return numbered;
}

/**
 * synergy_sim_number() - one conversion more
 * @chip: the chip
 * @channel: of it
 * @begin_ns: begin of the conversion
 * @end_ns: end of it
 *
 * Return: the register's contents
 */
u16 synergy_sim_number(struct synergy_sim_chip *chip, u32 channel, u64 begin_ns, u64 end_ns)
{
	u16 number = chip->number[channel] + 1;

	if (number < NUMBER_FIRST || number >= NUMBER_END)
		number = NUMBER_FIRST;
	chip->number[channel] = number;
	chip->number_begin_ns[channel] = begin_ns;
	chip->number_end_ns[channel] = end_ns;
	return number << 3;
}

/**
 * synergy_sim_number_read() - a channel's result is read
 * @chip: the chip
 * @channel: of it
 */
void synergy_sim_number_read(const struct synergy_sim_chip *chip, u32 channel)
{
	unsigned long n = blob.size / sizeof(*entries);

	if (n == ENTRIES || !chip->number_end_ns[channel])
		return;
	entries[n] = (struct entry) {
		.begin_ns = chip->number_begin_ns[channel],
		.end_ns = chip->number_end_ns[channel],
		.chip = chip->bus << 8 | chip->address,
		.channel = channel,
		.word = chip->number[channel] << 3,
	};
	blob.size += sizeof(*entries);
}

/**
 * synergy_sim_numbered_init() - memory for the list, if there is one
 *
 * Return: 0 or -ENOMEM
 */
int synergy_sim_numbered_init(void)
{
	if (!numbered)
		return 0;
	entries = vzalloc(ENTRIES * sizeof(*entries));
	blob.data = entries;
	blob.size = 0;
	return entries ? 0 : -ENOMEM;
}

/**
 * synergy_sim_numbered_files() - make the list's file
 * @root: the simulator's directory
 */
void synergy_sim_numbered_files(struct dentry *root)
{
	if (numbered)
		debugfs_create_blob("conversions", 0400, root, &blob);
}

/**
 * synergy_sim_numbered_exit() - undo synergy_sim_numbered_init()
 */
void synergy_sim_numbered_exit(void)
{
	vfree(entries);
	entries = NULL;
}
