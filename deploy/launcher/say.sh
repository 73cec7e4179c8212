# say.sh - how the launcher speaks: steps with their time on stderr, results on stdout.

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
    bold='' dim='' red='' green='' plain=''
fi
started_at=$SECONDS

say() { printf '%s\n' "$*" >&2; }
die() {
    say "${red}segue: $*${plain}"
    exit 1
}
misuse() {
    say "segue: $*"
    exit 2
}

# step "what" command...: runs it with its output in var/log/up.log; on failure shows the log's end.
step() {
    local what=$1 from=$SECONDS rc=0
    shift
    printf '%s%-44s%s' "$bold" "$what" "$plain" >&2
    mkdir -p "$VAR/log"
    printf '\n== %s: %s\n' "$(date -u +%FT%TZ)" "$what" >>"$VAR/log/up.log"
    "$@" >>"$VAR/log/up.log" 2>&1 || rc=$?
    if [ $rc -ne 0 ]; then
        say " ${red}failed${plain}"
        tail -n 25 "$VAR/log/up.log" >&2
        die "$what failed (exit $rc); the whole log is $VAR/log/up.log"
    fi
    say " ${green}done${plain} ${dim}$((SECONDS - from)) s${plain}"
}

# loud "what" command...: a long step whose own progress is shown.
loud() {
    local what=$1 from=$SECONDS
    shift
    say "${bold}$what${plain}"
    "$@" || die "$what failed (exit $?)"
    say "${what} ${green}done${plain} ${dim}$((SECONDS - from)) s${plain}"
}

confirm() {
    [ -t 0 ] || die "$1 needs --yes when there is nobody to ask"
    read -r -p "$1 [y/N] " answer
    [[ $answer == [yY]* ]]
}
