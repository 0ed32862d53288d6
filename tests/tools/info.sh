#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-info where there is no device, and on a machine made of files: what is here,
# what is wrong, and what to do about it.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
info=$bin/synergy-info

setup() {
	needs synergy-info
	[ ! -e /dev/synergy ] || skip "there is a device here"
}

test_no_device() {
	expect 3 "$info"
	has out "synergy.ko is not loaded"
	has out "modprobe synergy"
}

test_json() {
	expect 3 "$info" --format json
	py check_info "$work/out"
}

test_usage() {
	expect 2 "$info" --format xml
	expect 2 "$info" word
}

# What it prints is boards.md's table.
test_boards() {
	expect 0 "$info" --boards
	sed -n 's/^| \(JetPack\|Debian\)/\1/p' "$top/user/doc/boards.md" | tr -d '`' | sed 's/ *|$//; s/ (below)$/ (synergy(4))/' >"$work/document"
	awk '/^[^ ]/ { if (line) print line; line = $0; next }
		/^  / { sub(/^  [a-z]+ +/, ""); line = line " | " $0 }
		END { print line }' "$work/out" >"$work/printed"
	check_eq "$(cat "$work/printed")" "$(cat "$work/document")"
	lines document 5
}

# a chip in hwmon's hands, one in nobody's
test_chips_of_others() {
	cd "$work" || fail "no $work"
	mkdir -p r/sys/bus/i2c/devices/1-0040 r/sys/bus/i2c/devices/1-0041 \
		r/sys/bus/i2c/drivers/ina3221 r/proc/device-tree r/proc/sys/kernel \
		r/sys/bus/event_source/devices/armv8_pmuv3_0/events r/sys/module/synergy
	echo ina3221 >r/sys/bus/i2c/devices/1-0040/name
	echo ina3221 >r/sys/bus/i2c/devices/1-0041/name
	ln -s ../../drivers/ina3221 r/sys/bus/i2c/devices/1-0040/driver
	printf 'Jetson TX1\0' >r/proc/device-tree/model
	echo 8 >r/sys/bus/event_source/devices/armv8_pmuv3_0/type
	echo 0-3 >r/sys/bus/event_source/devices/armv8_pmuv3_0/cpus
	echo event=0x11 >r/sys/bus/event_source/devices/armv8_pmuv3_0/events/cpu_cycles
	echo 2 >r/proc/sys/kernel/perf_event_paranoid
	echo 1.0.0 >r/sys/module/synergy/version
	expect 3 "$info" --root r
	has out "Jetson TX1"
	has out "the INA3221 1-0040 belongs to the driver ina3221"
	has out "the INA3221 1-0041 has no driver"
	has out "of the cores 0-3, 1 named events"
	has out "is missing though the module is loaded"
	lacks out "no PMU counts"
}

run_tests "$@"
