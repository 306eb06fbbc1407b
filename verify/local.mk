# local.mk -- verify: claims as data, and how they are judged

noinst_LIBRARIES += verify/libverify.a
verify_libverify_a_SOURCES = \
  verify/claim.c \
  verify/claim.h \
  verify/claim_check.c \
  verify/claim_file.c \
  verify/claim_load.c \
  verify/claim_text.c \
  verify/claim_text.h \
  verify/covered.c \
  verify/covered.h \
  verify/judge.c \
  verify/judge.h \
  verify/judge_store.c \
  verify/lemma.c \
  verify/lemma.h \
  verify/lemma_certify.c \
  verify/lemma_load.c \
  verify/lemma_sample.c \
  verify/loader.c \
  verify/loader.h \
  verify/mutate.c \
  verify/mutate.h \
  verify/near.c \
  verify/near.h \
  verify/remark.c \
  verify/remark.h \
  verify/scope.c \
  verify/scope.h \
  verify/what_if.c \
  verify/what_if.h
nodist_verify_libverify_a_SOURCES = verify/builtin_claims.c verify/builtin_lemmas.c

claimsdir = $(pkgdatadir)/claims
dist_claims_DATA = \
  verify/claims/paper.cfg \
  verify/claims/derived.cfg

verify/builtin_claims.c: src/embed.awk $(dist_claims_DATA)
	$(embed) -v array=builtin_claims $(dist_claims_DATA) $(embedded)
CLEANFILES += verify/builtin_claims.c

lemmasdir = $(pkgdatadir)/lemmas
dist_lemmas_DATA = verify/lemmas/lemmas.cfg

verify/builtin_lemmas.c: src/embed.awk $(dist_lemmas_DATA)
	$(embed) -v array=builtin_lemmas $(dist_lemmas_DATA) $(embedded)
CLEANFILES += verify/builtin_lemmas.c

EXTRA_DIST += verify/README.md verify/lemmas/README.md
