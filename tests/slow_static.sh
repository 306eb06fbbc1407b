#!/bin/sh
# slow_static.sh -- the checkers of the sources that take minutes: clang-tidy, and the analyzers that follow every path (static.sh)
exec sh "${top_srcdir:?}/tests/static.sh" clang-tidy gcc-analyzer clang-analyzer
