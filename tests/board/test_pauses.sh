# SPDX-License-Identifier: GPL-2.0-only
# board: timeout=150 debug=no
#
# synergy-run fetches what the module holds between inferences, not while one runs, as
# that work draws power, too; after it comes an inference that does not count.
. /lib/board/lib.sh
# shellcheck source=tests/board/network.sh
. /tests/network.sh

setup() {
	command -v synergy-run >/dev/null || skip "the tools were not built for the board"
}

test_nothing_is_fetched_while_one_runs() {
	{
		net_input 16
		net_conv c1 data 64 5
		net_layer r1 ReLU c1 c1
		net_conv c2 c1 96 3
	} >net.prototxt

	taskset 4 watch_size run.syn >changes &
	watcher=$!
	synergy-run --quiet --measure require --idle 0.05 --control 0 --runs 80 --warmup 2 \
		--record run.syn --format csv net.prototxt >layers.csv || fail "synergy-run: $?"
	kill $watcher
	wait $watcher
	synergy-report --records run.syn >records || fail "synergy-report: $?"

	# Each inference as BEGIN END WARMUP; fetched while one ran: growth that lies within.
	grep ' marker .* id=run ' records | awk '
		/kind=begin/ { begin = $2; warm = / warmup / ? 1 : 0 }
		/kind=end/ { print begin, $2, warm }' >runs
	counted=$(awk '!$3' runs | wc -l)
	[ "$counted" = 80 ] || fail "$counted inferences counted, not 80"
	awk '
		NR == FNR { begin[NR] = $1; end[NR] = $2; warm[NR] = $3; n = NR; next }
		{
			within = follows = 0
			for (i = 1; i <= n; i++) {
				if ($1 > begin[i] && $2 < end[i])
					within = 1
				if (i > 1 && $1 < begin[i] && $2 > end[i - 1])
					follows = warm[i] ? 1 : -1
			}
			fetched++
			inside += within
			warmed += follows > 0
			cold += follows < 0
		}
		END {
			printf "%d inferences; fetched %d times, %d while one ran; %d before a warm-up, %d not\n",
				n, fetched, inside, warmed, cold
			exit !(inside == 0 && warmed >= 2 && cold == 0)
		}' runs changes || fail "the recording grew: $(head -20 changes)"
}

run_tests "$@"
