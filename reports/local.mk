# local.mk -- reports: writers that read the run store

noinst_LIBRARIES += reports/libreports.a
reports_libreports_a_SOURCES = \
  reports/figures.c \
  reports/json.c \
  reports/report.h \
  reports/table.c \
  reports/tap.c
nodist_reports_libreports_a_SOURCES = reports/builtin_gnuplot.c

gnuplot_files = \
  reports/gnuplot/losses.gp

reports/builtin_gnuplot.c: src/embed.awk $(gnuplot_files)
	$(embed) -v array=builtin_gnuplot $(gnuplot_files) $(embedded)
CLEANFILES += reports/builtin_gnuplot.c

EXTRA_DIST += reports/README.md $(gnuplot_files)
