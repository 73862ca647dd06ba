#!/bin/sh
# A plugin in the shell: appends a line to a file for each process that ends.
# The type of a message always comes first and there are no spaces, so that patterns are enough to read it.

say() { printf '%s\n' "$1"; }
# The value of a key that holds a text, or a number.
text() { printf '%s\n' "$line" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
number() { printf '%s\n' "$line" | sed -n "s/.*\"$1\":\(-\{0,1\}[0-9]*\).*/\1/p"; }

say '{"type":"describe","protocol":1,"name":"journal","summary":"Writes down which processes end.","hooks":["event"],"schema":{"type":"object","additionalProperties":false,"required":["file"],"properties":{"file":{"type":"string","minLength":1,"description":"Where to; from the directory of the config."}}}}'

while read -r line; do
  case $line in
    '{"type":"ping"'*) say '{"type":"pong"}' ;;
    '{"type":"close"'*) exit 0 ;;
    '{"type":"setup"'*)
      file=$(text file)
      say '{"type":"tap","tap":1,"hook":"event"}'
      say '{"type":"ready"}'
      ;;
    '{"type":"hook"'*'"name":"reap"'*)
      printf '%s %s %s\n' "$(text watcher)" "$(number process_pid)" "$(number exit_code)" >>"$file"
      ;;
  esac
done
