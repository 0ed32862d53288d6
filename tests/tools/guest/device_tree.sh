#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What board_dt.sh runs on the board.
. /lib/board/lib.sh

driver() {
	link=$(readlink /sys/bus/i2c/devices/$1/driver)
	[ "${link##*/}" = "$2" ] || fail "$1 has driver '${link##*/}', not $2"
}

board_insmod synergy-sim clients=0 chips=0x40,0x42,0x43 || fail "does not load"
handover list >list
cat list
check grep -q '^0-0040 *none *device-tree *VDD_IN,VDD_GPU,VDD_CPU$' list
# Ours first, as when it is loaded for its own chip; then both drivers are here.
board_insmod synergy || fail "does not load"
ours=$(basename /sys/module/synergy/drivers/i2c:*)
ours=${ours#i2c:}
driver 0-0042 "$ours"
insmod /lib/modules/synergy/ina3221.ko || fail "ina3221.ko does not load"
[ "$(basename "$(readlink /sys/bus/i2c/devices/0-0040/driver)")" = ina3221 ] ||
	check handover give 0-0040
driver 0-0040 ina3221
driver 0-0042 "$ours"
check test "$(cat /sys/bus/i2c/drivers/ina3221/0-0040/hwmon/hwmon*/in3_label)" = VDD_CPU
read_rails 20 >rails || fail "nothing to read"
cat rails
check test "$(awk '{ print $1, $4 }' rails | tr '\n' ' ')" = "VDD_IO 10000 VDD_IO@0 10000 VDD_IO@0.3 10000 VDD_MUX 20000 VDD_3V3_SYS 10000 "
check handover take 0-0040
driver 0-0040 "$ours"
read_rails 40 >rails || fail "nothing to read"
cat rails
check test "$(awk '{ print $1, $4 }' rails | sort | tr '\n' ' ')" = \
	"VDD_3V3_SYS 10000 VDD_CPU 10000 VDD_GPU 10000 VDD_IN 20000 VDD_IO 10000 VDD_IO@0 10000 VDD_IO@0.3 10000 VDD_MUX 20000 "
check handover give 0-0040
driver 0-0040 ina3221
rmmod ina3221

# A chip as JetPack 4 has it: its driver, with what the board's own service has set there
rmmod synergy synergy-sim || fail "they do not unload"
board_insmod synergy-sim clients=0 chips=0x41 ina3221x=1 || fail "does not load"
board_insmod synergy || fail "does not load"
handover list >list
cat list
check grep -q '^0-0041 *ina3221x *device-tree *POM_5V_IN,POM_5V_GPU,POM_5V_CPU$' list
iio=/sys/bus/i2c/devices/0-0041/iio:device0
echo 4096 >$iio/crit_current_limit_0
echo 3000 >$iio/warn_current_limit_2
check handover take 0-0041
driver 0-0041 "$ours"
read_rails 40 >rails || fail "nothing to read"
cat rails
check test "$(awk '/POM/ { print $1, $4, $5 }' rails | tr '\n' ' ')" = \
	"POM_5V_IN 5000 80 POM_5V_GPU 5000 40 POM_5V_CPU 5000 0 "
check handover give 0-0041
driver 0-0041 ina3221x
check test "$(cat $iio/crit_current_limit_0) $(cat $iio/warn_current_limit_2) $(cat $iio/crit_current_limit_1)" = \
	"4096 3000 32760"
