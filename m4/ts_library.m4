# ts_library.m4 -- libraries: found by pkg-config or by trial, proved by linking, and missed all at once

m4_ifndef([PKG_CHECK_MODULES],
  [m4_fatal([pkg.m4 is missing: install pkg-config (Debian: pkg-config) and run autoreconf again])])

# _TS_LINKS(PREFIX, HEADERS, BODY): ts_links=yes when the program links with PREFIX_CFLAGS and PREFIX_LIBS.
AC_DEFUN([_TS_LINKS],
[ts_saved_CPPFLAGS=$CPPFLAGS ts_saved_LIBS=$LIBS
CPPFLAGS="$CPPFLAGS $$1_CFLAGS" LIBS="$$1_LIBS $LIBS"
AC_LINK_IFELSE([AC_LANG_PROGRAM([$2], [$3])], [ts_links=yes], [ts_links=no])
CPPFLAGS=$ts_saved_CPPFLAGS LIBS=$ts_saved_LIBS])

# TS_LIBRARY(PREFIX, MODULE, HEADERS, BODY, LIBS, NAME, DEBIAN-PACKAGE, [IF-MISSING])
# Sets PREFIX_CFLAGS and PREFIX_LIBS from pkg-config's MODULE or, failing that, to LIBS, and tries to link a
# program with these HEADERS and this BODY. When that fails, IF-MISSING runs: by default the library is noted for
# TS_REPORT_MISSING.
AC_DEFUN([TS_LIBRARY],
[PKG_CHECK_MODULES([$1], [$2], [], [$1_LIBS="$5"])
AC_MSG_CHECKING([whether a program with $6 links])
_TS_LINKS([$1], [$3], [$4])
AC_MSG_RESULT([$ts_links])
AS_IF([test $ts_links = no], [m4_default([$8], [TS_MISSING([$6], [$7])])])])

# TS_MISSING(NAME, DEBIAN-PACKAGE): notes it for TS_REPORT_MISSING.
AC_DEFUN([TS_MISSING],
[AS_VAR_APPEND([ts_missing], ["
    $1  (Debian: $2)"])
AS_VAR_APPEND([ts_missing_packages], [" $2"])])

# TS_REPORT_MISSING: one message for everything that is missing, so that one installation mends it.
AC_DEFUN([TS_REPORT_MISSING],
[AS_IF([test -n "$ts_missing"],
  [AC_MSG_ERROR([not found, or not usable:$ts_missing
  On Debian: apt-get install$ts_missing_packages
  Elsewhere: put the places into CPPFLAGS and LDFLAGS, or into the *_CFLAGS and *_LIBS that ./configure --help lists.
  What was tried stands in config.log.])])])
