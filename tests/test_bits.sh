#!/bin/sh
# test_bits.sh -- same seed, same bytes: the product built by other compilers, at other levels, for other processors
#
# Pre-conditions: the same sources, libraries, parameters and seed. Quantity: the bytes of every exported file (data set
# and weights at several steps, exact texts included), of every recorded observable, of the verdicts and of all figures. Bound:
# no difference from this build at all. Sweeps have one worker in this build and two in the others.
# ALL=1: every compiler at every level, and not three pairs of them only.
# Runs in the build folder, inside make check, which says TWOSTAGE, top_srcdir, top_builddir, TS_CPPFLAGS, TS_LIBS and TS_LINK.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
: "${top_builddir:?}" "${TS_CPPFLAGS:?}" "${TS_LIBS:?}" "${TS_LINK:?}"

# build NAME CC FLAG...: the program $work/NAME/twostage. Objects are made apart, two at a time.
build() {
  variant=$work/$1
  mkdir "$variant"
  shift
  {
    find "$top_srcdir/src" "$top_srcdir/verify" "$top_srcdir/reports" -name '*.c' ! -name 'builtin_*.c' ! -name sweep_mpi.c
    find "$top_builddir/src" "$top_builddir/verify" "$top_builddir/reports" -name 'builtin_*.c'
  } >"$variant/sources"
  cat >"$variant/compile" <<'EOF'
variant=$1 source=$2
shift 2
room=${source%/*}
exec "$@" -c "$source" -o "$variant/${room##*/}-${source##*/}.o"
EOF
  # shellcheck disable=SC2086 # flags are words
  tr '\n' '\0' <"$variant/sources" |
    xargs -0 -P 2 -I '{}' sh "$variant/compile" "$variant" '{}' "$@" -std=c11 -ffp-contract=off \
      '-DTWOSTAGE_VERSION="0.1.0"' $TS_CPPFLAGS >"$variant/messages" 2>&1 &&
    "$@" "$variant"/*.o -o "$variant/twostage" $TS_LIBS >>"$variant/messages" 2>&1
}

# produce PROGRAM FOLDER WORKERS: everything that is compared, with both engines, both gates and both losses.
produce() {
  mkdir "$2" || return
  for engine in double mpfr; do
    for reading in shared/separate split/joint; do
      "$1" export --instance quick --engine "$engine" --reading "$reading" --set t2=200 --at 0,t1,150,t1+t2 --quiet \
        --out "$2/export-$engine-${reading%/*}" || return
    done
    "$1" train --instance quick --engine "$engine" --reading all --set t2=200 --quiet --out "$2/train-$engine" >/dev/null &&
      "$1" report --run "$2/train-$engine" --to figures >/dev/null || return
  done
  "$1" verify --instance quick --reading all --set t2=200 --quiet --out "$2/verify" >/dev/null
  [ $? -le 2 ] || return
  "$1" verify --instance quick --set t2=200 --what-if softmax --what-if adam --certify --quiet --out "$2/what-if" >/dev/null
  [ $? -le 2 ] || return
  "$1" sweep --instance quick --set N=4 --set L=4 --set t1=20 --set t2=40 --along d=3,4,5 --seeds 2 --jobs "$3" --quiet \
    --out "$2/sweep" >/dev/null
  [ $? -le 2 ] || return
  for report in verify what-if sweep; do
    grep -v '"compiler"\|"program"' "$2/$report/results.json" >"$2/$report/results-of-any-program.json"
  done
}

# produce_and_tell WORDS PROGRAM FOLDER WORKERS
produce_and_tell() {
  if produce "$2" "$3" "$4" 2>"$work/messages"; then
    result "$1" ''
  else
    result "$1" "$(cat "$work/messages")
it did not run"
  fi
}

# differences FOLDER PATTERN: how the files of that name differ from the main build's; a lost file is a difference.
differences() {
  (cd "$work/main" && find . -path "./$2" -type f | sort) >"$work/expected"
  [ -s "$work/expected" ] || echo "this build has no file $2"
  while IFS= read -r file; do
    cmp "$work/main/$file" "$1/$file" 2>&1 | sed "s|$work/||g"
  done <"$work/expected"
}

# observables FOLDER: every recorded value with all its digits, as SQL gives it.
observables() {
  for engine in double mpfr; do
    sqlite3 -readonly "$1/train-$engine/run.db" 'SELECT run, step, name, ball, value FROM record JOIN observable
      ON observable.id = record.observable ORDER BY run, step, name' || echo "cannot read the run of $1"
  done
}

# compare NAME WORDS: runs the variant of that name, and compares.
compare() {
  name=$1 title=$2
  produce_and_tell "$title runs" "$work/$name/twostage" "$work/$name/out" 2
  for engine in double mpfr; do
    result "$title exports the same bytes, $engine" "$(differences "$work/$name/out" "export-$engine-*/*")"
    result "$title draws the same numbers, $engine" "$(differences "$work/$name/out" "train-$engine/figures/*.tsv")"
  done
  if command -v sqlite3 >/dev/null 2>&1; then
    observables "$work/$name/out" >"$work/$name/observables"
    result "$title records the same observables" "$(diff "$work/main.observables" "$work/$name/observables" 2>&1)"
  else
    skip "$title records the same observables" 'sqlite3 is missing'
  fi
  result "$title comes to the same verdicts" "$(differences "$work/$name/out" '*/results-of-any-program.json')"
  result "$title draws the same figures" "$(differences "$work/$name/out" '*/figures/*')"
  rm -rf "${work:?}/$name"
}

# variant NAME WORDS CC FLAG...: builds, runs and compares one.
variant() {
  name=$1 title=$2 compiler=$3
  if ! command -v "$compiler" >/dev/null 2>&1; then
    skip "$title" "$compiler is missing"
    return
  fi
  shift 3
  if ! build "$name" "$compiler" "$@"; then
    result "$title builds" "$(cat "$work/$name/messages")
it did not build"
    return
  fi
  compare "$name" "$title"
}

# link_for NAME FEATURES: this build's own objects with a processor that has only those (processor.c). The linker says who
# defines what the functions are picked by: if that were still the compiler's library, nothing would be tested.
link_for() {
  mkdir "$work/$1"
  # shellcheck disable=SC2086 # words
  {
    $TS_LINK -DFEATURES="$2" -c "$top_srcdir/tests/processor.c" -o "$work/$1/processor.o" &&
      $TS_LINK -o "$work/$1/twostage" -Wl,-y,__cpu_model "$work/$1/processor.o" "$top_builddir"/src/twostage-*.o \
        "$top_builddir/reports/libreports.a" "$top_builddir/verify/libverify.a" "$top_builddir/src/libtwostage.a" $TS_LIBS
  } >"$work/$1/said" 2>&1 || cat "$work/$1/said"
  grep -q 'processor.o: definition' "$work/$1/said" || echo 'processor.c was not linked'
  grep -q 'rng.o.*: reference' "$work/$1/said" || echo 'the product asks for no processor'
}

# processor NAME WORDS FLAG FEATURES: this build as it runs on a lesser processor. FLAG: what this one must have, as Linux calls it.
processor() {
  title="on a processor with $2"
  if ! grep -qw "$3" /proc/cpuinfo 2>/dev/null || [ "$(uname -m)" != x86_64 ]; then
    skip "$title" "this one has no $3"
    return
  fi
  problem=$(link_for "$1" "$4")
  result "$title it links" "$problem"
  [ -n "$problem" ] || compare "$1" "$title"
}

produce_and_tell 'this build runs' "$TWOSTAGE" "$work/main" 1
if command -v sqlite3 >/dev/null 2>&1; then
  observables "$work/main" >"$work/main.observables"
fi

if [ -n "${ALL-}" ]; then
  for compiler in gcc clang; do
    for flags in -O0 -O2 '-O3 -march=native'; do
      # shellcheck disable=SC2086 # flags are words
      variant all "$compiler $flags" $compiler $flags
    done
  done
else
  variant gcc-O0 'gcc -O0 without vectors' gcc -O0 -DTWOSTAGE_NO_CLONES
  variant gcc-O3 'gcc -O3 for this machine' gcc -O3 -march=native
  variant clang-O2 'clang -O2' clang -O2
fi
processor plain 'SSE2 only' sse2 0
processor avx2 'AVX2' avx2 'AVX|AVX2'
processor avx512f 'AVX-512F without IFMA' avx512f 'AVX|AVX2|AVX512F'
plan
