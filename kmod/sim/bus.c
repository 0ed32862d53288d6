// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated I2C buses with INA3221s on them. A transfer takes as long as its
 * bits take at bus_hz: the caller sleeps for most of it. Each register access
 * then happens at the time at which its byte was on the wires.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/i2c.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "../compat.h"
#include "board.h"
#include "nodes.h"
#include "sim.h"

#define MAX_BUSES	4
#define MAX_CHIPS	8
#define CHIP_BUS(n)	((n) >> 8)
#define CHIP_ADDRESS(n)	((n) & 0xff)

static unsigned int bus_hz = 400000;
module_param(bus_hz, uint, 0444);
MODULE_PARM_DESC(bus_hz, "clock of the I2C buses in Hz (default 400000)");

static bool hide_hz;
module_param(hide_hz, bool, 0444);
MODULE_PARM_DESC(hide_hz, "do not tell the kernel the buses' clock, as adapters at USB or GPIO lines do not (default no)");

static unsigned int before_us;
module_param(before_us, uint, 0644);
MODULE_PARM_DESC(before_us, "what the adapter's driver takes before a transfer's bits (default 0)");

static unsigned int after_us;
module_param(after_us, uint, 0644);
MODULE_PARM_DESC(after_us, "what it takes after them (default 0)");

static unsigned int overhead_jitter_us;
module_param(overhead_jitter_us, uint, 0644);
MODULE_PARM_DESC(overhead_jitter_us, "each of both takes up to so much more (default 0)");

static unsigned int fail_ppm;
module_param(fail_ppm, uint, 0644);
MODULE_PARM_DESC(fail_ppm, "of a million transfers so many fail, with ENXIO, EAGAIN or EREMOTEIO (default 0)");

static unsigned int bus_seed = 1;
module_param(bus_seed, uint, 0444);
MODULE_PARM_DESC(bus_seed, "seed of both (default 1)");

static bool mux;
module_param(mux, bool, 0444);
MODULE_PARM_DESC(mux, "buses but the first are channels of a multiplexer at it (default no)");

static unsigned short chips[MAX_CHIPS] = { 0x40 };
static int n_chips = 1;
module_param_array(chips, ushort, &n_chips, 0444);
MODULE_PARM_DESC(chips, "chips, each bus << 8 | address (default 0x40: one on bus 0)");

static bool clients = true;
module_param(clients, bool, 0444);
MODULE_PARM_DESC(clients, "declare the chips to the kernel, with labels and shunts (default yes; else use new_device)");

static char *device = "synergy-ina3221";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "what they are declared as (default synergy-ina3221; ina3221 for the kernel's own driver)");

/**
 * struct sim_chip - a chip and its device
 * @model: the chip
 * @nodes: what firmware says of it
 * @declared: the kernel knows of it
 */
struct sim_chip {
	struct synergy_sim_chip model;
	struct synergy_sim_nodes nodes;
	bool declared;
};

/**
 * struct sim_bus - an adapter
 * @adapter: the kernel's view of it
 * @parent: its device, which has the bus's properties
 * @wake_ns: a sleeper wakes so late; under the adapter's lock
 * @transfers: so many until now; the same
 * @present: it was made
 */
struct sim_bus {
	struct i2c_adapter adapter;
	struct platform_device *parent;
	u32 wake_ns;
	u64 transfers;
	bool present;
};

static struct sim_bus buses[MAX_BUSES];
static struct sim_chip *sim_chips;

/* ------------------------------------------------------------------------
 * Transfers
 */

static u32 message_bits(const struct i2c_msg *msg)
{
	return 1 + 9 + 9 * msg->len;	/* start, address, bytes; 9 with acknowledge */
}

static u64 bits_ns(u64 bits, u32 factor)
{
	return div_u64(bits * factor * NSEC_PER_SEC, bus_hz);
}

static void sleep_until(u64 ns)
{
	ktime_t expires = ns_to_ktime(ns);

	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_hrtimeout(&expires, HRTIMER_MODE_ABS);
}

#ifdef CONFIG_ARM64
static enum hrtimer_restart wake(struct hrtimer *timer)
{
	return HRTIMER_NORESTART;
}

/*
 * On the virtual board an instruction is a nanosecond in which no other core
 * works, and to sleep and to wake costs some 9,000 of them. So the core halts
 * right here, with interrupts masked, until one is there; the timer's own is
 * taken back before anybody sees it.
 */
static void halt_until(u64 ns)
{
	struct hrtimer timer;

	synergy_compat_hrtimer_setup_on_stack(&timer, wake, CLOCK_MONOTONIC,
					      HRTIMER_MODE_ABS_PINNED_HARD);
	preempt_disable();
	while (ktime_get_ns() < ns && !need_resched()) {
		local_irq_disable();
		hrtimer_start(&timer, ns_to_ktime(ns), HRTIMER_MODE_ABS_PINNED_HARD);
		wfi();
		hrtimer_try_to_cancel(&timer);
		local_irq_enable();
	}
	preempt_enable();
	destroy_hrtimer_on_stack(&timer);
	if (ktime_get_ns() < ns)
		sleep_until(ns);
}

static void rest_until(u64 ns)
{
	/* A bus that hangs does not keep its core from others. */
	if (synergy_sim_shared() && ns - ktime_get_ns() < NSEC_PER_MSEC)
		halt_until(ns);
	else
		sleep_until(ns);
}
#else
static void rest_until(u64 ns)
{
	sleep_until(ns);
}
#endif

/*
 * Wait until the bus is done. The rest aims at earlier by what waking has
 * lately taken; what is left is spun, as short as that makes it. Without
 * cpu_relax(): on arm64 that is a yield, at which QEMU lets every other core that
 * is not idle have its turn, 10 us each, and the bus would be done late by them.
 */
static void wait_until(struct sim_bus *bus, u64 end_ns)
{
	u64 aim_ns = end_ns - bus->wake_ns;
	u32 late_ns;

	if (ktime_get_ns() + 5 * NSEC_PER_USEC < aim_ns) {
		rest_until(aim_ns);
		late_ns = min_t(u64, ktime_get_ns() - aim_ns, 100 * NSEC_PER_USEC);
		bus->wake_ns = (7 * bus->wake_ns + late_ns) / 8;
	}
	while (ktime_get_ns() < end_ns)
		barrier();
}

static struct synergy_sim_chip *find_chip(const struct sim_bus *bus, u16 address)
{
	int i;

	for (i = 0; i < n_chips; i++)
		if (CHIP_BUS(chips[i]) == bus - buses && CHIP_ADDRESS(chips[i]) == address)
			return &sim_chips[i].model;
	return NULL;
}

static void chip_message(struct synergy_sim_chip *chip, struct i2c_msg *msg, u64 begin_ns,
			 u32 factor)
{
	u16 value;
	u32 i;

	if (msg->flags & I2C_M_RD) {
		/* The value is taken once the address is acknowledged. */
		value = synergy_sim_chip_read(chip, begin_ns + bits_ns(10, factor));
		for (i = 0; i < msg->len; i++)
			msg->buf[i] = i & 1 ? value & 0xff : value >> 8;
		return;
	}
	if (msg->len)
		chip->pointer = msg->buf[0];
	if (msg->len >= 3)
		synergy_sim_chip_write(chip, msg->buf[0], msg->buf[1] << 8 | msg->buf[2],
				       begin_ns + bits_ns(message_bits(msg), factor));
}

/* What befell the chip before the transfer. Return: it answers */
static bool chip_befall(struct synergy_sim_chip *chip, u64 time_ns)
{
	bool plugged = !synergy_sim_fault(SYNERGY_SIM_FAULT_UNPLUG, chip, NULL);
	u32 value;

	if (plugged && !chip->plugged)
		synergy_sim_chip_init(chip, time_ns);
	chip->plugged = plugged;
	if (synergy_sim_fault(SYNERGY_SIM_FAULT_RESET, chip, NULL))
		synergy_sim_chip_reset(chip, time_ns);
	if (synergy_sim_fault(SYNERGY_SIM_FAULT_MASTER, chip, &value))
		synergy_sim_chip_write(chip, 0, value, time_ns);
	if (synergy_sim_fault(SYNERGY_SIM_FAULT_SPIKE, chip, &value))
		chip->spike_uv = value;
	chip->frozen = synergy_sim_fault(SYNERGY_SIM_FAULT_STUCK, chip, NULL);
	return plugged;
}

/* A transfer that ends early. Return: the error, 0 for none */
static int chip_fail(struct sim_bus *bus, const struct synergy_sim_chip *chip, u64 begin_ns)
{
	u32 us;

	if (synergy_sim_fault(SYNERGY_SIM_FAULT_NACK, chip, NULL)) {
		wait_until(bus, begin_ns + bits_ns(11, 1));
		return -ENXIO;
	}
	if (synergy_sim_fault(SYNERGY_SIM_FAULT_ARBITRATION, chip, NULL)) {
		wait_until(bus, begin_ns + bits_ns(5, 1));
		return -EAGAIN;
	}
	if (synergy_sim_fault(SYNERGY_SIM_FAULT_REMOTEIO, chip, NULL)) {
		wait_until(bus, begin_ns + bits_ns(11, 1));
		return -EREMOTEIO;
	}
	if (synergy_sim_fault(SYNERGY_SIM_FAULT_TIMEOUT, chip, &us)) {
		wait_until(bus, begin_ns + (u64)min(us, 1000000U) * NSEC_PER_USEC);
		return -ETIMEDOUT;
	}
	return 0;
}

/* Which number this transfer draws, of those that serve @purpose */
static u32 draw(const struct sim_bus *bus, u32 purpose)
{
	return synergy_sim_mix(synergy_sim_mix((u64)bus_seed << 32 | (bus - buses)) +
			       4 * bus->transfers + purpose) >> 32;
}

/* A transfer that fails by chance. Return: the error, 0 for none */
static int chance_fail(struct sim_bus *bus, u64 begin_ns)
{
	static const int errors[] = { -ENXIO, -EAGAIN, -EREMOTEIO };
	u32 ppm = READ_ONCE(fail_ppm);

	if (!ppm || draw(bus, 0) % 1000000 >= ppm)
		return 0;
	wait_until(bus, begin_ns + bits_ns(11, 1));
	return errors[draw(bus, 1) % ARRAY_SIZE(errors)];
}

/* What the driver takes before (after) the bits */
static u64 overhead_ns(const struct sim_bus *bus, bool after)
{
	u32 jitter = READ_ONCE(overhead_jitter_us);
	u64 us = after ? READ_ONCE(after_us) : READ_ONCE(before_us);

	if (jitter)
		us += draw(bus, 2 + after) % (jitter + 1);
	return min_t(u64, us, 1000000) * NSEC_PER_USEC;
}

static int sim_transfer(struct i2c_adapter *adapter, struct i2c_msg *msgs, int n)
{
	struct sim_bus *bus = i2c_get_adapdata(adapter);
	u64 at_ns, after_ns, begin_ns = ktime_get_ns();
	struct synergy_sim_chip *chip;
	u32 us, bits = 1, factor = 1;
	int i, ret;

	/* One transfer talks to one chip, as all our callers' do. */
	chip = find_chip(bus, msgs[0].addr);
	if (!chip || !chip_befall(chip, begin_ns)) {
		wait_until(bus, begin_ns + bits_ns(11, 1));
		return -ENXIO;
	}
	bus->transfers++;
	begin_ns += overhead_ns(bus, false);
	ret = chip_fail(bus, chip, begin_ns);
	if (!ret)
		ret = chance_fail(bus, begin_ns);
	if (ret)
		return ret;
	if (synergy_sim_fault(SYNERGY_SIM_FAULT_SLOW, chip, &factor))
		factor = clamp(factor, 1U, 10000U);
	if (synergy_sim_fault(SYNERGY_SIM_FAULT_LATE, chip, &us))
		begin_ns += (u64)min(us, 1000000U) * NSEC_PER_USEC;
	for (i = 0; i < n; i++) {
		if (msgs[i].addr != msgs[0].addr)
			return -EOPNOTSUPP;
		bits += message_bits(&msgs[i]);
	}
	wait_until(bus, begin_ns + bits_ns(bits, factor));
	for (i = 0, at_ns = begin_ns; i < n; i++) {
		chip_message(chip, &msgs[i], at_ns, factor);
		at_ns += bits_ns(message_bits(&msgs[i]), factor);
	}
	after_ns = overhead_ns(bus, true);
	if (after_ns)
		wait_until(bus, begin_ns + bits_ns(bits, factor) + after_ns);
	return n;
}

static u32 sim_functionality(struct i2c_adapter *adapter)
{
	return I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL;
}

static const struct i2c_algorithm sim_algorithm = {
	.master_xfer		= sim_transfer,
	.functionality		= sim_functionality,
};

/* ------------------------------------------------------------------------
 * Adapters and what they have to carry
 */

static int declare_chip(struct sim_chip *chip)
{
	struct i2c_board_info info = { .addr = chip->model.address };
	struct i2c_client *client;
	int ret;

	strscpy(info.type, device, sizeof(info.type));
	ret = synergy_sim_nodes_declare(&chip->nodes, &info);
	if (ret)
		return ret;
	client = i2c_new_client_device(&buses[chip->model.bus].adapter, &info);
	if (IS_ERR(client)) {
		synergy_sim_nodes_release(&chip->nodes);
		return PTR_ERR(client);
	}
	chip->declared = true;
	return 0;
}

static int add_chip(struct sim_chip *chip, u32 index)
{
	const struct synergy_sim_board *board = synergy_sim_board();
	u32 first = index * 3;
	u32 ch;

	chip->model.bus = CHIP_BUS(chips[index]);
	chip->model.address = CHIP_ADDRESS(chips[index]);
	/* The first chip of each further bus is a module of its own. */
	if (index && CHIP_ADDRESS(chips[index]) == CHIP_ADDRESS(chips[0]))
		first = 0;
	for (ch = 0; ch < 3; ch++) {
		if (!board->rails[first + ch].label)
			return -EINVAL;
		chip->model.rail[ch] = board->rails[first + ch].rail;
		chip->model.shunt_uohm[ch] = board->rails[first + ch].shunt_uohm;
		synergy_sim_nodes_channel(&chip->nodes, ch, board->rails[first + ch].label,
					  board->rails[first + ch].shunt_uohm);
	}
	synergy_sim_chip_init(&chip->model, ktime_get_ns());
	return clients ? declare_chip(chip) : 0;
}

static int add_bus(struct sim_bus *bus)
{
	struct property_entry properties[] = {
		PROPERTY_ENTRY_U32(hide_hz ? "clock-unknown" : "clock-frequency", bus_hz),
		{ }
	};
	const struct platform_device_info info = {
		.name		= "synergy-sim-i2c",
		.id		= bus - buses,
		.properties	= properties,
	};
	int ret;

	bus->parent = platform_device_register_full(&info);
	if (IS_ERR(bus->parent))
		return PTR_ERR(bus->parent);
	bus->wake_ns = 5 * NSEC_PER_USEC;
	bus->adapter.owner = THIS_MODULE;
	bus->adapter.algo = &sim_algorithm;
	bus->adapter.dev.parent = &bus->parent->dev;
	if (mux && bus != buses && buses[0].present)
		bus->adapter.dev.parent = &buses[0].adapter.dev;
	snprintf(bus->adapter.name, sizeof(bus->adapter.name), "synergy-sim %u Hz bus %u",
		 bus_hz, (u32)(bus - buses));
	i2c_set_adapdata(&bus->adapter, bus);
	/* Where we declare nothing ourselves, a board file may. */
	if (!clients && bus == buses)
		bus->adapter.dev.of_node = of_find_compatible_node(NULL, NULL, "synergy,sim-i2c");
	ret = i2c_add_adapter(&bus->adapter);
	if (ret) {
		of_node_put(bus->adapter.dev.of_node);
		platform_device_unregister(bus->parent);
		return ret;
	}
	bus->present = true;
	return 0;
}

static int check_parameters(void)
{
	int i;

	if (bus_hz < 1000 || bus_hz > 5000000) {
		pr_err("parameter bus_hz=%u is not within 1000..5000000\n", bus_hz);
		return -EINVAL;
	}
	for (i = 0; i < n_chips; i++) {
		if (CHIP_BUS(chips[i]) < MAX_BUSES && CHIP_ADDRESS(chips[i]) >= 0x40 &&
		    CHIP_ADDRESS(chips[i]) <= 0x43)
			continue;
		pr_err("parameter chips: 0x%x is not a bus from 0 to %u and an address from 0x40 to 0x43\n",
		       chips[i], MAX_BUSES - 1);
		return -EINVAL;
	}
	return synergy_sim_chip_check();
}

/**
 * synergy_sim_bus_init() - make buses and chips
 *
 * Return: 0 or a negative errno
 */
int synergy_sim_bus_init(void)
{
	int i, ret;

	ret = check_parameters();
	if (ret)
		return ret;
	sim_chips = kcalloc(n_chips, sizeof(*sim_chips), GFP_KERNEL);
	if (!sim_chips)
		return -ENOMEM;
	for (i = 0; i < n_chips; i++) {
		struct sim_bus *bus = &buses[CHIP_BUS(chips[i])];

		ret = bus->present ? 0 : add_bus(bus);
		if (!ret)
			ret = add_chip(&sim_chips[i], i);
		if (ret) {
			pr_err("chip 0x%x: %pe\n", chips[i], ERR_PTR(ret));
			synergy_sim_bus_exit();
			return ret;
		}
	}
	return 0;
}

/**
 * synergy_sim_bus_exit() - undo synergy_sim_bus_init(), or what there is of it
 */
void synergy_sim_bus_exit(void)
{
	struct device_node *of_node;
	int i;

	/* Deleting an adapter unbinds and deletes the devices on it; a multiplexer's go first. */
	for (i = MAX_BUSES - 1; i >= 0; i--) {
		if (!buses[i].present)
			continue;
		of_node = buses[i].adapter.dev.of_node;
		i2c_del_adapter(&buses[i].adapter);
		of_node_put(of_node);
		platform_device_unregister(buses[i].parent);
		buses[i].present = false;
	}
	for (i = 0; i < n_chips; i++)
		if (sim_chips[i].declared)
			synergy_sim_nodes_release(&sim_chips[i].nodes);
	kfree(sim_chips);
}
