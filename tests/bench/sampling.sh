#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The sampling benchmark on the virtual board: the same simulated chip, the same
# load, sampled in turn by the kernel's hwmon driver, through i2c-dev, and by
# synergy.ko. Writes /root/bench/{sampling,marker,reading}.csv. ROUNDS sizes the load.
. /lib/board/lib.sh

bus=/sys/bus/i2c/devices/i2c-0
out=/root/bench
mkdir -p $out
# Without it the library starts a thread per core, which spin for a while.
export OPENBLAS_NUM_THREADS=1
bench() { bench_sampling --rounds "${ROUNDS:-60}" ${base:+--base "$base"} "$@"; }

# marks=0: the simulator logs no truth at marks, which is no cost of synergy.ko.
board_insmod synergy-sim clients=0 marks=0 || exit 1
bench_sampling header >$out/sampling.csv

# What the load alone executes; once to warm up, and again at the end.
bench none >/dev/null || exit 1
bench none >$out/none.csv || exit 1
base=$(cut -d, -f14 $out/none.csv)
bench none >>$out/sampling.csv || exit 1

insmod /lib/modules/synergy/ina3221.ko || exit 1
echo ina3221 0x40 >$bus/new_device
hwmon=$(echo /sys/bus/i2c/drivers/ina3221/0-0040/hwmon/hwmon*)
for hz in 10 100 1000 0; do
	bench hwmon $hz >>$out/sampling.csv || exit 1
done
# The shortest conversions that this driver can be set to.
echo 1 >"$hwmon/update_interval"
bench hwmon 0 | sed 's/^hwmon,/hwmon (1 ms),/' >>$out/sampling.csv || exit 1
echo 0x40 >$bus/delete_device
rmmod ina3221

for hz in 100 1000 0; do
	bench i2cdev $hz 0 0x40 >>$out/sampling.csv || exit 1
done

board_insmod synergy || exit 1
echo synergy-ina3221 0x40 >$bus/new_device
board_wait 5 test -c /dev/synergy || exit 1
for hz in 100 1000 0; do
	for events in 0 2 6; do
		bench synergy $hz $events >>$out/sampling.csv || exit 1
	done
done
# One rail: with current and voltage, with its current nearly alone, and alone.
bench synergy 0 0 4 1 | sed 's/^synergy,/synergy (1 rail),/' >>$out/sampling.csv || exit 1
bench synergy 0 0 4 64 | sed 's/^synergy,/synergy (1 rail; V 1:64),/' >>$out/sampling.csv || exit 1
bench synergy 0 0 4 | sed 's/^synergy,/synergy (1 rail; I),/' >>$out/sampling.csv || exit 1
bench none | sed 's/^none,/none (again),/' >>$out/sampling.csv || exit 1

echo events,instructions,ns >$out/marker.csv
for what in call ioctl page page! - 0 2 6; do
	bench_sampling marker $what >>$out/marker.csv || exit 1
done

echo hz,events,records_per_s,bytes_per_s,reads_per_s,read_per_record,read_percent,copy_per_record,\
poll_per_wakeup,poll_percent >$out/reading.csv
for what in '1000 6' '0 6' '0 0 4'; do
	bench_sampling reading $what >>$out/reading.csv || exit 1
done
board_unload
