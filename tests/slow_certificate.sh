#!/bin/sh
# slow_certificate.sh -- certified double runs of quick (all readings) and reference to their ends, against 256 bits and balls
#
# Pre-conditions: the test program of the certificate; for balls, reference to step 4096. Quantity: certified observables
# that do not hold the values of 256 bits, or the midpoints of balls, at forty steps of each run. Bound: none.
set -u
: "${top_builddir:?}"
if [ ! -x "$top_builddir/tests/test_certificate" ]; then
  echo "ok 1 - whole runs # SKIP tests/test_certificate is not built"
  echo 1..1
  exit 0
fi
CERTIFICATE_SLOW=1 "$top_builddir/tests/test_certificate" --tap --filter 'certificate/observables*'
