import { tokenVariable } from '../../go-plugin/index.js';

/**
 * The guardian: a program for any POSIX shell, which starts in two milliseconds and holds two megabytes.
 *
 * It reads orders from a pipe that the host alone holds. `guard` and `leave` name the environments that it answers
 * for, `join` and `part` the process groups of their plugins, `hunt` asks it to end whoever carries one of some
 * tokens. The first orders come in its environment, so that one that replaces another knows from its first moment
 * what there is to end. When the pipe ends, the host has ended, however that came about: what is still under guard is
 * killed, first the groups, then whoever carries a token and has left them; then the directories of their sockets are
 * removed.
 *
 * A group is only killed if its leader began when it did at `join`: a pid may have been given to somebody else. A
 * process that is between `fork` and `exec` carries no token yet, so a hunt at the end goes on until some rounds
 * found nobody. Hunts on order are made by a child, as a look at a process that hangs in the kernel may hang too, and
 * the guardian itself must hear the end of the pipe. It is deaf to the signals of terminals and service managers.
 */
export const guardianScript = `
unset GUARDIAN
trap '' HUP INT QUIT TERM PIPE USR1 USR2 TSTP TTIN TTOU
scopes= groups=
[ -r /proc/self/stat ] && proc=yes || proc=

begun() {
  birth= stat=
  IFS= read -r stat <"/proc/$1/stat" || return
  set -- \${stat##*) }
  birth=\${20}
}

carriers() {
  grep -alsF -e "$1" /proc/[0-9]*/environ
  [ $? -gt 125 ] || return
  for digit in 1 2 3 4 5 6 7 8 9; do grep -alsF -e "$1" /proc/$digit*/environ; done
}

hunt() {
  quiet=0 rounds=0 caught=
  while :; do
    rounds=$((rounds + 1)) found=$(carriers "$1")
    for file in $found; do
      pid=\${file#/proc/} pid=\${pid%/environ}
      kill -s KILL -- "-$pid"
      kill -s KILL -- "$pid"
      case " $caught " in *" $pid "*) ;; *) caught="$caught $pid" ;; esac
    done
    if [ -n "$found" ]; then quiet=0; else quiet=$((quiet + 1)); fi
    [ "$quiet" -lt "$2" ] && [ "$rounds" -lt 100 ] || return
    [ "$rounds" -lt 2 ] || sleep 0.05 || sleep 1
  done
}

patterns() {
  list=
  for token in $1; do list="$list
${tokenVariable}=$token."; done
  list=\${list#?}
}

without() {
  kept=
  for item in $2; do [ "\${item%%:*}" = "$1" ] || kept="$kept $item"; done
}

carry_out() {
  case $order in
  guard)
    scopes="$scopes $name"
    eval "place_$name="'$rest'
    ;;
  leave)
    without "$name" "$scopes"
    scopes=$kept
    ;;
  join)
    begun "$name"
    groups="$groups $name:$birth"
    ;;
  part)
    without "$name" "$groups"
    groups=$kept
    ;;
  hunt)
    patterns "$rest"
    (hunt "$list" 1; echo "hunted $name$caught") </dev/null &
    ;;
  esac
}

while read -r order name rest; do carry_out; done <<END
$ORDERS
END
unset ORDERS
while read -r order name rest; do
  jobs >/dev/null
  carry_out
done

[ -n "$scopes" ] || exit 0
for group in $groups; do
  begun "\${group%%:*}"
  [ -z "$proc" ] || [ -n "$birth" ] || continue
  [ "$birth" = "\${group#*:}" ] && kill -s KILL -- "-\${group%%:*}"
done
patterns "$scopes"
hunt "$list" 4
for scope in $scopes; do
  eval 'place=$place_'"$scope"
  case $place in /*/espalier-??????) rm -rf -- "$place" ;; esac
done
`;
