#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What board_python.sh runs on the board: both examples on the device.
echo python
LD_LIBRARY_PATH=/root/python/lib:/usr/lib PYTHONHOME=/root/python \
	/root/python/python3.11 -S -B power.py /dev/synergy 5 || exit 1
echo c
example_power /dev/synergy 5 || exit 1
