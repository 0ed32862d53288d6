#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The device tree on the virtual board: QEMU's own tree with two INA3221s added on
# the simulated bus, one as the kernel's board files have it (ti,ina3221), one ours
# with a disabled channel, and a third that gives all its rails one name. synergy.ko
# must name the rails, each its own way, and take the shunts as the tree says, and
# leave the disabled channel out; the hwmon driver's chip must move to synergy.ko and
# back by scripts/handover; and synergy.ko must be loaded by itself for its own
# compatible only.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
ko=$top/build/kmod/6.1

setup() {
	[ -f "$ko/synergy.ko" ] || skip "synergy.ko is not built for the board"
	[ -f "$ko/ina3221.ko" ] || skip "the hwmon driver is not built (scripts/board/build-hwmon)"
	for tool in fdtoverlay fdtput dtc qemu-system-aarch64; do
		command -v $tool >/dev/null || skip "no $tool"
	done
}

# Loading by itself: what the module advertises.
test_aliases() {
	/sbin/modinfo -F alias "$ko/synergy.ko" >"$work/aliases"
	check grep -q '^of:.*Csynergy,ina3221' "$work/aliases"
	check_fails grep -q 'Cti,ina3221' "$work/aliases"
	check grep -q '^i2c:synergy-ina3221$' "$work/aliases"
}

# merged: QEMU's own tree with the chips
merged() {
	qemu-system-aarch64 -M virt,gic-version=3,dumpdtb="$work/board.dtb" -cpu cortex-a57 -smp 4 -m 2G \
		-display none >/dev/null 2>&1
	check dtc -@ -I dts -O dtb -o "$work/chips.dtbo" "$top/tests/tools/guest/chips.dtso"
	check fdtoverlay -i "$work/board.dtb" -o "$work/merged.dtb" "$work/chips.dtbo"
}

# on_board SCRIPT: with that tree
on_board() {
	check "$top/scripts/board/run" --log "$work/kernel.log" --qemu-arg -dtb --qemu-arg "$work/merged.dtb" \
		--in "$top/tests/tools/guest/$1" -- sh "$1"
}

test_rails_of_the_tree() {
	merged
	on_board device_tree.sh
}

# The least number there is, of which no absolute value can be had.
test_offset_out_of_range() {
	merged
	check fdtput -t x "$work/merged.dtb" /shunt-volt-offset offset 80000000
	on_board bad_offset.sh
}

run_tests "$@"
