#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A sweep's results.csv from a stated energy model, with noise of a stated size.

usage: tests/tools/make_sweep.py SEED NOISE >results.csv

Five networks of eight layers at four operating points, two runs each. Energy: 2.4 nJ/V^2 a
SIMD instruction, 1.5 a bus access, 0.7 an instruction, 5 nJ a bus access at any voltage,
300 mW/V leakage, 900 mW constant. NOISE is a relative standard deviation.
"""
import random
import sys

POINTS = ((204000, 0.80), (710400, 0.88), (1224000, 1.02), (1734000, 1.18))
rng = random.Random(int(sys.argv[1]))
noise = float(sys.argv[2])
print("board,config,repeat,order,model,clock,khz,network,rail,index,layer,op,time_us,energy_uj,"
      "energy_ci95_uj,VDD_IN_uj,armv8_cortex_a57::ASE_SPEC,BUS_ACCESS,INST_RETIRED")
for n in range(5):
    layers = []
    for _ in range(8):
        inst = rng.uniform(2e6, 4e7)
        layers.append((inst * rng.uniform(0, .8), inst * rng.uniform(.005, .1), inst,
                       rng.uniform(.6, 2.5)))
    for khz, volts in POINTS:
        for repeat in range(2):
            total = 0
            for i, (simd, bus, inst, ipc) in enumerate(layers):
                time_us = inst / ipc / khz * 1e3
                uj = (volts ** 2 * (2.4 * simd + 1.5 * bus + .7 * inst) / 1e3 + 5 * bus / 1e3 +
                      (.3 * volts + .9) * time_us)
                uj *= rng.gauss(1, noise)
                total += uj
                print(f"b,0,{repeat},0,m{n},{khz}kHz,{khz},net{n},VDD_IN,{i},l{i},Conv,"
                      f"{time_us:.6f},{uj:.6f},{uj * .02:.6f},{uj:.6f},{simd:.0f},{bus:.0f},{inst:.0f}")
            print(f"b,0,{repeat},0,m{n},{khz}kHz,{khz},net{n},VDD_IN,,,(total),1,{total:.6f},,,,,")
