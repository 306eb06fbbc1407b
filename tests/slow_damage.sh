#!/bin/sh
# slow_damage.sh -- 2000 corruptions of every kind of file that is read back, each refused by name; speaks TAP
: "${top_srcdir:?}" "${top_builddir:?}"
number=0
CORRUPTIONS=2000
export CORRUPTIONS
for unit in store_damage:spoiled checkpoint:that_is_damaged checkpoint:spoiled_store replay:spoiled_files; do
  number=$((number + 1))
  program=$top_builddir/tests/test_${unit%:*}
  if "$program" --filter "*/${unit#*:}*" >log 2>&1 && line=$(grep '2000 corruptions, all refused' log); then
    echo "ok $number - $line"
  else
    echo "not ok $number - $program ${unit#*:}"
    sed 's/^/# /' log
  fi
  rm -f log
done
echo "1..$number"
