// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Prints the power of each rail, from nothing but the UAPI header; losses and errors
 * go to standard error. Usage: power [/dev/synergy | recording | -] [records]. Samples
 * ten times a second when no session runs, else reads along.
 * Build: cc -I/usr/local/include/synergy power.c
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/synergy.h>

static char labels[SYNERGY_MAX_RAILS][SYNERGY_LABEL_LEN];

/* "-" for a rail that has no new value: not converted again, or no bus voltage yet. */
static int print_power(const struct synergy_power_record *power)
{
	if (power->hdr.flags & SYNERGY_POWER_F_REPEAT)
		return 0;
	printf("%.6f s", power->hdr.time_ns / 1e9);
	for (unsigned int i = 0; i < power->n_channels && sizeof(*power) +
	     (i + 1ULL) * power->channel_size <= power->hdr.size; i++) {
		const struct synergy_power_channel *channel =
			SYNERGY_ENTRY(power, struct synergy_power_channel, channel_size, i);

		printf("  %s ", labels[channel->rail % SYNERGY_MAX_RAILS]);
		if (channel->flags & (SYNERGY_CHANNEL_F_NO_BUS | SYNERGY_CHANNEL_F_REPEAT))
			printf("-");
		else
			printf("%.1f mW", channel->power_uw / 1e3);
	}
	return putchar('\n') && !fflush(stdout);
}

static int print_record(const struct synergy_record *hdr)
{
	const struct synergy_info_record *info = (const void *)hdr;
	const struct synergy_lost_record *lost = (const void *)hdr;
	const struct synergy_error_record *error = (const void *)hdr;
	const struct synergy_rail *rail = (const void *)info->body;

	if (hdr->type == SYNERGY_RECORD_POWER)
		return print_power((const void *)hdr);
	if (hdr->type == SYNERGY_RECORD_INFO && info->kind == SYNERGY_INFO_RAIL)
		memcpy(labels[rail->index % SYNERGY_MAX_RAILS], rail->label, sizeof(*labels) - 1);
	if (hdr->type == SYNERGY_RECORD_LOST)
		fprintf(stderr, "%llu records lost\n", (unsigned long long)lost->count);
	if (hdr->type == SYNERGY_RECORD_ERROR)
		fprintf(stderr, "%s %u: %s\n", error->source == SYNERGY_ERROR_PMU ? "core" : "chip",
			error->index, strerror(error->error));
	return 0;
}

int main(int argc, char **argv)
{
	static _Alignas(8) char buf[(1 << 16) + 256];	/* a short last record cannot be overrun */
	struct synergy_configure cfg = { .size = sizeof(cfg), .period_ns = 100000000 };
	struct synergy_control ctl = { .size = sizeof(ctl) };
	const char *path = argc > 1 ? argv[1] : "/dev/synergy";
	long left = argc > 2 ? atol(argv[2]) : -1;
	int device = !strncmp(path, "/dev/synergy", 12);
	int fd = strcmp(path, "-") ? open(path, device ? O_RDWR : O_RDONLY) : STDIN_FILENO;
	size_t have = 0, at;
	ssize_t n = 0;

	if (fd < 0 || (device && (ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg) ||
				  ioctl(fd, SYNERGY_IOC_START, &ctl)) && errno != EBUSY))
		return perror(path), 1;
	while (left && (n = read(fd, buf + have, (1 << 16) - have)) > 0) {
		have += n;
		at = have >= 16 && !memcmp(buf, "SYNERGY", 8) ? 16 : 0;	/* a recording's header */
		if (at && buf[8] != SYNERGY_API_VERSION)
			return fprintf(stderr, "%s: not version 2; synergy-report reads it\n", path), 1;
		while (left && have - at >= sizeof(struct synergy_record)) {
			const struct synergy_record *hdr = (const void *)(buf + at);

			if (hdr->size < sizeof(*hdr) || hdr->size % 8 || hdr->size > 1 << 16)
				return fprintf(stderr, "%s: not a stream\n", path), 1;
			if (hdr->size > have - at)
				break;
			left -= print_record(hdr);
			at += hdr->size;
		}
		memmove(buf, buf + at, have -= at);
	}
	return left && n < 0 ? perror(path), 1 : 0;
}
