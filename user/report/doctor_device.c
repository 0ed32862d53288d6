// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The module, its device, chips, rails, and the rates that it would accept.
 */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/doctor.h"
#include "measure/capture.h"
#include "measure/host.h"

static const double conversions_us[] = { 140, 204, 332, 588, 1100, 2116, 4156, 8244 };
static const int averages[] = { 1, 4, 16, 64, 128, 256, 512, 1024 };

/* An INA3221's configuration register in words. */
static void decode_config(unsigned int config, char *buf, size_t size)
{
	static const char *const modes[] = {
		"power-down", "shunt once", "bus once", "both once",
		"power-down", "shunt continuous", "bus continuous", "both continuous",
	};

	snprintf(buf, size, "0x%04x: channels %s%s%s, averages %d, bus %g us, shunt %g us, %s",
		 config, config & 0x4000 ? "1" : "", config & 0x2000 ? "2" : "",
		 config & 0x1000 ? "3" : "", averages[config >> 9 & 7],
		 conversions_us[config >> 6 & 7], conversions_us[config >> 3 & 7],
		 modes[config & 7]);
}

static void module_facts(struct synergy_doctor *d, const char *path)
{
	char file[256], text[128];
	struct stat st;

	synergy_doctor_fact(d, "versions", "libsynergy", "%s", synergy_lib_version());
	snprintf(file, sizeof(file), "%s/sys/module/synergy", d->root);
	if (stat(file, &st)) {
		synergy_doctor_fact(d, "versions", "synergy.ko", "not loaded");
		synergy_doctor_problem(d, true,
			"modprobe synergy, or insmod synergy.ko; README says how to build and install it",
			"the module synergy.ko is not loaded");
		return;
	}
	snprintf(file, sizeof(file), "%s/sys/module/synergy/version", d->root);
	if (!synergy_host_line(file, text, sizeof(text)))
		snprintf(text, sizeof(text), "loaded");
	synergy_doctor_fact(d, "versions", "synergy.ko", "%s", text);
	if (stat(path, &st))
		synergy_doctor_problem(d, true,
			"mknod it by hand from /sys/class/misc/synergy/dev, or start udev",
			"%s is missing though the module is loaded", path);
}

static void permission_facts(struct synergy_doctor *d, const char *path)
{
	struct passwd *user;
	struct group *group;
	char who[64], owner[64];
	struct stat st;

	if (stat(path, &st))
		return;
	user = getpwuid(st.st_uid);
	group = getgrgid(st.st_gid);
	snprintf(owner, sizeof(owner), "%s:%s", user ? user->pw_name : "?",
		 group ? group->gr_name : "?");
	user = getpwuid(geteuid());
	snprintf(who, sizeof(who), "%s", user ? user->pw_name : "this user");
	synergy_doctor_fact(d, "device", path, "%s, mode %03o", owner, st.st_mode & 0777);
	if (access(path, R_OK | W_OK))
		synergy_doctor_problem(d, true,
			"usermod -aG synergy USER and log in again; if the group is missing, install the udev rule (make install)",
			"%s may not open %s (%s, mode %03o)", who, path, owner,
			st.st_mode & 0777);
	if (st.st_mode & 0006)
		synergy_doctor_problem(d, false, "chmod o-rw it and install the udev rule",
			"%s is open to everybody, and power traces are a side channel", path);
}

static void chip_facts(struct synergy_doctor *d, const struct synergy_stream_info *info)
{
	char name[32], part[64], config[160];
	uint32_t i;

	for (i = 0; i < info->n_chips; i++) {
		const struct synergy_chip *c = &info->chips[i];

		snprintf(name, sizeof(name), "chip %u", c->index);
		if (c->flags & SYNERGY_CHIP_F_GONE) {
			synergy_doctor_fact(d, "chips", name, "gone");
			continue;
		}
		synergy_doctor_fact(d, "chips", name,
			"INA3221 at i2c-%u 0x%02x (%s), ids 0x%04x 0x%04x", c->i2c_bus,
			c->address, c->adapter_name, c->manufacturer_id, c->die_id);
		/* Names of their own: in JSON two chips' facts are members of one object. */
		snprintf(part, sizeof(part), "%s bus", name);
		if (c->bus_hz)
			synergy_doctor_fact(d, "chips", part, "%u Hz, %.0f us a register",
				c->bus_hz, c->transfer_ns / 1e3);
		else
			synergy_doctor_fact(d, "chips", part,
				"clock not reported by firmware, %.0f us a register",
				c->transfer_ns / 1e3);
		if (c->conversion_ppm)
			synergy_doctor_fact(d, "chips", "  clock",
				"conversions last %+.3f %% longer than nominal (+- %.3f)",
				(c->conversion_ppm - 1e6) / 1e4, c->conversion_margin_ppm / 1e4);
		decode_config(c->config_found, config, sizeof(config));
		snprintf(part, sizeof(part), "%s set-up found", name);
		synergy_doctor_fact(d, "chips", part, "%s", config);
		if (c->config_set) {
			decode_config(c->config_set, config, sizeof(config));
			snprintf(part, sizeof(part), "%s set-up now", name);
			synergy_doctor_fact(d, "chips", part, "%s", config);
		}
		snprintf(part, sizeof(part), "%s note", name);
		if (c->transfer_ns > 300000)
			synergy_doctor_problem(d, false,
				"set clock-frequency = <400000> of that bus in the device tree, if all on it can do so",
				"i2c-%u is slow: %.0f us a register, so rates are a quarter of what the chip can do",
				c->i2c_bus, c->transfer_ns / 1e3);
		if (averages[c->config_found >> 9 & 7] > 1)
			synergy_doctor_fact(d, "chips", part,
				"others who read it get averages of %d conversions; a session here does not",
				averages[c->config_found >> 9 & 7]);
	}
	if (!info->n_chips)
		synergy_doctor_problem(d, true,
			"device tree: dts/ has overlays; by hand: echo synergy-ina3221 0x40 > /sys/bus/i2c/devices/i2c-N/new_device",
			"no power chip is bound to synergy.ko");
}

static void rail_facts(struct synergy_doctor *d, const struct synergy_stream_info *info)
{
	uint32_t i;

	for (i = 0; i < info->n_rails; i++) {
		const struct synergy_rail *r = &info->rails[i];

		if (r->flags & SYNERGY_RAIL_F_GONE)
			continue;
		synergy_doctor_fact(d, "rails", r->label,
			"chip %u channel %u, shunt %g mOhm, one step %.3g mA%s", r->chip,
			r->channel, r->shunt_uohm / 1e3, 40e3 / r->shunt_uohm,
			r->flags & SYNERGY_RAIL_F_DISABLED ? ", disabled" : "");
		if (r->flags & SYNERGY_RAIL_F_ASSUMED_SHUNT)
			synergy_doctor_problem(d, false,
				"describe the chip in the device tree (dts/), or give shunts as module parameters",
				"rail %s: nobody stated its shunt; %g mOhm is only assumed",
				r->label, r->shunt_uohm / 1e3);
	}
}

/* The highest rate that a set of rails can have; asks the module. */
static double ask_rate(struct synergy_stream *stream, uint64_t mask, uint32_t bus_every)
{
	struct synergy_configure cfg = {
		.rail_mask = mask,
		.bus_voltage_every = bus_every,
	};

	if (synergy_stream_configure(stream, &cfg, NULL))
		return cfg.period_ns && errno == ERANGE ? 1e9 / cfg.period_ns : 0;
	return cfg.period_ns ? 1e9 / cfg.period_ns : 0;
}

static void rate_facts(struct synergy_doctor *d, struct synergy_stream *stream)
{
	const struct synergy_stream_info *info = synergy_stream_info(stream);
	double hz;
	uint32_t i;

	if (info->device.owner_tgid) {
		synergy_doctor_fact(d, "rates", "not asked", "process %u has the session%s",
			info->device.owner_tgid,
			info->device.flags & SYNERGY_DEVICE_F_RUNNING ? " and samples" : "");
		return;
	}
	hz = ask_rate(stream, 0, 0);
	if (hz > 0)
		synergy_doctor_fact(d, "rates", "all rails", "%.0f Hz", hz);
	hz = ask_rate(stream, 0, 1);
	if (hz > 0)
		synergy_doctor_fact(d, "rates", "all, V with each I", "%.0f Hz", hz);
	for (i = 0; i < info->n_rails && i < SYNERGY_MAX_RAILS; i++) {
		if (info->rails[i].flags & (SYNERGY_RAIL_F_GONE | SYNERGY_RAIL_F_DISABLED))
			continue;
		hz = ask_rate(stream, 1ULL << i, 0);
		if (hz > 0)
			synergy_doctor_fact(d, "rates", info->rails[i].label, "%.0f Hz alone", hz);
	}
}

void synergy_doctor_device(struct synergy_doctor *d)
{
	const char *path = d->device ? d->device : SYNERGY_DEVICE_PATH;
	struct synergy_stream *stream;
	struct synergy_error error;

	module_facts(d, path);
	permission_facts(d, path);
	if (access(path, R_OK | W_OK))
		return;
	stream = synergy_stream_open(path, &error);
	if (!stream || !synergy_stream_is_device(stream)) {
		synergy_doctor_problem(d, true, "look at the kernel's log (dmesg)", "%s",
			stream ? "not a device" : error.message);
		synergy_stream_close(stream);
		return;
	}
	d->usable = true;
	synergy_doctor_fact(d, "versions", "API of the module", "%u (this program: %u)",
		synergy_stream_info(stream)->device.api_version, SYNERGY_API_VERSION);
	chip_facts(d, synergy_stream_info(stream));
	rail_facts(d, synergy_stream_info(stream));
	rate_facts(d, stream);
	synergy_stream_close(stream);
}

static void driver_of(const struct synergy_doctor *d, const char *device, char *buf, size_t size)
{
	char link[600], target[400];
	ssize_t got;

	snprintf(link, sizeof(link), "%s/sys/bus/i2c/devices/%s/driver", d->root, device);
	got = readlink(link, target, sizeof(target) - 1);
	buf[0] = '\0';
	if (got < 0)
		return;
	target[got] = '\0';
	snprintf(buf, size, "%s", strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
}

/* INA3221s on the I2C buses that are somebody else's, or nobody's. */
void synergy_doctor_bus(struct synergy_doctor *d)
{
	char path[400], name[64], driver[400];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sys/bus/i2c/devices", d->root);
	dir = opendir(path);
	if (!dir) {
		synergy_doctor_fact(d, "i2c", "buses", "none");
		return;
	}
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/sys/bus/i2c/devices/%.100s/name", d->root,
			 entry->d_name);
		if (entry->d_name[0] == '.' || !synergy_host_line(path, name, sizeof(name)) ||
		    !strstr(name, "ina3221"))
			continue;
		driver_of(d, entry->d_name, driver, sizeof(driver));
		synergy_doctor_fact(d, "i2c", entry->d_name, "%s, driver %s", name,
			*driver ? driver : "none");
		if (!*driver)
			synergy_doctor_problem(d, false,
				"load synergy.ko; if it is loaded, the kernel's log says why it refused the chip",
				"the INA3221 %s has no driver", entry->d_name);
		else if (!strstr(driver, "synergy"))
			synergy_doctor_problem(d, false,
				"synergy-handover take DEVICE gives it to synergy.ko, give DEVICE back",
				"the INA3221 %s belongs to the driver %s", entry->d_name, driver);
	}
	closedir(dir);
}
