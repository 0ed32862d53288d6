#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The test framework on checks that do not hold: each says where, what, both values, the
# case's parameters and the seed; cases are named, chosen, skipped, counted, and named
# when they crash.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

setup() {
	command -v "${CC:=cc}" >/dev/null || skip "no compiler"
	cat >"$work/t.c" <<-'END'
	#include "tests/framework/test.h"
	#include <errno.h>
	#include <stdlib.h>
	static int fails(int e) { errno = e; return -1; }
	TEST(holds)
	{
		unsigned int u = 4000000000U;

		CHECK(1);
		CHECK_EQ(3, 3.0);
		CHECK_GT(u, -1);
		CHECK_NE((char)-1, 255U);
		CHECK_LE(1e-300, 1);
		CHECK_NEAR(1, 1.05, 0.1);
		CHECK_REL(101, 100, 0.011);
		CHECK_STR("a", "a");
		CHECK_HAS("abc", "b");
		CHECK_BYTES("abc", "abd", 2);
		CHECK_FAILS(fails(ENOENT), ENOENT);
		CHECK_EQ(NULL, (void *)0);
	}
	TEST(values)
	{
		long long big = -5000000000LL;

		PARAMS("n=%d", 7);
		CHECK_EQ(2 + 3, big);
		CHECK_LE(0.5, 0.25);
		CHECK_LT(-1, 0U);
		CHECK_GE(NAN, 0.0);
	}
	TEST(near) { CHECK_NEAR(NAN, 1.0, 10.0); CHECK_REL(103.0, 100.0, 0.01); }
	TEST(text) { CHECK_STR("left", "right"); CHECK_HAS("whole", "part"); CHECK_BYTES("abc", "abd", 3); }
	TEST(call) { CHECK_FAILS(fails(EBUSY), EINVAL); CHECK_FAILS(0, EINVAL); }
	TEST(nothing) { }
	TEST(skipped) { SKIP("no %s here", "thing"); }
	TEST(seeded) { CHECK_EQ(test_seed(5), 1); }
	TEST(stops) { REQUIRE(0); abort(); }
	TEST(crashes) { CHECK(1); raise(11); }
	TEST(many) { int i; for (i = 0; i < 1000; i++) CHECK_EQ(i, -1); }
	END
	sed -i 's/#include <errno.h>/&\n#include <signal.h>/' "$work/t.c"
	"$CC" -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -I "$top" -o "$work/t" "$work/t.c" \
		"$top"/tests/framework/*.c || fail "the framework does not build by itself"
}

test_what_holds() {
	expect 0 "$work/t" --only holds
	has out 'ok 1 - holds'
	lines err 0
}

test_both_values_and_parameters() {
	expect 1 "$work/t" --only values
	has err "t.c:"
	has err 'failed: 2 + 3 == big'
	has err '    2 + 3 = 5'
	has err '    big = -5000000000 (0xfffffffed5fa0e00)'
	has err '    with n=7'
	has err '    0.5 = 0.5'
	has err '    0.25 = 0.25'
	# -1 is less than 0U, and a NaN is not at least 0.
	lacks err '-1 < 0U'
	has err 'failed: NAN >= 0.0'
	has out 'not ok 1 - values'
}

test_near() {
	expect 1 "$work/t" --only near
	has err '    apart by 3; allowed 1 (0.01 of the second; it is 0.03)'
	check_eq "$(grep -c 'failed:' "$work/err")" 2
}

test_text_and_calls() {
	expect 1 "$work/t" --only text --only call
	has err '    "left"'
	has err '    lacks "part"'
	has err '    byte 2: 0x63 and 0x64'
	has err 'returned -1, Device or resource busy; expected -1, Invalid argument'
	has err 'returned 0, success; expected -1, Invalid argument'
}

test_skips_and_empty_cases() {
	expect 77 "$work/t" --only skipped
	has out 'ok 1 - skipped # SKIP no thing here'
	expect 1 "$work/t" --only nothing
	has err 'nothing was checked'
}

test_seeds() {
	expect 1 "$work/t" --only seeded
	has err '    seed 5'
	expect 0 "$work/t" --seed 1 --only seeded
	SYNERGY_SEED=7 expect 1 "$work/t" --only seeded
	has err '    seed 7'
}

test_crashes_are_named() {
	expect 139 "$work/t" --only holds --only crashes
	has err 'crashed in case crashes'
	expect 1 "$work/t" --only stops
}

test_failures_are_bounded() {
	expect 1 "$work/t" --only many
	check_eq "$(grep -c 'failed:' "$work/err")" 20
	has err 'further failures of this case are counted only'
}

test_listing() {
	expect 0 "$work/t" --list
	check_eq "$(tr '\n' ' ' <"$work/out")" \
		'holds values near text call nothing skipped seeded stops crashes many '
	expect 2 "$work/t" --only none
	has err "no case 'none'"
}

run_tests "$@"
