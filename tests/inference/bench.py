#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Times inference of zoo networks by us, OpenCV DNN and ONNX Runtime, with and
without its graph optimisation: one thread, all pinned to one core, in turn,
best and median. Writes CSV, prints ratios, and where we are behind, by which
layers. Ours runs layer by layer as it is measured (--conv auto), from the file
that the other reads: ONNX beside ONNX Runtime, Caffe beside OpenCV; and with
--fuse, which is what ONNX Runtime's optimisation does.

usage: bench.py --run MODEL_RUN --modules NODE_MODULES --zoo DIR --prototxt DIR
                --csv FILE [--rounds N] [--cpu N] [--cpu-time] NETWORK..."""

import argparse
import csv
import math
import os
import re
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ENGINES = ("ours", "opencv", "ort", "ort_unfused", "ours_caffe", "ours_fused")
# What each of the others is compared with.
PAIRS = (("OpenCV", "opencv", "ours_caffe"), ("ONNX Runtime unfused", "ort_unfused", "ours"),
         ("ONNX Runtime optimised", "ort", "ours"),
         ("ONNX Runtime optimised, ours with --fuse", "ort", "ours_fused"))
BURST = 3


def clean_environment():
    """No variable that makes a BLAS choose another core type or cache size than it would;
    one thread for all."""
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith(("OPENBLAS_", "OMP_", "GOTO_", "BLIS_", "MKL_"))}
    return dict(kept, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")


class Engine:
    """One server process, pinned; run() gives milliseconds."""

    def __init__(self, cpu, command):
        self.process = subprocess.Popen(
            ["taskset", "-c", str(cpu)] + command, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, env=clean_environment())
        if self.process.stdout.readline().strip() != "ready":
            raise SystemExit("bench-inference: cannot start: " + " ".join(command))
        self.samples = []

    def run(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def input_shape(prototxt):
    with open(prototxt, encoding="utf-8") as file:
        text = file.read()
    shape = re.search(r"shape\s*\{([^}]*)\}", text).group(1)
    return ",".join(re.findall(r"dim:\s*(\d+)", shape))


def commands(args, name):
    """What runs each engine. OpenCV reads the Caffe networks only: its ONNX importer does
    not know half of what the others are made of."""
    prototxt = os.path.join(args.prototxt, name + ".prototxt")
    caffemodel = os.path.join(args.zoo, name + ".caffemodel")
    onnx = os.path.join(args.zoo, name + ".onnx")
    ours = [args.run, "--conv", "auto", "--serve"]
    if args.cpu_time:
        ours.insert(1, "--cpu-time")
        os.environ["SYNERGY_CPU_TIME"] = "1"
    ort = ["node", os.path.join(HERE, "engine_ort.js"), args.modules, onnx]
    engines = {
        "ours": ours + [onnx],
        "ours_fused": ours + ["--fuse", onnx],
        "ort": ort + ["all"],
        "ort_unfused": ort + ["disabled"],
    }
    if os.path.exists(prototxt):
        engines["ours_caffe"] = ours + ["--weights", caffemodel, prototxt]
        engines["opencv"] = ["/usr/bin/python3", os.path.join(HERE, "engine_opencv.py"), prototxt,
                             caffemodel, input_shape(prototxt)]
    return engines


def measure(args, name):
    """Each engine's samples, taken in turn so that a busy moment hits all alike."""
    engines = {e: Engine(args.cpu, c) for e, c in commands(args, name).items()}
    for _ in range(args.rounds):
        for engine in engines.values():
            # The first run after another engine's only warms the caches.
            engine.run()
            engine.samples += [engine.run() for _ in range(BURST)]
    for engine in engines.values():
        engine.close()
    return {e: engine.samples for e, engine in engines.items()}


def our_layers(args, name, *options):
    """Running layers in order: {name: (ms, operator, method)}."""
    text = subprocess.run(
        ["taskset", "-c", str(args.cpu), args.run, "--conv", "auto", "--layers", "--runs", "12",
         *options, os.path.join(args.zoo, name + ".onnx")],
        check=True, capture_output=True, text=True, env=clean_environment()).stdout
    found = re.findall(r"^layer\s+\d+ (\S+)\s+(\S+)\s+(\S+)\s+([\d.]+) ms", text, re.M)
    return {layer: (float(ms), op, method) for layer, op, method, ms in found}


def ort_layers(args, name, level):
    text = subprocess.run(
        ["taskset", "-c", str(args.cpu), "node", os.path.join(HERE, "engine_ort.js"), args.modules,
         os.path.join(args.zoo, name + ".onnx"), level, "profile"],
        check=True, capture_output=True, text=True).stdout
    return {line.split(" ", 1)[1]: float(line.split(" ", 1)[0]) for line in text.splitlines()}


def by_our_fused_layers(every, fused, theirs):
    """ONNX Runtime names a fused node after the last one in it: to the layer of
    ours that does the same, the last running one up to there."""
    owner, owners = None, {}
    for layer in every:
        owner = layer if layer in fused else owner
        owners[layer] = owner
    times = {}
    for layer, ms in theirs.items():
        owner = owners.get(layer.removesuffix("_nchwc"))
        if owner:
            times[owner] = times.get(owner, 0) + ms
    return times


def print_lost(ours, theirs, whose):
    lost = sorted(((ours[n][0] - theirs[n], n) for n in ours if n in theirs), reverse=True)
    lost = [(difference, layer) for difference, layer in lost if difference > 0.01]
    print(f"    against {whose}, layers slower by more than 0.01 ms: {len(lost)}, together "
          f"{sum(difference for difference, _ in lost):.3f} ms")
    for _, layer in lost[:6]:
        ms, op, method = ours[layer]
        print(f"    {layer} ({op}, {method}): {ms:.3f} ms, theirs {theirs[layer]:.3f} ms")


def print_losses(args, name, ratio):
    """The layers that are slower than ONNX Runtime's, where the network is."""
    every = our_layers(args, name)
    if ratio["ort_unfused", "ours"] < 1:
        print_lost(every, ort_layers(args, name, "disabled"), "ONNX Runtime unfused")
    if min(ratio["ort", "ours"], ratio["ort", "ours_fused"]) < 1:
        fused = our_layers(args, name, "--fuse")
        theirs = ort_layers(args, name, "all")
        print_lost(fused, by_our_fused_layers(every, fused, theirs),
                   "ONNX Runtime optimised, both fused")
        alone = sum(ms for n, (ms, _, _) in every.items() if n not in fused)
        print(f"    layers of ours that it fuses into others: {alone:.3f} ms")


def report(args, name, best, median):
    ratio = {(them, us): best[them] / best[us] for _, them, us in PAIRS if them in best}
    print(f"{name}: their time over ours, best (median)", flush=True)
    for label, them, us in PAIRS:
        if them not in best:
            continue
        print(f"    {label:42} {ratio[them, us]:.2f} ({median[them] / median[us]:.2f})",
              flush=True)
    if min(ratio.values()) < 1:
        print_losses(args, name, ratio)


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(v) for v in values))


def main():
    parser = argparse.ArgumentParser()
    for option in ("run", "modules", "zoo", "prototxt", "csv"):
        parser.add_argument("--" + option, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--cpu-time", action="store_true",
                        help="the engines' time on the core, not of the clock: for a busy machine")
    parser.add_argument("networks", nargs="+")
    args = parser.parse_args()
    rows, figures = [], []
    for name in args.networks:
        samples = measure(args, name)
        best = {e: min(s) for e, s in samples.items()}
        median = {e: statistics.median(s) for e, s in samples.items()}
        rows.append([name] + [f"{best[e]:.3f}" if e in best else "" for e in ENGINES] +
                    [f"{median[e]:.3f}" if e in best else "" for e in ENGINES] +
                    [len(samples["ours"])])
        figures.append((best, median))
        report(args, name, best, median)
    os.makedirs(os.path.dirname(args.csv), exist_ok=True)
    with open(args.csv, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["network"] + [e + "_ms" for e in ENGINES] +
                        [e + "_median_ms" for e in ENGINES] + ["runs"])
        writer.writerows(rows)
    for label, them, us in PAIRS:
        both = [f for f in figures if them in f[0]]
        if not both:
            continue
        best, median = (geometric_mean([f[i][them] / f[i][us] for f in both]) for i in (0, 1))
        print(f"geometric mean of {label} / ours: {best:.3f} ({median:.3f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
