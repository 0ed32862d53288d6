#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# KUnit's suite of the module's pure parts: every case passes in the kernel.
# board: kernel=debug modules=none timeout=60
. /lib/board/lib.sh


test_every_case_passes() {
	dmesg -c >/dev/null
	board_insmod synergy-kunit || fail "synergy-kunit.ko does not load"
	dmesg >/tmp/test/log
	check rmmod synergy-kunit
	# KUnit's own TAP: the suite's cases
	sed -n 's/^\[[^]]*\] *//; s/^ *\(\(not \)\{0,1\}ok [0-9]* -\{0,1\} *case_.*\)/\1/p' /tmp/test/log >cases
	sed 's/^/# /' cases
	check_fails grep -q '^not ok' cases
	check_fails grep -q 'not ok' /tmp/test/log
	check test "$(grep -c '^ok' cases)" -ge 20
}

run_tests "$@"
