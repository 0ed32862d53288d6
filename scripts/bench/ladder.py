#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the networks of bench-ladders: chains of layers whose lengths climb from
a tenth of a sampling period of 1 ms to some hundred periods. They compute nothing of use.

Short layers need many runs, so they are in networks of their own that are over quickly.
Each network also has layers that do nothing (Dropout): what is counted there is the
marks' own work.

usage: ladder.py DIR    writes DIR/NAME.prototxt, prints NAME RUNS CONVERSION_US a line
"""
import random
import sys

# name, seed, layers, shortest and longest (us), map size, runs, conversion (us). Conversions
# are short where layers of a tenth of a period are; the default, which fills the period, else.
LADDERS = (
    ("short4", 7, 48, 110, 1000, 10, 1800, 140),
    ("short3", 3, 48, 110, 1000, 14, 1000, 140),
    ("short2", 2, 48, 110, 1000, 16, 1000, 140),
    ("short1", 1, 48, 110, 1000, 12, 1000, 140),
    ("mid1", 4, 84, 1000, 5000, 28, 160, 140),
    ("long1", 5, 48, 5200, 8000, 40, 60, 140),
    ("long2", 6, 12, 25000, 250000, 56, 12, 332),
)

# What the virtual board takes, us: a call; one multiply-accumulate, one element that a
# convolution gathers, one window of a pooling (these three in thousands).
CALL, MAC, GATHER, POOL = 15, 0.36e-3, 9e-3, 22e-3
MOST_OUTPUTS = 192


def choose(rng, target, channels, pixels):
    """A convolution's kernel and outputs so that it takes about so many us."""
    best = None
    for kernel in rng.sample((1, 3, 5), 3):
        patch = channels * kernel * kernel * pixels
        fixed = CALL + (GATHER * patch if kernel > 1 else 0)
        outputs = max(4, min(round((target - fixed) / (MAC * patch)), MOST_OUTPUTS))
        us = fixed + MAC * patch * outputs
        off = max(us / target, target / us)
        if not best or off < best[0]:
            best = (off, kernel, outputs)
        if off < 1.2:
            break
    return best[1:]


def plain(rng, name, bottom, empty, pool_fits):
    """A layer that is no convolution, of the same shape as its input."""
    head = f'layer {{\n  name: "{name}"\n  bottom: "{bottom}"\n  top: "{name}"\n'
    if empty:
        return head + '  type: "Dropout"\n}\n'
    if pool_fits and rng.random() < 0.7:
        return head + ('  type: "Pooling"\n  pooling_param { pool: MAX kernel_size: 3 stride: 1 '
                       'pad: 1 }\n}\n')
    if rng.random() < 0.5:
        return head + '  type: "ReLU"\n}\n'
    return head + '  type: "LRN"\n  lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }\n}\n'


def ladder(name, seed, layers, low, high, size):
    rng = random.Random(seed)
    channels, pixels = 24, size * size
    text = f'name: "{name}"\ninput: "data"\n'
    text += f"input_shape {{ dim: 1 dim: {channels} dim: {size} dim: {size} }}\n"
    bottom = "data"
    for i in range(layers):
        layer = f"l{i:03d}"
        if i % 6 == 5:
            pool_us = CALL + POOL * channels * pixels
            text += plain(rng, layer, bottom, i % 12 == 11, low <= pool_us <= high)
        else:
            kernel, channels = choose(rng, low * (high / low) ** rng.random(), channels, pixels)
            text += (f'layer {{\n  name: "{layer}"\n  type: "Convolution"\n  bottom: "{bottom}"\n'
                     f'  top: "{layer}"\n  convolution_param {{ num_output: {channels} '
                     f"kernel_size: {kernel} pad: {kernel // 2} }}\n}}\n")
        bottom = layer
    return text


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    for name, seed, layers, low, high, size, runs, conversion_us in LADDERS:
        with open(f"{sys.argv[1]}/{name}.prototxt", "w", encoding="ascii") as out:
            out.write(ladder(name, seed, layers, low, high, size))
        print(name, runs, conversion_us)
    return 0


if __name__ == "__main__":
    sys.exit(main())
