#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-record and synergy-info where there is no device: exit codes, advice, and
# options. What they do with one is tested on the virtual board.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
record=$bin/synergy-record
info=$bin/synergy-info
[ -x "$record" ] && [ -x "$info" ] || { echo "SKIP: not built"; exit 77; }
[ ! -e /dev/synergy ] || { echo "SKIP: there is a device here"; exit 77; }
cd "$work" || exit 1

expect 3 "$record" -- true
has err "is synergy.ko loaded"
[ ! -e capture.syn ] || wrong "an empty recording was left"
expect 3 "$record" --device /dev/null -- true
has err "not a SyNERGY device"
expect 1 "$record" -e cylces -- true
has err "near it: "
expect 2 "$record" --duration 1 -- true
expect 2 "$record" --join --rate 10
expect 2 "$record" --rate fast
expect 2 "$record" --conversion 150
has err "--conversion 150: the chip has 140,"
expect 2 "$record" --join --conversion 140
expect 2 "$record" --nonsense
expect 2 "$record" -o
expect 0 "$record" --help
expect 0 "$record" --version

expect 3 "$info"
has out "synergy.ko is not loaded"
has out "modprobe synergy"
expect 3 "$info" --format json
/usr/bin/python3 - "$work/out" <<'END' || wrong "--format json"
import json, sys
def unique(pairs):
    keys = [k for k, v in pairs]
    assert len(keys) == len(set(keys)), keys
    return dict(pairs)
j = json.load(open(sys.argv[1]), object_pairs_hook=unique)
assert j["usable"] is False and any(p["serious"] for p in j["problems"])
assert j["facts"]["versions"]["libsynergy"]
END
expect 2 "$info" --format xml
expect 2 "$info" word

# a machine made of files: a chip in hwmon's hands, one in nobody's
mkdir -p r/sys/bus/i2c/devices/1-0040 r/sys/bus/i2c/devices/1-0041 r/sys/bus/i2c/drivers/ina3221 \
    r/sys/bus/event_source/devices/armv8_pmuv3_0/events r/proc/device-tree r/proc/sys/kernel \
    r/sys/module/synergy
echo ina3221 >r/sys/bus/i2c/devices/1-0040/name
echo ina3221 >r/sys/bus/i2c/devices/1-0041/name
ln -s ../../drivers/ina3221 r/sys/bus/i2c/devices/1-0040/driver
printf 'Jetson TX1\0' >r/proc/device-tree/model
echo 8 >r/sys/bus/event_source/devices/armv8_pmuv3_0/type
echo 0-3 >r/sys/bus/event_source/devices/armv8_pmuv3_0/cpus
echo event=0x11 >r/sys/bus/event_source/devices/armv8_pmuv3_0/events/cpu_cycles
echo 2 >r/proc/sys/kernel/perf_event_paranoid
echo 1.0.0 >r/sys/module/synergy/version
expect 3 "$info" --root r
has out "Jetson TX1"
has out "the INA3221 1-0040 belongs to the driver ina3221"
has out "the INA3221 1-0041 has no driver"
has out "of the cores 0-3, 1 named events"
has out "is missing though the module is loaded"
lacks out "no PMU counts"
finish
