#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The device tree on the virtual board: QEMU's own tree with two INA3221s added on
# the simulated bus, one as the kernel's board files have it (ti,ina3221), one ours
# with a disabled channel, and a third that gives all its rails one name. synergy.ko
# must name the rails, each its own way, and take the shunts as the tree says, and leave the disabled channel out; the hwmon driver's chip must move to
# synergy.ko and back by scripts/handover; and synergy.ko must be loaded by itself
# for its own compatible only.
# Exit: 0 passed, 1 failed, 77 something was not built.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
ko=$top/build/kmod/6.1

[ -f "$ko/synergy.ko" ] || { echo "SKIP: synergy.ko is not built for the board"; exit 77; }
[ -f "$ko/ina3221.ko" ] || { echo "SKIP: the hwmon driver is not built (scripts/board/build-hwmon)"; exit 77; }
for tool in fdtoverlay dtc qemu-system-aarch64; do
	command -v $tool >/dev/null || { echo "SKIP: no $tool"; exit 77; }
done

# Loading by itself: what the module advertises.
aliases=$(/sbin/modinfo -F alias "$ko/synergy.ko")
grep -q '^of:.*Csynergy,ina3221' <<<"$aliases" || { echo "FAIL: no alias for synergy,ina3221: $aliases"; exit 1; }
grep -q 'Cti,ina3221' <<<"$aliases" && { echo "FAIL: ti,ina3221 is advertised"; exit 1; }
grep -q '^i2c:synergy-ina3221$' <<<"$aliases" || { echo "FAIL: no alias for synergy-ina3221"; exit 1; }

cat >"$work/chips.dtso" <<'END'
/dts-v1/;
/plugin/;
/ {
	fragment@0 {
		target-path = "/";
		__overlay__ {
			synergy-sim {
				compatible = "synergy,sim-i2c";
				#address-cells = <1>;
				#size-cells = <0>;

				power-sensor@40 {
					compatible = "ti,ina3221";
					reg = <0x40>;
					#address-cells = <1>;
					#size-cells = <0>;
					input@0 { reg = <0>; label = "VDD_IN"; shunt-resistor-micro-ohms = <20000>; };
					input@1 { reg = <1>; label = "VDD_GPU"; shunt-resistor-micro-ohms = <10000>; };
					input@2 { reg = <2>; label = "VDD_CPU"; shunt-resistor-micro-ohms = <10000>; };
				};

				power-sensor@42 {
					compatible = "synergy,ina3221";
					reg = <0x42>;
					#address-cells = <1>;
					#size-cells = <0>;
					input@0 { reg = <0>; label = "VDD_MUX"; shunt-resistor-micro-ohms = <20000>; };
					input@1 { reg = <1>; status = "disabled"; };
					input@2 { reg = <2>; label = "VDD_3V3_SYS"; shunt-resistor-micro-ohms = <10000>; };
				};

				power-sensor@43 {
					compatible = "synergy,ina3221";
					reg = <0x43>;
					#address-cells = <1>;
					#size-cells = <0>;
					input@2 { reg = <2>; label = "VDD_IO"; shunt-resistor-micro-ohms = <10000>; };
					input@1 { reg = <1>; label = "VDD_IO"; shunt-resistor-micro-ohms = <10000>; };
					input@0 { reg = <0>; label = "VDD_IO"; shunt-resistor-micro-ohms = <10000>; };
				};
			};
		};
	};
};
END
cat >"$work/guest.sh" <<'END'
. /lib/board/lib.sh
driver() {
	link=$(readlink /sys/bus/i2c/devices/$1/driver)
	[ "${link##*/}" = "$2" ] || fail "$1 has driver '${link##*/}', not $2"
}
board_insmod synergy-sim clients=0 chips=0x40,0x42,0x43 || exit 1
handover list >list
cat list
check grep -q '^0-0040 *none *device-tree *VDD_IN,VDD_GPU,VDD_CPU$' list
# Ours first, as when it is loaded for its own chip; then both drivers are here.
board_insmod synergy || exit 1
ours=$(basename /sys/module/synergy/drivers/i2c:*)
ours=${ours#i2c:}
driver 0-0042 "$ours"
insmod /lib/modules/synergy/ina3221.ko || fail "ina3221.ko does not load"
[ "$(basename "$(readlink /sys/bus/i2c/devices/0-0040/driver)")" = ina3221 ] ||
	check handover give 0-0040
driver 0-0040 ina3221
driver 0-0042 "$ours"
check test "$(cat /sys/bus/i2c/drivers/ina3221/0-0040/hwmon/hwmon*/in3_label)" = VDD_CPU
read_rails 20 >rails || fail "nothing to read"
cat rails
check test "$(awk '{ print $1, $4 }' rails | tr '\n' ' ')" = "VDD_IO 10000 VDD_IO@0 10000 VDD_IO@0.3 10000 VDD_MUX 20000 VDD_3V3_SYS 10000 "
check handover take 0-0040
driver 0-0040 "$ours"
read_rails 40 >rails || fail "nothing to read"
cat rails
check test "$(awk '{ print $1, $4 }' rails | sort | tr '\n' ' ')" = \
	"VDD_3V3_SYS 10000 VDD_CPU 10000 VDD_GPU 10000 VDD_IN 20000 VDD_IO 10000 VDD_IO@0 10000 VDD_IO@0.3 10000 VDD_MUX 20000 "
check handover give 0-0040
driver 0-0040 ina3221
rmmod ina3221
END
qemu-system-aarch64 -M virt,gic-version=3,dumpdtb="$work/board.dtb" -cpu cortex-a57 -smp 4 -m 2G \
	-display none >/dev/null 2>&1
dtc -@ -I dts -O dtb -o "$work/chips.dtbo" "$work/chips.dtso" || exit 1
fdtoverlay -i "$work/board.dtb" -o "$work/merged.dtb" "$work/chips.dtbo" || exit 1
"$top/scripts/board/run" --log "$work/kernel.log" --timeout 110 --qemu-arg -dtb --qemu-arg "$work/merged.dtb" \
	--in "$work/guest.sh" -- sh guest.sh
status=$?
[ $status = 0 ] || { tail -n 20 "$work/kernel.log"; echo "FAIL: exit status $status"; }
exit $status
