#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/call-circles, by which `make lint` holds the parts to one direction: it finds
# a planted circle, of objects and of archives, names what closes it, and finds none
# where there is none.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

# object NAME TEXT
object() { printf '%s\n' "$2" | cc -c -x c -o "$work/$1.o" - || wrong "cc: $1"; }

circles() { expect "$1" "$top/scripts/call-circles" --strip "$work/" "${@:2}"; }

setup() {
	command -v cc >/dev/null || skip "no compiler"
	object low 'int low(void) { return 1; }'
	object middle 'int low(void); int middle(void) { return low(); }'
	object high 'int middle(void), low(void); int high(void) { return middle() + low(); }'
	object back 'int high(void); int low(void) { return high(); }'
	object alone 'static int inner(void) { return 2; } int alone(void) { return inner(); }'
}

test_one_direction_is_none() {
	circles 0 "$work"/{low,middle,high,alone}.o
	check_eq "$(cat "$work/out")" ""
}

test_a_planted_circle_is_found() {
	circles 1 "$work"/{back,middle,high,alone}.o
	has out "back.o calls high in high.o"
	has out "high.o calls low in back.o"
	lacks out "alone.o"
}

test_archives_are_parts() {
	ar rcs "$work/one.a" "$work/back.o" "$work/alone.o"
	ar rcs "$work/two.a" "$work/middle.o" "$work/high.o"
	circles 1 "$work/one.a" "$work/two.a"
	has out "one.a calls high in two.a"
	# Within one it is nobody's business.
	ar rcs "$work/all.a" "$work"/{back,middle,high}.o
	circles 0 "$work/all.a" "$work/alone.o"
}

test_what_both_define_is_no_call() {
	object twin 'int low(void) { return 3; }'
	circles 0 "$work"/{back,twin,middle,high}.o
}

test_no_such_file() {
	circles 2 "$work/absent.o"
	has err "absent.o"
}

run_tests "$@"
