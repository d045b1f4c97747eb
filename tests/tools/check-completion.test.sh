#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the completions offer, in the shells themselves: zsh at a terminal of its own.
set -u
SEAM=${SEAM:-build/seam}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/bin"
cp "$SEAM" "$dir/bin/seam"
PATH="$dir/bin:$PATH"
pass=0 fail=0
ok() { # what, status
    if [ "$2" = 0 ]; then pass=$((pass + 1)); else fail=$((fail + 1)); echo "completion: $1"; fi
}

# shell, words of the line with the last one to complete, what must be offered
bash_offers() {
    cat >"$dir/ask.bash" <<'ASK'
. "$1/seam.bash"
shift
wanted=$1
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_seam
printf '%s\n' "${COMPREPLY[@]}" | grep -qxF -- "$wanted"
ASK
    bash "$dir/ask.bash" "$dir" "$@"
}
fish_offers() {
    wanted=$1
    shift
    fish -c "source $dir/seam.fish; complete -C \"$*\"" 2>/dev/null | cut -f 1 | grep -qxF -- "$wanted"
}
# lines, and below each what a tab makes of it
zsh_completes() {
    cat >"$dir/ask.zsh" <<'ASK'
zmodload zsh/zpty
zpty shell "zsh -f -i"
zpty -w shell "PS1=; fpath=($1/zsh \$fpath); autoload -U compinit; compinit -u -D"
zpty -w shell 'tab() { zle expand-or-complete; print -r -- "<<$BUFFER>>"; BUFFER= }; zle -N tab; bindkey "^T" tab; print REA""DY'
zpty -r shell out '*READY*'
while read -r line && IFS= read -r wanted; do
    zpty -w -n shell "$line"$'\x14'
    zpty -r shell out '*<<*>>*'
    out=${out##*<<}
    [[ ${out%%>>*} = $wanted ]] || print -r -- "\"$line\" becomes \"${out%%>>*}\", not \"$wanted\""
done
zpty -d shell
ASK
    timeout 120 zsh -f "$dir/ask.zsh" "$dir"
}
ask() { # offered, line...: the last word may be empty
    for shell in bash fish; do
        [ -e "$dir/has.$shell" ] || continue
        "${shell}_offers" "$@"
        ok "$shell: $1 is not offered for: $2 $3 ${4:-} ${5:-}" $?
    done
}

for shell in bash fish zsh; do
    seam completion $shell >"$dir/seam.$shell"
    mkdir -p "$dir/zsh" && cp "$dir/seam.$shell" "$dir/zsh/_seam"
    if command -v $shell >/dev/null 2>&1; then
        : >"$dir/has.$shell"
        $shell -n "$dir/seam.$shell"
        ok "$shell does not read its script" $?
    else
        echo "skipped: $shell is not there"
    fi
done
ask simulate seam sim
ask --threshold seam size --thr
ask plug-in seam size --method ""
ask langgraph seam import ""
ask export seam labels ex
ask waterfall seam plot wat
ask scenarios/six-step.yaml seam plot flow scenarios/six-step.y
ask png seam plot --format ""
ask tutorial seam help ""
ask reliability seam solve --target rel
ask scenarios/six-step.yaml seam check scenarios/six-step.y
ask flow.answer.wrong= seam simulate scenarios/gate-review.yaml --set flow.answer.w
ask --version seam --v
ask reliability= seam simulate --until relia
ask html,pdf seam report --format html,p
ask waterfall seam plot -o x.svg wat
ask n8n seam import --labels x.csv n
if [ -e "$dir/has.zsh" ]; then
    zsh_completes >"$dir/wrong" <<'LINES'
seam --vers
seam --version 
seam size --meth
seam size --method=
seam size --method plu
seam size --method plug-in 
seam plot -o x.svg wat
seam plot -o x.svg waterfall 
seam simulate scenarios/gate-review.yaml --set flow.answer.w
seam simulate scenarios/gate-review.yaml --set flow.answer.wrong=
seam simulate --until relia
seam simulate --until reliability=
seam solve scenarios/six-step.y
seam solve scenarios/six-step.yaml 
seam help tuto
seam help tutorial 
LINES
    ok "zsh: $(cat "$dir/wrong")" $(($? + $(grep -c . "$dir/wrong")))
fi
if [ -e "$dir/has.bash" ]; then
    bash_offers LICENSE seam solve LICEN
    ok "bash: a file is not offered where no scenario is there" $?
    bash_offers README.md seam doctor READ
    [ $? = 1 ]
    ok "bash: a file is offered where none is taken" $?
    bash_offers grid seam size --method = gr
    ok "bash: --method=gr does not become grid" $?
    bash_offers --trials seam check --tri
    [ $? = 1 ]
    ok "bash: an option of another command is offered" $?
fi
echo "$pass passed, $fail failed"
[ "$fail" = 0 ]
