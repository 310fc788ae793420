import { tokenVariable } from '../../go-plugin/index.js';

/**
 * The guardian: a program for any POSIX shell, which starts in two milliseconds and holds two megabytes.
 *
 * It reads orders from a pipe that the host alone holds. `guard` and `unguard` name the environments that it guards,
 * `add-group` and `remove-group` the process groups of their plugins, `reap` asks it to kill each process that carries
 * one of some tokens. The first orders come in its environment, so that a replacement knows from the start what it
 * guards. When the pipe ends, the host has ended, for whatever reason: what is still guarded is killed, first the
 * groups, then each process that carries a token and has left them; then the directories of their sockets are removed.
 *
 * A group is only killed if its leader has the start time that it had at `add-group`: its pid may be another process
 * by then. A process between `fork` and `exec` carries no token yet, so the last reap goes on until some rounds found
 * none. A reap on order runs in a child, as reading the entry of a process that hangs in the kernel may hang too, and
 * the guardian itself must notice the end of the pipe. It ignores the signals of terminals and service managers.
 */
export const guardianScript = `
unset GUARDIAN
trap '' HUP INT QUIT TERM PIPE USR1 USR2 TSTP TTIN TTOU
scopes= groups=
[ -r /proc/self/stat ] && proc=yes || proc=

read_start_time() {
  start_time= stat=
  IFS= read -r stat <"/proc/$1/stat" || return
  set -- \${stat##*) }
  start_time=\${20}
}

processes_with() {
  grep -alsF -e "$1" /proc/[0-9]*/environ
  [ $? -gt 125 ] || return
  for digit in 1 2 3 4 5 6 7 8 9; do grep -alsF -e "$1" /proc/$digit*/environ; done
}

reap() {
  empty_rounds=0 rounds=0 killed=
  while :; do
    rounds=$((rounds + 1)) found=$(processes_with "$1")
    for file in $found; do
      pid=\${file#/proc/} pid=\${pid%/environ}
      kill -s KILL -- "-$pid"
      kill -s KILL -- "$pid"
      case " $killed " in *" $pid "*) ;; *) killed="$killed $pid" ;; esac
    done
    if [ -n "$found" ]; then empty_rounds=0; else empty_rounds=$((empty_rounds + 1)); fi
    [ "$empty_rounds" -lt "$2" ] && [ "$rounds" -lt 100 ] || return
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
  rest_of_list=
  for item in $2; do [ "\${item%%:*}" = "$1" ] || rest_of_list="$rest_of_list $item"; done
}

apply_order() {
  case $order in
  guard)
    scopes="$scopes $name"
    eval "directory_$name="'$rest'
    ;;
  unguard)
    without "$name" "$scopes"
    scopes=$rest_of_list
    ;;
  add-group)
    read_start_time "$name"
    groups="$groups $name:$start_time"
    ;;
  remove-group)
    without "$name" "$groups"
    groups=$rest_of_list
    ;;
  reap)
    patterns "$rest"
    (reap "$list" 1; echo "reaped $name$killed") </dev/null &
    ;;
  esac
}

while read -r order name rest; do apply_order; done <<END
$ORDERS
END
unset ORDERS
while read -r order name rest; do
  jobs >/dev/null
  apply_order
done

[ -n "$scopes" ] || exit 0
for group in $groups; do
  read_start_time "\${group%%:*}"
  [ -z "$proc" ] || [ -n "$start_time" ] || continue
  [ "$start_time" = "\${group#*:}" ] && kill -s KILL -- "-\${group%%:*}"
done
patterns "$scopes"
reap "$list" 4
for scope in $scopes; do
  eval 'directory=$directory_'"$scope"
  case $directory in /*/espalier-??????) rm -rf -- "$directory" ;; esac
done
`;
