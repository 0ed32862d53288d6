#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is built depends on the flags it is built with: the same ones build nothing
# again, others do, for each kind of object.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

# NAME WANTED OPTION...: how many objects are compiled
compiles() {
	local name=$1 wanted=$2 got
	shift 2
	got=$(MAKEFLAGS='' make --no-print-directory -C "$top" O="$work/o" "$@" \
		"$work/o/obj/user/lib/error.o" "$work/o/obj/kernels/gemm_ref.o" \
		"$work/o/obj/kernels/simd-$set/zip.o" 2>&1) || wrong "$name: $got"
	got=$(printf '%s\n' "$got" | grep -c '^  CC' || true)
	[ "$got" = "$wanted" ] || wrong "$name: $got objects compiled, not $wanted"
}

case $(uname -m) in
x86_64) set=sse2 ;;
*) set=neon ;;
esac

test_only_other_flags_rebuild() {
	compiles "at first" 3
	compiles "the same again" 0
	compiles "other optimisation" 3 OPT=-O1
	compiles "the same other optimisation" 0 OPT=-O1
	compiles "a macro" 3 OPT=-O1 CFLAGS=-DSYNERGY_TEST_OF_FLAGS
	compiles "as at first" 3
}

run_tests "$@"
