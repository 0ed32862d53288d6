#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# board: timeout=60 modules=none
#
# The kernel's own hwmon driver for the INA3221 and synergy.ko read the same
# simulated chip, one after the other: same volts and amperes on every channel. The
# chip is a carrier board's, whose rails take a constant power. Means of 60
# readings each; they may differ by the rounding of either: 8 mV and a step of the
# shunt's 40 uV, and hwmon's milliampere.
. /lib/board/lib.sh

CHIP=0-0042

test_same_volts_and_amperes() {
	[ -f /lib/modules/synergy/ina3221.ko ] || skip "the hwmon driver was not built (scripts/board/build-hwmon)"
	board_insmod synergy-sim chips=0x40,0x42 clients=0 || fail "does not load"
	insmod /lib/modules/synergy/ina3221.ko || fail "ina3221.ko does not load"
	echo ina3221 0x42 >/sys/bus/i2c/devices/i2c-0/new_device
	cd /sys/bus/i2c/drivers/ina3221/$CHIP/hwmon/hwmon* || fail "the hwmon driver does not take the chip"
	echo 20000 >shunt1_resistor
	echo 5000 >shunt2_resistor
	echo 10000 >shunt3_resistor
	usleep 20000
	i=0
	while [ $i -lt 60 ]; do
		cat in1_input curr1_input in2_input curr2_input in3_input curr3_input | tr '\n' ' '
		echo
		usleep 8000
		i=$((i + 1))
	done | awk '{ for (i = 1; i <= 6; i++) sum[i] += $i }
		END { for (i = 1; i <= 6; i += 2) print "ch" (i + 1) / 2, sum[i] / NR, sum[i + 1] / NR }' >/tmp/test/hwmon
	cd /tmp/test || fail "no /tmp/test"

	board_insmod synergy shunt_uohm=20000,5000,10000 || fail "does not load"
	check handover take $CHIP
	read_rails 60 >synergy || fail "synergy.ko reads nothing"
	paste hwmon synergy
	awk 'function far(a, b, limit) { return a - b > limit || b - a > limit }
		NR == FNR { mv[NR] = $2; ma[NR] = $3; n = NR; next }
		{
			step = FNR == 1 ? 2 : FNR == 2 ? 8 : 4
			if ($1 != "ch" FNR || $2 < 1000 || $3 < step || far($2, mv[FNR], 8) ||
			    far($3, ma[FNR], step + 1)) {
				print "channel " FNR ": hwmon " mv[FNR] " mV " ma[FNR] " mA, synergy " $2 " mV " $3 " mA"
				bad = 1
			}
		}
		END { exit bad || n != 3 || FNR != 3 }' hwmon synergy || fail "the two drivers do not agree"

	check handover give $CHIP
	cat /sys/bus/i2c/drivers/ina3221/$CHIP/hwmon/hwmon*/in1_input >/dev/null ||
		fail "hwmon does not read after the chip was given back"
	check rmmod ina3221
}

run_tests "$@"
