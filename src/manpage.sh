#!/bin/sh
# manpage.sh -- the manual page, made of the program's own help: manpage.sh PROGRAM VERSION
set -eu
program=$1 version=$2
LC_ALL=C
export LC_ALL

# What troff would take for a command or an escape.
plain() {
  sed -e 's/\\/\\e/g' -e "s/^\([.']\)/\\\\\&\1/" -e 's/-/\\-/g'
}

commands() {
  "$program" --help | sed -n '/^Commands:/,/^$/ s/^  \([a-z]*\) .*/\1/p'
}

summary() {
  "$program" --help | sed -n "/^Commands:/,/^\$/ s/^  $1  *//p"
}

# The lines of one part of a help text: usage, words, options, example.
part() {
  awk -v want="$1" '
    /^Usage:/ { part = "words"; if (want == "usage") { sub(/^Usage: */, ""); print } next }
    /^Options / { part = "options"; next }
    /^Keys for --set:/ { part = "keys"; next }
    /^Built-in instances:/ { part = "instances"; next }
    /^Exit status:/ { part = "status" }
    /^Commands:/ { part = "commands"; next }
    /^Examples:/ { part = "example"; next }
    part == want && NF { print }'
}

# "  --name ARG   what it does" as tagged paragraphs; the words begin behind two blanks or the given column.
tagged() {
  awk '{
    sub(/^  /, "")
    at = match($0, /  +/)
    if (at == 0) at = index($0, " ")
    print ".TP\n.B " substr($0, 1, at - 1)
    rest = substr($0, at)
    sub(/^ +/, "", rest)
    print rest
  }' | sed -e '/^\.TP$/b' -e 's/-/\\-/g'
}

echo ".\\\" twostage.1 -- generated from the program's help"
echo ".TH TWOSTAGE 1 \"\" \"twostage $version\" \"User commands\""
echo '.SH NAME'
echo 'twostage \- checks theorems about two\-stage training dynamics by running the dynamics'
echo '.SH SYNOPSIS'
for command in $(commands); do
  echo '.br'
  "$program" "$command" --help | part usage | plain
done
echo '.SH COMMANDS'
for command in $(commands); do
  echo ".SS $command"
  echo '.PP'
  "$program" "$command" --help | part words | plain
  "$program" "$command" --help | part options | grep -v -e '^  --help ' -e '^  --version ' | tagged
  echo '.PP'
  echo 'Examples:'
  echo '.RS'
  echo '.nf'
  "$program" "$command" --help | part example | sed 's/^  *//' | plain
  echo '.fi'
  echo '.RE'
done
echo '.SH PARAMETERS'
echo 'Keys for \-\-set, \-\-along, \-\-x and \-\-y:'
"$program" verify --help | part keys | tagged
echo '.SH EXIT STATUS'
"$program" --help | part status | sed 's/^Exit status: *//' | plain
echo '.SH FILES'
echo '.TP'
echo '.I DIR/run.db'
echo 'the run store, an SQLite file; every report is made from it'
