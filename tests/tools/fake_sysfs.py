#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
A tree like /sys with meters in it, and a program that draws power from them.

    fake_sysfs.py make TREE
    fake_sysfs.py draw TREE SECONDS
    fake_sysfs.py phases TREE LIBSYNERGY

`make` has RAPL's zones (just before its counter of package-0 begins again from 0), an
INA3221, an INA226 and a fan as hwmon devices, and an ADC as an IIO device. `draw` is
the program: it draws 20 W of package-0, 12 W of core and 2.5 W of dram for so long, and
prints the microjoules of each that it drew in all. `phases` is a program that marks what
it does by libsynergy: twice `load`, at a quarter of these powers for 0.3 s, and `compute`, at
the whole of them for 0.4 s, with 0.1 s at a tenth between them.
"""
import ctypes
import os
import sys
import time

ZONES = {
    "intel-rapl:0": ("package-0", 20.0, 262143328850 - 3000000),
    "intel-rapl:0:0": ("core", 12.0, 5),
    "intel-rapl:0:2": ("dram", 2.5, 123456789),
}
RANGE = 262143328850

FILES = {
    "class/hwmon/hwmon0/name": "fan",
    "class/hwmon/hwmon0/fan1_input": "1200",
    "class/hwmon/hwmon1/name": "ina3221",
    "class/hwmon/hwmon1/update_interval": "7",
    "class/hwmon/hwmon1/in1_label": "VDD_IN",
    "class/hwmon/hwmon1/in1_enable": "1",
    "class/hwmon/hwmon1/in1_input": "5000",
    "class/hwmon/hwmon1/curr1_input": "1400",
    "class/hwmon/hwmon1/shunt1_resistor": "5000",
    "class/hwmon/hwmon1/in2_label": "VDD_CPU",
    "class/hwmon/hwmon1/in2_enable": "1",
    "class/hwmon/hwmon1/in2_input": "5000",
    "class/hwmon/hwmon1/curr2_input": "600",
    "class/hwmon/hwmon1/shunt2_resistor": "10000",
    "class/hwmon/hwmon1/in3_label": "VDD_OFF",
    "class/hwmon/hwmon1/in3_enable": "0",
    "class/hwmon/hwmon1/in3_input": "0",
    "class/hwmon/hwmon1/curr3_input": "0",
    "class/hwmon/hwmon2/name": "ina226",
    "class/hwmon/hwmon2/update_interval": "4",
    "class/hwmon/hwmon2/in0_input": "3",
    "class/hwmon/hwmon2/in1_input": "12000",
    "class/hwmon/hwmon2/curr1_input": "250",
    "class/hwmon/hwmon2/power1_input": "3000000",
    "class/hwmon/hwmon2/shunt_resistor": "10000",
    "class/hwmon/hwmon3/name": "someone",
    "class/hwmon/hwmon3/power1_input": "2250000",
    "class/hwmon/hwmon3/power1_label": "VDD_CPU",
    "bus/iio/devices/iio:device0/name": "adc",
    "bus/iio/devices/iio:device0/sampling_frequency": "200",
    "bus/iio/devices/iio:device0/in_power0_raw": "1500",
    "bus/iio/devices/iio:device0/in_power0_scale": "2.5",
    "bus/iio/devices/iio:device0/in_power0_label": "VDD_DDR",
    "bus/iio/devices/iio:device0/in_current1_raw": "400",
    "bus/iio/devices/iio:device0/in_current1_scale": "0.5",
    "bus/iio/devices/iio:device0/in_voltage1_raw": "900",
    "bus/iio/devices/iio:device0/in_voltage_scale": "2",
}


def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as f:
        f.write(text + "\n")


def make(tree):
    for zone, (name, _, start) in ZONES.items():
        directory = f"{tree}/class/powercap/{zone}"
        put(f"{directory}/name", name)
        put(f"{directory}/max_energy_range_uj", str(RANGE))
        put(f"{directory}/energy_uj", f"{start:012d}")
    for path, text in FILES.items():
        put(f"{tree}/{path}", text)


class Meter:
    def __init__(self, tree):
        self.files = {zone: os.open(f"{tree}/class/powercap/{zone}/energy_uj", os.O_WRONLY)
                      for zone in ZONES}
        self.drawn = 0.0                # seconds at the whole power

    def draw(self, seconds, share=1.0):
        begin = time.monotonic()
        passed = 0.0
        while passed < seconds:
            passed = min(time.monotonic() - begin, seconds)
            for zone, (_, watts, start) in ZONES.items():
                # In place and in one piece, so that no reader meets half of a number.
                now = (start + int(watts * (self.drawn + share * passed) * 1e6)) % RANGE
                os.pwrite(self.files[zone], f"{now:012d}\n".encode("ascii"), 0)
            time.sleep(0.001)
        self.drawn += share * seconds


def draw(tree, seconds):
    Meter(tree).draw(seconds)
    for name, watts, _ in ZONES.values():
        print(name, int(watts * seconds * 1e6))


def phases(tree, library):
    synergy = ctypes.CDLL(library)
    meter = Meter(tree)
    for _ in range(2):
        for name, seconds, share in (b"load", 0.3, 0.25), (b"compute", 0.4, 1.0):
            if synergy.synergy_mark_begin(name) != 1:
                sys.exit("nobody takes marks")
            meter.draw(seconds, share)
            synergy.synergy_mark_end(name)
            meter.draw(0.1, 0.1)


if sys.argv[1] == "make":
    make(sys.argv[2])
elif sys.argv[1] == "phases":
    phases(sys.argv[2], sys.argv[3])
else:
    draw(sys.argv[2], float(sys.argv[3]))
