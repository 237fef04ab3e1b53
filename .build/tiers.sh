# The tiers of ./test. Each adds to tier_passed, tier_failed and tier_skipped, and prints a line for each failure and each skip.

pass() { tier_passed=$((tier_passed + ${1:-1})); }
fail() { tier_failed=$((tier_failed + 1)); echo "  FAILED  $*"; }
skip() { tier_skipped=$((tier_skipped + 1)); echo "  skipped $*"; }

# dotnet_tier PROJECT: builds tests/PROJECT and what it needs, runs it, and adds what its result file counts.
dotnet_tier() {
  local project=$1 results=$artifacts/test-results/$1.trx status=0 outcome name text
  need_dotnet
  locked run_logged "build-$project" "Building tests/$project" dotnet build "$root/tests/$project" -c Debug ||
    { fail "$project: does not build"; return; }
  rm -f "$results"
  quiet=1 run_logged "test-$project" "Running tests/$project" timeout 1200 dotnet test "$root/tests/$project" -c Debug --no-build \
    --results-directory "$artifacts/test-results" --logger "trx;LogFileName=$project.trx" || status=$?
  if [ ! -e "$results" ]; then
    # An empty project is no failure: it has nothing to say yet.
    if grep -q 'No test is available' "$artifacts/logs/test-$project.log"; then skip "$project: holds no test yet"
    else fail "$project: the test run ended without a result file, see artifacts/logs/test-$project.log"; fi
    return
  fi
  while IFS=$'\t' read -r outcome name text; do
    text=${text//$'\001'/$'\n            '}
    case $outcome in
      Passed)      pass "$name" ;;
      Failed)      fail "$name${text:+: $text}" ;;
      NotExecuted) skip "$name${text:+: $text}" ;;
    esac
  done < <(trx_lines "$results")
  [ $status = 0 ] || [ "$tier_failed" -gt 0 ] || fail "$project: the test host ended with code $status"
}

# trx_lines FILE: one line "Passed<TAB>count", and one "Failed|NotExecuted<TAB>name<TAB>message" for each other test. The lines of a
# message are separated by \001; of a long one, 40 lines are kept.
trx_lines() {
  awk '
    function attribute(line, key,   at, rest) {
      at = index(line, " " key "=\""); if (!at) return ""
      rest = substr(line, at + length(key) + 3); return substr(rest, 1, index(rest, "\"") - 1)
    }
    function plain(text) { gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&#xD;/, "", text)
                           gsub(/&#xA;/, " ", text); gsub(/&amp;/, "\\&", text); gsub(/\t/, " ", text); return text }
    function flush() { if (outcome == "Passed") passed++; else if (outcome != "") print outcome "\t" plain(name) "\t" plain(message)
                       outcome = ""; message = "" }
    /<UnitTestResult / { flush(); outcome = attribute($0, "outcome"); name = attribute($0, "testName") }
    /<Message>/ && message == "" { inside = 1; lines = 0; sub(/.*<Message>/, "") }
    /<StdOut>/ && outcome == "NotExecuted" && message == "" { inside = 1; lines = 0; sub(/.*<StdOut>/, "") }
    inside {
      last = sub(/<\/(Message|StdOut)>.*/, ""); sub(/(&#xD;|\r)+$/, "")
      if ($0 != "" && ++lines <= 40) message = message (lines > 1 ? "\001" : "") $0
      if (last) inside = 0
    }
    /<\/Results>/ { flush(); print "Passed\t" passed + 0 }
  ' "$1"
}

# with_native PROJECT: the same for a project whose code calls the native library.
with_native() {
  locked build_native || { fail "$1: the native library does not build"; return; }
  dotnet_tier "$1"
}

tier_unit() {
  with_native Unit
  [ $soak = 0 ] || { planted_machine_bugs; fuzz_machines; }
}

# Bugs planted in the machines: each must make a unit test fail.
planted_machine_bugs() {
  if run_logged planted-machine-bugs "Planting bugs in the machines" "$root/tests/Unit/planted-bugs.sh" "$artifacts/planted-machine-bugs" &&
    tail -n 1 "$artifacts/logs/planted-machine-bugs.log" | grep -q ' 0 failed$'; then pass
  else fail "planted bugs that no unit test notices: see artifacts/logs/planted-machine-bugs.log"; fi
}

# afl-fuzz with SharpFuzz on the parsers of control's bytes.
fuzz_machines() {
  local status=0
  need "the fuzzers of the machines" afl-fuzz:afl++ || { skip "unit: fuzzing with SharpFuzz needs afl++"; return; }
  run_logged fuzz-machines "Fuzzing the machines" "$root/tests/Fuzz/soak.sh" "$artifacts/fuzz-machines" || status=$?
  if [ $status = 77 ]; then skip "unit: fuzzing with SharpFuzz: $(tail -n 1 "$artifacts/logs/fuzz-machines.log")"
  elif [ $status = 0 ] && tail -n 1 "$artifacts/logs/fuzz-machines.log" | grep -q ' 0 failed$'; then pass
  else fail "the fuzzers found something: see artifacts/logs/fuzz-machines.log"; fi
}
tier_simulation() { with_native Simulation; }
tier_nanosafe() { dotnet_tier NanoSafe; }

# The device's suite, here and, where it is installed, on nanoFramework's interpreter; then what that run measured.
tier_device() {
  local report=$artifacts/logs/nanoclr-report.txt
  rm -f "$report"
  with_native Device
  [ ! -e "$report" ] || sed 's/^/  /' "$report"
}
tier_tidy() { dotnet_tier Tidy; }

# Real peers from the distribution. What is missing is said once here; its tests then skip with their own reason.
tier_interop() {
  need "the WireGuard peer tests" wireguard-go:wireguard-go wg:wireguard-tools ip:iproute2 ping:iputils-ping setpriv:util-linux
  need "the TUN tests" iperf3:iperf3 curl:curl socat:socat dig:bind9-dnsutils dnsmasq:dnsmasq-base nft:nftables
  need "the kernel's WireGuard" qemu-system-x86_64:qemu-system-x86 busybox:busybox-static && wireguard_kernel
  need "the proxy tests" curl:curl socat:socat iperf3:iperf3
  need "the port mapping test" /usr/sbin/miniupnpd:miniupnpd-nftables
  need "the STUN peer tests" turnserver:coturn
  need "the HTTP/2 peer tests" nghttpd:nghttp2-server
  need "the TLS peer tests" openssl:openssl
  # The command's own tests run the node as users do.
  locked build_node && locked build_lab || { fail "interop: the node or the lab does not build"; return; }
  with_native Interop
  demo_once
}

# A kernel with WireGuard for QEMU: fetched where installing is allowed, or made anew from what is there; without it its tests skip.
wireguard_kernel() {
  [ "$rid" = linux-x64 ] || return 0
  [ "$install" = 1 ] || [ -e "$artifacts/kernel-wg/initrd.gz" ] || return 0
  run_logged kernel-wg "Fetching a kernel with WireGuard" "$root/tests/Interop/KernelWireGuard/build" "$artifacts/kernel-wg" || true
}

# The README's first command, as a user runs it.
demo_once() {
  if run_logged demo-once "Running ./microlink demo --once" timeout 120 "$root/microlink" demo --once; then pass
  else fail "./microlink demo --once: see artifacts/logs/demo-once.log"; fi
}

# The C tests as they ship and under the sanitizers, then every fuzzer for a few seconds. Each program counts as one test: its own last
# line "N passed, N failed" counts checks, of which loops over random packets make millions.
tier_native() {
  need_native_tools || { skip "native: no C compiler"; return; }
  locked get_lwip
  [ -n "$lwip" ] || skip "native: the netstack (lwIP's sources are not here; --install as root fetches them, LWIP_DIR names others)"
  need "the constant-time check of the ciphers" valgrind:valgrind || skip "native: the constant-time check needs valgrind"
  need "the comparison with other ciphers" -:libsodium-dev -:libmbedtls-dev -:libssl-dev ||
    skip "native: test_differential needs libsodium-dev, libmbedtls-dev and libssl-dev"
  native_build native-tests "the native tests" && native_programs native-tests
  native_build native-asan "the native tests with ASan and UBSan" -DML_SANITIZE=ON && native_programs native-asan
  interop_compiles
  chips
  fuzzers
  [ $soak = 0 ] || planted_bugs
}

# The same test programs on emulated chips, and the ciphers' instruction counts there (native/tests/chips/README.md).
chips() {
  local chip packages line log
  while IFS='|' read -r chip packages; do
    # shellcheck disable=SC2086
    need "the C tests on $chip" $packages || { skip "native on $chip: the cross compiler or the emulator is not installed"; continue; }
    log=$artifacts/logs/chips-$chip.log
    quiet=1 run_logged "chips-$chip" "Running the C tests on $chip" "$root/native/tests/chips/run" "$artifacts/chips" "$chip" || true
    while read -r line; do
      case $line in
        "$chip"-*) pass ;;
        FAILED\ "$chip"-*) fail "${line#FAILED }"; grep -A 12 -F "$line" "$log" | tail -n +2 ;;
      esac
    done <"$log"
    grep -qE '^[0-9]+ passed, [0-9]+ failed$' "$log" || fail "native on $chip: the run ended early, see artifacts/logs/chips-$chip.log"
  done <<'END'
rv32|riscv64-unknown-elf-gcc:gcc-riscv64-unknown-elf -:picolibc-riscv64-unknown-elf qemu-system-riscv32:qemu-system-misc
xtensa|xtensa-lx106-elf-gcc:gcc-xtensa-lx106 -:picolibc-xtensa-lx106-elf qemu-system-xtensa:qemu-system-misc
aarch64|aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu -:libc6-dev-arm64-cross qemu-aarch64-static:qemu-user-static
arm|arm-none-eabi-gcc:gcc-arm-none-eabi -:picolibc-arm-none-eabi qemu-system-arm:qemu-system-arm
END
}

# Bugs put into the library one at a time: some test must notice each.
planted_bugs() {
  if run_logged planted-bugs "Planting bugs in the native library" "$root/native/tests/planted-bugs.sh" "$artifacts/planted-bugs"; then pass
  else fail "planted bugs that no test notices: see artifacts/logs/planted-bugs.log"; fi
}

native_build() {
  local name=$1 what=$2
  shift 2
  run_logged "$name-configure" "Configuring $what" cmake -S "$root/native" -B "$artifacts/$name" -DCMAKE_BUILD_TYPE=Release \
    -DLWIP_DIR="$lwip" "$@" &&
    run_logged "$name" "Building $what" cmake --build "$artifacts/$name" -j2 || { fail "$what: do not build"; return 1; }
}

native_programs() {
  local program log status line
  for program in "$artifacts/$1"/test_*; do
    [ -f "$program" ] && [ -x "$program" ] || continue
    log=$artifacts/logs/$1-$(basename "$program").log
    status=0
    UBSAN_OPTIONS=print_stacktrace=1 timeout 600 "$program" >"$log" 2>&1 </dev/null || status=$?
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
    if [ $status != 0 ] || [ -z "$line" ] || [ "$(sed -E 's/.* ([0-9]+) failed.*/\1/' <<<"$line")" != 0 ]; then
      fail "$1/$(basename "$program"): ${line:-no result line}, exit code $status"
      grep -iE 'fail|error|runtime' "$log" | head -n 12
    else
      pass
    fi
  done
}

# What a firmware build compiles of native/interop, with the compilers of the chips' families, against the names of clr_subset. No standard
# library: the Debian packages of these compilers have none for C++.
interop_compiles() {
  local what package flags
  while IFS='|' read -r what package flags; do
    need "the interop code for $what" "${flags%% *}:$package" || { skip "interop for $what: $package is not installed"; continue; }
    # shellcheck disable=SC2086
    if run_logged "interop-$package" "Compiling the interop code for $what" interop_objects "$package" $flags; then pass
    else fail "interop for $what: see artifacts/logs/interop-$package.log"; fi
  done <<'END'
the host|g++|g++
RISC-V|gcc-riscv64-unknown-elf|riscv64-unknown-elf-g++ -march=rv32imc -mabi=ilp32
Xtensa|gcc-xtensa-lx106|xtensa-lx106-elf-g++
END
}

interop_objects() {
  local out=$artifacts/interop/$1 source
  shift
  mkdir -p "$out"
  for source in "$root"/native/interop/generated/*.cpp "$root"/native/interop/ml_interop.cpp; do
    "$@" -std=c++17 -Os -Wall -Wextra -Werror -Wshadow -ffreestanding -fno-exceptions -fno-rtti -fshort-wchar \
      -I"$root/native/interop" -I"$root/native/interop/clr_subset" -I"$root/native/include" \
      -c "$source" -o "$out/$(basename "$source" .cpp).o" || return 1
  done
}

# Each native/fuzz/fuzz_*.c is one libFuzzer target; a fixed seed, so that a failure comes back. New inputs stay in artifacts.
fuzzers() {
  local program name seconds=5 seeds
  compgen -G "$root/native/fuzz/fuzz_*.c" >/dev/null || return 0
  [ $soak = 1 ] && seconds=120
  need "the fuzzers" clang:clang -:libclang-rt-14-dev || have clang || { skip "fuzzers: clang is not installed"; return; }
  native_build native-fuzz "the fuzzers" -DCMAKE_C_COMPILER=clang -DML_FUZZ=ON || return
  for program in "$artifacts"/native-fuzz/fuzz_*; do
    [ -f "$program" ] && [ -x "$program" ] || continue
    name=$(basename "$program")
    seeds=$root/native/fuzz/corpus/$name
    [ -d "$seeds" ] || seeds=
    mkdir -p "$artifacts/fuzz-inputs/$name"
    if timeout $((seconds + 60)) "$program" -seed=1 -max_total_time=$seconds -timeout=10 -artifact_prefix="$artifacts/fuzz-inputs/$name-" \
         "$artifacts/fuzz-inputs/$name" ${seeds:+"$seeds"} >"$artifacts/logs/$name.log" 2>&1 </dev/null; then pass
    else fail "$name: see artifacts/logs/$name.log"; tail -n 15 "$artifacts/logs/$name.log"; fi
  done
}

# The demo page in a headless browser.
tier_browser() {
  need "the browser test" chromium:chromium node:nodejs npm:npm || { skip "browser: chromium, node or npm is not installed"; return; }
  [ -d "$root/tests/Browser/node_modules/playwright-core" ] ||
    run_logged npm "Installing playwright-core" npm --prefix "$root/tests/Browser" ci --ignore-scripts --no-audit --no-fund ||
    { skip "browser: npm could not install playwright-core"; return; }
  if run_logged browser "Opening the demo page" node "$root/tests/Browser/demo-page.mjs" "$root"; then pass
  else fail "browser: see artifacts/logs/browser.log"; fi
}
