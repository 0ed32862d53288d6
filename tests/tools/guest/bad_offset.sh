#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What board_dt.sh runs on the board whose tree has an offset that no shunt has.
. /lib/board/lib.sh

board_insmod synergy-sim clients=0 chips=0x41 || fail "does not load"
board_insmod synergy || fail "does not load"
check_fails test -e /sys/bus/i2c/devices/0-0041/driver
check grep -q 'input@0: shunt-volt-offset-uv: more than 2000 uV' <<END
$(dmesg)
END
