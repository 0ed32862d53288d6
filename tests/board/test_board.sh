#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The virtual board itself: four cores, a PMU that counts in the kernel's own
# driver, I2C character devices, entropy from the start, time that does not
# depend on the host.
# board: modules=none timeout=20

. /lib/board/lib.sh

test_cores() {
	check_eq "$(grep -c ^processor /proc/cpuinfo)" 4
	check_eq "$(uname -m)" aarch64
}

test_devices() {
	check test -d /sys/bus/event_source/devices/armv8_pmuv3 -o \
		-d /sys/bus/event_source/devices/armv8_pmuv3_0 -o \
		-d /sys/bus/event_source/devices/armv8_cortex_a57
	check test -d /sys/class/i2c-dev
}

# The boot loader's seed is enough. (Linux 5.15.0 loads it and does not count it.)
test_entropy() {
	check test "$(cat /proc/sys/kernel/random/entropy_avail)" -ge 128
}

# A busy loop takes the same virtual time again, within 5 %.
busy() {
	began=$(cut -d' ' -f1 /proc/uptime | tr -d .)
	i=0
	while [ $i -lt 30000 ]; do i=$((i + 1)); done
	echo $(($(cut -d' ' -f1 /proc/uptime | tr -d .) - began))
}
test_time_is_virtual() {
	# What the kernel has put off from its start shares the clock with the first ones.
	for _ in 1 2 3 4; do busy >/dev/null; done
	first=$(busy)
	second=$(busy)
	echo "busy loop: $first and $second hundredths of a second"
	check test "$first" -gt 0
	difference=$((first > second ? first - second : second - first))
	# The clock read has a resolution of one hundredth.
	check test $((difference * 20)) -le $((first + 20))
}

run_tests "$@"
