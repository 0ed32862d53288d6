# SPDX-License-Identifier: GPL-2.0-only
"""What the study and the benchmark share: reading layers.csv, and the simulator's log
of the true energy at each mark (truth.csv, see kmod/sim)."""
import csv
import math

WARMUP = 1 << 32
RUN_ID = 0xFFFFFFFF
IDLE_ID = 0xFFFFFFFE


def read_layers(path):
    """Provenance (dict), header (list), rows (dicts; numbers are still text)."""
    meta, lines = {}, []
    with open(path, encoding="utf-8", newline="") as f:
        for line in f:
            if line.startswith("# "):
                key, sep, value = line[2:].rstrip("\n").partition(": ")
                if sep:
                    meta.setdefault(key, value)
            else:
                lines.append(line)
    reader = csv.DictReader(lines)
    rows = list(reader)
    return meta, reader.fieldnames, rows


def number(text):
    return float(text) if text else math.nan


class Truth:
    """Means per inference over the counted runs: energy (uJ) and counts by layer id."""

    def __init__(self, path, rail):
        self.sums = {}
        begun = {}
        column = f"{rail}_pj"
        with open(path, encoding="ascii", newline="") as f:
            for r in csv.DictReader(line for line in f if not line.startswith("#")):
                key = (r["id"], r["cookie"])
                if r["kind"] == "1":
                    begun[key] = r
                elif r["kind"] == "2" and key in begun:
                    self.add(begun.pop(key), r, column)

    def add(self, b, e, column):
        if int(e["cookie"]) & WARMUP:
            return
        cpu = e["cpu"]
        s = self.sums.setdefault(int(e["id"]), {"n": 0, "uj": 0, "us": 0, "simd": 0, "bus": 0,
                                                "inst": 0})
        s["n"] += 1
        s["uj"] += (int(e[column]) - int(b[column])) / 1e6
        s["us"] += (int(e["at_ns"]) - int(b["at_ns"])) / 1e3
        for name in ("simd", "bus", "inst"):
            s[name] += int(e[name + cpu]) - int(b[name + cpu])

    def mean(self, layer, what):
        s = self.sums.get(layer)
        return s[what] / s["n"] if s else math.nan

    def run(self, what):
        return self.mean(RUN_ID, what)


def rail_of(meta):
    return meta.get("rail", "VDD_CPU")


def event_column(header, word):
    for name in header:
        if word in name.lower():
            return name
    return None
