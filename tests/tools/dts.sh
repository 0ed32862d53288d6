#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Device tree overlays: each is built without a warning and applied to the board
# files it is for. Board files are the .dtb of Debian's kernel package where it
# has one (TX1, Nano); the other boards' are compiled from the kernel source
# package, where that is installed. The result must have each chip once, ours,
# with the labels and shunts of the overlay; and where the kernel's own file
# describes the chip, the overlay must say the same as it does.
#
# SYNERGY_LINUX_SOURCE names another kernel source tarball than the newest of
# /usr/src/linux-source-*.tar.xz.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

setup() {
	for tool in dtc fdtoverlay fdtget cpp; do
		command -v $tool >/dev/null || skip "no $tool (package device-tree-compiler, cpp)"
	done
	for file in "$top"/dts/*.dtso; do
		dtc -@ -I dts -O dtb -o "$work/$(basename "$file" .dtso).dtbo" "$file" 2>>"$work/dtc"
	done
	source=$("$top/scripts/kernel-parts" ${SYNERGY_LINUX_SOURCE:+"$SYNERGY_LINUX_SOURCE"} 2>/dev/null) ||
		source=
	checked=0
}

# overlay, then the board files that it is for, by base name
boards="
jetson-tx1		tegra210-p2371-2180
jetson-tx1-carrier	tegra210-p2371-2180
jetson-tx1-i2c-400k	tegra210-p2371-2180
jetson-nano		tegra210-p3450-0000
jetson-tx2		tegra186-p2771-0000
jetson-tx2-carrier	tegra186-p2771-0000
jetson-tx2-nx		tegra186-p3509-0000+p3636-0001
jetson-xavier-nx	tegra194-p3509-0000+p3668-0000 tegra194-p3509-0000+p3668-0001
jetson-agx-xavier	tegra194-p2972-0000
jetson-agx-orin		tegra234-p3737-0000+p3701-0000 tegra234-p3740-0002+p3701-0008
jetson-orin-nx-nano	tegra234-p3768-0000+p3767-0000 tegra234-p3768-0000+p3767-0005
"

# Board files by the name of the board, the packaged ones of every kernel first.
base_files() {
	local found

	find "$cache"/kernel-*/usr/lib/linux-image-* -path "*/nvidia/$1.dtb" 2>/dev/null
	[ -n "$source" ] || return 0
	found=$source/arch/arm64/boot/dts/nvidia/$1.dts
	[ -f "$found" ] || return 0
	[ -f "$work/$1.dtb" ] || {
		cpp -nostdinc -undef -D__DTS__ -x assembler-with-cpp -P -I "$source/include" \
			-I "$source/arch/arm64/boot/dts" "$found" "$work/$1.i" &&
		dtc -q -@ -I dts -O dtb -i "$(dirname "$found")" -o "$work/$1.dtb" "$work/$1.i" || return 1
	} >&2
	echo "$work/$1.dtb"
}

# The chips of a bus: prints "address node" for each power monitor there.
chips() {
	local node reg

	fdtget -l "$1" "$2" 2>/dev/null | grep -E '^power-(sensor|monitor)@' | while read -r node; do
		reg=$(fdtget -t x "$1" "$2/$node" reg) && echo "$reg $node"
	done
}

check_chip() {
	local merged=$1 base=$2 overlay=$3 bus=$4 node=$5 name=$6
	local input want got

	got=$(fdtget -t s "$merged" "$bus/$node" compatible)
	[ "$got" = "synergy,ina3221" ] || wrong "$name: $bus/$node: compatible is $got"
	for input in input@0 input@1 input@2; do
		for property in label shunt-resistor-micro-ohms status; do
			type=s
			[ $property = shunt-resistor-micro-ohms ] && type=u
			want=$(fdtget -t $type "$overlay" "/fragment@0/__overlay__/$node/$input" $property 2>/dev/null)
			got=$(fdtget -t $type "$merged" "$bus/$node/$input" $property 2>/dev/null)
			[ "$want" = "$got" ] || wrong "$name: $node/$input: $property '$got', not '$want'"
			fdtget -l "$base" "$bus/$node" >/dev/null 2>&1 || continue
			got=$(fdtget -t $type "$base" "$bus/$node/$input" $property 2>/dev/null)
			# The one known mistake of the kernel's files: micro for milli.
			case $name in jetson-tx2-nx*) [ "$got" = 5 ] && got=5000 ;; esac
			[ "$want" = "$got" ] ||
				wrong "$name: $node/$input: $property '$want', the kernel's file has '$got'"
		done
	done
}

check_board() {
	local overlay=$1 base=$2 name=$3
	local merged=$work/merged.dtb bus address node n

	bus=$(fdtget -t s "$overlay" /fragment@0 target-path)
	fdtget -l "$base" "$bus" >/dev/null 2>&1 || { wrong "$name: no $bus in the board file"; return; }
	fdtoverlay -i "$base" -o "$merged" "$overlay" || { wrong "$name: fdtoverlay"; return; }
	dtc -q -I dtb -O dtb -o /dev/null "$merged" || wrong "$name: the result is no device tree"
	[ "$(fdtget -t s "$merged" "$bus" status)" = okay ] || wrong "$name: $bus is not enabled"
	while read -r address node; do
		n=$(chips "$merged" "$bus" | grep -c "^$address ")
		[ "$n" = 1 ] || wrong "$name: $n chips at 0x$address"
		check_chip "$merged" "$base" "$overlay" "$bus" "$node" "$name"
	done < <(chips "$overlay" /fragment@0/__overlay__)
	case $name in
	jetson-tx1-i2c-400k*)
		[ "$(fdtget -t u "$merged" "$bus" clock-frequency)" = 400000 ] || wrong "$name: clock" ;;
	esac
	checked=$((checked + 1))
	echo "ok: $name"
}

test_overlays_build_without_a_warning() {
	check_eq "$(cat "$work/dtc")" ""
}

test_every_overlay_has_a_board() {
	for file in "$top"/dts/*.dtso; do
		name=$(basename "$file" .dtso)
		grep -q "^$name	" <<<"$boards" || wrong "$name: no board is named for it in this test"
	done
}

test_overlays_apply() {
	while read -r name targets; do
		[ -n "$name" ] || continue
		for board in $targets; do
			n=0
			while read -r base; do
				check_board "$work/$name.dtbo" "$base" "$name on ${base#"$cache"/}"
				n=$((n + 1))
			done < <(base_files "$board")
			[ $n -gt 0 ] || echo "not checked: $name on $board (no board file; install linux-source-*)"
		done
	done <<<"$boards"
	[ $checked != 0 ] || [ $test_wrong != 0 ] ||
		skip "no board file (no kernel package in $cache, no /usr/src/linux-source-*.tar.xz)"
	echo "$checked applied"
}

run_tests "$@"
