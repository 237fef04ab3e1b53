# Shared by ./microlink, ./test and ./bench (bash). Finds out what is out of date, installs what is missing, builds under a lock.
# Everything it says goes to stderr, so that `./microlink status --json | tool` stays clean.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
artifacts=$root/artifacts
install=0                         # 1: missing Debian packages may be installed (--install, or CI is set)
[ -n "${CI:-}" ] && install=1

# One dotnet at a time, nothing that stays behind and keeps our files or pipes open.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 MSBUILDDISABLENODEREUSE=1
export DOTNET_CLI_USE_MSBUILD_SERVER=0

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# run_logged NAME SENTENCE COMMAND...: runs it with its output in artifacts/logs/NAME.log, says how long it takes every 10 s, and shows
# the end of the log when it fails (not with quiet=1). File descriptor 9 (our lock) is closed for it: a compiler server must not inherit
# the lock.
run_logged() {
  local name=$1 sentence=$2 log ticker status=0 begin=$SECONDS
  shift 2
  mkdir -p "$artifacts/logs"
  log=$artifacts/logs/$name.log
  say "$sentence ..."
  ( exec 9>&-; while sleep 10 </dev/null >/dev/null 2>&1; do say "  still at it ($((SECONDS - begin)) s): $name"; done ) &
  ticker=$!
  "$@" >"$log" 2>&1 </dev/null 9>&- || status=$?
  { kill "$ticker" && wait "$ticker"; } 2>/dev/null || true
  if [ $status = 0 ] || [ "${quiet:-0}" = 1 ]; then return $status; fi
  say "$sentence: failed after $((SECONDS - begin)) s. The end of ${log#"$root"/}:"
  grep -E 'error|Error|FAILED' "$log" | sort -u | head -20 >&2 || true
  tail -n 15 "$log" >&2
  return $status
}

# locked COMMAND...: runs a shell function alone on this clone.
locked() {
  mkdir -p "$artifacts"
  exec 9>"$artifacts/.lock"
  flock -n 9 || { say "Another build of this clone is running; waiting for it."; flock 9; }
  local status=0
  "$@" || status=$?
  exec 9>&-
  return $status
}

# fresh STAMP PATH...: true when the stamp is younger than every file and folder named. Folders count, so a removed file is seen too.
fresh() {
  local stamp=$artifacts/stamps/$1
  shift
  [ -e "$stamp" ] && [ -z "$(cd "$root" && find "$@" -newer "$stamp" -print -quit 2>&1)" ]
}

# stamped STAMP COMMAND...: runs it and sets the stamp to the time it began, so that an edit made meanwhile is seen next time.
stamped() {
  local stamp=$artifacts/stamps/$1
  shift
  mkdir -p "$artifacts/stamps"
  touch "$stamp.begin"
  "$@" && mv "$stamp.begin" "$stamp"
}

# missing TOOL:PACKAGE...: prints the packages whose tool is not there. A TOOL of "-" asks dpkg, one with a slash is a file.
missing() {
  local pair tool package
  for pair in "$@"; do
    tool=${pair%%:*} package=${pair#*:}
    case $tool in
      -)   [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package" ;;
      */*) [ -e "$tool" ] || echo "$package" ;;
      *)   PATH=$PATH:/usr/sbin:/sbin have "$tool" || echo "$package" ;;
    esac
  done
}

# need WHAT TOOL:PACKAGE...: true when all of it is there, if need be after installing it. Otherwise it prints the one line to run.
apt_updated=0
need() {
  local what=$1 packages
  shift
  packages=$(missing "$@" | sort -u | tr '\n' ' ')
  packages=${packages% }
  [ -z "$packages" ] && return 0
  if [ "$install" = 1 ] && [ "$(id -u)" = 0 ] && have apt-get; then
    if [ $apt_updated = 0 ]; then
      apt_updated=1
      run_logged apt-update "Reading Debian's package lists" apt-get update -q || true
    fi
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive run_logged "apt-${packages%% *}" "Installing $packages ($what)" \
      apt-get install -y -q --no-install-recommends $packages || true
    [ -z "$(missing "$@")" ] && return 0
  fi
  say "Missing for $what: $packages. To install: sudo apt-get update && sudo apt-get install -y --no-install-recommends $packages"
  return 1
}

need_dotnet() {
  if ! have dotnet; then
    die "The .NET SDK is not on the PATH: install the .NET 10 SDK, or put its folder on the PATH, and run this again."
  fi
  (cd "$root" && dotnet --version >/dev/null 2>&1) ||
    die "This needs the .NET SDK named in global.json (10.0), which 'dotnet --list-sdks' does not list: install it and run this again."
}

# The apphost of a program built here looks for the runtime beside the dotnet that built it.
use_dotnet_root() {
  [ -n "${DOTNET_ROOT:-}" ] && return 0
  if have dotnet; then
    DOTNET_ROOT=$(dirname "$(readlink -f "$(command -v dotnet)")")
    export DOTNET_ROOT
  fi
}

case $(uname -m) in
  aarch64 | arm64) rid=linux-arm64 ;;
  *)               rid=linux-x64 ;;
esac

common_sources=(Directory.Build.props Directory.Build.targets Directory.Packages.props global.json)
native_sources=()
for i in native/CMakeLists.txt native/include native/src native/port native/interop/generated; do [ -e "$root/$i" ] && native_sources+=("$i"); done
# The library itself too: it may be built anew, with lwIP this time, without a change of its sources.
library=()
[ -e "$artifacts/native/libmicrolink.so" ] && library=(artifacts/native/libmicrolink.so)
node_sources=("${common_sources[@]}" "${native_sources[@]}" ${library[@]+"${library[@]}"} Runtime Actors Drivers samples/Desktop)
lab_sources=("${common_sources[@]}" "${native_sources[@]}" ${library[@]+"${library[@]}"} Runtime Actors Drivers samples/Lab)

need_native_tools() { need "the native library" cc:gcc cmake:cmake make:make -:libc6-dev; }

# The export list and the device's method table come from the declarations in Drivers/Native: written anew when one of those is younger.
generate_interop() {
  local table=$root/native/interop/generated/MicroLink_Native.cpp
  [ -n "$(find "$root/Drivers/Native" -maxdepth 1 -name '*.cs' -newer "$table" -print -quit)" ] && have dotnet || return 0
  run_logged interop-generate "Generating native/interop/generated from Drivers/Native" "$root/native/interop/generate" && touch "$table"
}

# lwIP's sources, for the IP stack inside the tunnel: LWIP_DIR, or the Debian source package's, one version with its checksum, kept below
# artifacts/. find_lwip sets lwip to their folder, or to nothing; get_lwip fetches them where it may (--install, as root).
lwip_version=2.1.3
lwip_file=lwip_2.1.3+dfsg1.orig.tar.xz
lwip_sha256=0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24
find_lwip() {
  lwip=${LWIP_DIR:-}
  [ -z "$lwip" ] || return 0
  lwip=$artifacts/lwip/lwip-$lwip_version
  [ -e "$lwip/src/core/tcp.c" ] || lwip=
}

lwip_failed=0
may_fetch_lwip() { [ "$install" = 1 ] && [ $lwip_failed = 0 ] && [ "$(id -u)" = 0 ] && have apt-get && have xz; }

get_lwip() {
  find_lwip
  [ -z "$lwip" ] && may_fetch_lwip || return 0
  run_logged lwip "Fetching lwIP's sources from Debian (0.8 MB)" fetch_lwip || lwip_failed=1
  find_lwip
}

# Debian's own source lists, with folders of our own, so that the system's lists stay as they are.
fetch_lwip() (
  set -e
  rm -rf "$artifacts/lwip" && mkdir -p "$artifacts/lwip/lists/partial" "$artifacts/lwip/sources" && cd "$artifacts/lwip"
  if [ -e /etc/apt/sources.list.d/debian.sources ]; then
    sed 's/^Types: .*$/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >sources/src.sources
  else
    sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >sources/src.list
  fi
  apt=(apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$PWD/sources" -o Dir::State::lists="$PWD/lists")
  "${apt[@]}" update
  "${apt[@]}" --download-only source lwip
  echo "$lwip_sha256  $lwip_file" | sha256sum -c
  tar xf "$lwip_file"
  rm -rf lists sources
)

# What the library was built of: another stamp with lwIP than without.
native_stamp() { if [ -n "$lwip" ]; then echo native-lwip; else echo native; fi; }
native_fresh() {
  find_lwip
  [ -n "$lwip" ] || ! may_fetch_lwip || return 1
  fresh "$(native_stamp)" "${native_sources[@]}"
}

# libmicrolink.so in artifacts/native, from native/. Moved into place, so that a running node keeps the one it has.
build_native() {
  generate_interop || return 1
  get_lwip
  native_fresh && return 0
  need_native_tools || { say "The native library cannot be built without them, and nothing here runs without it."; return 1; }
  [ -n "$lwip" ] || say "Building without an IP stack inside the tunnel (no sockets, no proxies): for one, run this once with --install as" \
    "root, or set LWIP_DIR to lwIP's sources."
  rm -f "$artifacts/stamps/native" "$artifacts/stamps/native-lwip"
  stamped "$(native_stamp)" native_library
}

native_library() {
  local build=$artifacts/native-build
  run_logged native-configure "Configuring the native library" cmake -S "$root/native" -B "$build" -DCMAKE_BUILD_TYPE=Release \
    -DLWIP_DIR="$lwip" &&
    run_logged native-build "Building the native library" cmake --build "$build" -j2 --target microlink &&
    mkdir -p "$artifacts/native" && cp "$build/libmicrolink.so" "$artifacts/native/libmicrolink.so.new" &&
    mv "$artifacts/native/libmicrolink.so.new" "$artifacts/native/libmicrolink.so"
}

# Native AOT links with clang or gcc; without them the node is built for the JIT, which starts slower and does the same.
aot_possible() { have clang || have gcc; }

node_fresh() { native_fresh && { fresh node-aot "${node_sources[@]}" || { ! aot_possible && fresh node-jit "${node_sources[@]}"; }; }; }
lab_fresh() { native_fresh && fresh lab "${lab_sources[@]}"; }

# The node, as artifacts/node/microlink-node.
build_node() {
  node_fresh && return 0
  need_dotnet
  build_native || return 1
  if aot_possible || need "the ahead-of-time compiled node" gcc:gcc; then
    stamped node-aot publish_node aot
  else
    say "Without it the node is built for the JIT: the same program, slower to start."
    stamped node-jit publish_node jit
  fi
}

publish_node() {
  local next=$artifacts/node.next sentence="Building the node (ahead of time; 1-2 minutes the first time)"
  local kind=(--self-contained true)   # PublishAot stands in the project: as a global property it would reach the netnano1.0 builds
  [ "$1" = jit ] && kind=(--self-contained false -p:PublishAot=false) && sentence="Building the node"
  rm -rf "$next" "$artifacts/stamps/node-aot" "$artifacts/stamps/node-jit"
  run_logged node "$sentence" dotnet publish "$root/samples/Desktop" -c Release -r $rid "${kind[@]}" \
    -p:DebugType=none -o "$next" &&
    rm -rf "$artifacts/node" && mv "$next" "$artifacts/node"
}

# The lab, as artifacts/lab/microlink-lab (JIT: it holds Kestrel).
build_lab() {
  lab_fresh && return 0
  need_dotnet
  build_native || return 1
  stamped lab publish_lab
}

publish_lab() {
  local next=$artifacts/lab.next
  rm -rf "$next"
  run_logged lab "Building the lab" dotnet publish "$root/samples/Lab" -c Release -p:DebugType=none -o "$next" &&
    rm -rf "$artifacts/lab" && mv "$next" "$artifacts/lab"
}
