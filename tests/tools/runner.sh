#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/run on made-up tests: exit statuses 0, 1, 77, a crash, a hang and one that uses
# too much of the CPU are counted as what they are; cases are named, chosen and counted;
# reasons are shown, and the summary's form is exact.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

setup() {
	mkdir -p "$work/tests/tools" "$work/tests/unit" "$work/tests/board" "$work/scripts/board"
	made good 'exit 0'
	made left 'echo "SKIP: no such thing here"; exit 77'
	made bad 'echo the reason; exit 1'
	# shellcheck disable=SC2016 # the test's own
	made crash 'kill -SEGV $$'
	made cases '. '"$top"'/tests/framework/test.sh
	work='"$work"'
	test_one() { echo "one runs"; }
	test_two() { check_eq 3 4 "three"; }
	test_three() { skip "no third"; }
	run_tests "$@"'
}

made() { printf '%s\n' "$2" | sed 's/^\t*//' >"$work/tests/tools/$1.sh"; }

# runs STATUS SUMMARY ARGUMENT...
runs() {
	local want=$1 line=$2

	shift 2
	expect "$want" "$top/tests/run" --top "$work" "$@"
	[ "$(tail -n 1 "$work/out")" = "$line" ] || { wrong "no '$line' for: $*"; cat "$work/out"; }
}

test_exit_statuses() {
	runs 0 '1 passed, 0 failed, 1 skipped' tools/good tools/left
	has out 'SKIP  tools/left: no such thing here'
	runs 1 '0 passed, 2 failed, 0 skipped' tools/bad tools/crash
	has out 'the reason'
	has out 'exit status 139'
	runs 1 '0 passed, 0 failed, 1 skipped' tools/left
	runs 0 '1 passed, 0 failed, 0 skipped' tools/good tools/good
	expect 2 "$top/tests/run" --nonsense
	has err "unknown option '--nonsense'"
}

test_limits() {
	made hang 'sleep 600'
	made busy 'while :; do :; done'
	runs 1 '0 passed, 1 failed, 0 skipped' --stall 2 tools/hang
	has out 'hung (no CPU used for 2 s)'
	runs 1 '0 passed, 1 failed, 0 skipped' --timeout 0.3 tools/busy
	has out 'out of time'
	rm "$work"/tests/tools/{hang,busy}.sh
}

test_cases() {
	runs 1 '1 passed, 1 failed, 1 skipped' tools/cases
	has out 'SKIP  tools/cases:three: no third'
	has out "three: '3' is not '4'"
	has out 'failed: two'
	runs 0 '1 passed, 0 failed, 0 skipped' tools/cases:one
	runs 0 '1 passed, 0 failed, 0 skipped' --only one tools/cases
	runs 0 '1 passed, 0 failed, 0 skipped' --only one
	runs 1 '0 passed, 1 failed, 0 skipped' --only two
	expect 0 "$top/tests/run" --top "$work" --list tools/cases tools/good
	check_eq "$(cat "$work/out")" 'tools/cases:one
tools/cases:two
tools/cases:three
tools/good'
}

# A test that ends before its last case has failed, whatever its exit status.
test_short_of_its_plan() {
	made short 'echo 1..3; echo "ok 1 - a"; exit 0'
	runs 1 '1 passed, 1 failed, 0 skipped' tools/short
	has out 'stopped in case 2 of 3'
	rm "$work/tests/tools/short.sh"
}

# A name that is mistyped must not look like a test that passed.
test_names() {
	runs 1 '1 passed, 1 failed, 0 skipped' tools/good tools/godo
	has out 'FAIL  tools/godo: no such test'
	runs 1 '0 passed, 1 failed, 0 skipped' tools/cases:four
	runs 1 '0 passed, 1 failed, 0 skipped' --only four
}

# Sources say what there is: a program without one is not run, one not built has failed.
test_stale_programs() {
	mkdir -p "$work/build/host/tests/unit"
	printf '#!/bin/sh\nexit 0\n' >"$work/build/host/tests/unit/test_gone"
	chmod +x "$work/build/host/tests/unit/test_gone"
	echo 'TEST(a) { }' >"$work/tests/unit/test_new.c"
	runs 1 '0 passed, 1 failed, 0 skipped' unit
	has out 'FAIL  unit/test_new: build/host/tests/unit/test_new was not built'
	lacks out test_gone
	rm "$work/tests/unit/test_new.c"
}

# A board that cannot be made says why.
test_no_board() {
	echo 'exit 0' >"$work/tests/board/test_some.sh"
	printf '#!/bin/sh\necho "board: no kernel here"\nexit 2\n' >"$work/scripts/board/run"
	chmod +x "$work/scripts/board/run"
	runs 1 '0 passed, 1 failed, 0 skipped' board/test_some
	has out 'board: no kernel here'
	rm "$work/tests/board/test_some.sh"
}

# A board that dies takes one test with it; the others get a new one.
test_board_dies() {
	for name in a b c; do
		echo 'exit 0' >"$work/tests/board/test_$name.sh"
	done
	cat >"$work/scripts/board/run" <<-'END'
	#!/bin/bash
	while [ "$1" != --tests ]; do shift; done
	list=$2 results=$4
	while read -r name _; do
		echo "start $name" >>"$results"
		[ $name != test_b ] || exit 125
		echo "result $name 0 1.0" >>"$results"
	done <"$list"
	END
	runs 1 '2 passed, 1 failed, 0 skipped' board
	has out 'FAIL  board/test_b: the board died or hung in it'
	rm "$work"/tests/board/test_?.sh
}

# The counts of several runs add up.
test_tally() {
	expect 0 "$top/tests/run" --top "$work" --tally "$work/tally" tools/good
	expect 1 "$top/tests/run" --top "$work" --tally "$work/tally" tools/bad
	runs 1 '1 passed, 1 failed, 0 skipped' --sum "$work/tally"
}

run_tests "$@"
