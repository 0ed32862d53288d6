#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares outputs with what they must be. Usage: check_outputs.py LIST; a line of LIST is
OUTPUT.npy WHAT [ARG...] # what ran. WHAT: picture KIND, exif N, luma, array FILE.npy,
value V..., shape D..., all V D..."""

import sys

import numpy as np

y, x = np.mgrid[0:8, 0:10]


def pixels(kind):
    """BGR, as a Caffe network is given."""
    rgb = np.stack([23 * x, 31 * y, 7 * (x + y) + 40]).astype(np.float64)
    if kind == "palette":
        rgb = np.stack([23 * x, 31 * 3 + 0 * x, 7 * (x + 3) + 40]).astype(np.float64)
    if kind == "16":
        rgb = (rgb * 257 + 5) / 257
    if kind == "grey":
        rgb = np.stack([23 * x] * 3).astype(np.float64)
    return rgb[::-1]


def turned(orientation):
    """What EXIF means: the stored picture, made upright."""
    p = pixels("rgb")
    return {1: lambda: p, 2: lambda: p[:, :, ::-1], 3: lambda: p[:, ::-1, ::-1],
            4: lambda: p[:, ::-1], 5: lambda: p.transpose(0, 2, 1),
            6: lambda: np.rot90(p, -1, (1, 2)), 7: lambda: p.transpose(0, 2, 1)[:, ::-1, ::-1],
            8: lambda: np.rot90(p, 1, (1, 2))}[orientation]()


def wanted(got, what, args):
    """The values and how far they may be off."""
    if what == "picture":
        return pixels(args[0])[None], 1e-4
    if what == "exif":
        # The network is as large as the picture's blocks: each value is between pixels of one.
        return turned(int(args[0]))[None], 4
    if what == "luma":
        b, g, r = pixels("rgb")
        return (.299 * r + .587 * g + .114 * b)[None, None], 1e-3
    if what == "array":
        return np.load(args[0]).astype(np.float64), 0
    if what == "value":
        return np.array([float(v) for v in args]).reshape(got.shape), 1e-6
    if what == "all":
        return np.full([int(d) for d in args[1:]], float(args[0])), 0
    return np.zeros([int(d) for d in args]), np.inf


failures = 0
with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        words, _, command = line.partition(" # ")
        path, what, *args = words.split()
        try:
            output = np.load(path)
            want, limit = wanted(output, what, args)
            assert output.shape == want.shape, f"shape {output.shape}, not {want.shape}"
            off = np.abs(output.astype(np.float64) - want).max()
            assert off <= limit, f"off by {off}"
        except (AssertionError, OSError, ValueError) as error:
            failures += 1
            print(f"{command.strip()}: is not {what} {' '.join(args)}: {error}")
sys.exit(failures > 0)
