// SPDX-License-Identifier: GPL-2.0-only
/*
 * A helper of board tests: samples with synergy.ko and prints each rail's mean,
 * `LABEL millivolts milliamperes micro-ohms offset-uV`. Usage: read_rails SAMPLES. It must judge
 * nothing; exit 1 with a message when there is nothing to read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/synergy.h>

static struct {
	char label[SYNERGY_LABEL_LEN];
	double mv;
	double ua;
	unsigned int shunt_uohm;
	int offset_uv;
	unsigned long n;
} rails[SYNERGY_MAX_RAILS];

static int take(const struct synergy_record *hdr)
{
	const struct synergy_power_record *power = (const void *)hdr;
	const struct synergy_info_record *info = (const void *)hdr;
	const struct synergy_rail *rail = (const void *)info->body;

	if (hdr->type == SYNERGY_RECORD_INFO && info->kind == SYNERGY_INFO_RAIL) {
		memcpy(rails[rail->index % SYNERGY_MAX_RAILS].label, rail->label, SYNERGY_LABEL_LEN);
		rails[rail->index % SYNERGY_MAX_RAILS].shunt_uohm = rail->shunt_uohm;
		rails[rail->index % SYNERGY_MAX_RAILS].offset_uv = rail->offset_uv;
	}
	if (hdr->type != SYNERGY_RECORD_POWER || hdr->flags & SYNERGY_POWER_F_REPEAT)
		return 0;
	for (unsigned int i = 0; i < power->n_channels; i++) {
		const struct synergy_power_channel *channel = &power->channel[i];

		if (channel->flags & SYNERGY_CHANNEL_F_NO_BUS)
			continue;
		rails[channel->rail % SYNERGY_MAX_RAILS].mv += channel->bus_mv;
		rails[channel->rail % SYNERGY_MAX_RAILS].ua += channel->current_ua;
		rails[channel->rail % SYNERGY_MAX_RAILS].n++;
	}
	return 1;
}

int main(int argc, char **argv)
{
	static _Alignas(8) char buf[1 << 16];
	struct synergy_configure cfg = { .size = sizeof(cfg), .period_ns = 20000000 };
	struct synergy_control ctl = { .size = sizeof(ctl) };
	int left = argc > 1 ? atoi(argv[1]) : 50;
	int fd = open("/dev/synergy", O_RDWR | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 || ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg) || ioctl(fd, SYNERGY_IOC_START, &ctl)) {
		perror("/dev/synergy");
		return 1;
	}
	while (left > 0) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0) {
			perror("read");
			return 1;
		}
		for (ssize_t at = 0; at < n; at += ((struct synergy_record *)(buf + at))->size)
			left -= take((const void *)(buf + at));
	}
	for (int i = 0; i < SYNERGY_MAX_RAILS; i++)
		if (rails[i].n)
			printf("%s %.3f %.3f %u %d\n", rails[i].label, rails[i].mv / rails[i].n,
			       rails[i].ua / rails[i].n / 1e3, rails[i].shunt_uohm, rails[i].offset_uv);
	return 0;
}
