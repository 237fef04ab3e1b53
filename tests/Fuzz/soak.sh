#!/usr/bin/env bash
# Runs afl-fuzz on each target with SharpFuzz: the assemblies of the machines are instrumented first.
#   tests/Fuzz/soak.sh OUTPUT-DIRECTORY [SECONDS-PER-TARGET [TARGETS]]      last line: N passed, N failed; 77 = a tool is missing (said on stderr)
# Needs afl-fuzz (Debian: afl++) and the dotnet tool SharpFuzz.CommandLine, which is fetched into the output directory.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: soak.sh OUTPUT-DIRECTORY [SECONDS [TARGETS]]}
seconds=${2:-60}
command -v afl-fuzz >/dev/null || { echo "afl-fuzz is not installed: apt install afl++" >&2; exit 77; }
rm -rf "$out" && mkdir -p "$out"
dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path "$out/tools" >"$out/tool.log" 2>&1 ||
  { echo "the dotnet tool SharpFuzz.CommandLine 2.3.0 cannot be fetched" >&2; exit 77; }
dotnet build "$here" -c Release -v quiet -nologo -clp:ErrorsOnly -o "$out/bin" >"$out/build.log" 2>&1 || { tail -5 "$out/build.log"; exit 1; }
# Instrumented code runs under afl-fuzz only; bin stays as it is, for the first inputs and to look at what was found.
cp -r "$out/bin" "$out/afl"
for assembly in Protocol Control; do "$out/tools/sharpfuzz" "$out/afl/MicroLink.$assembly.dll" >>"$out/tool.log"; done

export AFL_SKIP_BIN_CHECK=1 AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_FORKSRV_INIT_TMOUT=60000
passed=0 failed=0
for target in ${3:-noise http1 http2 hpack json register session map sntp}; do
  dotnet "$out/bin/MicroLink.Fuzz.dll" corpus "$target" "$out/corpus-$target" "$here/../Vectors"
  # Few and small to begin with: afl keeps what finds new paths.
  find "$out/corpus-$target" -size +16k -delete
  timeout $((seconds + 120)) afl-fuzz -i "$out/corpus-$target" -o "$out/$target" -V "$seconds" -t 5000 -m none \
    -- dotnet "$out/afl/MicroLink.Fuzz.dll" "$target" >"$out/$target.log" 2>&1 || true
  crashes=$(find "$out/$target" -path '*crashes/id*' 2>/dev/null | wc -l)
  runs=$(sed -n 's/^execs_done *: *//p' "$out/$target/default/fuzzer_stats" 2>/dev/null || true)
  if [ "$crashes" = 0 ] && [ "${runs:-0}" -gt 0 ]; then passed=$((passed + 1)); else
    echo "$target: $crashes inputs fail, ${runs:-no} runs; see $out/$target and $out/$target.log"
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
