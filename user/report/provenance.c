// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Provenance of a layers table; see provenance.h. All of it is taken from the
 * recording; nothing is asked of the machine that the report is made on.
 */
#include "report/provenance.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_events(struct synergy_layers *table, const struct synergy_stream_info *info)
{
	char key[SYNERGY_NAME_LEN + 32];
	uint32_t i;

	for (i = 0; i < info->n_events; i++) {
		const struct synergy_event *e = &info->events[i];
		const char *mode = "";

		if (e->flags & SYNERGY_EVENT_F_EXCLUDE_KERNEL)
			mode = ", user space only";
		else if (e->flags & SYNERGY_EVENT_F_EXCLUDE_USER)
			mode = ", kernel only";
		if (i && info->events[i - 1].column == e->column)
			snprintf(key, sizeof(key), "event %s (%u)", e->name, i);
		else
			snprintf(key, sizeof(key), "event %s", e->name);
		synergy_layers_set_meta(table, key, "type %u config 0x%llx%s", e->type,
					(unsigned long long)e->config, mode);
	}
}

static void set_chips(struct synergy_layers *table, const struct synergy_stream *stream,
		      const struct synergy_stream_info *info)
{
	char key[64], clock[64];
	uint32_t i;

	for (i = 0; i < info->n_chips; i++) {
		const struct synergy_chip *c = &info->chips[i];

		snprintf(key, sizeof(key), "chip %u", i);
		clock[0] = '\0';
		if (c->conversion_ppm)
			snprintf(clock, sizeof(clock), ", conversion times %+.3f %% (+- %.3f)",
				 (c->conversion_ppm - 1e6) / 1e4, c->conversion_margin_ppm / 1e4);
		synergy_layers_set_meta(table, key,
			"INA3221 at i2c-%u 0x%02x (%s, %u Hz); config 0x%04x, was 0x%04x; shunt %g us, bus %g us, averages %u, bus voltage every %u, %s%s",
			c->i2c_bus, c->address, c->adapter_name, c->bus_hz, c->config_set,
			c->config_found, c->conversion_shunt_ns / 1e3, c->conversion_bus_ns / 1e3,
			c->averages, c->bus_voltage_every,
			c->flags & SYNERGY_CHIP_F_CONTINUOUS ? "continuous" : "triggered", clock);
	}
	for (i = 0; i < info->n_rails; i++) {
		const struct synergy_rail *r = &info->rails[i];

		if (r->flags & (SYNERGY_RAIL_F_GONE | SYNERGY_RAIL_F_DISABLED) || !*r->label)
			continue;
		snprintf(key, sizeof(key), "source %s", r->label);
		if (synergy_stream_note(stream, key))	/* not a chip of the module's */
			continue;
		snprintf(key, sizeof(key), "rail %s", r->label);
		synergy_layers_set_meta(table, key, "chip %u channel %u, shunt %g mOhm%s", r->chip,
			r->channel, r->shunt_uohm / 1e3,
			i < SYNERGY_MAX_RAILS && info->session.rail_mask >> i & 1 ?
			"" : ", not sampled");
	}
}

/* Notes that are counts: numbers in layers.json, too. */
static const char *const counts[] = {
	"threads", "runs", "warmup", "batch", "peak_bytes",
};

static void set_note(struct synergy_layers *table, const char *key, const char *value)
{
	unsigned long long n;
	char *end;
	size_t i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (strcmp(key, counts[i]) || *value < '0' || *value > '9')
			continue;
		errno = 0;
		n = strtoull(value, &end, 10);
		if (!*end && !errno && n <= 1ULL << 53) {
			synergy_layers_set_number(table, key, 17, (double)n);
			return;
		}
	}
	synergy_layers_set_meta(table, key, "%s", value);
}

void synergy_provenance_set(struct synergy_layers *table, const struct synergy_stream *stream)
{
	const struct synergy_stream_info *info = synergy_stream_info(stream);
	struct synergy_stream_tally t;
	const char *key, *value;
	uint32_t i;

	for (i = 0; (value = synergy_stream_note_at(stream, i, &key)); i++)
		set_note(table, key, value);
	if (info->device.size)
		synergy_layers_set_meta(table, "module", "synergy.ko %s, API %u",
			info->device.module_version, info->device.api_version);
	if (info->session.period_ns)
		synergy_layers_set_number(table, "interval_us", 9, info->session.period_ns / 1e3);
	if (info->session.dither_ns)
		synergy_layers_set_number(table, "dither_us", 9, info->session.dither_ns / 1e3);
	set_chips(table, stream, info);
	set_events(table, info);
	synergy_stream_tally(stream, &t);
	synergy_layers_set_meta(table, "stream",
		"%llu power records, %llu repeats, %llu late, %llu lost, %llu failed reads, %llu marks",
		(unsigned long long)t.by_type[SYNERGY_RECORD_POWER],
		(unsigned long long)t.power_repeats, (unsigned long long)t.power_late,
		(unsigned long long)t.lost,
		(unsigned long long)t.by_type[SYNERGY_RECORD_ERROR],
		(unsigned long long)t.by_type[SYNERGY_RECORD_MARKER]);
}

enum { GROUP_WORK, GROUP_MACHINE, GROUP_SAMPLING, GROUP_ESTIMATE };

const char *const synergy_provenance_groups[SYNERGY_PROVENANCE_GROUPS] = {
	[GROUP_WORK] = "What was run",
	[GROUP_MACHINE] = "On which machine",
	[GROUP_SAMPLING] = "How it was sampled",
	[GROUP_ESTIMATE] = "How energy was attributed",
};

/* A key is the word, or begins with it where it ends in a blank or an underscore. */
static const struct {
	const char *word;
	int group;
} groups[] = {
	{ "network", GROUP_WORK }, { "model", GROUP_WORK }, { "model_hash", GROUP_WORK },
	{ "weights", GROUP_WORK }, { "tool", GROUP_WORK }, { "date", GROUP_WORK },
	{ "command", GROUP_WORK }, { "backend", GROUP_WORK }, { "simd", GROUP_WORK },
	{ "conv", GROUP_WORK }, { "fuse", GROUP_WORK }, { "threads", GROUP_WORK },
	{ "core", GROUP_WORK }, { "batch", GROUP_WORK }, { "peak_bytes", GROUP_WORK },
	{ "warmup", GROUP_WORK }, { "runs", GROUP_WORK }, { "input", GROUP_WORK },
	{ "host", GROUP_MACHINE }, { "kernel", GROUP_MACHINE }, { "cpu", GROUP_MACHINE },
	{ "governor", GROUP_MACHINE }, { "frequency", GROUP_MACHINE },
	{ "board", GROUP_MACHINE }, { "module", GROUP_SAMPLING },
	{ "interval_us", GROUP_SAMPLING }, { "dither_us", GROUP_SAMPLING },
	{ "chip ", GROUP_SAMPLING }, { "rail ", GROUP_SAMPLING }, { "event ", GROUP_SAMPLING },
	{ "stream", GROUP_SAMPLING }, { "capture", GROUP_SAMPLING },
	{ "samples_", GROUP_SAMPLING }, { "records_", GROUP_SAMPLING },
	{ "bus_errors", GROUP_SAMPLING }, { "source", GROUP_SAMPLING },
	{ "source ", GROUP_SAMPLING },
};

int synergy_provenance_group(const char *key)
{
	size_t i, n;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		n = strlen(groups[i].word);
		if (strncmp(key, groups[i].word, n))
			continue;
		if (!key[n] || groups[i].word[n - 1] == ' ' || groups[i].word[n - 1] == '_')
			return groups[i].group;
	}
	return GROUP_ESTIMATE;
}
