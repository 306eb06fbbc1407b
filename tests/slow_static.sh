#!/bin/sh
# slow_static.sh -- the checkers of the sources that take minutes: clang-tidy with clang's analyzer, and gcc's (static.sh)
exec sh "${top_srcdir:?}/tests/static.sh" clang-tidy gcc-analyzer
