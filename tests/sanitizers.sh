# sanitizers.sh -- what tests under sanitizers share: a compiler that finds planted defects, and what the logs tell; sourced behind tap.sh
# shellcheck shell=sh
#
# $logs is an absolute folder that these functions own.
mkdir -p "${logs:?}" || exit 99
# A refused allocation is the product's to handle; 99 is no exit status of its own.
ASAN_OPTIONS=log_path=$logs/log:log_exe_name=1:detect_leaks=1:exitcode=99:allocator_may_return_null=1:strict_string_checks=1
UBSAN_OPTIONS=log_path=$logs/log:log_exe_name=1:print_stacktrace=1:exitcode=99
SANITIZER_LOGS=$logs
export ASAN_OPTIONS UBSAN_OPTIONS SANITIZER_LOGS
sanitizer_flags='-fsanitize=address,undefined -fno-sanitize-recover=undefined'

# sanitizer_links CC: beside ASan, gcc's UBSan obeys log_path only where both are linked statically, and so share one log.
sanitizer_links() {
  ! "$1" -v 2>&1 | grep -q '^gcc version' || echo '-static-libasan -static-libubsan'
}

# sanitizer_misses CC FLAG...: which planted defects leave no log, or of a sound program leave one.
sanitizer_misses() {
  # shellcheck disable=SC2046,SC2086,SC2154 # flags are words
  "$@" $sanitizer_flags "$top_srcdir/tests/planted.c" "$top_srcdir/tests/leak_check.c" -o "$work/planted" $(sanitizer_links "$1") \
    -Wl,--wrap=_exit 2>"$work/why" || { head -3 "$work/why" && return; }
  for defect in none leak leak-in-worker heap-overflow signed-overflow; do
    rm -f "$logs"/*
    "$work/planted" $defect >"$work/said" 2>&1
    case $defect:$(cat "$logs"/* 2>/dev/null) in
      none:) ;;
      leak*:*' leaked in '* | heap-overflow:*heap-buffer-overflow* | heap-overflow:*'insufficient space'* | signed-overflow:*'signed integer overflow'*) ;;
      *) echo "$defect: $(cat "$logs"/* "$work/said" 2>/dev/null | head -3)" ;;
    esac
  done
}

# sanitizer_choose FLAG...: $compiler := $SANITIZE_CC, or the first of clang and gcc that finds what is planted; empty when it does not.
sanitizer_choose() {
  compiler='' why=
  for candidate in ${SANITIZE_CC:-clang gcc}; do
    misses=$(sanitizer_misses "$candidate" "$@")
    [ -n "$misses" ] || { compiler=$candidate && break; }
    why="$why$candidate: $misses
"
  done
  rm -f "$logs"/*
  if [ -z "$compiler" ] && [ -z "${SANITIZE_CC-}" ]; then
    skip_all 'no compiler here finds planted defects (Debian: clang, libclang-rt-14-dev)'
  fi
  [ -z "$compiler" ] || why=
  result "planted defects are found under ${compiler:-$SANITIZE_CC}: a leak, one in a worker, a heap overflow, a signed overflow" "$why"
}

# sanitizer_tell: a result that there are no logs, whatever statuses programs ended with. A leak is told by who asked for the memory.
sanitizer_tell() {
  count=$(find "$logs" -type f | wc -l)
  found=$(find "$logs" -type f -exec awk '
    /runtime error: |ERROR: AddressSanitizer|SUMMARY: / { print }
    / leak of / { lost = 1 }
    lost && /\/(src|verify|reports|tests)\/.*\.[ch]:/ && !/ array_alloc / { sub(/^ *#[0-9]+ 0x[0-9a-f]+ in/, "leaked:"); print; lost = 0 }' {} + |
    sed 's/^==[^ ]*==//; s/ on address 0x.*//' | sort | uniq -c | sort -rn)
  [ "$count" -eq 0 ] || [ -n "$found" ] || found=$(find "$logs" -type f)
  result "$((count + 0)) sanitizer logs" "$found"
}
