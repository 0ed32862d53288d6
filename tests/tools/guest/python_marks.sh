#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What board_python.sh runs on the board: a program of Python's marks itself while
# synergy-record records it.
export LD_LIBRARY_PATH=/root/python/lib:/usr/lib PYTHONHOME=/root/python
export PYTHONPATH=/root SYNERGY_LIBRARY=/root/libsynergy.so
exec synergy-record -q -o marks.syn -- /root/python/python3.11 -S -B python_marks.py
