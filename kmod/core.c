// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: the I2C driver, the character device's registration, and what happens
 * when a chip comes or goes, the machine sleeps or shuts down.
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

/* ---- chips ---- */

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

/* Adapters behind a multiplexer are one wire, and take turns. */
static struct i2c_adapter *wire_of(struct i2c_adapter *adapter)
{
	struct i2c_adapter *parent;

	while ((parent = i2c_parent_is_i2c_adapter(adapter)))
		adapter = parent;
	return adapter;
}

static int add_chip(struct i2c_client *client)
{
	struct synergy_board *board = &synergy_board;
	struct synergy_ina3221 *chip = synergy_board_find(client);
	bool fresh = !chip;
	int err;

	if (fresh)
		chip = synergy_board_new(client);
	if (IS_ERR(chip))
		return PTR_ERR(chip);
	err = synergy_ina3221_describe_rails(chip, &client->dev);
	if (!err)
		err = synergy_ina3221_attach(chip, client);
	if (err) {
		/* What was described is not there: a new slot is as it was, an old one says so. */
		if (!fresh) {
			synergy_board_set_gone(chip);
			return err;
		}
		memset(&board->rails[chip->rails[0]], 0,
		       SYNERGY_CHANNELS * sizeof(board->rails[0]));
		kfree(chip);
		return err;
	}
	chip->adapter = wire_of(client->adapter);
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
	synergy_board_set_gone(chip);
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
	{ .compatible = "ti,ina3221x" },	/* of NVIDIA's Linux 4.9 */
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
	synergy_replay_exit();
	synergy_board_free();
}
module_exit(synergy_exit);

MODULE_DESCRIPTION("SyNERGY: board power, per-core counters and program marks in one stream");
MODULE_AUTHOR("The SyNERGY authors");
MODULE_VERSION(SYNERGY_MODULE_VERSION);
MODULE_LICENSE("GPL");
