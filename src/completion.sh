#!/bin/sh
# completion.sh -- completion for bash, made of the program's own help: completion.sh PROGRAM
set -eu
program=$1
LC_ALL=C
export LC_ALL

commands=$("$program" --help | sed -n '/^Commands:/,/^$/ s/^  \([a-z]*\) .*/\1/p' | tr '\n' ' ')
options() {
  "$program" "$1" --help | sed -n '/^Options /,/^$/ s/^  \(--[a-z-]*\).*/\1/p' | tr '\n' ' '
}
# Options with an argument.
valued() {
  for command in $commands; do
    "$program" "$command" --help | sed -n '/^Options /,/^$/ s/^  \(--[a-z-]*\) [^ ].*/\1/p'
  done | sort -u | tr '\n' '|' | sed 's/|$//'
}

cat <<END
# twostage.bash -- completion for bash, generated from the program's help
_twostage() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} words=
  if ((COMP_CWORD == 1)); then
    words='$commands--help --version'
  else
    case \$before in
      --instance) words='$("$program" verify --help | sed -n 's/^Built-in instances: *//p')' ;;
      --reading) words='shared/separate split/separate shared/joint split/joint all' ;;
      --engine) words='double mpfr ball' ;;
      --plain) words='$("$program" verify --help | sed -n '/^Fast paths/,/^$/ s/^  \([a-z]*\) .*/\1/p' | tr '\n' ' ')all' ;;
      --set | --along | --x | --y)
        words='$("$program" verify --help | sed -n '/^Keys for/,/^$/ s/^  \([A-Za-z0-9_]*\) .*/\1=/p' | tr '\n' ' ')'
        compopt -o nospace 2>/dev/null
        ;;
      $(valued)) return ;; # what follows is the user's: a file, a number, an id
    esac
    if [[ -z \$words ]]; then
      case \${COMP_WORDS[1]} in
END
for command in $commands; do
  echo "        $command) words='$(options "$command")' ;;"
done
cat <<'END'
      esac
    fi
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _twostage twostage
END
