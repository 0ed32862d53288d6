# SPDX-License-Identifier: GPL-2.0-only
#
# Completion of SyNERGY's tools in bash. A tool lists its own options, so that there is
# nothing here to keep up to date: `TOOL --__options` (user/tools/tool.h).

# _synergy_files PATTERNS: directories, and files whose names match (all: no pattern)
_synergy_files() {
	local pattern

	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -d -- "$cur")
	if [ -z "$1" ]; then
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
	fi
	set -f
	for pattern in $1; do
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -X "!$pattern" -- "$cur")
	done
	set +f
}

# _synergy_value VALUE WORDS: what an option's value may be
_synergy_value() {
	if [ -n "$2" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$2" -- "$cur")
	elif [ "$1" = DIR ]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
	elif [ "${1%FILE}" != "$1" ]; then
		_synergy_files ""
	fi
}

_synergy() {
	local cur=${COMP_WORDS[COMP_CWORD]} before='' table name letter value words names='' patterns='' i

	COMPREPLY=()
	[ "$COMP_CWORD" = 0 ] || before=${COMP_WORDS[COMP_CWORD - 1]}
	# --name=value comes as three words.
	[ "$cur" != = ] || cur=
	[ "$before" != = ] || before=${COMP_WORDS[COMP_CWORD - 2]}
	table=$("${COMP_WORDS[0]}" --__options 2>/dev/null) || return
	while IFS='|' read -r name letter value words _; do
		if [ -z "$name" ]; then
			patterns=$words
			continue
		fi
		names="$names $name $letter"
		if [ "$before" = "$name" ] || [ "$before" = "$letter" ]; then
			[ -n "$value" ] || continue
			_synergy_value "$value" "$words"
			return
		fi
	done <<<"$table"
	# Behind synergy-record's -- there is another program's command line.
	for ((i = 1; i < COMP_CWORD; i++)); do
		[ "${COMP_WORDS[i]}" = -- ] || continue
		if declare -F _command_offset >/dev/null; then
			_command_offset $((i + 1))
		else
			mapfile -t COMPREPLY < <(compgen -c -- "$cur")
		fi
		return
	done
	case $cur in
	-*) mapfile -t COMPREPLY < <(compgen -W "$names" -- "$cur") ;;
	*) _synergy_files "$patterns" ;;
	esac
}

_synergy_handover() {
	local cur=${COMP_WORDS[COMP_CWORD]} words

	case $COMP_CWORD in
	1) words="list take give --help --version" ;;
	*) words="-f all $(cd /sys/bus/i2c/devices 2>/dev/null && echo [0-9]*-00[0-9a-f]*)" ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _synergy synergy-run synergy-record synergy-report synergy-info synergy-fit synergy-predict synergy-sweep synergy-calibrate
complete -F _synergy_handover synergy-handover
