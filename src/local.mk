# local.mk -- src: the model, its training and the run store as a library, and the program above all rooms

noinst_LIBRARIES += src/libtwostage.a
src_libtwostage_a_SOURCES = \
  src/assumptions.c \
  src/audit.c \
  src/audit.h \
  src/audit_ball.c \
  src/audit_ball.h \
  src/ball_plan.c \
  src/ball_plan.h \
  src/ball_products.c \
  src/ball_products.h \
  src/builtin.h \
  src/certificate.c \
  src/certificate.h \
  src/certificate_internal.h \
  src/certificate_observe.c \
  src/cfg.c \
  src/cfg.h \
  src/checkpoint.c \
  src/checkpoint.h \
  src/cloud.c \
  src/cloud.h \
  src/dataset.c \
  src/dataset.h \
  src/digest.c \
  src/digest.h \
  src/engine.c \
  src/engine.h \
  src/engine_ball.c \
  src/engine_double.c \
  src/engine_mpfr.c \
  src/export.c \
  src/export.h \
  src/export_words.c \
  src/export_words.h \
  src/fast_path.c \
  src/fast_path.h \
  src/fileset.c \
  src/fileset.h \
  src/fixed.c \
  src/fixed.h \
  src/formula.h \
  src/formula_eval.c \
  src/formula_parse.c \
  src/formula_print.c \
  src/formula_value.c \
  src/formula_value.h \
  src/gate.c \
  src/gate.h \
  src/ifma.c \
  src/ifma.h \
  src/input.c \
  src/input.h \
  src/instance.c \
  src/kernel.h \
  src/lanes.h \
  src/logistic.c \
  src/logistic.h \
  src/measure.c \
  src/measure.h \
  src/moment.c \
  src/moment.h \
  src/mpfr_kernels.c \
  src/mpfr_kernels.h \
  src/npy.c \
  src/npy.h \
  src/observe.c \
  src/observe.h \
  src/params.c \
  src/params.h \
  src/queries.c \
  src/queries.h \
  src/replay.c \
  src/replay.h \
  src/rng.c \
  src/rng.h \
  src/run.c \
  src/run.h \
  src/run_certified.c \
  src/run_ball.c \
  src/run_internal.h \
  src/schedule.c \
  src/schedule.h \
  src/sigmoid.c \
  src/sigmoid.h \
  src/softmax.c \
  src/softmax.h \
  src/spectrum.c \
  src/spectrum.h \
  src/spectrum_ball.c \
  src/spectrum_ball.h \
  src/state.c \
  src/state.h \
  src/status.c \
  src/status.h \
  src/stop.c \
  src/stop.h \
  src/store.c \
  src/store.h \
  src/store_ball.c \
  src/store_band.c \
  src/store_cell.c \
  src/store_cloud.c \
  src/store_input.c \
  src/store_copy.c \
  src/store_file.c \
  src/store_internal.h \
  src/store_lemma.c \
  src/store_rate.c \
  src/store_read.c \
  src/store_run.c \
  src/store_schema.c \
  src/store_spectrum.c \
  src/store_state.c \
  src/store_what_if.c \
  src/store_write.c \
  src/sweep.c \
  src/sweep.h \
  src/sweep_cells.c \
  src/tiles.c \
  src/tiles.h \
  src/trace.c \
  src/trainer.c \
  src/trainer.h \
  src/trainer_internal.h \
  src/trainer_state.c \
  src/truncate.c \
  src/truncate.h \
  src/what_if.c \
  src/what_if.h \
  src/workers.c \
  src/workers.h
nodist_src_libtwostage_a_SOURCES = src/builtin_instances.c src/builtin_what_ifs.c

bin_PROGRAMS += twostage
twostage_SOURCES = src/main.c $(command_sources)
command_sources = \
  src/cli.c \
  src/cli.h \
  src/cmd_bench.c \
  src/cmd_claims.c \
  src/cmd_export.c \
  src/cmd_map.c \
  src/cmd_replay.c \
  src/cmd_report.c \
  src/cmd_sweep.c \
  src/cmd_train.c \
  src/cmd_verify.c \
  src/plan.c \
  src/plan.h \
  src/plan_inputs.c \
  src/plan_sweep.c \
  src/plan_sweep.h \
  src/plan_train.c \
  src/progress.c \
  src/progress.h \
  src/plan_replay.c \
  src/plan_replay.h \
  src/sweep_mpi.h
if WITH_MPI
command_sources += src/sweep_mpi.c
endif
twostage_CPPFLAGS = $(AM_CPPFLAGS) $(MPI_CFLAGS)
twostage_LDADD = reports/libreports.a verify/libverify.a src/libtwostage.a $(TS_LIBS) $(MPI_LIBS)

instancesdir = $(pkgdatadir)/instances
dist_instances_DATA = \
  src/instances/annealed.cfg \
  src/instances/quick.cfg \
  src/instances/reference.cfg

src/builtin_instances.c: src/embed.awk $(dist_instances_DATA)
	$(embed) -v array=builtin_instances $(dist_instances_DATA) $(embedded)
src/builtin_what_ifs.c: src/embed.awk src/what_ifs.cfg
	$(embed) -v array=builtin_what_ifs src/what_ifs.cfg $(embedded)
CLEANFILES += src/builtin_instances.c src/builtin_what_ifs.c

EXTRA_DIST += src/what_ifs.cfg src/README.md src/certificate.md src/streams.md src/embed.awk src/instances/README.md

# Made of the program's own help, so that they cannot say anything else.
nodist_man1_MANS = src/twostage.1
src/twostage.1: twostage$(EXEEXT) src/manpage.sh
	$(AM_V_GEN)$(SHELL) '$(srcdir)/src/manpage.sh' ./twostage$(EXEEXT) '$(VERSION)' >$@.part && mv $@.part $@

bashcompletiondir = $(datadir)/bash-completion/completions
nodist_bashcompletion_DATA = src/completions/twostage
src/completions/twostage: twostage$(EXEEXT) src/completion.sh
	$(AM_V_GEN)$(MKDIR_P) src/completions && \
	  $(SHELL) '$(srcdir)/src/completion.sh' ./twostage$(EXEEXT) >$@.part && mv $@.part $@

EXTRA_DIST += src/manpage.sh src/completion.sh
CLEANFILES += src/twostage.1 src/completions/twostage
