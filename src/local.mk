# local.mk -- src: the model, its training and the run store as a library, and the program above all rooms

noinst_LIBRARIES += src/libtwostage.a
src_libtwostage_a_SOURCES = \
  src/assumptions.c \
  src/status.c
nodist_src_libtwostage_a_SOURCES = src/builtin_instances.c

bin_PROGRAMS += twostage
twostage_SOURCES = \
  src/main.c
twostage_LDADD = reports/libreports.a verify/libverify.a src/libtwostage.a $(TS_LIBS)

instancesdir = $(pkgdatadir)/instances
dist_instances_DATA = \
  src/instances/annealed.cfg \
  src/instances/quick.cfg \
  src/instances/reference.cfg

src/builtin_instances.c: src/embed.awk $(dist_instances_DATA)
	$(embed) -v array=builtin_instances $(dist_instances_DATA) $(embedded)
CLEANFILES += src/builtin_instances.c

EXTRA_DIST += src/README.md src/embed.awk src/instances/README.md
