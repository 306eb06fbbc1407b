#!/bin/sh
# test_commands.sh -- every command that a README or a help text shows is run as it stands there; speaks TAP
#
# TWOSTAGE=PROGRAM top_srcdir=DIR tests/test_commands.sh [check|slow|mpi]
#
# "check" runs what takes seconds, "slow" what takes minutes too, "mpi" what needs ranks (make check-mpi). The commands of one document are run in its own
# folder, in their order, so that one may read what another has written. A command that stands in no list below fails the
# test, and so does an entry of the list whose command has gone. DOCUMENTS=README.md: the commands of that one alone.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
mode=${1:-check} problem_shows=$work/stderr

# DOCUMENT PLACE COMMAND. Place ci is what runs this test.
places() {
  cat <<'END'
help check twostage verify --help
help check twostage verify --instance quick --set t2=200 --certify --replay
help slow twostage verify --reading all --only T2 --out readings
help check twostage train --instance quick --seed 3 --set t2=2000 --out run
help check twostage export --instance quick --set tau_xi=0 --at '0,t1/2,t1,t1+t2' --out data
help check twostage sweep --instance quick --along d=4,8 --along "lambda=1/d^3,1e-3" --seeds 2 --out sweep
help check twostage map --instance quick --x N=32,64,128 --y L=16,32,64 --out map
help check twostage claims show T2.b2
help check twostage report --run twostage-out --to json,figures
help check twostage report --compare twostage-out run
help check twostage replay twostage-out/replay/T1.w.shared-separate.replay
help slow twostage bench --format json
README.md slow ./bootstrap verify
README.md ci ./bootstrap check
README.md check cp verify/claims/paper.cfg mine.cfg
README.md check twostage verify --instance quick --certify --claims mine.cfg --only T2.b1 --out mine
README.md check twostage verify --instance quick
README.md slow twostage verify --reading all --ledger --out reference
README.md slow twostage verify --instance quick --set N=256 "lambda=1/(2*d^2*log(d)^2.5)" --only T1.w --only T2.w
README.md slow twostage verify --certify
README.md slow twostage verify --instance quick --engine ball
README.md check twostage verify --instance quick --set t2=200 --certify --replay --out run
README.md slow twostage replay run/replay/T2.b1.shared-separate.replay
README.md slow twostage verify --instance annealed --what-if no-annealing
README.md check twostage train --instance quick --seed 3 --out trained
README.md check twostage claims list
README.md check twostage claims show T2.b1
README.md check twostage export --instance quick --set tau_xi=0 --out data
README.md slow twostage sweep --along d=8,12,16,24,32 --seeds 5 --jobs 2 --out sweep
README.md slow twostage map --instance quick --x lambda=1e-3,2e-3,4e-3 --y u=0.3,0.5,0.8 --out map
README.md slow twostage sweep --instance quick --seeds 100 --until-decided T2.w.prob --out seeds
README.md check twostage report --run twostage-out
README.md check twostage report --run twostage-out --to bundle
README.md check twostage report --compare twostage-out run
README.md slow twostage bench --out twostage-out
README.md mpi mpirun -n 4 twostage sweep --along d=8,12,16,24 --seeds 4 --out shared
README.md slow sbatch job.sh
README.md slow sbatch --dependency=afterok:JOBID --wrap 'twostage sweep --along d=8,12,16,24 --seeds 4 --out grid'
reports/ARTIFACT.md check twostage verify --instance quick
reports/ARTIFACT.md slow ./bootstrap verify
reports/ARTIFACT.md slow twostage verify --instance quick --reading all --ledger --out quick
reports/ARTIFACT.md slow twostage report --run quick --to bundle
reports/ARTIFACT.md slow tar xzf quick/bundle.tar.gz
reports/ARTIFACT.md slow sh twostage-bundle/rerun.sh
reports/ARTIFACT.md slow twostage sweep --along d=8,12,16,24,32 --seeds 5 --out sweep
reports/ARTIFACT.md slow twostage map --instance quick --x lambda=5e-4,1e-3,2e-3,2.5e-3,5e-3,1e-2 --y u=0.2,0.3,0.4,0.5,0.8,1.2 --out map
src/instances/README.md slow twostage verify --instance quick
src/instances/README.md slow twostage verify --instance mine.cfg --set d=24 --set "t2=2*t1"
verify/README.md slow cp verify/claims/paper.cfg mine.cfg
verify/README.md slow twostage verify --instance quick --claims mine.cfg --only T2.b1
END
}

all_documents="help README.md reports/ARTIFACT.md reports/README.md src/README.md src/instances/README.md tests/README.md verify/README.md \
verify/lemmas/README.md verify/rates/README.md"
documents=${DOCUMENTS:-$all_documents}

# Code blocks of a README, indented or fenced, one line each behind the number of its block; what is fenced as text is none.
code_blocks() {
  awk '/^```/ { fence = !fence; text = /text/; block += fence; next }
    fence { if (!text) print block "\t" $0; next }
    /^    / { if (!inside) block++; inside = 1; print block "\t" substr($0, 5); next }
    { inside = 0 }' "$1"
}

# The files that a README has the reader write: job.sh begins with "#!", mine.cfg with its name.
shown_files() {
  code_blocks "$top_srcdir/$1" | awk -F '\t' -v folder="$2" '
    !($1 in file) { file[$1] = $2 ~ /^#!/ ? "job.sh" : $2 ~ /^name = "mine"/ ? "mine.cfg" : "" }
    file[$1] != "" { print $2 > (folder "/" file[$1]) }'
}

# Commands between backticks in the tables of a document.
# shellcheck disable=SC2016 # backticks of a table
table_commands() {
  grep '^|' "$top_srcdir/$1" | grep -o '`[^`]*`' | tr -d '`' | grep -E '^(twostage|tar|sh|\./bootstrap) '
}

# The commands of a document, without the comments behind them: of the first README all lines of code, of the others those
# that call the program or prepare a file for it; of the artifact's description also those in its table.
commands() {
  if [ "$1" = help ]; then
    "$TWOSTAGE" --help | sed -n '/^Example/,$ s/^  twostage/twostage/p'
    for command in $("$TWOSTAGE" --help | sed -n '/^Commands:/,/^$/ s/^  \([a-z]*\) .*/\1/p'); do
      "$TWOSTAGE" "$command" --help | sed -n '/^Example/,$ s/^  twostage/twostage/p'
    done
    return
  fi
  code_blocks "$top_srcdir/$1" | awk -F '\t' -v all="$([ "$1" = README.md ] && echo 1 || echo 0)" '
    !($1 in skip) { skip[$1] = $2 ~ /^#!/ || $2 ~ /^name = "mine"/ }
    !skip[$1] && (all ? $2 != "" : $2 ~ /^(twostage|cp) /) { print $2 }' |
    sed 's/  *# .*//; s/ && /\n/g'
  [ "$1" != reports/ARTIFACT.md ] || table_commands "$1"
}

# The place of a command, or nothing.
place_of() {
  places | awk -v document="$1" -v command="$2" '
    { place = $2; name = $1; sub(/^[^ ]* [^ ]* /, "") }
    name == document && $0 == command { print place; exit }'
}

# seconds: processor time of all that this script has waited for.
seconds() {
  times >"$work/times"
  awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, part, "[ms]"); all += 60 * part[1] + part[2] } print all }' "$work/times"
}

# Runs a command; a claim that fails is a result (1 and 2), and so is a difference of two runs.
try() {
  seconds >"$work/before"
  (cd "$folder" && PATH="$work/bin:$PATH" sh -c "$1") >"$work/stdout" 2>"$work/stderr" </dev/null
  status=$?
  seconds >"$work/after"
  problem=
  case $1 in
    *--ledger*) most=0 ;;
    *'twostage verify '* | *'twostage sweep '* | *'twostage map '*) most=2 ;;
    *--compare*) most=1 ;;
    *) most=0 ;;
  esac
  [ "$status" -le "$most" ] || problem="status $status, expected at most $most"
  grep -q '^twostage: ' "$work/stderr" && problem="$problem; $(grep '^twostage: ' "$work/stderr" | head -1)"
  case $1 in
    *'--format json'* | *--help) ;; # data, and lines of up to 100 columns (test_cli.sh)
    mpirun*) ;; # which has long words of its own for an exit status that is not 0
    *) problem=$problem$(awk 'length > 80 { print "; line " FNR " is " length " columns wide"; exit }' "$work/stdout") ;;
  esac
  took=$(paste "$work/before" "$work/after" | awk '{ printf "%.1f", $2 - $1 }')
  result "$document: $1 (status $status, $took s of processor time)" "$problem"
}

# What a command of the README needs beside the program. Slurm is played by a program that runs the job at once: its script for
# each index of the array, or the words behind --wrap.
mkdir "$work/bin"
ln -s "$TWOSTAGE" "$work/bin/twostage"
cat >"$work/bin/sbatch" <<'END'
#!/bin/sh
last=
for word; do
  [ "$last" = --wrap ] && exec sh -c "$word"
  last=$word
done
range=$(sed -n 's/^#SBATCH --array=//p' "$last")
for SLURM_ARRAY_TASK_ID in $(seq "${range%-*}" "${range#*-}"); do
  export SLURM_ARRAY_TASK_ID
  sh "$last" || exit
done
END
chmod +x "$work/bin/sbatch"
OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM

# A folder that looks like the source tree, for ./bootstrap with the tree's own files and without what was built.
clone() {
  mkdir "$1"
  (cd "$top_srcdir" && tar cf - --exclude='./build*' --exclude=./.git --exclude=./autom4te.cache .) | (cd "$1" && tar xf -)
}

for document in $documents; do
  folder=$work/$(echo "$document" | tr '/.' '__')
  commands "$document" >"$work/commands"
  if [ "$mode" = slow ] && grep -q '^\./bootstrap' "$work/commands"; then
    clone "$folder"
  else
    mkdir "$folder"
    ln -s "$top_srcdir/verify" "$folder/verify"
  fi
  [ "$document" = help ] || shown_files "$document" "$folder"
  while IFS= read -r command <&3; do
    echo "$document $command" >>"$work/seen"
    place=$(place_of "$document" "$command")
    case $place/$mode in
      /*) result "$document: $command" "no place to run it is listed in this test" ;;
      check/check | check/slow | slow/slow | mpi/mpi) try "$command" ;;
    esac
  done 3<"$work/commands"
done

words="every command that is listed here is shown somewhere ($(($(wc -l <"$work/seen"))) shown)"
if [ "$documents" = "$all_documents" ]; then
  places | sed 's/ [a-z]* / /' >"$work/listed"
  result "$words" "$(grep -vxFf "$work/seen" "$work/listed" | tr '\n' ';')"
else
  skip "$words" "only $documents"
fi
plan
