# Writes a line of about 40 bytes ten times a second: the odd ones to standard output, the even ones to standard error.
at=0
while :; do
  at=$((at + 1))
  if [ $((at % 2)) = 1 ]; then echo "$1: line $at to standard output"; else echo "$1: line $at to standard error" >&2; fi
  sleep 0.1
done
