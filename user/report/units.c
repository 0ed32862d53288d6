// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Formatting of figures; see units.h.
 */
#include "report/units.h"

#include <math.h>
#include <stdio.h>

struct unit {
	double factor;		/* of the base unit */
	const char *name;
};

static const struct unit times[] = { { 1e6, "s" }, { 1e3, "ms" }, { 1, "us" }, { 1e-3, "ns" } };
static const struct unit energies[] = {
	{ 1e6, "J" }, { 1e3, "mJ" }, { 1, "uJ" }, { 1e-3, "nJ" }, { 1e-6, "pJ" },
};
static const struct unit powers[] = { { 1e6, "kW" }, { 1e3, "W" }, { 1, "mW" }, { 1e-3, "uW" } };
static const struct unit counts[] = {
	{ 1e12, "T" }, { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" }, { 1, "" },
};
static const struct unit sizes[] = {
	{ 1099511627776., "TiB" }, { 1073741824., "GiB" }, { 1048576., "MiB" }, { 1024., "KiB" },
	{ 1, "B" },
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* The unit in which the value is at least 1; the last one for less. */
static const struct unit *fitting(double value, const struct unit *units, size_t n)
{
	size_t i;

	value = fabs(value) * 1.0005;	/* 999.6 is shown as 1.00 of the next */
	for (i = 0; i + 1 < n; i++)
		if (value >= units[i].factor)
			break;
	return &units[i];
}

/* Digits after the point that make three significant ones. */
static int places(double value)
{
	value = fabs(value);
	return value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
}

static char *format(double value, const struct unit *units, size_t n, char *buf, size_t size)
{
	const struct unit *unit;
	double scaled;

	if (isnan(value)) {
		snprintf(buf, size, "-");
	} else if (!value) {
		snprintf(buf, size, "0");
	} else {
		unit = fitting(value, units, n);
		scaled = value / unit->factor;
		snprintf(buf, size, "%.*f%s%s",
			 unit->factor == 1 && !*unit->name && scaled == floor(scaled) ? 0 :
			 places(scaled), scaled, *unit->name ? " " : "", unit->name);
	}
	return buf;
}

char *synergy_format_time(double us, char *buf, size_t size)
{
	return format(us, times, COUNT(times), buf, size);
}

char *synergy_format_energy(double uj, char *buf, size_t size)
{
	return format(uj, energies, COUNT(energies), buf, size);
}

char *synergy_format_power(double mw, char *buf, size_t size)
{
	return format(mw, powers, COUNT(powers), buf, size);
}

char *synergy_format_count(double count, char *buf, size_t size)
{
	return format(count, counts, COUNT(counts), buf, size);
}

char *synergy_format_bytes(double bytes, char *buf, size_t size)
{
	return format(bytes, sizes, COUNT(sizes), buf, size);
}

char *synergy_format_interval(double uj, double ci95_uj, const char *plus_minus, char *buf,
			      size_t size)
{
	const struct unit *unit;
	int digits;

	if (isnan(uj) || isnan(ci95_uj) || isinf(ci95_uj))
		return synergy_format_energy(uj, buf, size);
	unit = fitting(fmax(fabs(uj), fabs(ci95_uj)), energies, COUNT(energies));
	/* Two digits of the interval, but no more than four places. */
	digits = ci95_uj > 0 ? 1 - (int)floor(log10(ci95_uj / unit->factor)) : 3;
	digits = digits < 0 ? 0 : digits > 4 ? 4 : digits;
	snprintf(buf, size, "%.*f %s%.*f %s", digits, uj / unit->factor, plus_minus, digits,
		 ci95_uj / unit->factor, unit->name);
	return buf;
}

bool synergy_only_bounded(double uj, double ci95_uj, bool resolved)
{
	return !resolved && uj - ci95_uj <= 0;
}

char *synergy_format_layer(double uj, double ci95_uj, bool resolved, const char *plus_minus,
			   char *buf, size_t size)
{
	char text[80];

	if (resolved || isnan(uj))
		return synergy_format_interval(uj, ci95_uj, plus_minus, buf, size);
	if (synergy_only_bounded(uj, ci95_uj, resolved))
		/* An estimate below zero says no less than its interval's width. */
		snprintf(buf, size, "< %s", synergy_format_energy(fmax(uj, 0) + ci95_uj, text,
								  sizeof(text)));
	else
		snprintf(buf, size, "~%s", synergy_format_interval(uj, ci95_uj, plus_minus, text,
								   sizeof(text)));
	return buf;
}
