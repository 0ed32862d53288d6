#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the ONNX backend test cases named in a list through synergy-run, as a user would:
the case's inputs by --input, the outputs from --output. Every output's type, shape and
values are compared as the official runner does (rtol 1e-3, atol 1e-7). The last line is
"conformance: P of N".

usage: conformance.py [--jobs N] [--verbose] RUN LIST DATA [-- OPTION...]

OPTIONs go to RUN (synergy-run). Cases whose outputs are random are not counted as passed
nor as failed: training-mode Dropout with a ratio."""

import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper

RTOL, ATOL = 1e-3, 1e-7
PASSED, FAILED, RANDOM = "passed", "FAILED", "not comparable"


def number(path):
    return int(re.search(r"_(\d+)\.pb$", path).group(1))


def tensors(directory, kind):
    return sorted(glob.glob(os.path.join(directory, kind + "_*.pb")), key=number)


def load(path):
    tensor = onnx.TensorProto()
    with open(path, "rb") as f:
        tensor.ParseFromString(f.read())
    return numpy_helper.to_array(tensor)


def is_random(directory):
    """Dropout that drops: in training mode, with a ratio that is not 0."""
    graph = onnx.load(os.path.join(directory, "model.onnx")).graph
    if [n.op_type for n in graph.node if n.op_type != "Constant"] != ["Dropout"]:
        return False
    inputs = tensors(os.path.join(directory, "test_data_set_0"), "input")
    if len(inputs) >= 3:
        return bool(load(inputs[2])) and float(load(inputs[1])) != 0
    names = list(graph.node[-1].input)
    if len(names) < 3:
        return False
    ratio = load(inputs[1]) if len(inputs) > 1 else 0.5
    return float(ratio) != 0


def differs(got, want):
    if got.dtype != want.dtype or got.shape != want.shape:
        return f"{got.dtype} {got.shape}, expected {want.dtype} {want.shape}"
    if want.dtype.kind == "f":
        same = np.isclose(got, want, rtol=RTOL, atol=ATOL, equal_nan=True)
    else:
        same = got == want
    if same.all():
        return None
    at = np.argwhere(~np.atleast_1d(same))[0]
    index = tuple(at) if want.ndim else ()
    return f"element {index} is {got[index]!r}, expected {want[index]!r}"


def run_set(command, model, data, work):
    inputs = []
    for path in tensors(data, "input"):
        inputs += ["--input", path]
    done = subprocess.run(command + inputs + ["--output", work, model], capture_output=True,
                          text=True, check=False)
    if done.returncode:
        return done.stderr.strip() or f"exit status {done.returncode}"
    wanted = tensors(data, "output")
    if not wanted:
        return "no outputs to compare with"
    for i, path in enumerate(wanted):
        name = "output.npy" if os.path.exists(work + "/output.npy") else f"output_{i}.npy"
        try:
            why = differs(np.load(os.path.join(work, name)), load(path))
        except OSError as error:
            why = str(error)
        if why:
            return f"output {i}: {why}"
    return None


def run_case(command, data, case):
    directory = os.path.join(data, case)
    if is_random(directory):
        return case, RANDOM, "random mask"
    sets = sorted(glob.glob(os.path.join(directory, "test_data_set_*")))
    for one in sets:
        with tempfile.TemporaryDirectory() as work:
            why = run_set(command, os.path.join(directory, "model.onnx"), one, work)
        if why:
            return case, FAILED, why
    return (case, PASSED, None) if sets else (case, FAILED, "no data sets")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("run")
    parser.add_argument("list")
    parser.add_argument("data")
    argv = sys.argv[1:]
    extra = argv[argv.index("--") + 1:] if "--" in argv else []
    args = parser.parse_args(argv[:argv.index("--")] if "--" in argv else argv)
    command = [args.run, "--measure", "off", "--quiet", "--runs", "1", "--warmup", "1"] + extra
    with open(args.list, encoding="utf-8") as f:
        cases = [line.strip() for line in f if line.strip() and not line.startswith("#")]
    counts = {PASSED: 0, FAILED: 0, RANDOM: 0}
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for case, verdict, why in pool.map(lambda c: run_case(command, args.data, c), cases):
            counts[verdict] += 1
            if verdict != PASSED or args.verbose:
                print(f"{verdict} {case}" + (f": {why}" if why else ""), flush=True)
    print(f"conformance: {counts[PASSED]} of {len(cases)}")
    return 0 if counts[PASSED] and not counts[FAILED] else 1


if __name__ == "__main__":
    sys.exit(main())
