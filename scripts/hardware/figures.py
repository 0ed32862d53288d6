# SPDX-License-Identifier: GPL-2.0-only
"""Figures of a board from what `synergy-report --export samples` prints. No I/O, no
clock: the tests give it samples whose answer is known."""
import csv
import math

# Of shunt voltage: what one step of the chip is (INA3221 data sheet, 13 bits).
LSB_SHUNT_UV = 40
LSB_BUS_MV = 8


def read_samples(lines):
    """The CSV's lines -> {rail: [sample, ...]}, a sample a dict of numbers and a set of flags"""
    rails = {}
    rows = csv.reader(lines)
    names = next(rows, [])
    for row in rows:
        sample = dict(zip(names, row))
        rail, flags = sample.pop("rail"), sample.pop("flags")
        sample = {k: int(v) if v else None for k, v in sample.items()}
        sample["flags"] = set(flags.split())
        rails.setdefault(rail, []).append(sample)
    return rails


def settled(rails, seconds):
    """Without the first so many seconds"""
    begin = min((s[0]["time_ns"] for s in rails.values()), default=0) + seconds * 1e9
    rails = {rail: [s for s in samples if s["time_ns"] >= begin] for rail, samples in rails.items()}
    return {rail: samples for rail, samples in rails.items() if samples}


def mean(values):
    return math.fsum(values) / len(values) if values else None


def deviation(values):
    """Standard deviation of a sample (n - 1)"""
    if len(values) < 2:
        return None
    m = mean(values)
    return math.sqrt(math.fsum((v - m) ** 2 for v in values) / (len(values) - 1))


def quiet_deviation(values, n=20):
    """The median of the deviations of each n values in turn: bursts that are in fewer than half
    of them do not count, nor does what changes slowly"""
    parts = sorted(deviation(values[i:i + n]) for i in range(0, len(values) - n + 1, n))
    if not parts:
        return None
    # A sample variance's median is below its mean (Wilson, Hilferty).
    below = (1 - 2 / (9 * (n - 1))) ** 3
    return (parts[(len(parts) - 1) // 2] + parts[len(parts) // 2]) / 2 / math.sqrt(below)


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))] if values else None


def fresh(samples):
    """Those that are conversions of their own"""
    return [s for s in samples if "repeat" not in s["flags"]]


def rates(samples):
    """How often, how evenly and with what windows one rail was sampled"""
    new = fresh(samples)
    gaps = [(b["time_ns"] - a["time_ns"]) / 1e3 for a, b in zip(samples, samples[1:])]
    span_s = (samples[-1]["time_ns"] - samples[0]["time_ns"]) / 1e9 if len(samples) > 1 else 0
    return {
        "samples": len(samples),
        "hz": (len(samples) - 1) / span_s if span_s else None,
        "repeats_share": 1 - len(new) / len(samples) if samples else None,
        "late_share": mean([float("late" in s["flags"]) for s in samples]),
        "interval_us": {"p50": quantile(gaps, 0.5), "p99": quantile(gaps, 0.99),
                        "max": max(gaps) if gaps else None},
        "window_us": quantile([(s["window_end_ns"] - s["window_begin_ns"]) / 1e3 for s in new], 0.5),
        "window_error_us": {"p50": quantile([s["window_error_ns"] / 1e3 for s in new], 0.5),
                            "max": max([s["window_error_ns"] / 1e3 for s in new], default=None)},
    }


def correlation(values):
    """Of each value with the next"""
    m = mean(values)
    spread = math.fsum((v - m) ** 2 for v in values)
    if len(values) < 3 or not spread:
        return None
    return math.fsum((a - m) * (b - m) for a, b in zip(values, values[1:])) / spread


def noise(samples):
    """Of one rail while the board does nothing"""
    new = fresh(samples)
    shunt = [s["shunt_uv"] for s in new]
    bus = [s["bus_mv"] for s in new if s["bus_mv"] is not None]
    seconds = {}
    for s in new:
        seconds.setdefault(s["time_ns"] // 1000000000, []).append(s["shunt_uv"])
    return {
        "conversions": len(new),
        "shunt_uv": {"mean": mean(shunt), "sd": deviation(shunt), "quiet_sd": quiet_deviation(shunt),
                     "min": min(shunt, default=None), "max": max(shunt, default=None)},
        "bus_mv": {"mean": mean(bus), "sd": deviation(bus)},
        "power_mw": mean([s["power_uw"] / 1e3 for s in new if s["power_uw"] is not None]),
        "correlation": correlation(shunt) if shunt else None,
        # the first and the last are no whole seconds
        "second_to_second_sd_uv": deviation([mean(v) for _, v in sorted(seconds.items())[1:-1]]),
        "distinct_values": len(set(shunt)),
        "off_grid": sum(v % LSB_SHUNT_UV != 0 for v in shunt),
    }


def offset_bound(samples):
    """A load draws no negative current: the chip's offset is not above the least mean that
    was read in a second; and where that is below zero, the offset surely is."""
    seconds = {}
    for s in fresh(samples):
        seconds.setdefault(s["time_ns"] // 1000000000, []).append(s["shunt_uv"])
    least = [mean(v) for v in seconds.values() if len(v) >= 10]
    return {"at_most_uv": min(least, default=None),
            "zero_share": mean([float(s["shunt_uv"] <= 0) for s in fresh(samples)])}


def line(x, y):
    """y = a + b x by least squares: b, its standard error, a; None without a spread"""
    n = len(x)
    if n < 3:
        return None
    mx, my = mean(x), mean(y)
    sxx = math.fsum((v - mx) ** 2 for v in x)
    if not sxx:
        return None
    b = math.fsum((u - mx) * (v - my) for u, v in zip(x, y)) / sxx
    a = my - b * mx
    rest = math.fsum((v - a - b * u) ** 2 for u, v in zip(x, y))
    return b, math.sqrt(rest / (n - 2) / sxx), a


def load_line(steps):
    """steps: [(mean current mA, mean bus mV), ...] under loads. The supply's resistance as
    the rail shows it, in mOhm (positive: the voltage falls as the current rises)"""
    fit = line([s[0] for s in steps], [s[1] for s in steps])
    if not fit:
        return None
    return {"mohm": -1e3 * fit[0], "se_mohm": 1e3 * fit[1], "open_mv": fit[2],
            "from_ma": min(s[0] for s in steps), "to_ma": max(s[0] for s in steps)}


def meter(points):
    """points: [(power read by the board W, by the meter W)], idle and load. The board's gain
    and offset against the meter: what the supply's cable and converters take is in it."""
    (x0, y0), (x1, y1) = points[0], points[-1]
    if y1 == y0:
        return None
    gain = (x1 - x0) / (y1 - y0)
    return {"gain": gain, "offset_w": x0 - gain * y0, "points": points}


def rounded(value):
    """Six figures are more than any of them is worth"""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(v) for v in value]
    if isinstance(value, float):
        return float("%.6g" % value)
    return value
