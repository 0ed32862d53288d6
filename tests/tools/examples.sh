#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Readers other than ours: the C and the Python example must read the same power
# from the same stream, as a file with a recording's header, as a bare stream on
# a pipe in pieces of 7 bytes, and with records in it that they do not know.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

setup() {
	[ -x $python ] || skip "no $python"
	command -v "${CC:=cc}" >/dev/null || skip "no compiler"
	"$CC" -std=gnu11 -Wall -Wextra -Werror -I "$top/kmod/uapi" -o "$work/power" \
		"$top/user/examples/power.c" || wrong "power.c does not build"
	py make_stream "$work"
	cat >"$work/expected" <<-'END'
	1.005000 s  VDD_IN 1234.5 mW  VDD_CPU -200.0 mW
	1.010000 s  VDD_IN 0.0 mW  VDD_CPU 2147483.6 mW
	1.011000 s  VDD_IN -  VDD_CPU -
	END
	cat >"$work/expected.err" <<-'END'
	42 records lost
	chip 3: Remote I/O error
	END
}

# reads COMMAND...: an example reads it all, in one way and the other
reads() {
	expect 0 "$@" "$work/capture.syn"
	check diff -u "$work/expected" "$work/out"
	check diff -u "$work/expected.err" "$work/err"
	dd if="$work/stream" bs=7 status=none | "$@" - >"$work/out" 2>"$work/err" || wrong "pipe: status $?"
	check diff -u "$work/expected" "$work/out"
	"$@" "$work/stream" 1 >"$work/out" 2>"$work/err"
	check diff -u <(head -n 1 "$work/expected") "$work/out"
	"$@" "$work/nothing-here" 2>"$work/err" && wrong "what is not there is read"
	test_last="$*"
	has err nothing-here
	expect 1 "$@" "$work/old.syn"
	has err "not version 2"
}

test_c() { reads "$work/power"; }
test_python() { reads $python "$top/user/examples/power.py"; }
test_python_is_short() { check test "$(wc -l <"$top/user/examples/power.py")" -le 45; }

run_tests "$@"
