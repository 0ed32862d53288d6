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

# The boot loader's seed is enough. Kernels before 5.18 that have not been given its
# random.c load it and count nothing; only they report what is asked for before.
test_entropy() {
	entropy=$(cat /proc/sys/kernel/random/entropy_avail)
	if [ "$entropy" -lt 128 ] && dmesg | grep -q 'random: .* with crng_init=0'; then
		skip "this kernel does not credit the boot loader's seed"
	fi
	check test "$entropy" -ge 128
}

# A busy loop takes the same virtual time again, within 5 %: the two shortest of five, since
# what the kernel has put off from its start shares the clock with the first ones.
busy() {
	began=$(cut -d' ' -f1 /proc/uptime | tr -d .)
	i=0
	while [ $i -lt 30000 ]; do i=$((i + 1)); done
	echo $(($(cut -d' ' -f1 /proc/uptime | tr -d .) - began))
}
test_time_is_virtual() {
	times=$(for i in 1 2 3 4 5; do busy; done | sort -n)
	echo "busy loop:" $times "hundredths of a second"
	first=$(echo "$times" | sed -n 1p)
	second=$(echo "$times" | sed -n 2p)
	check test "$first" -gt 0
	# The clock read has a resolution of one hundredth.
	check test $(((second - first) * 20)) -le $((first + 20))
}

run_tests "$@"
