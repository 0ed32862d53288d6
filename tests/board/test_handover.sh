#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# board: timeout=60 modules=none
#
# scripts/handover: lists chips, moves one from the hwmon driver to synergy.ko and
# back, and refuses with the right exit status what it cannot do, leaving the chip
# where it was.
. /lib/board/lib.sh

CHIP=0-0040

setup() {
	[ -f /lib/modules/synergy/ina3221.ko ] ||
		skip "the hwmon driver was not built (scripts/board/build-hwmon)"
}

# status WANTED COMMAND...: its exit status; what it says is in out
status() {
	status_wanted=$1
	shift
	expect "$status_wanted" sh -c 'exec "$@" 2>&1' sh "$@"
}

driver() {
	status_link=$(readlink /sys/bus/i2c/devices/$CHIP/driver)
	[ "${status_link##*/}" = "$1" ] || fail "$CHIP has driver '${status_link##*/}', not $1"
}

test_usage() {
	status 2 handover
	status 2 handover take
	status 2 handover take nonsense
	status 2 handover lend $CHIP
	status 3 handover list
	status 3 handover take $CHIP
}

# One after the other on one chip
test_take_and_give() {
	board_insmod synergy-sim clients=0 || fail "the simulator does not load"
	echo ina3221 0x40 >/sys/bus/i2c/devices/i2c-0/new_device
	status 0 handover list
	check grep -q "^$CHIP *none *new_device" out
	status 1 handover take $CHIP
	check grep -q 'module synergy is not loaded' out
	status 1 handover give $CHIP
	check grep -q 'driver ina3221 is not here' out

	insmod /lib/modules/synergy/ina3221.ko || fail "ina3221.ko does not load"
	driver ina3221
	board_insmod synergy || fail "synergy.ko does not load"
	ours=$(basename /sys/module/synergy/drivers/i2c:*)
	ours=${ours#i2c:}

	status 0 handover take $CHIP
	driver "$ours"
	status 0 handover take $CHIP
	check grep -q 'has it already' out
	check test -c /dev/synergy

	exec 8</dev/synergy
	status 1 handover give $CHIP
	check grep -q 'is open in process' out
	driver "$ours"
	status 0 handover give -f $CHIP
	driver ina3221
	exec 8<&-
	status 0 handover give all
	driver ina3221

	# A chip that does not answer is refused by synergy.ko, and goes back.
	echo "1000000" >/sys/kernel/debug/synergy-sim/faults/nack
	status 1 handover take $CHIP
	check grep -q 'refuses the chip' out
	echo 0 >/sys/kernel/debug/synergy-sim/faults/nack
	echo 0x40 >/sys/bus/i2c/devices/i2c-0/delete_device
	check rmmod ina3221
}

hwmon() {
	cat /sys/bus/i2c/devices/$CHIP/hwmon/hwmon*/"$1"
}

hwmon_set() {
	echo "$2" >"$(echo /sys/bus/i2c/devices/$CHIP/hwmon/hwmon*/"$1")" || fail "$1 is not set"
}

# What the board's own power service has set there is given back as found.
test_limits() {
	# It would take the chip before the hwmon driver does.
	[ ! -d /sys/module/synergy ] || check rmmod synergy
	[ -d /sys/module/synergy_sim ] || board_insmod synergy-sim clients=0 ||
		fail "the simulator does not load"
	insmod /lib/modules/synergy/ina3221.ko || fail "ina3221.ko does not load"
	echo ina3221 0x40 >/sys/bus/i2c/devices/i2c-0/new_device
	board_insmod synergy || fail "synergy.ko does not load"
	limits="curr1_crit curr1_max curr2_max curr3_crit samples in3_enable update_interval"
	case $(uname -r) in
	4.*) limits="curr1_crit curr1_max curr2_max curr3_crit" ;;
	esac
	hwmon_set curr1_crit 4000
	hwmon_set curr1_max 3000
	hwmon_set curr2_max 1236
	case $limits in *samples*) hwmon_set samples 64 ;; esac
	case $limits in *in3_enable*) hwmon_set in3_enable 0 ;; esac
	for limit_name in $limits; do
		eval "limit_$limit_name=\$(hwmon $limit_name)"
	done
	status 0 handover take $CHIP
	status 0 handover give $CHIP
	for limit_name in $limits; do
		eval "limit_before=\$limit_$limit_name"
		# shellcheck disable=SC2154 # eval assigns it
		[ "$(hwmon $limit_name)" = "$limit_before" ] ||
			fail "$limit_name is $(hwmon $limit_name), not $limit_before"
	done
	# Where the chip is refused, too
	echo "1000000" >/sys/kernel/debug/synergy-sim/faults/nack
	status 1 handover take $CHIP
	echo 0 >/sys/kernel/debug/synergy-sim/faults/nack
	echo 0x40 >/sys/bus/i2c/devices/i2c-0/delete_device
	check rmmod ina3221
}

run_tests "$@"
