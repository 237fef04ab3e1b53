#!/usr/bin/env bash
# Plants each bug of planted-bugs.txt in a copy of the data plane and runs its tests: one of them must fail.
#   native/tests/planted-bugs.sh OUTPUT-DIRECTORY          last line: N passed, N failed (passed = caught)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
native=$(dirname "$here")
out=${1:?usage: planted-bugs.sh OUTPUT-DIRECTORY}
cc=${CC:-cc}
flags=(-std=c99 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -I"$native/include" -I"$native/src" -I"$native/tests"
       -DML_VECTORS="\"$native/../tests/Vectors\"")
mkdir -p "$out"

objects=()
for source in "$native"/src/*.c "$native"/port/linux/ml_port_linux.c; do
  "$cc" "${flags[@]}" -c "$source" -o "$out/$(basename "$source").o"
  objects+=("$out/$(basename "$source").o")
done
tests=()
for source in "$native"/tests/test_dp_*.c; do
  [ "$(basename "$source")" != test_dp_fuzz.c ] || continue
  "$cc" "${flags[@]}" -c "$source" -o "$out/$(basename "$source").o"
  tests+=("$out/$(basename "$source").o")
done

caught=0 missed=0
is_caught() {          # is_caught FILE: some test fails with the planted object in place of FILE's
  local test object others=()
  for object in "${objects[@]}"; do [ "$object" = "$out/$1.o" ] || others+=("$object"); done
  for test in "${tests[@]}"; do
    "$cc" "${flags[@]}" "$test" "$out/planted.o" "${others[@]}" -lpthread -o "$out/program"
    timeout 60 "$out/program" >/dev/null 2>&1 || return 0
  done
  return 1
}

plant() {              # plant FILE OLD NEW
  local text
  text=$(cat "$native/src/$1"; echo .)
  if [[ $text != *"$2"* ]]; then
    echo "$1 does not hold: $2"
    missed=$((missed + 1))
    return
  fi
  printf '%s' "${text%%"$2"*}$3${text#*"$2"}" | sed '$d' >"$out/planted.c"
  "$cc" "${flags[@]}" -w -c "$out/planted.c" -o "$out/planted.o"
  if is_caught "$1"; then caught=$((caught + 1)); else
    echo "no test notices in $1: $2"
    missed=$((missed + 1))
  fi
}

file='' old=''
while IFS= read -r line; do
  case $line in
    'file '*) file=${line#file } ;;
    '- '*) old=${line#- } ;;
    '+'*) line=${line#+}; plant "$file" "$old" "${line# }" ;;
  esac
done <"$here/planted-bugs.txt"
echo "$caught passed, $missed failed"
[ $missed = 0 ]
