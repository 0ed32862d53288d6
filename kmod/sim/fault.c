// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on demand. Each has a file in debugfs, synergy-sim/faults/NAME; write
 *
 *	COUNT [EVERY [VALUE]]
 *
 * and the next COUNT transfers are hit, or every EVERYth one until COUNT were;
 * what VALUE means is the fault's own. Reading reports what is left and how many
 * transfers were hit since load. 0 ends a fault.
 *
 *	nack		the address is not acknowledged: -ENXIO
 *	arbitration	another master won the bus: -EAGAIN
 *	remoteio	what some adapters say of the same: -EREMOTEIO
 *	timeout		the bus hung: -ETIMEDOUT after VALUE us (default 10000)
 *	stuck		results stay as they were, and none gets ready
 *	reset		the chip has lost its power for a moment
 *	slow		the transfer takes VALUE times as long (default 10)
 *	late		the transfer begins VALUE us later (default 30)
 *	spike		a shunt result is VALUE uV higher (default 20000)
 *	unplug		the chip answers nothing while COUNT is not 0, and comes
 *			back as after power-on
 *	master		another master writes VALUE (default 0x7127) to the
 *			configuration first
 *
 * synergy-sim/faults/chip chooses the chip: bus << 8 | address, 0 any.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#include "sim.h"

/**
 * struct fault - one that can be asked for
 * @name: of its file
 * @value_default: VALUE where none is written
 * @left: transfers still to be hit
 * @every: of so many one is hit
 * @value: VALUE
 * @passed: transfers since the last hit
 * @hits: since load
 */
struct fault {
	const char *name;
	u32 value_default;
	u32 left;
	u32 every;
	u32 value;
	u32 passed;
	u64 hits;
};

static DEFINE_MUTEX(fault_lock);	/* protects all below */
static u32 fault_chip;
static struct fault faults[SYNERGY_SIM_FAULTS] = {
	[SYNERGY_SIM_FAULT_NACK]	= { "nack" },
	[SYNERGY_SIM_FAULT_ARBITRATION]	= { "arbitration" },
	[SYNERGY_SIM_FAULT_REMOTEIO]	= { "remoteio" },
	[SYNERGY_SIM_FAULT_TIMEOUT]	= { "timeout", 10000 },
	[SYNERGY_SIM_FAULT_STUCK]	= { "stuck" },
	[SYNERGY_SIM_FAULT_RESET]	= { "reset" },
	[SYNERGY_SIM_FAULT_SLOW]	= { "slow", 10 },
	[SYNERGY_SIM_FAULT_LATE]	= { "late", 30 },
	[SYNERGY_SIM_FAULT_SPIKE]	= { "spike", 20000 },
	[SYNERGY_SIM_FAULT_UNPLUG]	= { "unplug" },
	[SYNERGY_SIM_FAULT_MASTER]	= { "master", 0x7127 },
};

/**
 * synergy_sim_fault() - does this transfer meet that fault?
 * @which: the fault
 * @chip: the chip that is talked to
 * @value: its VALUE, if so; may be NULL
 *
 * Return: true, and one is used up (but for unplug, which lasts)
 */
bool synergy_sim_fault(enum synergy_sim_fault which, const struct synergy_sim_chip *chip,
		       u32 *value)
{
	struct fault *fault = &faults[which];
	bool hit = false;

	/* The common case costs the measured machine next to nothing. */
	if (!READ_ONCE(fault->left))
		return false;
	mutex_lock(&fault_lock);
	if (fault_chip && fault_chip != (chip->bus << 8 | chip->address))
		goto unlock;
	if (!fault->left || ++fault->passed < fault->every)
		goto unlock;
	hit = true;
	fault->passed = 0;
	fault->hits++;
	if (which != SYNERGY_SIM_FAULT_UNPLUG)
		fault->left--;
	if (value)
		*value = fault->value;
unlock:
	mutex_unlock(&fault_lock);
	return hit;
}

static ssize_t fault_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	struct fault *fault = file->private_data;
	char text[96];
	int length;

	mutex_lock(&fault_lock);
	length = scnprintf(text, sizeof(text), "left %u every %u value %u hits %llu\n",
			   fault->left, fault->every, fault->value, fault->hits);
	mutex_unlock(&fault_lock);
	return simple_read_from_buffer(to, size, pos, text, length);
}

static ssize_t fault_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	struct fault *fault = file->private_data;
	unsigned int left, every = 1, value = fault->value_default;
	char text[64] = "";
	int n;

	if (size >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, size))
		return -EFAULT;
	n = sscanf(text, "%u %u %i", &left, &every, &value);
	if (n < 1 || !every)
		return -EINVAL;
	mutex_lock(&fault_lock);
	WRITE_ONCE(fault->left, left);
	fault->every = every;
	fault->value = value;
	fault->passed = 0;
	mutex_unlock(&fault_lock);
	return size;
}

static const struct file_operations fault_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.read	= fault_read,
	.write	= fault_write,
	.llseek	= default_llseek,
};

/**
 * synergy_sim_fault_files() - make the files
 * @root: the simulator's directory
 */
void synergy_sim_fault_files(struct dentry *root)
{
	struct dentry *dir = debugfs_create_dir("faults", root);
	u32 i;

	debugfs_create_u32("chip", 0600, dir, &fault_chip);
	for (i = 0; i < SYNERGY_SIM_FAULTS; i++)
		debugfs_create_file(faults[i].name, 0600, dir, &faults[i], &fault_fops);
}
