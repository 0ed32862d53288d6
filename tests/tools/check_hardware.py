#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The figures of scripts/hardware from samples whose answer is known.

usage: check_hardware.py TOP figures
       check_hardware.py TOP file FILE NAME=LOW:HIGH...   (a file of check; NAME a path with /)
Prints what is wrong; exit status 1 then.
"""
import json
import random
import sys

wrong = []


def near(what, is_, low, high):
    if is_ is None or not low <= is_ <= high:
        wrong.append("%s is %s, not %g to %g" % (what, is_, low, high))


def samples(seed, n, uv, sd_uv, period_ns=1000000, lsb=40, bus=lambda i: 5000, start_s=5):
    """CSV as synergy-report --export samples has it: one rail of 10 mOhm"""
    draw = random.Random(seed)
    lines = ["time_ns,rail,window_begin_ns,window_end_ns,window_error_ns,shunt_uv,current_ua,bus_mv,power_uw,flags"]
    for i in range(n):
        end = start_s * 1000000000 + i * period_ns
        shunt = int(round(draw.gauss(uv, sd_uv) / lsb)) * lsb
        mv = bus(i)
        lines.append("%d,IN,%d,%d,%d,%d,%d,%s,%s,%s" % (
            end, end - 500000, end, 2000, shunt, shunt * 100, mv if mv is not None else "",
            shunt * mv // 10 if mv is not None else "", ("no_bus" if mv is None else "") + (" late" if i % 100 == 0 else "")))
    return lines


def check_figures(figures):
    n = 20000
    rail = figures.read_samples(samples(1, n, 4000, 100))["IN"]
    rates, noise = figures.rates(rail), figures.noise(rail)
    near("hz", rates["hz"], 999.99, 1000.01)
    near("late", rates["late_share"], 0.0099, 0.0101)
    near("window", rates["window_us"], 500, 500)
    near("window error", rates["window_error_us"]["p50"], 2, 2)
    # the step's own noise is added to it
    near("sd", noise["shunt_uv"]["sd"], 98, 103.5)
    near("mean", noise["shunt_uv"]["mean"], 3996, 4004)
    near("correlation", noise["correlation"], -0.03, 0.03)
    near("off grid", noise["off_grid"], 0, 0)
    near("power", noise["power_mw"], 1990, 2010)
    near("quiet sd", noise["shunt_uv"]["quiet_sd"], 98, 103.5)
    # Bursts in a tenth of the parts, and another level before the last third
    burst = [s["shunt_uv"] + 5000 * (i % 200 == 7) + 3000 * (i > 2 * n // 3) for i, s in enumerate(rail)]
    near("quiet sd with bursts", figures.quiet_deviation(burst), 98, 106)
    near("sd with bursts", figures.deviation(burst), 1000, 2000)
    near("quiet sd of few", 0 if figures.quiet_deviation([1] * 19) is None else 1, 0, 0)
    settled = figures.settled({"IN": rail, "SHORT": rail[:50]}, 0.1)
    near("settled", len(settled["IN"]), n - 100, n - 100)
    near("nothing left", len(settled), 1, 1)
    # An offset of -60 uV on a rail that is off for the first five seconds
    rail = figures.read_samples(samples(2, 5000, -60, 20) + samples(3, 15000, 900, 20, start_s=10)[1:])["IN"]
    near("offset", figures.offset_bound(rail)["at_most_uv"], -70, -55)
    near("not positive", figures.offset_bound(rail)["zero_share"], 0.24, 0.26)
    # 19 V behind 80 mOhm
    steps = [(ma, 19000 - 0.08 * ma + d) for ma, d in ((200, 1), (500, -1), (900, 0.5), (1500, -0.5), (210, -0.7))]
    line = figures.load_line(steps)
    near("load line", line["mohm"], 80 - 4 * line["se_mohm"], 80 + 4 * line["se_mohm"])
    near("its error", line["se_mohm"], 0.1, 3)
    near("open", line["open_mv"], 18998, 19002)
    near("no spread", 0 if figures.load_line([(5, 1), (5, 2), (5, 3)]) is None else 1, 0, 0)
    meter = figures.meter([(2.0 * 0.98 + 0.1, 2.0), (9.0 * 0.98 + 0.1, 9.0)])
    near("gain", meter["gain"], 0.9799, 0.9801)
    near("offset", meter["offset_w"], 0.0999, 0.1001)
    # Repeats are no conversions; a rail without a voltage has no power.
    lines = samples(4, 100, 400, 0, bus=lambda i: None)
    rail = figures.read_samples([lines[0]] + [l + (" repeat" if i % 2 else "") for i, l in enumerate(lines[1:])])["IN"]
    near("repeats", figures.rates(rail)["repeats_share"], 0.5, 0.5)
    near("conversions", figures.noise(rail)["conversions"], 50, 50)
    if figures.noise(rail)["power_mw"] is not None:
        wrong.append("power without a voltage")


def check_file(path, wanted):
    with open(path) as f:
        whole = json.load(f)
    for want in wanted:
        name, _, span = want.partition("=")
        low, high = map(float, span.split(":"))
        value = whole
        for key in name.split("/"):
            value = value[int(key)] if isinstance(value, list) else value.get(key)
            if value is None:
                break
        near(name, value, low, high)


def main():
    sys.path.insert(0, sys.argv[1] + "/scripts/hardware")
    import figures
    if sys.argv[2] == "figures":
        check_figures(figures)
    else:
        check_file(sys.argv[3], sys.argv[4:])
    for line in wrong:
        print(line)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
