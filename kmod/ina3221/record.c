// SPDX-License-Identifier: GPL-2.0-only
/*
 * From samples and errors of a chip to records of the stream.
 */
#include <linux/device.h>
#include <linux/timekeeping.h>

#include "ina3221/regs.h"
#include "internal.h"

static struct synergy_ina3221 *chip_of(struct synergy_io *io)
{
	return container_of(io, struct synergy_ina3221, io);
}

static void fill_channel(const struct synergy_ina3221 *chip, u32 channel,
			 const struct synergy_output *output, struct synergy_power_channel *out)
{
	const struct synergy_rail *rail = &synergy_board.rails[chip->rails[channel]];

	out->rail = chip->rails[channel];
	out->shunt_raw = output->values.shunt_raw[channel];
	out->bus_raw = output->values.bus_raw[channel];
	out->shunt_uv = synergy_ina3221_without_offset(synergy_ina3221_shunt_uv(out->shunt_raw),
						       &chip->offset[channel]);
	out->current_ua = synergy_ina3221_current_ua(out->shunt_uv, rail->shunt_uohm);
	out->bus_time_ns = output->values.bus_time_ns[channel];
	out->window_begin_ns = output->window[channel].begin_ns;
	out->window_end_ns = output->window[channel].end_ns;
	out->window_error_ns = min_t(u64, output->window[channel].error_ns, U32_MAX);
	if (chip->converter.clock.plan.averages > 1)
		out->flags |= SYNERGY_CHANNEL_F_FILTERED;
	if (output->repeats & (1U << channel))
		out->flags |= SYNERGY_CHANNEL_F_REPEAT;
	if (synergy_ina3221_saturated(out->shunt_raw, out->bus_raw))
		out->flags |= SYNERGY_CHANNEL_F_SATURATED;
	if (out->bus_time_ns) {
		out->bus_mv = synergy_ina3221_bus_mv(out->bus_raw);
		out->power_uw = synergy_ina3221_power_uw(out->current_ua, out->bus_mv);
	} else {
		out->flags |= SYNERGY_CHANNEL_F_NO_BUS;
	}
}

static void io_sample(struct synergy_io *io, const struct synergy_output *output)
{
	const struct synergy_ina3221 *chip = chip_of(io);
	struct {
		struct synergy_power_record rec;
		struct synergy_power_channel channel[SYNERGY_CHANNELS];
	} s;
	u32 channel, n = 0;

	memset(&s, 0, sizeof(s));
	for (channel = 0; channel < SYNERGY_CHANNELS; channel++)
		if (output->channels & (1U << channel))
			fill_channel(chip, channel, output, &s.channel[n++]);
	s.rec.hdr.type = SYNERGY_RECORD_POWER;
	s.rec.hdr.size = struct_size(&s.rec, channel, n);
	s.rec.hdr.flags = (output->repeat ? SYNERGY_POWER_F_REPEAT : 0) |
			  (output->missed ? SYNERGY_POWER_F_LATE : 0) |
			  (output->reconfigured ? SYNERGY_POWER_F_RECONFIGURED : 0);
	s.rec.hdr.time_ns = output->begin_ns;
	s.rec.chip = chip->index;
	s.rec.n_channels = n;
	s.rec.channel_size = sizeof(s.channel[0]);
	s.rec.missed = min_t(u64, output->missed, U32_MAX);
	s.rec.bus_begin_ns = output->begin_ns;
	s.rec.bus_end_ns = ktime_get_ns();
	synergy_stream_emit(&s.rec.hdr);
}

static void io_setup_lost(struct synergy_io *io, const struct synergy_setup_lost *lost)
{
	struct synergy_ina3221 *chip = chip_of(io);
	u64 unseen_us = div_u64(lost->time_ns - lost->trusted_ns, 1000) + 1;
	struct synergy_error_record rec = {
		.hdr.time_ns = lost->time_ns,
		.source = SYNERGY_ERROR_SETUP,
		.index = chip->index,
		.error = EIO,
		.reg = lost->reg,
		.value = lost->found,
		.since_us = min_t(u64, unseen_us, U32_MAX),
		.count = ++chip->errors,
	};

	synergy_stream_emit_error(&rec);
}

static void io_failed(struct synergy_io *io, u8 reg, u64 time_ns, int err)
{
	struct synergy_ina3221 *chip = chip_of(io);
	struct synergy_error_record rec = {
		.hdr.time_ns = time_ns,
		.source = SYNERGY_ERROR_CHIP,
		.index = chip->index,
		.error = -err,
		.reg = reg,
		.count = ++chip->errors,
	};

	if (!chip->failed)
		dev_warn_ratelimited(&chip->client->dev, "register 0x%02x: error %d\n", reg, err);
	chip->failed = true;
	synergy_stream_emit_error(&rec);
}

void synergy_ina3221_record_init(struct synergy_ina3221 *chip)
{
	chip->io.sample = io_sample;
	chip->io.setup_lost = io_setup_lost;
	chip->io.failed = io_failed;
}
