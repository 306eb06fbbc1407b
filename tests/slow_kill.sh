#!/bin/sh
# slow_kill.sh -- test_kill.sh with a thousand kills, at other moments; speaks TAP
: "${top_srcdir:?}"
KILLS=1000 SEED=7 exec sh "$top_srcdir/tests/test_kill.sh"
