#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A reader other than ours, for real: the board boots with synergy.ko and the
# simulated chip, and Debian's own arm64 Python runs the example on /dev/synergy;
# then the C example reads, too. Each must print samples with the chip's rails.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
arm64=$cache/python

setup() {
	[ -x "$arm64/usr/bin/python3.11" ] || skip "no $arm64 (scripts/setup.sh python)"
	[ -n "$(find "$top/build/kmod/6.1" -name synergy.ko 2>/dev/null)" ] ||
		skip "synergy.ko is not built for the board"
	[ -x "$top/build/arm64/tests/board/example_power" ] ||
		skip "the examples are not built for the board"
	mkdir -p "$work/python/lib"
	cp -r "$arm64/usr/lib/python3.11" "$work/python/lib/"
	cp "$arm64/usr/bin/python3.11" "$work/python/"
	for library in libm.so.6 libz.so.1 libexpat.so.1; do
		cp -L "$arm64/lib/aarch64-linux-gnu/$library" "$work/python/lib/" ||
			wrong "no $library in $arm64"
	done
}

test_examples_read_the_device() {
	expect 0 "$top/scripts/board/run" --load --log "$work/kernel.log" --in "$work/python" \
		--in "$top/tests/tools/guest/examples.sh" --in "$top/user/examples/power.py" -- \
		sh examples.sh
	pattern='^[0-9.]+ s  VDD_IN [0-9]+\.[0-9] mW  VDD_GPU [0-9]+\.[0-9] mW  VDD_CPU [0-9]+\.[0-9] mW$'
	check_eq "$(grep -cE "$pattern" "$work/out")" 10 "good lines"
}

run_tests "$@"
