#!/bin/sh
# slow_failing.sh -- test_failing.sh with all commands and every call, not one of each place; speaks TAP
: "${top_srcdir:?}"
FULL=1 exec sh "$top_srcdir/tests/test_failing.sh"
