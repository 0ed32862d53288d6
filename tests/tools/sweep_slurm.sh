#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A plan's runs as a Slurm job array over two boards, a board a node with one gres: its
# table is the serial sweep's; a task that is lost is run again and loses nothing else. The
# cluster is the test's own: controller, two nodes and munge, with a key made here, on
# this machine and without systemd.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
sweep=$bin/synergy-sweep
pids=()

# wait_for SECONDS COMMAND...
wait_for() {
	local left=$(($1 * 10))

	shift
	while ! "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.1
	done
}

port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

configure() {
	cat >"$work/slurm.conf" <<-END
	ClusterName=boards
	SlurmctldHost=$(hostname -s)(127.0.0.1)
	SlurmctldPort=$(port)
	SlurmUser=root
	AuthType=auth/munge
	AuthInfo=socket=$work/munge.socket
	StateSaveLocation=$work/state
	SlurmdSpoolDir=$work/spool.%n
	SlurmctldPidFile=$work/slurmctld.pid
	SlurmdPidFile=$work/slurmd.%n.pid
	SlurmctldLogFile=$work/slurmctld.log
	SlurmdLogFile=$work/slurmd.%n.log
	ProctrackType=proctrack/linuxproc
	TaskPlugin=task/none
	SelectType=select/linear
	ReturnToService=2
	SchedulerParameters=bf_interval=1,sched_interval=1
	GresTypes=board
	NodeName=board1 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$(port) Gres=board:1
	NodeName=board2 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$(port) Gres=board:1
	PartitionName=all Nodes=ALL Default=YES State=UP
	END
	echo "Name=board Count=1" >"$work/gres.conf"
}

nodes_are_idle() { [ "$(sinfo -h -t idle -N -o %N | sort -u | wc -l)" = 2 ]; }
no_job() { [ -z "$(squeue -h)" ]; }

setup() {
	needs synergy-sweep synergy-report tests/tools/make_recording
	[ "$(id -u)" = 0 ] || skip "not root"
	for tool in slurmctld slurmd sbatch munged; do
		command -v $tool >/dev/null || skip "no $tool (scripts/setup.sh test-packages)"
	done
	configure
	mkdir "$work/state" "$work/spool.board1" "$work/spool.board2"
	(umask 077 && head -c 1024 /dev/urandom >"$work/munge.key")
	chmod 755 "$work"
	munged --foreground --force --key-file "$work/munge.key" --socket "$work/munge.socket" \
		--pid-file "$work/munge.pid" --log-file "$work/munge.log" --seed-file "$work/munge.seed" >"$work/munged" 2>&1 &
	pids+=($!)
	wait_for 30 test -S "$work/munge.socket" || skip "munged does not start: $(tail -n 1 "$work/munge.log")"
	export SLURM_CONF=$work/slurm.conf
	slurmctld -D -c >"$work/controller" 2>&1 &
	pids+=($!)
	for node in board1 board2; do
		slurmd -D -N $node >"$work/$node" 2>&1 &
		pids+=($!)
	done
	wait_for 60 nodes_are_idle ||
		fail "the nodes are not there: $(sinfo 2>&1; tail -n 3 "$work"/slurm*.log "$work"/board? "$work/controller")"
}

teardown() {
	[ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null
	wait 2>/dev/null
}

# In place of synergy-run: the same results at each run.
make_program() {
	"$bin/tests/tools/make_recording" "$work/a.syn" seed=1 || wrong "make_recording: exit status $?"
	"$bin/synergy-report" -q --output "$work/a" "$work/a.syn" || wrong "synergy-report: exit status $?"
	touch "$work/net.onnx"
	cat >"$work/program" <<-END
	#!/bin/bash
	while [ \$# -gt 0 ]; do
		case \$1 in --output) out=\$2; shift ;; esac
		shift
	done
	echo "\$SLURMD_NODENAME \$SLURM_ARRAY_TASK_ID" >>"$work/ran"
	if [ -e "$work/lost" ] && [ "\$SLURM_ARRAY_TASK_ID" = "\$(cat "$work/lost")" ]; then
		rm "$work/lost"
		kill -9 \$\$ \$PPID
	fi
	cp "$work/a/layers.csv" "\$out"
	END
	chmod +x "$work/program"
}

# array TASKS: of the plan's runs, and until all have ended
array() {
	expect 0 sbatch --chdir "$work" --output "$work/task%a.log" --array "$1" --exclusive --gres board:1 --wrap \
		"$sweep -q --program $work/program --plan plan.txt --job \$SLURM_ARRAY_TASK_ID --board b --output out\$SLURM_ARRAY_TASK_ID"
	wait_for 200 no_job || fail "jobs are left: $(squeue 2>&1; tail -n 3 "$work/slurmctld.log")"
}

test_array_gives_the_serial_table() {
	make_program
	expect 0 "$sweep" --program "$work/program" --output "$work/serial" --threads 1,2 --repeats 2 --board b "$work/net.onnx"
	cp "$work/serial/plan.txt" "$work/plan.txt"
	rm "$work/ran"
	# The third run's board goes down under it.
	echo 2 >"$work/lost"
	array 0-3
	check_eq "$(cut -d' ' -f1 "$work/ran" | sort -u | tr '\n' ' ')" "board1 board2 " "boards that ran"
	expect 0 "$sweep" --collect --output "$work/early" "$work"/out[0-3]
	check_fails cmp -s "$work/serial/results.csv" "$work/early/results.csv"
	# The same command again: what is done is not done twice.
	array 0-3
	check_eq "$(cut -d' ' -f2 "$work/ran" | sort | uniq -c | tr -s ' \n' ' ')" " 1 0 1 1 2 2 1 3 " "runs by task"
	expect 0 "$sweep" --collect --output "$work/gathered" "$work"/out[0-3]
	check cmp "$work/serial/results.csv" "$work/gathered/results.csv"
	check cmp "$work/serial/choices.csv" "$work/gathered/choices.csv"
}

run_tests "$@"
