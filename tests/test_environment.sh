#!/bin/sh
# test_environment.sh -- the same command elsewhere: other language, time zone, processors, vector kernels, folder; speaks TAP
#
# Pre-conditions: one build, two commands, run in two environments that differ in everything at once; a sweep also in its workers,
# one here and two elsewhere. Quantity: every file of the report folders (run store, JSON, figures, all), and stdout. Bound: no
# byte differs. EACH=1 runs the differences one by one as well, to say which of them it is.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
unset SOURCE_DATE_EPOCH NO_COLOR LC_ALL LANG TZ OPENBLAS_CORETYPE OPENBLAS_NUM_THREADS OMP_NUM_THREADS

# produce FOLDER WORKERS VARIABLE=VALUE...: the reports and what is printed, made in that environment.
produce() {
  folder=$1 workers=$2
  shift 2
  mkdir -p "$folder" || exit 99
  (
    cd "$folder" || exit 99
    env "$@" "$TWOSTAGE" verify --instance quick --set t1=60 --set t2=120 --reading all --out report >stdout 2>stderr
    [ $? -le 2 ] || cat stderr
    env "$@" "$TWOSTAGE" sweep --instance quick --set N=4 --set L=4 --set t1=20 --set t2=40 --along d=3,4,5 --seeds 2 \
      --jobs "$workers" --out sweep >>stdout 2>stderr
    [ $? -le 2 ] || cat stderr
  )
}

# differences FOLDER: from the first one, progress aside.
differences() {
  diff -rq --exclude=stderr "$work/here" "$1" | sed "s|$work/||g"
}

# A language that writes decimal commas. Debian's locales package has its source; its binary form is made here.
language=
if command -v localedef >/dev/null 2>&1 && localedef -i de_DE -f UTF-8 "$work/de_DE.UTF-8" >/dev/null 2>&1; then
  language='de_DE.UTF-8'
fi

result 'the command runs' "$(produce "$work/here" 1 LC_ALL=C)"
set -- TZ=Asia/Kathmandu OPENBLAS_CORETYPE=Prescott OPENBLAS_NUM_THREADS=2 COLUMNS=40 TERM=dumb HOME=/nonexistent
[ -z "$language" ] || set -- "$@" LOCPATH="$work" LC_ALL=$language LANGUAGE=de
umask 077
result "the command runs elsewhere ($*)" "$(produce "$work/a folder/'elsewhere'" 2 "$@")"
result 'elsewhere every file has the same bytes' "$(differences "$work/a folder/'elsewhere'")"
if [ -z "$language" ]; then
  skip 'a language with decimal commas' 'no localedef, or no source of de_DE'
else
  commas=$(env LOCPATH="$work" LC_ALL=$language printf '%.1f' 0,5 2>&1)
  [ "$commas" = '0,5' ] && commas= || commas="printf '%.1f' 0,5 gave $commas"
  result 'the other language writes decimal commas' "$commas"
fi
if [ -n "${EACH-}" ]; then
  for one in "$@" OPENBLAS_CORETYPE=Haswell OPENBLAS_CORETYPE=SkylakeX OPENBLAS_NUM_THREADS=1; do
    result "the command runs with $one" "$(produce "$work/one" 1 "$one" ${language:+LOCPATH="$work"})"
    result "with $one every file has the same bytes" "$(differences "$work/one")"
    rm -rf "$work/one"
  done
  result 'the command runs with two workers' "$(produce "$work/one" 2 LC_ALL=C)"
  result 'with two workers every file has the same bytes' "$(differences "$work/one")"
  rm -rf "$work/one"
  if command -v taskset >/dev/null 2>&1; then
    produce "$work/one" 1 taskset -c 0 >"$work/messages"
    result 'on one processor every file has the same bytes' "$(cat "$work/messages")$(differences "$work/one")"
  fi
fi
plan
