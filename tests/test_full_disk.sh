#!/bin/sh
# test_full_disk.sh -- disks that are really full, files that may not grow, folders that may not be written to; speaks TAP
#
# Pre-conditions: a folder on a small file system of its own (only root may mount one) holds the results of an earlier command,
# and so much room is left as a share of what the command takes. Quantity: what the command says and leaves when it is given
# again with another seed. Bound: it fails with 73 or 74 and one line that names a file on that disk; run.db is the old one, byte for
# byte, or whole and new when only the report had no room, and can be read; no part of a file is left,
# and of workers only what can be gone on from. With room again the same command ends well. The same is asked under a limit on the size of files (ulimit -f), and on
# a folder that cannot be written to. FULL=1: more shares, and bench.
set -u
: "${TWOSTAGE:?}"
LC_ALL=C
export LC_ALL
work=$(mktemp -d "${TMPDIR:-/tmp}/disk.XXXXXX") || exit 99
mounted=
trap '[ -z "$mounted" ] || umount "$work/disk"; rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99
mkdir disk
[ "$(id -u)" -ne 0 ] || { mount -t tmpfs -o size=4m tmpfs disk 2>/dev/null && mounted=yes; }
number=0
tiny='--instance quick --set d=2 --set L=2 --set t1=2 --set t2=3 --quiet'
one="$tiny --set N=2 --engine double"
commands='train verify sweep map export report' shares='0 40 90'
[ "${FULL:-0}" = 0 ] || { commands="$commands bench" && shares='0 5 10 20 30 40 50 60 70 80 90 100 110 120'; }

# result WORDS PROBLEM
result() {
  number=$((number + 1))
  [ -z "$2" ] || printf 'not '
  echo "ok $number - $1"
  [ -z "$2" ] || printf '%s\n' "$2" | head -12 | sed 's/^/# /'
}

# start COMMAND SEED: into disk/out.
start() {
  # shellcheck disable=SC2086 # the words of a command
  case $1 in
  train) set -- train $one --seed "$2" ;;
  verify) set -- verify $one --only T2.b1 --replay --certify --seed "$2" ;;
  sweep) set -- sweep $tiny --engine double --along N=2,3 --jobs 1 --only T2 --seed "$2" ;;
  map) set -- map $tiny --engine double --x N=2,3 --y tau0=1/100,1/10 --jobs 1 --seed "$2" ;;
  export) set -- export $one --at 0,t1 --seed "$2" ;;
  bench) set -- bench ;;
  report) set -- report --run disk/out --to html,latex,junit,json,tap,figures ;;
  esac
  [ "$1" = report ] || set -- "$@" --out disk/out
  "$TWOSTAGE" "$@" >stdout 2>stderr
}

# judge STATUS: what is wrong with what a command left that had no room.
judge() {
  if [ "$1" -gt 2 ]; then
    case $1 in 73 | 74) ;; *) echo "status $1, expected 73 or 74" ;; esac
    # bench cannot be told to be quiet about what it has measured
    [ "$(grep -vc '^d = .* steps$\|: done in ' stderr)" -eq 1 ] || echo "$(wc -l <stderr) lines on stderr, expected 1"
    grep -q 'disk/out' stderr || echo "no file on the disk is named: $(cat stderr)"
  fi
  if [ -f disk/out/run.db ] && ! cmp -s disk/out/run.db old.db; then
    rm -rf read && mkdir read && cp disk/out/run.db read
    "$TWOSTAGE" report --run read --to tap >/dev/null 2>why
    [ $? -le 2 ] || echo "run.db is neither the old one nor whole: $(cat why)"
  fi
  [ ! -f old.db ] || [ -f disk/out/run.db ] || echo "run.db is gone"
  left=$(find disk/out -name '*.part' -o -name 'worker-*' -empty -o -name checkpoint -empty 2>/dev/null)
  [ -z "$left" ] || echo "left $(echo "$left" | tr '\n' ' ')"
}

# with_room KILOBYTES COMMAND...: runs it with so much room on the disk.
with_room() {
  dd if=/dev/zero of=disk/filler bs=1k 2>/dev/null
  truncate -s -"$1"k disk/filler
  shift
  "$@"
  status=$?
  rm -f disk/filler
  return $status
}

# clear
clear() { rm -rf disk/out stdout stderr old.db; }

# prepare COMMAND: earlier results in disk/out; old.db is their store.
prepare() {
  clear
  if [ "$1" = bench ]; then # takes minutes: anything that stands there
    mkdir -p disk/out && echo '{}' >disk/out/bench.json
    return
  fi
  if [ "$1" = report ]; then start verify 1; else start "$1" 1; fi
  [ $? -le 2 ] || sed 's/^/# /' stderr
  [ ! -f disk/out/run.db ] || cp disk/out/run.db old.db
}

if [ -n "$mounted" ]; then
  for command in $commands; do
    problem='' refused=0 tried=0
    prepare "$command"
    room=$(du -sk disk/out | cut -f 1)
    some=$shares
    [ "$command" != bench ] || some='0 100' # of the empty file that stands there; each takes long
    for share in $some; do
      prepare "$command"
      with_room $((room * share / 100)) start "$command" 2
      status=$?
      found=$(judge $status)
      tried=$((tried + 1))
      [ $status -le 2 ] || refused=$((refused + 1))
      [ -z "$found" ] || problem="$problem$share % of $room KiB: $found
"
    done
    start "$command" 2 || [ $? -le 2 ] || problem="${problem}with room again: $(cat stderr)"
    [ $refused -gt 0 ] || problem="${problem}it never failed, so nothing was shown"
    result "full disk, $command: refused $refused of $tried times, run.db intact" "$problem"
  done
else
  for command in $commands; do
    number=$((number + 1))
    echo "ok $number - full disk, $command # SKIP only root may mount a small file system"
  done
fi

# ---- files that may not grow: 8 KiB and 40 KiB (ulimit counts in halves) ----

limited() { (ulimit -f "$1" && start "$2" 2); }
for command in train verify export; do
  problem='' refused=0
  for blocks in 16 80; do
    prepare $command
    limited $blocks $command
    status=$?
    found=$(judge $status)
    [ $status -le 2 ] || refused=$((refused + 1))
    [ -z "$found" ] || problem="$problem$blocks blocks: $found
"
  done
  [ $refused -gt 0 ] || problem="${problem}it never failed, so nothing was shown"
  result "files that may not grow, $command: refused $refused of 2 times, run.db intact" "$problem"
done

# ---- standard output on a full disk ----

problem=
"$TWOSTAGE" claims list >/dev/full 2>stderr
status=$?
[ $status -eq 74 ] || problem="status $status, expected 74"
grep -q 'standard output: No space left on device' stderr || problem="$problem $(cat stderr)"
result "standard output on a full disk: $(cat stderr)" "$problem"

# ---- a folder that may not be written to: read-only for root, who may write to all others ----

closed() {
  if [ -n "$mounted" ]; then mount -o remount,ro disk; else chmod -R a-w disk; fi
  "$@"
  status=$?
  if [ -n "$mounted" ]; then mount -o remount,rw disk; else chmod -R u+w disk; fi
  return $status
}
for command in train verify sweep map export report bench; do
  if [ -z "$mounted" ] && [ "$(id -u)" -eq 0 ]; then
    number=$((number + 1))
    echo "ok $number - unwritable folder, $command # SKIP root may write everywhere, and cannot mount here"
    continue
  fi
  prepare $command
  find disk -type f -exec cksum {} + >before
  closed start $command 2
  status=$?
  problem=$(judge $status)
  [ $status -eq 73 ] || problem="$problem status $status, expected 73: $(cat stderr)"
  find disk -type f -exec cksum {} + | cmp -s before - || problem="$problem files have changed"
  result "unwritable folder, $command: $(cut -c 1-150 stderr | sed "s,$work/,," | head -1)" "$problem"
done
echo "1..$number"
