# local.mk -- verify: claims as data, and how they are judged

noinst_LIBRARIES += verify/libverify.a
verify_libverify_a_SOURCES = \
  verify/band.c \
  verify/band.h \
  verify/claim.c \
  verify/claim.h \
  verify/claim_check.c \
  verify/claim_file.c \
  verify/claim_load.c \
  verify/claim_text.c \
  verify/claim_text.h \
  verify/covered.c \
  verify/covered.h \
  verify/grid.c \
  verify/grid.h \
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
  verify/rate.h \
  verify/rate_internal.h \
  verify/rate_judge.c \
  verify/rate_load.c \
  verify/rate_mutate.c \
  verify/rate_probability.c \
  verify/rate_store.c \
  verify/remark.c \
  verify/remark.h \
  verify/replay_check.c \
  verify/replay_check.h \
  verify/replay_claim.c \
  verify/replay_claim.h \
  verify/replay_file.c \
  verify/replay_file.h \
  verify/scope.c \
  verify/scope.h \
  verify/stage.c \
  verify/stage.h \
  verify/stats.c \
  verify/stats.h \
  verify/what_if.c \
  verify/what_if.h
nodist_verify_libverify_a_SOURCES = verify/builtin_claims.c verify/builtin_lemmas.c verify/builtin_rates.c

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

ratesdir = $(pkgdatadir)/rates
dist_rates_DATA = verify/rates/rates.cfg

verify/builtin_rates.c: src/embed.awk $(dist_rates_DATA)
	$(embed) -v array=builtin_rates $(dist_rates_DATA) $(embedded)
CLEANFILES += verify/builtin_rates.c

EXTRA_DIST += verify/README.md verify/lemmas/README.md verify/rates/README.md
