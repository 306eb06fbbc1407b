#!/bin/sh
# slow_full_disk.sh -- test_full_disk.sh with more and less room, and with bench; speaks TAP
: "${top_srcdir:?}"
FULL=1 exec sh "$top_srcdir/tests/test_full_disk.sh"
