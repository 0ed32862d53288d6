// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transfers: registers over the bus, in as few messages as the adapter can, with the
 * times at which words were latched; and waiting.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/random.h>
#include <linux/timekeeping.h>

#include "ina3221/chip.h"
#include "ina3221/regs.h"

#define POINTER_UNKNOWN		(-1)

/* One lost arbitration in a hundred is met; five in a row are a bus that does not work. */
#define SURE_TRIES		5
#define SURE_PAUSE_US		200

/* A register is read by two messages: its address, and its contents. */
#define MAX_MESSAGES		(2 * SYNERGY_READING_WORDS)

/*
 * A long wait checks so often whether it is to end: who waits for it (STOP, close,
 * unbind) is not to notice.
 */
#define WAIT_SLICE_NS		100000000U

bool synergy_ina3221_can_combine(struct i2c_client *client)
{
	const struct i2c_adapter_quirks *quirks = client->adapter->quirks;

	if (!i2c_check_functionality(client->adapter, I2C_FUNC_I2C))
		return false;
	return !quirks || (!quirks->max_num_msgs && !(quirks->flags & I2C_AQ_COMB));
}

int synergy_ina3221_read(struct synergy_ina3221 *chip, u8 reg, u16 *value)
{
	s32 ret = i2c_smbus_read_word_swapped(chip->client, reg);

	chip->pointer = ret < 0 ? POINTER_UNKNOWN : reg;
	if (ret < 0)
		return ret;
	*value = ret;
	return 0;
}

int synergy_ina3221_write(struct synergy_ina3221 *chip, u8 reg, u16 value)
{
	int err = i2c_smbus_write_word_swapped(chip->client, reg, value);

	chip->pointer = err ? POINTER_UNKNOWN : reg;
	return err;
}

int synergy_ina3221_probe_failed(const struct synergy_ina3221 *chip, u8 reg, int err)
{
	dev_err(&chip->client->dev, "register 0x%02x: error %d\n", reg, err);
	return err;
}

int synergy_ina3221_read_surely(struct synergy_ina3221 *chip, u8 reg, u16 *value)
{
	u32 tries = 0;
	int err;

	while ((err = synergy_ina3221_read(chip, reg, value)) && ++tries < SURE_TRIES)
		usleep_range(SURE_PAUSE_US, 2 * SURE_PAUSE_US);
	return err ? synergy_ina3221_probe_failed(chip, reg, err) : 0;
}

int synergy_ina3221_write_surely(struct synergy_ina3221 *chip, u8 reg, u16 value)
{
	u32 tries = 0;
	int err;

	while ((err = synergy_ina3221_write(chip, reg, value)) && ++tries < SURE_TRIES)
		usleep_range(SURE_PAUSE_US, 2 * SURE_PAUSE_US);
	return err ? synergy_ina3221_probe_failed(chip, reg, err) : 0;
}

/*
 * The chip keeps its register pointer: the same result again needs no address. What
 * says how the chip is set up is always read with it.
 */
static bool is_pointed(const struct synergy_ina3221 *chip, const u8 *regs, u32 n)
{
	return n == 1 && chip->pointer == regs[0] && INA3221_IS_RESULT(regs[0]);
}

static int read_pointed(struct synergy_ina3221 *chip, u16 *value)
{
	__be16 word;
	int ret = i2c_master_recv(chip->client, (char *)&word, sizeof(word));

	if (ret != sizeof(word)) {
		chip->pointer = POINTER_UNKNOWN;
		return ret < 0 ? ret : -EIO;
	}
	*value = be16_to_cpu(word);
	return 0;
}

/* All registers in one transfer */
static int read_combined(struct synergy_ina3221 *chip, const u8 *regs, u16 *values, u32 n)
{
	struct i2c_msg msgs[MAX_MESSAGES];
	u8 pointers[SYNERGY_READING_WORDS];
	__be16 words[SYNERGY_READING_WORDS];
	u32 i;
	int ret;

	for (i = 0; i < n; i++) {
		pointers[i] = regs[i];
		msgs[2 * i] = (struct i2c_msg) {
			.addr = chip->client->addr, .len = 1, .buf = &pointers[i],
		};
		msgs[2 * i + 1] = (struct i2c_msg) {
			.addr = chip->client->addr, .flags = I2C_M_RD, .len = 2,
			.buf = (u8 *)&words[i],
		};
	}
	/* Where a transfer that failed got to, nobody knows. */
	chip->pointer = POINTER_UNKNOWN;
	ret = i2c_transfer(chip->client->adapter, msgs, 2 * n);
	if (ret < 0)
		return ret;
	if (ret != 2 * n)
		return -EIO;
	chip->pointer = regs[n - 1];
	for (i = 0; i < n; i++)
		values[i] = be16_to_cpu(words[i]);
	return 0;
}

static int read_all(struct synergy_ina3221 *chip, const u8 *regs, u32 n,
		    struct synergy_reading *reading)
{
	const struct synergy_bus_timing *timing = &chip->io.timing;
	bool pointed = is_pointed(chip, regs, n);
	u64 begin = ktime_get_ns(), end;
	u32 i;
	int err;

	err = pointed ? read_pointed(chip, reading->word) :
			read_combined(chip, regs, reading->word, n);
	end = ktime_get_ns();
	chip->busy_ns += end - begin;
	for (i = 0; i < n; i++)
		reading->latched[i] = synergy_bus_latched(timing, begin, end, pointed, i, n);
	return err;
}

/* On an adapter that knows SMBus words alone */
static int read_each(struct synergy_ina3221 *chip, const u8 *regs, u32 n,
		     struct synergy_reading *reading)
{
	const struct synergy_bus_timing *timing = &chip->io.timing;
	u32 i;

	for (i = 0; i < n; i++) {
		u64 begin = ktime_get_ns(), end;
		int err;

		chip->converter.attempt_reg = regs[i];
		err = synergy_ina3221_read(chip, regs[i], &reading->word[i]);
		end = ktime_get_ns();
		chip->busy_ns += end - begin;
		if (err)
			return err;
		reading->latched[i] = synergy_bus_latched(timing, begin, end, false, 0, 1);
	}
	return 0;
}

/* ---- the converter's view ---- */

static struct synergy_ina3221 *chip_of(struct synergy_io *io)
{
	return container_of(io, struct synergy_ina3221, io);
}

static u64 io_now(struct synergy_io *io)
{
	return ktime_get_ns();
}

static int io_read(struct synergy_io *io, const u8 *regs, u32 n, struct synergy_reading *reading)
{
	struct synergy_ina3221 *chip = chip_of(io);

	reading->n = n;
	memcpy(reading->reg, regs, n);
	return chip->io.timing.combined ? read_all(chip, regs, n, reading) :
						 read_each(chip, regs, n, reading);
}

/* In one transfer: no other master comes between the two. */
static int exchange_combined(struct synergy_ina3221 *chip, u8 reg, u16 value,
			     struct synergy_exchange *exchange)
{
	u8 bytes[3] = { reg, value >> 8, value & 0xff };
	u16 addr = chip->client->addr;
	__be16 found;
	struct i2c_msg msgs[] = {
		{ .addr = addr, .len = 1, .buf = bytes },
		{ .addr = addr, .flags = I2C_M_RD, .len = 2, .buf = (u8 *)&found },
		{ .addr = addr, .len = sizeof(bytes), .buf = bytes },
	};
	u64 begin = ktime_get_ns(), end;
	int ret;

	chip->pointer = POINTER_UNKNOWN;
	ret = i2c_transfer(chip->client->adapter, msgs, ARRAY_SIZE(msgs));
	end = ktime_get_ns();
	chip->busy_ns += end - begin;
	if (ret != ARRAY_SIZE(msgs))
		return ret < 0 ? ret : -EIO;
	chip->pointer = reg;
	exchange->found = be16_to_cpu(found);
	exchange->effect = synergy_bus_exchanged(&chip->io.timing, begin, end,
						 &exchange->latched);
	return 0;
}

static int exchange_words(struct synergy_ina3221 *chip, u8 reg, u16 value,
			  struct synergy_exchange *exchange)
{
	const struct synergy_bus_timing *timing = &chip->io.timing;
	u64 begin = ktime_get_ns(), middle, end;
	int err;

	err = synergy_ina3221_read(chip, reg, &exchange->found);
	middle = ktime_get_ns();
	if (!err)
		err = synergy_ina3221_write(chip, reg, value);
	end = ktime_get_ns();
	chip->busy_ns += end - begin;
	exchange->latched = synergy_bus_latched(timing, begin, middle, false, 0, 1);
	exchange->effect = synergy_bus_written(timing, middle, end);
	return err;
}

static int io_exchange(struct synergy_io *io, u8 reg, u16 value,
		       struct synergy_exchange *exchange)
{
	struct synergy_ina3221 *chip = chip_of(io);

	chip->touched = true;
	return chip->io.timing.combined ? exchange_combined(chip, reg, value, exchange) :
					  exchange_words(chip, reg, value, exchange);
}

void synergy_ina3221_wait_until(u64 when_ns)
{
	u64 now = ktime_get_ns();
	u64 us = when_ns > now ? div_u64(when_ns - now, 1000) + 1 : 0;

	if (us)
		usleep_range(us, us + 10);
}

bool synergy_ina3221_ending(const struct synergy_ina3221 *chip)
{
	return READ_ONCE(chip->leaving) || kthread_should_stop();
}

/* In a tick a cycle with averages may take a minute: whoever waits for it gets -EINTR. */
static int io_wait_until(struct synergy_io *io, u64 when_ns)
{
	u64 slice_ns;

	while ((slice_ns = ktime_get_ns() + WAIT_SLICE_NS) < when_ns) {
		if (synergy_ina3221_ending(chip_of(io)))
			return -EINTR;
		synergy_ina3221_wait_until(slice_ns);
	}
	synergy_ina3221_wait_until(when_ns);
	return 0;
}

static u32 io_random(struct synergy_io *io)
{
	u32 number;

	get_random_bytes(&number, sizeof(number));
	return number;
}

static void io_spin_until(struct synergy_io *io, u64 when_ns)
{
	while (ktime_get_ns() < when_ns)
		cpu_relax();
}

void synergy_ina3221_transfer_init(struct synergy_ina3221 *chip)
{
	chip->io.now_ns = io_now;
	chip->io.read = io_read;
	chip->io.exchange = io_exchange;
	chip->io.random = io_random;
	chip->io.wait_until = io_wait_until;
	chip->io.spin_until = io_spin_until;
}
