#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
A run's marks and an external probe's trace of it, as of a board whose supply is measured
from outside (the papers' Snapdragon 820).

    make_probe.py DIRECTORY SEED RUNS PPM

writes run.syn (marks, no power), probe.csv (1 kHz, means, steps of 1 mW, 1 % of noise, a
clock of its own that is PPM fast and shows 4 digits fewer than the run's) and truth.csv:
layer, MACs, energy per inference in uJ. A layer's energy is NJ_PER_MAC times its MACs.
"""
import random
import struct
import sys

NJ_PER_MAC = 2.0
IDLE_W = 1.3
BETWEEN_W = 1.7
PROBE_S = 1e-3
START_NS = 5_000_000_000_000
PROBE_START_S = 1234.5678       # what the probe's clock shows 3 s before the run
IDLE, RUN = 0xFFFFFFFE, 0xFFFFFFFF

records = []
pieces = []                     # (s since the run's begin, W)
now = 0.0


def record(kind, body, flags=0, time_ns=0):
    body += bytes(-len(body) % 8)
    records.append(struct.pack("=IHHQQQ", 32 + len(body), kind, flags, 0, time_ns, time_ns) + body)


def mark(kind, ident, cookie):
    tool = 16 if ident >= 0xFFFFFFF0 else 0
    at = START_NS + round(now * 1e9)
    record(4, struct.pack("=QQIIIIIIII", at, cookie, kind, ident, 0, 77, 77, 0, 24, 0), tool, at)


def work(seconds, watts):
    global now
    pieces.append((now, watts))
    now += seconds


def idle(number):
    mark(1, IDLE, number)
    work(0.6, IDLE_W)
    mark(2, IDLE, number)


def main():
    directory, seed, runs, ppm = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    rng = random.Random(seed)
    layers = []
    for i in range(8):
        mac = round(rng.uniform(10e6, 150e6))
        watts = rng.uniform(2.5, 6.0)
        layers.append((f"conv{i}", mac, watts, NJ_PER_MAC * mac * 1e-9 / watts))
    record(0x8000, f"network: probe{seed}\nmarks: user space\n".encode() + b"\0")
    text = "index,layer,op,mac,params,bytes_in,bytes_out\n"
    text += "".join(f"{i},{name},Conv,{mac},,,\n" for i, (name, mac, _, _) in enumerate(layers))
    record(0x8001, text.encode() + b"\0")
    record(1, struct.pack("=IIIIIIQQIIIIIIQq", 5, 0, 72, 2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, START_NS, 0))
    idle(0)
    for run in range(runs):
        work(rng.uniform(0.003, 0.02), BETWEEN_W)
        mark(1, RUN, run)
        for i, (_, _, watts, seconds) in enumerate(layers):
            mark(1, i, run)
            work(seconds * rng.gauss(1, 0.003), watts)
            mark(2, i, run)
            work(20e-6, BETWEEN_W)
        mark(2, RUN, run)
    idle(1)
    with open(f"{directory}/run.syn", "wb") as f:
        f.write(b"SYNERGY\0" + struct.pack("=II", 2, 0x01020304) + b"".join(records))
    with open(f"{directory}/truth.csv", "w", encoding="ascii") as f:
        for name, mac, _, _ in layers:
            f.write(f"{name},{mac},{NJ_PER_MAC * mac * 1e-3:.6f}\n")
    probe(f"{directory}/probe.csv", rng, ppm)


def probe(path, rng, ppm):
    edges = [(-10.0, IDLE_W)] + pieces + [(now, IDLE_W), (now + 20, IDLE_W)]
    step = PROBE_S / (1 + ppm * 1e-6)   # of true time between rows
    at, piece, row = -3.0, 0, 0
    with open(path, "w", encoding="ascii") as f:
        f.write("time_s,board_mw\n")
        while at < now + 2:
            begin, end, joules = at, at + step, 0.0
            while begin < end:
                while edges[piece + 1][0] <= begin:
                    piece += 1
                upto = min(end, edges[piece + 1][0])
                joules += (upto - begin) * edges[piece][1]
                begin = upto
            milliwatts = round(joules / step * 1e3 * rng.gauss(1, 0.01))
            row += 1
            f.write(f"{PROBE_START_S + row * PROBE_S:.6f},{milliwatts}\n")
            at = end


main()
