#compdef synergy-run synergy-record synergy-report synergy-info synergy-fit synergy-predict synergy-sweep synergy-calibrate synergy-handover
# SPDX-License-Identifier: GPL-2.0-only
#
# Completion of SyNERGY's tools in zsh. A tool lists its own options, so that there is
# nothing here to keep up to date: `TOOL --__options` (user/tools/tool.h).

_synergy() {
	local line name letter value choices help action patterns rest
	local -a specs fields

	while IFS= read -r line; do
		fields=("${(@s:|:)line}")
		name=$fields[1] letter=$fields[2] value=$fields[3] choices=$fields[4] help=$fields[6]
		if [[ -z $name ]]; then
			patterns=$choices
			continue
		fi
		help=${${help//\[/\(}//\]/\)}
		help=${help//:/\\:}
		action=
		if [[ -n $choices ]]; then
			action="($choices)"
		elif [[ $value == *FILE ]]; then
			action=_files
		elif [[ $value == DIR ]]; then
			action="_files -/"
		fi
		rest="[$help]"
		[[ -z $value ]] || rest="=[$help]:${value//:/}:$action"
		specs+=("$name$rest")
		[[ -z $letter ]] || specs+=("$letter${rest#=}")
	done < <($service --__options 2>/dev/null)
	if [[ $service == synergy-record ]]; then
		specs+=('*::command:_normal')
	elif [[ -n $patterns ]]; then
		specs+=("*:file:_files -g '(${patterns// /|})'")
	fi
	_arguments -s $specs
}

_synergy_handover() {
	_arguments '1:command:(list take give --help --version)' '*:device:(-f all)'
}

if [[ $service == synergy-handover ]]; then
	_synergy_handover
else
	_synergy
fi
