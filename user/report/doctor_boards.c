// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which systems of Jetson boards have which kernel and which driver at the chip, and what
 * to do: the same table as in user/doc/boards.md, which a test holds against it.
 */
#include <stdio.h>
#include <string.h>

#include "report/doctor.h"

static const struct row {
	const char *system, *kernel, *boards, *driver, *todo;
} rows[] = {
	{ "JetPack 4", "4.9", "TX1, TX2, Nano, Xavier", "ina3221x (IIO)",
	  "make dkms-install, then synergy-handover take all; tools as they are, or by make static on a PC" },
	{ "JetPack 5", "5.10", "Xavier, Orin", "ina3221 (hwmon)",
	  "make dkms-install, then synergy-handover take all" },
	{ "JetPack 6", "5.15", "Orin", "ina3221 (hwmon)",
	  "make dkms-install, then synergy-handover take all" },
	{ "JetPack 7", "6.8", "Orin, Thor (whose input rail is an INA238, which stays the kernel's)",
	  "ina3221 (hwmon)", "make dkms-install, then synergy-handover take all" },
	{ "Debian and others", "5.10 and later", "any", "ina3221, or none",
	  "make dkms-install, then synergy-handover take all; without a driver new_device (synergy(4))" },
};

int synergy_doctor_print_boards(FILE *out)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fprintf(out, "%s%s\n  kernel   %s\n  boards   %s\n  driver   %s\n  do       %s\n",
			i ? "\n" : "", rows[i].system, rows[i].kernel, rows[i].boards, rows[i].driver,
			rows[i].todo);
	return ferror(out) ? -1 : 0;
}
