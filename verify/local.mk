# local.mk -- verify: claims as data, and how they are judged

noinst_LIBRARIES += verify/libverify.a
verify_libverify_a_SOURCES = \
  verify/claim.c \
  verify/claim.h \
  verify/claim_check.c \
  verify/claim_load.c \
  verify/judge.c \
  verify/judge.h \
  verify/judge_store.c \
  verify/loader.h \
  verify/mutate.c \
  verify/mutate.h \
  verify/near.c \
  verify/near.h \
  verify/scope.c \
  verify/scope.h
nodist_verify_libverify_a_SOURCES = verify/builtin_claims.c

claimsdir = $(pkgdatadir)/claims
dist_claims_DATA = \
  verify/claims/derived.cfg \
  verify/claims/paper.cfg

verify/builtin_claims.c: src/embed.awk $(dist_claims_DATA)
	$(embed) -v array=builtin_claims $(dist_claims_DATA) $(embedded)
CLEANFILES += verify/builtin_claims.c

EXTRA_DIST += verify/README.md
