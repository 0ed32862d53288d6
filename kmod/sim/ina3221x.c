// SPDX-License-Identifier: GPL-2.0-only
/*
 * The face of NVIDIA's IIO driver in Linux 4.9 (JetPack 4), for tests of the handover:
 * its name, its compatible, its limits' attributes, and that it resets the chip when it
 * is bound. Parameter ina3221x; without it the driver is not there. It measures nothing.
 */
#include <linux/device.h>
#include <linux/i2c.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/of.h>

#include "../compat.h"
#include "../ina3221/regs.h"
#include "sim.h"

#define SHUNT_UOHM	5000	/* of every channel: limits are in mA */

static bool ina3221x;
module_param(ina3221x, bool, 0444);
MODULE_PARM_DESC(ina3221x, "have the IIO driver of NVIDIA's Linux 4.9, its limits alone (default no)");

/**
 * struct limit - a limit of a channel, in mA
 * @attribute: its file
 * @reg: its register
 */
struct limit {
	struct device_attribute attribute;
	u8 reg;
};

static ssize_t limit_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	const struct limit *limit = container_of(attribute, struct limit, attribute);
	int raw = i2c_smbus_read_word_swapped(to_i2c_client(dev), limit->reg);

	if (raw < 0)
		return raw;
	return scnprintf(text, PAGE_SIZE, "%d\n",
			 (s16)raw / 8 * INA3221_SHUNT_LSB_UV * 1000 / SHUNT_UOHM);
}

static ssize_t limit_store(struct device *dev, struct device_attribute *attribute, const char *text,
			   size_t n)
{
	const struct limit *limit = container_of(attribute, struct limit, attribute);
	int ma, err = kstrtoint(text, 10, &ma);

	if (err)
		return err;
	ma = clamp(ma, 0, 32760);
	err = i2c_smbus_write_word_swapped(to_i2c_client(dev), limit->reg,
					   ma * SHUNT_UOHM / 1000 / INA3221_SHUNT_LSB_UV * 8);
	return err ? err : n;
}

#define LIMIT(file, register) \
	{ { .attr = { .name = file, .mode = 0644 }, .show = limit_show, .store = limit_store }, \
	  register }

static struct limit limits[] = {
	LIMIT("crit_current_limit_0", INA3221_REG_CRITICAL(0)),
	LIMIT("crit_current_limit_1", INA3221_REG_CRITICAL(1)),
	LIMIT("crit_current_limit_2", INA3221_REG_CRITICAL(2)),
	LIMIT("warn_current_limit_0", INA3221_REG_WARNING(0)),
	LIMIT("warn_current_limit_1", INA3221_REG_WARNING(1)),
	LIMIT("warn_current_limit_2", INA3221_REG_WARNING(2)),
};

static struct attribute *attributes[] = {
	&limits[0].attribute.attr, &limits[1].attribute.attr, &limits[2].attribute.attr,
	&limits[3].attribute.attr, &limits[4].attribute.attr, &limits[5].attribute.attr,
	NULL
};

/* IIO has a device of its own below the chip's; its name is what programs look for. */
static const struct attribute_group group = { .name = "iio:device0", .attrs = attributes };

static int probe(struct i2c_client *client)
{
	int err = i2c_smbus_write_word_swapped(client, INA3221_REG_CONFIG,
					       INA3221_CONFIG_RESET_BIT);

	return err ? err : sysfs_create_group(&client->dev.kobj, &group);
}

static synergy_i2c_removed_t remove(struct i2c_client *client)
{
	sysfs_remove_group(&client->dev.kobj, &group);
	return SYNERGY_I2C_REMOVED;
}

static const struct i2c_device_id ids[] = {
	{ "ina3221x" },
	{ }
};

static const struct of_device_id of_match[] = {
	{ .compatible = "ti,ina3221x" },
	{ }
};

static struct i2c_driver driver = {
	.driver = {
		.name = "ina3221x",
		.of_match_table = of_match,
	},
	.remove = remove,
	.id_table = ids,
};

/**
 * synergy_sim_ina3221x_init() - register the driver, where the parameter asks for it
 *
 * Return: 0, or a negative errno
 */
int synergy_sim_ina3221x_init(void)
{
	if (!ina3221x)
		return 0;
	synergy_i2c_set_probe(&driver, probe);
	return i2c_add_driver(&driver);
}

void synergy_sim_ina3221x_exit(void)
{
	if (ina3221x)
		i2c_del_driver(&driver);
}
