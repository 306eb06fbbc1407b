#!/bin/sh
# bases.sh -- FOLDER: makes the run stores whose content fuzz targets edit: together they have rows of every table
#
# Runs at the root of the sources. The instances are as small as they come, for each input reads such a store several times. The
# targets look that no table is empty in all of them.
set -u
small='--instance quick --set N=2 --set L=2 --set t1=2 --set t2=2 --claims tests/fuzz/small.cfg --quiet'
folder=${1:?} && mkdir -p "$folder" || exit

# judged RUN: a claim may fail, a run may not.
judged() {
  "${TWOSTAGE:?}" "$@" >/dev/null && return
  [ $? -le 2 ]
}

# shellcheck disable=SC2086 # options and their values
judged verify $small --set d=2 --lemmas tests/fuzz/corpus/lemmas/one --what-if adam --out "$folder/verify" &&
  judged verify $small --set d=2 --certify --engine double --out "$folder/certified" &&
  judged sweep $small --along d=2,3,4 --seeds 3 --rates tests/fuzz/corpus/rates/one --engine double --out "$folder/sweep"
