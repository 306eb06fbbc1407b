#!/bin/sh
# test_sanitize.sh -- the corpora of hostile inputs and small commands under both sanitizers, judged by their logs; speaks TAP
#
# The fast part of slow_sanitize.sh, with a build of its own: no optimization, no unit tests. Pre-conditions and bound are the same.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
: "${top_builddir:?}" "${TS_CPPFLAGS:?}" "${TS_LIBS:?}"
logs=$work/logs
# shellcheck source=tests/sanitizers.sh
. "$(dirname "$0")/sanitizers.sh"
sanitizer_choose -O0 -g
[ -n "$compiler" ] || {
  plan
  exit
}

{
  find "$top_srcdir/src" "$top_srcdir/verify" "$top_srcdir/reports" "$top_srcdir/tests/fuzz" -name '*.c' ! -name 'builtin_*.c' ! -name sweep_mpi.c
  find "$top_builddir/src" "$top_builddir/verify" "$top_builddir/reports" -name 'builtin_*.c'
  echo "$top_srcdir/tests/leak_check.c"
} >"$work/sources"
mkdir "$work/objects"
cat >"$work/compile" <<'END'
objects=$1 source=$2
shift 2
room=${source%/*}
exec "$@" -c "$source" -o "$objects/${room##*/}-${source##*/}.o"
END
# shellcheck disable=SC2046,SC2086 # flags are words
{
  tr '\n' '\0' <"$work/sources" |
    xargs -0 -P "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)" -I '{}' sh "$work/compile" "$work/objects" '{}' "$compiler" -O0 -g1 \
      $sanitizer_flags -std=c11 -ffp-contract=off '-DTWOSTAGE_VERSION="0"' $TS_CPPFLAGS &&
    mv "$work/objects/src-main.c.o" "$work/objects/tests-leak_check.c.o" "$work" &&
    mkdir "$work/fuzz-objects" && mv "$work/objects"/fuzz-*.o "$work/fuzz-objects" &&
    "$compiler" $sanitizer_flags $(sanitizer_links "$compiler") -Wl,--wrap=_exit "$work"/*.o "$work/objects"/*.o -o "$work/twostage" $TS_LIBS &&
    "$compiler" $sanitizer_flags $(sanitizer_links "$compiler") "$work/fuzz-objects"/*.o "$work/objects"/*.o -o "$work/fuzz" $TS_LIBS
} >"$work/messages" 2>&1
status=$?
[ $status -eq 0 ] || {
  result 'the instrumented programs are built' "$(grep -E 'error|undefined' "$work/messages")
status $status"
  plan
  exit
}

cd "$work" || exit 99
small='--instance quick --set d=4 --set N=6 --set L=6 --set t1=10 --set t2=20 --quiet'
while IFS='|' read -r most command; do
  # shellcheck disable=SC2086 # the words of a command
  ./twostage $command >said 2>err
  status=$?
  if [ $status -eq "$most" ] || { [ $status -lt "$most" ] && [ "$most" -le 2 ]; }; then problem=; else problem="status $status: $(head -3 err)"; fi
  result "twostage $command" "$problem"
done <<END
2|verify $small --engine double --certify --what-if adam --replay --out run
0|train $small --engine mpfr --reading all --out mpfr
0|train $small --engine ball --out ball
2|report --run run
2|sweep --instance quick --set d=3 --set L=4 --set t1=3 --set t2=4 --quiet --engine double --along N=2,3 --jobs 2 --only T2 --out sweep
0|export $small --engine double --at 0,t1 --out data
64|train --set nothing=1
END

FUZZ_STORE=$work/stores
export FUZZ_STORE
result 'run stores with rows of every table' "$(cd "$top_srcdir" && TWOSTAGE=$work/twostage sh tests/fuzz/bases.sh "$FUZZ_STORE" 2>&1)"
for corpus in "$top_srcdir"/tests/fuzz/corpus/*/; do
  target=$(basename "$corpus")
  find "$corpus" -type f | sort | TMPDIR=$work xargs timeout -s KILL 600 ./fuzz "$target" >said 2>err
  status=$?
  problem=
  [ $status -eq 0 ] || problem="status $status: $(tail -3 err)"
  result "$target: the corpus of $(cat said) inputs" "$problem"
done
sanitizer_tell
plan
