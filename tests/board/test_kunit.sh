#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# KUnit's suite of the module's pure parts: every case passes in the kernel.
# board: kernel=debug modules=none timeout=60
. /lib/board/lib.sh

dmesg -c >/dev/null
board_insmod synergy-kunit || exit 1
dmesg >/tmp/test/log
check rmmod synergy-kunit
grep -E '^.*(not ok|ok) [0-9]+' /tmp/test/log
check_fails grep -q 'not ok' /tmp/test/log
# All cases and the suite itself
check test "$(grep -c ' ok [0-9]* - case_\|ok [0-9]* case_' /tmp/test/log)" -ge 20
