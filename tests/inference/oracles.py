#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares zoo networks with ONNX Runtime (.onnx) and OpenCV (.caffemodel): the
final outputs, and the layer before the softmax, since a softmax of random
weights can hide everything. Ours reads both formats; im2col must agree to 1e-5
of the largest output, Winograd and auto to 1e-4. The last line is
"check-oracles: P of N".

usage: oracles.py --run MODEL_RUN --modules NODE_MODULES --zoo DIR
                  --prototxt DIR [--quick] NETWORK..."""

import argparse
import os
import re
import subprocess
import sys
import tempfile

import numpy
import onnx

HERE = os.path.dirname(os.path.abspath(__file__))
METHODS = (("im2col", [], 1e-5), ("winograd", [], 1e-4), ("auto", [], 1e-4),
           ("im2col", ["--fuse"], 1e-5), ("auto", ["--fuse"], 1e-4))


def input_shape(text):
    shape = re.search(r"shape\s*\{([^}]*)\}", text).group(1)
    return [int(d) for d in re.findall(r"dim:\s*(\d+)", shape)]


def for_opencv(prototxt, directory):
    """OpenCV 4.6 does not read lrn_param's k. (k + a S)^-b is k^-b (1 + a/k S)^-b, so it is
    given the second form: alpha / k and a Power layer, in place."""
    with open(prototxt, encoding="utf-8") as file:
        text = file.read()

    def rewrite(match):
        layer = match.group(0)
        k, alpha, beta = (float(re.search(rf"\b{n}:\s*([0-9.e+-]+)", layer).group(1))
                          for n in ("k", "alpha", "beta"))
        top = re.search(r'top:\s*"([^"]*)"', layer).group(1)
        layer = re.sub(r"\bk:\s*[0-9.e+-]+", "", layer)
        layer = re.sub(r"alpha:\s*[0-9.e+-]+", f"alpha: {alpha / k!r}", layer)
        return (f'{layer}\nlayer {{ name: "{top}_k" type: "Power" bottom: "{top}" top: "{top}" '
                f"power_param {{ scale: {k ** -beta!r} }} }}")

    changed = re.sub(r'layer\s*\{[^{}]*type:\s*"LRN"[^{}]*\{[^{}]*\bk:[^{}]*\}[^{}]*\}', rewrite, text)
    if changed == text:
        return prototxt
    path = os.path.join(directory, "opencv.prototxt")
    with open(path, "w", encoding="utf-8") as file:
        file.write(changed)
    return path


def without_softmax(prototxt, onnx_path, directory):
    """Both files without their last layer, if that is a softmax; else None."""
    with open(prototxt, encoding="utf-8") as file:
        text = file.read()
    cut = re.sub(r"layer\s*\{[^{}]*type:\s*\"Softmax\"[^{}]*\}\s*$", "", text)
    model = onnx.load(onnx_path)
    last = model.graph.node[-1]
    if cut == text or last.op_type != "Softmax":
        return None
    source = last.input[0]
    del model.graph.node[-1]
    del model.graph.output[:]
    model.graph.output.append(onnx.helper.make_tensor_value_info(
        source, onnx.TensorProto.FLOAT, None))
    paths = os.path.join(directory, "cut.prototxt"), os.path.join(directory, "cut.onnx")
    with open(paths[0], "w", encoding="utf-8") as file:
        file.write(cut)
    onnx.save(model, paths[1])
    return paths


def run(command):
    done = subprocess.run(command, capture_output=True, text=True,
                          env=dict(os.environ, OPENBLAS_NUM_THREADS="1"))
    if done.returncode:
        raise SystemExit(f"check-oracles: {' '.join(command)}: {done.stderr.strip()}")


def difference(want, got):
    if want.shape != got.shape:
        return float("inf")
    return float(numpy.abs(want - got).max() / numpy.abs(want).max())


class Comparison:
    """One pair of files, everything run on the same input."""

    def __init__(self, args, directory, prototxt, caffemodel, onnx_path, shape):
        self.args = args
        self.input = os.path.join(directory, "input")
        self.output = os.path.join(directory, "output")
        self.files = {"caffe": ["--weights", caffemodel, prototxt], "onnx": [onnx_path]}
        self.oracles = {
            "ONNX Runtime": ["node", os.path.join(HERE, "engine_ort.js"), args.modules, onnx_path,
                             "all", self.input, self.output],
            "OpenCV": ["/usr/bin/python3", os.path.join(HERE, "engine_opencv.py"),
                       for_opencv(prototxt, directory), caffemodel, ",".join(map(str, shape)), self.input, self.output],
        }
        numpy.random.default_rng(1).uniform(-1, 1, shape).astype(numpy.float32).tofile(self.input)

    def result(self, command):
        run(command)
        return numpy.fromfile(self.output, dtype=numpy.float32)

    def check(self, label):
        passed = total = 0
        wanted = {oracle: self.result(c) for oracle, c in self.oracles.items()}
        for conv, extra, limit in METHODS[:2] if self.args.quick else METHODS:
            for form, files in self.files.items():
                got = self.result([self.args.run, "--conv", conv] + extra +
                                  ["--input", self.input, "--output", self.output] + files)
                for oracle, want in wanted.items():
                    off = difference(want, got)
                    total += 1
                    passed += off <= limit
                    print(f"{'ok    ' if off <= limit else 'FAILED'} {label} {form} "
                          f"{' '.join([conv] + extra)} {oracle} {off:.2e}", flush=True)
        return passed, total


def check_network(args, name):
    prototxt = os.path.join(args.prototxt, name + ".prototxt")
    caffemodel = os.path.join(args.zoo, name + ".caffemodel")
    onnx_path = os.path.join(args.zoo, name + ".onnx")
    with open(prototxt, encoding="utf-8") as file:
        shape = input_shape(file.read())
    with tempfile.TemporaryDirectory() as directory:
        passed, total = Comparison(args, directory, prototxt, caffemodel, onnx_path,
                                   shape).check(name)
        cut = without_softmax(prototxt, onnx_path, directory)
        if cut:
            p, t = Comparison(args, directory, cut[0], caffemodel, cut[1],
                              shape).check(name + " (before softmax)")
            passed, total = passed + p, total + t
    return passed, total


def main():
    parser = argparse.ArgumentParser()
    for option in ("run", "modules", "zoo", "prototxt"):
        parser.add_argument("--" + option, required=True)
    parser.add_argument("--quick", action="store_true", help="im2col and Winograd alone")
    parser.add_argument("networks", nargs="+")
    args = parser.parse_args()
    passed = total = 0
    for name in args.networks:
        p, t = check_network(args, name)
        passed, total = passed + p, total + t
    print(f"check-oracles: {passed} of {total}")
    return 0 if passed == total and total else 1


if __name__ == "__main__":
    sys.exit(main())
