#!/usr/bin/env bash
# Plants each bug of planted-bugs.txt in a copy of the device's machines and runs the unit tests of their folders: one must fail.
#   tests/Unit/planted-bugs.sh OUTPUT-DIRECTORY [WORD]   last line: N passed, N failed (passed = caught); WORD: only bugs that hold it
# tests/Unit must have been built (Debug).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$(dirname "$here")")
out=${1:?usage: planted-bugs.sh OUTPUT-DIRECTORY [WORD]}
only=${2:-}
tests=$root/artifacts/bin/MicroLink.Tests.Unit/debug
[ -e "$tests/MicroLink.Tests.Unit.dll" ] || { echo "tests/Unit is not built; run ./test unit first."; exit 1; }

rm -rf "$out" && mkdir -p "$out/tree"
cp "$root"/Directory.* "$root/global.json" "$root"/*.sln "$out/tree/"
for folder in Actors Drivers Runtime .build; do cp -r "$root/$folder" "$out/tree/"; done
find "$out/tree" -depth -type d \( -name bin -o -name obj \) -exec rm -rf {} +
# The tests look for their data below the first folder above them that holds the solution.
cp -r "$tests" "$out/tree/built"
ln -s "$root/tests" "$out/tree/tests"
# The short form of the tests must see the bugs: it is what runs on every change.
unset MICROLINK_SOAK

caught=0 missed=0
build() { dotnet build "$out/tree/Actors/MicroLink.Actors.csproj" -c Debug -f net10.0 -v quiet -nologo -clp:ErrorsOnly >"$out/build.log" 2>&1; }
run() {
  local assembly
  for assembly in Protocol Control Peers; do
    cp "$out/tree/artifacts/bin/MicroLink.$assembly"/*/MicroLink.$assembly.dll "$out/tree/built/"
  done
  timeout 300 dotnet vstest "$out/tree/built/MicroLink.Tests.Unit.dll" --TestCaseFilter:"$filter" >"$out/tests.log" 2>&1
}

plant() {              # plant FILE OLD NEW
  local text path=$out/tree/$1
  text=$(cat "$root/$1"; echo .)
  if [[ $text != *"$2"* ]]; then
    echo "$1 does not hold: $2"
    missed=$((missed + 1))
    return
  fi
  printf '%s' "${text%%"$2"*}$3${text#*"$2"}" | sed '$d' >"$path"
  if ! build; then
    echo "$1 does not build with: $3"
    missed=$((missed + 1))
  elif run; then
    echo "no test notices in $1: $2"
    missed=$((missed + 1))
  else caught=$((caught + 1)); fi
  cp "$root/$1" "$path"
}

filter=$(sed -n 's/^tests //p' "$here/planted-bugs.txt" | paste -sd '|')
build || { echo "the copy does not build:"; tail -5 "$out/build.log"; exit 1; }
run || { echo "the tests fail without a planted bug:"; tail -20 "$out/tests.log"; exit 1; }
file='' old=''
while IFS= read -r line; do
  case $line in
    'tests '*) filter=${line#tests } ;;
    'file '*) file=${line#file } ;;
    '- '*) old=${line#- } ;;
    '+'*) if [[ $old == *"$only"* ]]; then line=${line#+}; plant "$file" "$old" "${line# }"; fi ;;
  esac
done <"$here/planted-bugs.txt"
echo "$caught passed, $missed failed"
