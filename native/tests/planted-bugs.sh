#!/usr/bin/env bash
# Plants each bug of planted-bugs.txt in a copy of its file and runs the tests of its module: one of them must fail.
#   native/tests/planted-bugs.sh OUTPUT-DIRECTORY          last line: N passed, N failed (passed = caught)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
native=$(dirname "$here")
out=${1:?usage: planted-bugs.sh OUTPUT-DIRECTORY}
cc=${CC:-cc}
flags=(-std=c99 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -I"$native/include" -I"$native/src" -I"$native/tests" -I"$native/port/linux"
       -DML_TEST_PATHS -DML_VECTORS="\"$native/../tests/Vectors\"")
mkdir -p "$out"

objects=()
for source in "$native"/src/*.c "$native"/port/linux/ml_{port_linux,tun_cut,tun_merge,tun_sum}.c; do
  "$cc" "${flags[@]}" -c "$source" -o "$out/$(basename "$source").o"
  objects+=("$out/$(basename "$source").o")
done
tests=()
for source in "$native"/tests/test_dp_*.c "$native"/tests/test_{cipher,aead,vectors,json,tun_wire}.c; do
  [ "$(basename "$source")" != test_dp_fuzz.c ] || continue
  "$cc" "${flags[@]}" -c "$source" -o "$out/$(basename "$source").o"
  tests+=("$source")
done

caught=0 missed=0
is_caught() {          # is_caught SOURCE FILE: some test of its module fails with the planted object in place of SOURCE's
  local test program object others=()
  for object in "${objects[@]}"; do [ "$object" = "$out/$1.o" ] || others+=("$object"); done
  for test in "${tests[@]}"; do
    case $1/$(basename "$test") in
      ml_dp_*/test_dp_* | ml_json*/test_json.* | ml_tun_*/test_tun_*) ;;
      ml_dp_* | ml_json* | ml_tun_* | */test_dp_* | */test_json.* | */test_tun_*) continue ;;
    esac
    program=$out/$(basename "$test").o
    if [[ $2 == *.h ]]; then
      # A test may include the header itself.
      program=$out/test.o
      "$cc" -I"$out/planted" "${flags[@]}" -w -c "$test" -o "$program"
    fi
    "$cc" "${flags[@]}" "$program" "$out/planted.o" "${others[@]}" -lpthread -o "$out/program"
    timeout 60 "$out/program" >/dev/null 2>&1 || return 0
  done
  return 1
}

plant() {              # plant FILE OLD NEW SOURCE: SOURCE is what includes FILE, or FILE itself
  local text folder=src
  [ -e "$native/src/$1" ] || folder=port/linux
  text=$(cat "$native/$folder/$1"; echo .)
  if [[ $text != *"$2"* ]]; then
    echo "$1 does not hold: $2"
    missed=$((missed + 1))
    return
  fi
  rm -rf "$out/planted"
  mkdir "$out/planted"
  cp "$native"/src/*.h "$native/$folder/$4" "$out/planted"
  printf '%s' "${text%%"$2"*}$3${text#*"$2"}" | sed '$d' >"$out/planted/$1"
  "$cc" -I"$out/planted" "${flags[@]}" -w -c "$out/planted/$4" -o "$out/planted.o"
  if is_caught "$4" "$1"; then caught=$((caught + 1)); else
    echo "no test notices in $1: $2"
    missed=$((missed + 1))
  fi
}

file='' source='' old=''
while IFS= read -r line; do
  case $line in
    'file '*' in '*) line=${line#file } file=${line%% in *} source=${line##* in } ;;
    'file '*) file=${line#file } source=$file ;;
    '- '*) old=${line#- } ;;
    '+'*) line=${line#+}; plant "$file" "$old" "${line# }" "$source" ;;
  esac
done <"$here/planted-bugs.txt"
echo "$caught passed, $missed failed"
[ $missed = 0 ]
