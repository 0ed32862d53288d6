#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tools for a board whose C library is older than the PC's (JetPack 4: glibc 2.27): the
# sources use nothing of glibc that came later, and `make static` makes arm64 programs that
# need no library, which run on the virtual board.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
arm64=$top/build/arm64
libraries=$cache/sysroot/lib/aarch64-linux-gnu

setup() {
	[ -e "$arm64/synergy-record" ] || skip "not built for the board (make cross)"
	[ -e "$libraries/libc.so.6" ] || skip "no sysroot in $cache (scripts/setup.sh)"
}

# glibc's names, each with the first version that had it, as 1000 major + minor
first_versions() {
	local library

	for library in libc.so.6 libm.so.6; do
		readelf -W --dyn-syms "$(readlink -f "$libraries/$library")"
	done | awk '$7 != "UND" && $8 ~ /@GLIBC_/ {
		split($8, half, /@+GLIBC_/)
		split(half[2], v, ".")
		n = 1000 * v[1] + v[2]
		if (!(half[1] in first) || n < first[half[1]]) first[half[1]] = n
	}
	END { for (name in first) print name, first[name] }' | LC_ALL=C sort
}

# newer VERSION: names that our objects want of glibc and that it has only from then on
newer() {
	nm -u "$arm64"/lib*.a "$arm64"/obj/user/tools/synergy-*.o 2>/dev/null | awk '$1 == "U" { print $2 }' |
		LC_ALL=C sort -u | LC_ALL=C join - "$work/first" | awk -v least="$1" '$2 > least { print $1 }'
}

# stat() and fstat() were inline functions of the header until 2.33.
test_nothing_newer_than_glibc_2_27() {
	first_versions >"$work/first"
	check test "$(wc -l <"$work/first")" -gt 2000
	# pthread_create has been there always, though this glibc gave it a new version.
	check grep -qx 'pthread_create 2017' "$work/first"
	check_eq "$(newer 2027 | grep -vxE 'f?stat')" "" "what Ubuntu 18.04 does not have"
	# A list that is empty because nothing was looked at would say the same.
	check test "$(newer 2016 | wc -l)" -gt 50
}

test_static_tools_run() {
	local tool

	command -v qemu-system-aarch64 >/dev/null || skip "no qemu-system-aarch64"
	expect 0 env MAKEFLAGS= make --no-print-directory -C "$top" static
	for tool in "$arm64"/static/synergy-*; do
		check test -z "$(readelf -W -l "$tool" | grep -E 'INTERP|DYNAMIC')"
	done
	[ -e "$cache/kernel-6.1/image" ] && [ -e "$top/build/kmod/6.1/synergy.ko" ] ||
		skip "no kernel or module for 6.1"
	# Without a library to find: what would want one does not start.
	expect 0 "$top/scripts/board/run" --load --log "$work/kernel.log" \
		--add "$arm64/static/synergy-info:/static/synergy-info" \
		--add "$arm64/static/synergy-record:/static/synergy-record" \
		--add "$arm64/static/synergy-report:/static/synergy-report" -- sh -c '
			mv /usr/lib /usr/away
			/static/synergy-info && /static/synergy-record -o work.syn -- dd if=/dev/zero of=/dev/null bs=1M count=20 &&
			/static/synergy-report work.syn'
	has out "VDD_CPU"
	has out "samples"
}

run_tests "$@"
