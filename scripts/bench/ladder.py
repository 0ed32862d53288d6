#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the networks of bench-attribution: chains of layers whose lengths climb from
a tenth of a 1 ms sampling period to some hundred periods. They compute nothing of use.

usage: ladder.py DIR    writes DIR/NAME.prototxt and prints NAME RUNS a line
"""
import random
import sys

# name, seed, layers, shortest and longest (multiply-accumulates), map size, runs
LADDERS = (
    ("short1", 1, 66, 1.0e5, 4e5, 12, 150),
    ("short2", 2, 66, 1.0e5, 4e5, 16, 150),
    ("mid1", 3, 84, 4e5, 6e6, 28, 16),
    ("mid2", 4, 84, 4e5, 6e6, 40, 16),
    ("long1", 5, 14, 2e7, 4e8, 56, 4),
)


def other(rng, name, bottom):
    """A layer that is no convolution, of the same shape as its input."""
    kind = rng.choice(("relu", "pool", "lrn"))
    head = f'layer {{\n  name: "{name}"\n  bottom: "{bottom}"\n  top: "{name}"\n'
    if kind == "relu":
        return head + '  type: "ReLU"\n}\n'
    if kind == "lrn":
        return head + '  type: "LRN"\n  lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }\n}\n'
    return head + '  type: "Pooling"\n  pooling_param { pool: MAX kernel_size: 3 stride: 1 pad: 1 }\n}\n'


def ladder(name, seed, layers, low, high, size):
    rng = random.Random(seed)
    channels = 24
    text = f'name: "{name}"\ninput: "data"\n'
    text += f"input_shape {{ dim: 1 dim: {channels} dim: {size} dim: {size} }}\n"
    bottom = "data"
    for i in range(layers):
        layer = f"l{i:03d}"
        if i % 6 == 5:
            text += other(rng, layer, bottom)
        else:
            macs = low * (high / low) ** rng.random()
            kernel = rng.choice((1, 3, 3, 5))
            outputs = int(macs / (size * size * channels * kernel * kernel))
            outputs = max(4, min(outputs, 192))
            text += (f'layer {{\n  name: "{layer}"\n  type: "Convolution"\n  bottom: "{bottom}"\n'
                     f'  top: "{layer}"\n  convolution_param {{ num_output: {outputs} '
                     f"kernel_size: {kernel} pad: {kernel // 2} }}\n}}\n")
            channels = outputs
        bottom = layer
    return text


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    for name, seed, layers, low, high, size, runs in LADDERS:
        with open(f"{sys.argv[1]}/{name}.prototxt", "w", encoding="ascii") as out:
            out.write(ladder(name, seed, layers, low, high, size))
        print(name, runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
