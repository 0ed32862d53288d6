#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The UAPI header is usable alone from C and C++, without a warning, and has the same
# layout for 32 bits.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

strict=(-Wall -Wextra -Wpedantic -Wpadded -Wconversion -Werror -fsyntax-only -I"$top/kmod/uapi"
	-I"$top")

setup() {
	cat >"$work/use.c" <<-'CODE'
	#include <linux/synergy.h>

	extern __s64 sum(const struct synergy_power_record *power);

	__s64 sum(const struct synergy_power_record *power)
	{
		__s64 all = 0;
		unsigned int i;

		for (i = 0; i < power->n_channels; i++)
			all += SYNERGY_ENTRY(power, struct synergy_power_channel, channel_size,
					     i)->power_uw;
		return all;
	}
	CODE
	echo '#include "kmod/uapi_layout.h"' >"$work/layout.c"
	cp "$work/use.c" "$work/use.cc"
	cp "$work/layout.c" "$work/layout.cc"
}

test_c() {
	expect 0 gcc -std=c99 "${strict[@]}" "$work/use.c"
	expect 0 gcc -std=gnu11 "${strict[@]}" "$work/use.c" "$work/layout.c"
}

test_cxx() {
	expect 0 g++ -std=c++11 "${strict[@]}" "$work/use.cc" "$work/layout.cc"
	expect 0 g++ -std=c++20 "${strict[@]}" "$work/use.cc" "$work/layout.cc"
}

test_arm64() {
	expect 0 aarch64-linux-gnu-gcc -std=gnu11 "${strict[@]}" "$work/use.c" "$work/layout.c"
}

# The kernel's headers alone: there need be no 32-bit libc.
test_32_bits() {
	[ "$(uname -m)" = x86_64 ] || skip "no x86_64: the compiler has no -m32"
	sed 's/#include <assert.h>/#define static_assert _Static_assert/' \
		"$top/kmod/uapi_layout.h" >"$work/layout32.c"
	expect 0 gcc -m32 -std=gnu11 "${strict[@]}" -isystem "/usr/include/$(gcc -print-multiarch)" \
		"$work/use.c" "$work/layout32.c"
}

run_tests "$@"
