#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The script of report.html without a browser: tests/report/unit.js in node.
command -v node >/dev/null || { echo "SKIP: node is not there"; exit 77; }
exec node "$(dirname "$0")/../report/unit.js" "$@"
