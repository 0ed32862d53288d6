#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# libsynergy for other people's programs: the symbols that it has are those of
# user/lib/libsynergy.symbols, whose lines are never taken away; its headers compile alone,
# as C11 and C++17, with every warning; C and C++ programs mark by it, also through a
# recorder's ring, and a region ends when an exception leaves it.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
library=$bin/libsynergy.so
flags=(-Wall -Wextra -Wpedantic -Wconversion -Werror -I "$work/include" -I "$top/kmod/uapi")

setup() {
	[ -e "$library" ] || skip "libsynergy.so is not built"
	command -v "${CC:=cc}" >/dev/null || skip "no compiler"
	mkdir -p "$work/include"
	# As installed: synergy/NAME.h, with no other folder of the tree in reach
	mkdir "$work/include/synergy"
	for header in "$top"/user/lib/{synergy,error,marks,meter}.h "$top"/user/lib/synergy.hpp; do
		sed -e 's|"lib/\([a-z]*\.h\)"|<synergy/\1>|g' "$header" >"$work/include/synergy/${header##*/}"
	done
}

test_symbols() {
	nm -D --defined-only "$library" | awk '$2 != "A" { sub("@@", " ", $3); print $3 }' |
		LC_ALL=C sort >"$work/symbols"
	grep -v '^#' "$top/user/lib/libsynergy.symbols" >"$work/listed"
	diff -u "$work/listed" "$work/symbols" >"$work/diff" || {
		cat "$work/diff"
		wrong "user/lib/libsynergy.symbols: other symbols; new ones are added there, none goes"
	}
}

test_headers_alone() {
	for header in synergy.h marks.h meter.h error.h; do
		echo "#include <synergy/$header>" >"$work/alone.c"
		expect 0 "$CC" -std=c11 "${flags[@]}" -Wno-pedantic -fsyntax-only "$work/alone.c"
	done
	command -v "${CXX:=c++}" >/dev/null || skip "no C++ compiler"
	for header in synergy.h marks.h meter.h error.h synergy.hpp; do
		echo "#include <synergy/$header>" >"$work/alone.cc"
		expect 0 "$CXX" -std=c++17 "${flags[@]}" -fsyntax-only "$work/alone.cc"
	done
}

test_c_program() {
	cat >"$work/user.c" <<-'END'
	#include <synergy/synergy.h>
	int main(void)
	{
		int made = synergy_mark_begin("preprocess");
		return synergy_mark_end("preprocess") != made || made < 0;
	}
	END
	expect 0 "$CC" -std=c11 -D_DEFAULT_SOURCE -o "$work/user" "${flags[@]}" -Wno-pedantic "$work/user.c" "$library"
	expect 0 env LD_LIBRARY_PATH="$bin" "$work/user"
}

test_cpp_program() {
	command -v "${CXX:=c++}" >/dev/null || skip "no C++ compiler"
	cat >"$work/user.cc" <<-'END'
	#include <synergy/synergy.hpp>
	#include <stdexcept>
	static synergy::region given() { return synergy::region("moved"); }
	int main()
	{
		try {
			synergy::region outer("outer"), inner("inner", 3);
			inner.end();
			auto moved = given();
			throw std::runtime_error("out");
		} catch (const std::runtime_error &) {
		}
	}
	END
	expect 0 "$CXX" -std=c++17 -o "$work/user" "${flags[@]}" "$work/user.cc" "$library"
	expect 0 env LD_LIBRARY_PATH="$bin" "$work/user"
	expect 0 "$bin/tests/tools/take_marks" env LD_LIBRARY_PATH="$bin" "$work/user"
	check_eq "$(cat "$work/out")" "begin outer
begin inner 3
end inner 3
begin moved
end moved
end outer" "marks of a C++ program"
}

# What the first mark finds decides; the environment of a child is not changed.
test_nobody_wants_marks() {
	[ ! -e /dev/synergy ] || skip "there is a device"
	expect 0 "$bin/tests/tools/take_marks" --no-ring env LD_LIBRARY_PATH="$bin" "$work/user"
	check_eq "$(cat "$work/out")" "" "marks without a recorder"
}

run_tests "$@"
