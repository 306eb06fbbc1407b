# local.mk -- reports: writers that read the run store

noinst_LIBRARIES += reports/libreports.a
reports_libreports_a_SOURCES = \
  reports/bundle.c \
  reports/bundle.h \
  reports/bundle_texts.c \
  reports/compare.c \
  reports/draw.c \
  reports/draw.h \
  reports/figure_bands.c \
  reports/figure_bench.c \
  reports/figure_clouds.c \
  reports/figure_lemmas.c \
  reports/figure_map.c \
  reports/figure_rank.c \
  reports/figure_rates.c \
  reports/figure_slack.c \
  reports/figure_spectra.c \
  reports/figures.c \
  reports/figures.h \
  reports/html.c \
  reports/html.h \
  reports/html_claims.c \
  reports/html_parts.c \
  reports/html_rates.c \
  reports/html_sweep.c \
  reports/html_what_if.c \
  reports/json.c \
  reports/junit.c \
  reports/latex.c \
  reports/latex.h \
  reports/latex_numbers.c \
  reports/markup.c \
  reports/markup.h \
  reports/mathml.c \
  reports/mathml.h \
  reports/rates.c \
  reports/rates.h \
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
nodist_reports_libreports_a_SOURCES = reports/builtin_gnuplot.c reports/builtin_html.c

gnuplot_files = \
  reports/gnuplot/bands.gp \
  reports/gnuplot/bench.gp \
  reports/gnuplot/clouds.gp \
  reports/gnuplot/digits.gp \
  reports/gnuplot/growth.gp \
  reports/gnuplot/lemmas.gp \
  reports/gnuplot/losses.gp \
  reports/gnuplot/map.gp \
  reports/gnuplot/rank-preservation.gp \
  reports/gnuplot/rates.gp \
  reports/gnuplot/slack.gp \
  reports/gnuplot/spectra.gp \
  reports/gnuplot/stage-times.gp \
  reports/gnuplot/stages.gp \
  reports/gnuplot/style.gp \
  reports/gnuplot/traces.gp

reports/builtin_gnuplot.c: src/embed.awk $(gnuplot_files)
	$(embed) -v array=builtin_gnuplot $(gnuplot_files) $(embedded)
CLEANFILES += reports/builtin_gnuplot.c

html_files = \
  reports/html/report.css \
  reports/html/report.js

reports/builtin_html.c: src/embed.awk $(html_files)
	$(embed) -v array=builtin_html $(html_files) $(embedded)
CLEANFILES += reports/builtin_html.c

# Installed, for whoever reads the JSON of this program.
dist_pkgdata_DATA = \
  reports/schema.json \
  reports/schema-bench.json \
  reports/schema-manifest.json

EXTRA_DIST += reports/README.md reports/ARTIFACT.md $(gnuplot_files) $(html_files)
