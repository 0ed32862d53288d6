#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-record where there is no device: exit codes and options. What it does with one
# is tested on the virtual board.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
record=$bin/synergy-record

setup() {
	needs synergy-record
	[ ! -e /dev/synergy ] || skip "there is a device here"
	cd "$work" || wrong "no $work"
}

test_no_device() {
	expect 3 "$record" -- true
	has err "is synergy.ko loaded"
	[ ! -e capture.syn ] || wrong "an empty recording was left"
	expect 3 "$record" --device /dev/null -- true
	has err "not a SyNERGY device"
}

test_unknown_event() {
	expect 1 "$record" -e cylces -- true
	has err "near it: "
}

test_usage() {
	expect 2 "$record" --duration 1 -- true
	expect 2 "$record" --join --rate 10
	expect 2 "$record" --rate fast
	expect 2 "$record" --conversion 150
	has err "--conversion 150: the chip has 140,"
	expect 2 "$record" --join --conversion 140
	expect 2 "$record" --nonsense
	expect 2 "$record" -o
	expect 0 "$record" --help
	expect 0 "$record" --version
}

run_tests "$@"
