#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# host: timeout=900
#
# README's apt line is setup.sh's, and on a Debian system that has nothing else it is
# enough for make install.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

# The line of README: continued lines are one, blanks are one.
readme_line() {
	sed -n '/apt-get install --no-install-recommends/{:a;/\\$/{N;ba};s/\\\n//g;s/  */ /g;s/^ //;p;q}' \
		"$top/README.md"
}

test_readme_has_the_line() {
	check_eq "$(readme_line)" "$("$top/scripts/setup.sh" --print)"
}

test_line_is_enough() {
	[ -n "${SYNERGY_CHECK_PACKAGES-}" ] || skip "takes minutes: make check-packages runs it"
	[ "$(id -u)" = 0 ] || skip "not root"
	command -v mmdebstrap >/dev/null || skip "no mmdebstrap"
	mkdir "$work/tree"
	cd "$top" || fail "no $top"
	git ls-files -z 2>/dev/null | xargs -0 ls -d 2>/dev/null | tr '\n' '\0' |
		xargs -0 cp -a --parents -t "$work/tree"
	[ -s "$work/tree/Makefile" ] || cp -a Makefile Kbuild README.md LICENSES dts kernels kmod scripts user "$work/tree"
	"$top/scripts/setup.sh" --print >"$work/line"
	"$top/scripts/install/chroot" --copy "$work/tree:/tree" --copy "$work/line:/line" \
		--run "$top/tests/tools/guest/install.sh" >"$work/out" 2>&1
	status=$?
	[ $status != 4 ] || skip "no mirror: $(tail -n 1 "$work/out")"
	grep '^FAIL' "$work/out" && fail "in the chroot: $(tail -n 40 "$work/out")"
	[ $status = 0 ] && [ "$(tail -n 1 "$work/out")" = "done" ] || fail "status $status: $(tail -n 30 "$work/out")"
}

run_tests "$@"
