// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: the I2C driver, the table of chips and rails, the character
 * device's registration, and what happens when a chip comes or goes, the
 * machine sleeps or shuts down.
 *
 * Chips of several buses are one device. A chip that comes back at its old bus
 * and address has its old index; when the last one goes under a session that needs
 * power, open files are hung up.
 */
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/suspend.h>

#include "compat.h"
#include "internal.h"

struct synergy_board synergy_board = {
	.lock = __MUTEX_INITIALIZER(synergy_board.lock),
};

#define SHUNT_DEFAULT_UOHM	10000	/* the ti,ina3221 binding's default */

static uint shunt_uohm[SYNERGY_CHANNELS];
module_param_array(shunt_uohm, uint, NULL, 0644);
MODULE_PARM_DESC(shunt_uohm,
		 "Shunt resistances of channels 1..3 in microohms, for chips without properties (default 0: 10000 is assumed)");

/* ---- rails ---- */

static bool label_taken(const struct synergy_rail *rail, const char *label)
{
	u32 i;

	for (i = 0; i < SYNERGY_MAX_RAILS; i++)
		if (i != rail->index && !strcmp(synergy_board.rails[i].label, label))
			return true;
	return false;
}

/* As it fits; then with the chip, then with the channel, too, until it is the only one. */
static void set_label(struct synergy_rail *rail, const char *label)
{
	char text[SYNERGY_LABEL_LEN];

	snprintf(text, sizeof(text), "%s", label);
	if (label_taken(rail, text))
		snprintf(text, sizeof(text), "%.*s@%u", SYNERGY_LABEL_LEN - 6, label, rail->chip);
	if (label_taken(rail, text))
		snprintf(text, sizeof(text), "%.*s@%u.%u", SYNERGY_LABEL_LEN - 6, label,
			 rail->chip, rail->channel);
	strscpy(rail->label, text, sizeof(rail->label));
}

/* One input@N node. Both the ti,ina3221 and the synergy,ina3221 binding. */
static int read_input(struct device *dev, struct synergy_ina3221 *chip,
		      struct fwnode_handle *node)
{
	struct synergy_rail *rail;
	const char *text;
	u32 reg, uohm;

	if (fwnode_property_read_u32(node, "reg", &reg) || reg >= SYNERGY_CHANNELS) {
		dev_err(dev, "input node without a reg of 0..2\n");
		return -EINVAL;
	}
	rail = &synergy_board.rails[chip->rails[reg]];
	if (!fwnode_property_read_string(node, "status", &text) &&
	    strcmp(text, "okay") && strcmp(text, "ok")) {
		rail->flags |= SYNERGY_RAIL_F_DISABLED;
		chip->enabled_mask &= ~(1U << reg);
	}
	if (!fwnode_property_read_u32(node, "shunt-resistor-micro-ohms", &uohm)) {
		if (!uohm) {
			dev_err(dev, "input@%u: shunt-resistor-micro-ohms is 0\n", reg);
			return -EINVAL;
		}
		rail->shunt_uohm = uohm;
		rail->flags &= ~SYNERGY_RAIL_F_ASSUMED_SHUNT;
	}
	if (!fwnode_property_read_string(node, "label", &text) && *text)
		set_label(rail, text);
	return 0;
}

/* Device trees skip disabled children in the fwnode view, so they are walked as such. */
static int read_inputs(struct device *dev, struct synergy_ina3221 *chip)
{
	struct fwnode_handle *child;
	struct device_node *np;
	int err;

	if (dev->of_node) {
		for_each_child_of_node(dev->of_node, np) {
			err = read_input(dev, chip, of_fwnode_handle(np));
			if (err) {
				of_node_put(np);
				return err;
			}
		}
		return 0;
	}
	/* Not device_for_each_child_node(): in 5.10 that sees device tree and ACPI only. */
	fwnode_for_each_child_node(dev_fwnode(dev), child) {
		err = read_input(dev, chip, child);
		if (err) {
			fwnode_handle_put(child);
			return err;
		}
	}
	return 0;
}

static int describe_rails(struct device *dev, struct synergy_ina3221 *chip)
{
	u32 channel;
	int err;

	chip->enabled_mask = (1U << SYNERGY_CHANNELS) - 1;
	for (channel = 0; channel < SYNERGY_CHANNELS; channel++) {
		struct synergy_rail *rail = &synergy_board.rails[chip->rails[channel]];
		u32 uohm = READ_ONCE(shunt_uohm[channel]);

		memset(rail, 0, sizeof(*rail));
		rail->size = sizeof(*rail);
		rail->index = chip->rails[channel];
		rail->chip = chip->index;
		rail->channel = channel + 1;
		rail->shunt_uohm = uohm ? uohm : SHUNT_DEFAULT_UOHM;
		if (!uohm)
			rail->flags |= SYNERGY_RAIL_F_ASSUMED_SHUNT;
	}
	err = read_inputs(dev, chip);
	if (err)
		return err;
	for (channel = 0; channel < SYNERGY_CHANNELS; channel++) {
		struct synergy_rail *rail = &synergy_board.rails[chip->rails[channel]];
		char name[8];

		snprintf(name, sizeof(name), "ch%u", channel + 1);
		if (!rail->label[0])
			set_label(rail, name);
	}
	return 0;
}

/* ---- chips ---- */

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

static struct synergy_ina3221 *find_slot(struct i2c_client *client)
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

static struct synergy_ina3221 *new_slot(struct i2c_client *client)
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

static void set_gone(struct synergy_ina3221 *chip)
{
	u32 channel;

	chip->info.flags |= SYNERGY_CHIP_F_GONE;
	for (channel = 0; channel < SYNERGY_CHANNELS; channel++)
		synergy_board.rails[chip->rails[channel]].flags |= SYNERGY_RAIL_F_GONE;
}

static void announce_chip(struct synergy_ina3221 *chip)
{
	u32 channel;

	synergy_session_refresh();
	synergy_stream_info(SYNERGY_INFO_DEVICE, &synergy_board.device,
			    sizeof(synergy_board.device), &synergy_board.owner_pids);
	synergy_stream_info(SYNERGY_INFO_CHIP, &chip->info, sizeof(chip->info), NULL);
	for (channel = 0; channel < SYNERGY_CHANNELS; channel++)
		synergy_stream_info(SYNERGY_INFO_RAIL, &synergy_board.rails[chip->rails[channel]],
				    sizeof(struct synergy_rail), NULL);
}

static int add_chip(struct i2c_client *client)
{
	struct synergy_board *board = &synergy_board;
	struct synergy_ina3221 *chip = find_slot(client);
	bool fresh = !chip;
	int err;

	if (fresh)
		chip = new_slot(client);
	if (IS_ERR(chip))
		return PTR_ERR(chip);
	err = describe_rails(&client->dev, chip);
	if (!err)
		err = synergy_ina3221_attach(chip, client);
	if (err) {
		/* What was described is not there: a new slot is as it was, an old one says so. */
		if (!fresh) {
			set_gone(chip);
			return err;
		}
		memset(&board->rails[chip->rails[0]], 0,
		       SYNERGY_CHANNELS * sizeof(board->rails[0]));
		kfree(chip);
		return err;
	}
	chip->adapter = client->adapter;
	chip->info.i2c_bus = i2c_adapter_id(client->adapter);
	chip->info.address = client->addr;
	/* A session that goes on with it goes on as it was planned. */
	chip->info.flags &= ~SYNERGY_CHIP_F_GONE;
	strscpy(chip->info.adapter_name, client->adapter->name, sizeof(chip->info.adapter_name));
	if (fresh) {
		board->chips[board->n_chips++] = chip;
		board->n_rails += SYNERGY_CHANNELS;
	}
	board->n_bound++;
	i2c_set_clientdata(client, chip);
	if (board->run && !board->suspended)
		synergy_session_tell_config();
	announce_chip(chip);
	return 0;
}

static int synergy_probe(struct i2c_client *client)
{
	int err;

	if (!i2c_check_functionality(client->adapter, I2C_FUNC_I2C) &&
	    !i2c_check_functionality(client->adapter, I2C_FUNC_SMBUS_WORD_DATA))
		return -EOPNOTSUPP;
	mutex_lock(&synergy_board.lock);
	err = add_chip(client);
	mutex_unlock(&synergy_board.lock);
	return err;
}

static synergy_i2c_removed_t synergy_remove(struct i2c_client *client)
{
	struct synergy_ina3221 *chip = i2c_get_clientdata(client);
	struct synergy_board *board = &synergy_board;
	bool ends;

	mutex_lock(&board->lock);
	board->n_bound--;
	ends = !board->n_bound && synergy_session_needs_power();
	if (ends)
		synergy_session_end();
	synergy_ina3221_detach(chip);
	set_gone(chip);
	announce_chip(chip);
	if (ends)
		synergy_stream_hang_up();
	mutex_unlock(&board->lock);
	return SYNERGY_I2C_REMOVED;
}

/* Power is about to go, or another kernel to start: leave the chip as it was found. */
static void synergy_shutdown(struct i2c_client *client)
{
	synergy_ina3221_detach(i2c_get_clientdata(client));
}

static const struct i2c_device_id synergy_ids[] = {
	{ "synergy-ina3221" },
	{ }
};
MODULE_DEVICE_TABLE(i2c, synergy_ids);

/* For autoload: our own compatible alone ... */
static const struct of_device_id __maybe_unused synergy_of_autoload[] = {
	{ .compatible = "synergy,ina3221" },
	{ }
};
MODULE_DEVICE_TABLE(of, synergy_of_autoload);

/* ... but a chip that is handed over by hand is taken under the kernel's name, too. */
static const struct of_device_id synergy_of_match[] = {
	{ .compatible = "synergy,ina3221" },
	{ .compatible = "ti,ina3221" },
	{ }
};

static struct i2c_driver synergy_driver = {
	.driver = {
		.name = "synergy",
		.of_match_table = synergy_of_match,
	},
	.remove = synergy_remove,
	.shutdown = synergy_shutdown,
	.id_table = synergy_ids,
};

/* ---- module ---- */

static int synergy_pm(struct notifier_block *nb, unsigned long event, void *unused)
{
	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		synergy_session_suspend();
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		synergy_session_resume();
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block synergy_pm_block = {
	.notifier_call = synergy_pm,
};

static struct miscdevice synergy_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "synergy",
	.fops = &synergy_fops,
	.mode = 0660,
};

static void free_chips(void)
{
	u32 i;

	for (i = 0; i < synergy_board.n_chips; i++)
		kfree(synergy_board.chips[i]);
}

static int __init synergy_init(void)
{
	int err;

	synergy_stream_init();
	err = synergy_pmu_init();
	if (err)
		return err;
	mutex_lock(&synergy_board.lock);
	synergy_session_refresh();
	mutex_unlock(&synergy_board.lock);
	err = register_pm_notifier(&synergy_pm_block);
	if (err)
		goto err_pmu;
	err = misc_register(&synergy_misc);
	if (err)
		goto err_pm;
	synergy_i2c_set_probe(&synergy_driver, synergy_probe);
	err = i2c_add_driver(&synergy_driver);
	if (err)
		goto err_misc;
	return 0;

err_misc:
	misc_deregister(&synergy_misc);
err_pm:
	unregister_pm_notifier(&synergy_pm_block);
err_pmu:
	synergy_pmu_exit();
	return err;
}
module_init(synergy_init);

/* Open files hold the module, so there is none here any more. */
static void __exit synergy_exit(void)
{
	i2c_del_driver(&synergy_driver);
	misc_deregister(&synergy_misc);
	unregister_pm_notifier(&synergy_pm_block);
	synergy_pmu_exit();
	free_chips();
}
module_exit(synergy_exit);

MODULE_DESCRIPTION("SyNERGY: board power, per-core counters and program marks in one stream");
MODULE_AUTHOR("The SyNERGY authors");
MODULE_VERSION(SYNERGY_MODULE_VERSION);
MODULE_LICENSE("GPL");
