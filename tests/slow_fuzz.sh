#!/bin/sh
# slow_fuzz.sh -- every parser fed bytes that libFuzzer makes up, guided by coverage, with both sanitizers looking on
#
# FUZZ_SECONDS (60) for each target, FUZZ_TIMEOUT (20) for one input; FUZZ_TARGETS (all): some names of targets.c. An input
# that breaks something is kept in the build folder, tests/fuzz-findings/TARGET; it belongs, with its date, into
# tests/fuzz/corpus/TARGET. FUZZ_MERGE=yes: puts inputs that reach new code into FUZZ_CORPUS, for adding to the corpus by hand.
set -u
: "${TWOSTAGE:?}" "${top_srcdir:?}" "${top_builddir:?}"
seconds=${FUZZ_SECONDS:-60} clang=${FUZZ_CLANG:-clang}
objects=$top_builddir/tests/fuzz-objects findings=$top_builddir/tests/fuzz-findings
work=$(mktemp -d "${TMPDIR:-/tmp}/fuzz.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
cd "$top_srcdir" || exit 99

echo 'int LLVMFuzzerTestOneInput(const unsigned char *b, unsigned long n); int LLVMFuzzerTestOneInput(const unsigned char *b, unsigned long n) { return b && n > 9; }' >"$work/probe.c"
if ! "$clang" -fsanitize=fuzzer,address,undefined -o "$work/probe" "$work/probe.c" 2>"$work/why"; then
  echo "ok 1 - hostile bytes # SKIP $clang cannot link libFuzzer (Debian: clang, libclang-rt-14-dev)"
  echo 1..1
  exit 0
fi

# As the product is built, but for the sanitizers; what of the program is above the parsers stays away.
mkdir -p "$objects" "$findings"
flags="-std=c11 -ffp-contract=off -D_POSIX_C_SOURCE=200809L -DTWOSTAGE_VERSION=\"0\" -DFUZZ_LIBFUZZER -I. ${TS_CPPFLAGS-}"
find src verify reports tests/fuzz "$top_builddir/src" "$top_builddir/verify" "$top_builddir/reports" -maxdepth 1 -name '*.c' |
  grep -vE '(^|/)src/(main|cmd_[a-z_]*|plan[a-z_]*|progress|sweep_mpi)\.c$' | sort -u >"$work/sources"
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
# shellcheck disable=SC2016 # for the inner shell
if ! xargs -P "$jobs" -n 1 sh -c '
  name=$(echo "${1%.c}" | sed "s,.*/\(src\|verify\|reports\|tests/fuzz\)/,\1/," | tr / _)
  [ -f "'"$objects"'/$name.o" ] && [ -z "$(find src verify reports tests/fuzz "$1" -name "*.[ch]" -newer "'"$objects"'/$name.o")" ] && exit
  '"$clang -O1 -g $flags"' -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined \
    -c -o "'"$objects"'/$name.o" "$1"' compile <"$work/sources" >"$work/why" 2>&1; then
  echo "not ok 1 - the targets are built"
  grep error "$work/why" | head -20 | sed 's/^/#   /'
  echo 1..1
  exit 0
fi
# shellcheck disable=SC2086 # a list of libraries
if ! "$clang" -fsanitize=fuzzer,address,undefined -o "$work/fuzz" "$objects"/*.o $TS_LIBS >"$work/why" 2>&1; then
  echo "not ok 1 - the targets are linked"
  head -20 "$work/why" | sed 's/^/#   /'
  echo 1..1
  exit 0
fi

FUZZ_STORE=$work/stores
export FUZZ_STORE
if ! sh tests/fuzz/bases.sh "$FUZZ_STORE" 2>"$work/why"; then
  echo "not ok 1 - there are run stores to edit"
  head -20 "$work/why" | sed 's/^/#   /'
  echo 1..1
  exit 0
fi

mkdir "$work/none" "$work/whole" || exit 99
for base in "$FUZZ_STORE"/*/run.db; do
  cp "$base" "$work/whole/$(basename "$(dirname "$base")")"
done

number=0
for target in ${FUZZ_TARGETS:-formula instance claims lemmas rates what_ifs replay npy arguments store store_file checkpoint}; do
  number=$((number + 1))
  mkdir -p "$work/new" "$findings/$target"
  dictionary=
  [ -f "tests/fuzz/$target.dict" ] && dictionary=-dict=tests/fuzz/$target.dict
  length=8192 seeds=$work/none
  [ "$target" != store_file ] || length=1000000 seeds=$work/whole
  FUZZ_TARGET=$target TMPDIR=$work "$work/fuzz" -max_total_time="$seconds" -timeout="${FUZZ_TIMEOUT:-20}" -rss_limit_mb=2048 -max_len=$length \
    -artifact_prefix="$findings/$target/" -print_final_stats=1 -verbosity=1 ${dictionary:+"$dictionary"} \
    "$work/new" "tests/fuzz/corpus/$target" "$seeds" >"$work/log" 2>&1
  status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
  reached=$(grep -o 'cov: [0-9]*' "$work/log" | tail -1)
  if [ $status -eq 0 ] && [ "${runs:-0}" -gt 0 ]; then
    echo "ok $number - $target: $runs inputs in $seconds s, ${reached#cov: } edges reached, none broke a promise"
  else
    echo "not ok $number - $target: status $status after ${runs:-?} inputs"
    grep -E 'ERROR|promise broken|runtime error|^status|SUMMARY|Test unit written' "$work/log" | head -20 | sed 's/^/#   /'
  fi
  if [ "${FUZZ_MERGE-}" = yes ]; then cp -r "$work/new" "${FUZZ_CORPUS:?}/$target"; fi
  rm -rf "$work/new"
done
echo "1..$number"
