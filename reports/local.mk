# local.mk -- reports: writers that read the run store

noinst_LIBRARIES += reports/libreports.a
reports_libreports_a_SOURCES = \
  reports/draw.c \
  reports/draw.h \
  reports/figure_lemmas.c \
  reports/figure_map.c \
  reports/figures.c \
  reports/figures.h \
  reports/json.c \
  reports/report.h \
  reports/table.c \
  reports/table_sweep.c \
  reports/table_sweep.h \
  reports/tap.c \
  reports/text.c \
  reports/text.h \
  reports/view.c \
  reports/view.h \
  reports/what_if.c \
  reports/what_if.h \
  reports/write.c
nodist_reports_libreports_a_SOURCES = reports/builtin_gnuplot.c

gnuplot_files = \
  reports/gnuplot/digits.gp \
  reports/gnuplot/growth.gp \
  reports/gnuplot/lemmas.gp \
  reports/gnuplot/losses.gp \
  reports/gnuplot/map.gp \
  reports/gnuplot/style.gp \
  reports/gnuplot/traces.gp

reports/builtin_gnuplot.c: src/embed.awk $(gnuplot_files)
	$(embed) -v array=builtin_gnuplot $(gnuplot_files) $(embedded)
CLEANFILES += reports/builtin_gnuplot.c

EXTRA_DIST += reports/README.md reports/schema.json $(gnuplot_files)
