#!/usr/bin/env bash
# Every task of the repository, on Linux and macOS. build.ps1 has the same verbs for Windows.
# shellcheck disable=SC2317 # verbs, suites and checks are called by the names that are put together here
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'USAGE'
usage: ./build.sh <verb> [arguments]

  build                     the native library (build/lib) and the .NET solution
  test [suite...]           the named suites, or all of: unit abi bindings parity e2e
                            not in "all": package, what `pack` makes, in a fresh project and on an old processor;
                            sanitize, damaged files and failing memory under sanitizers, the same in every run;
                            fuzz, every fuzz target for a short time;
                            device, a GPU of this machine beside the processor, by Vulkan
  run [arguments]           builds, then runs the command line tool; without arguments it speaks into hello.wav
  bindings [--check]        writes bindings/Generated from dia.h; --check compares instead
           [--front-end NAME]   castxml (the default) or cppsharp
  format [--check]          formats the C++ and C# sources; --check reports instead
  fuzz [seconds [target...]]    looks for inputs that break a promise, 600 seconds for each target if not said otherwise
  pack                      NuGet packages with every CPU level, into artifacts/
  bench [--history] [arguments of dia-bench]   measures speed; without arguments Q8_0 weights of full size, which are random.
                            --history keeps the result in benchmarks/history

Missing tools are installed with apt where that is possible, and named where it is not.

environment:
  DIA_LLAMA_SOURCE          a directory with the pinned llama.cpp source, instead of a download
  DIA_GOLDEN_DIRS           golden sets for `test parity` and `test e2e`, separated by colons, instead of tests/golden
  DIA_TEST_DEVICE           the GPU of `test device`, instead of Vulkan0
USAGE
}

readonly build_dir=build
readonly results_dir=$build_dir/test-results
readonly artifacts_dir=artifacts

# Background compilers would outlive the script and keep its output open.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# Checkouts in different folders share what ccache holds.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PWD} CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}

say() { printf '\n== %s\n' "$*"; }
die() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# ---- tools ----------------------------------------------------------------------------------------

as_root() {
    if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

# Debian packages for what is missing, in one go. Arguments: package names.
apt_install() {
    have apt-get && { [[ $EUID -eq 0 ]] || have sudo; } || return 0
    say "Installing $* with apt"
    as_root apt-get update -qq || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null || true
}

has_gtest() { printf '#include <gtest/gtest.h>\n' | c++ -std=c++17 -x c++ -fsyntax-only - 2>/dev/null; }
has_dotnet() { have dotnet && grep -q '^10\.' <<<"$(dotnet --list-sdks)"; }
has_ggml_source() { [[ -n ${DIA_LLAMA_SOURCE:-} ]] || compgen -G "$build_dir/_deps/llama.cpp-*/ggml/CMakeLists.txt" >/dev/null; }

# npm is a large package and only the second way to the ggml source (cmake/LlamaSource.cmake).
needs_npm() {
    ! has_ggml_source && ! have npm \
        && ! GIT_TERMINAL_PROMPT=0 timeout 20 git ls-remote --exit-code https://github.com/ggml-org/llama.cpp.git HEAD >/dev/null 2>&1
}

# One line per tool: how to tell that it is there, its Debian package, its name for a reader.
readonly native_tools=(
    'have git|git|git'
    'have c++|g++|a C++17 compiler (c++)'
    'have cmake|cmake|CMake 3.25 or later (cmake)'
    'have ninja|ninja-build|Ninja (ninja)'
)
readonly test_tools=(
    'has_gtest|libgtest-dev|GoogleTest (gtest/gtest.h)'
    'have castxml|castxml|CastXML (castxml)'
)

# Arguments: entries as above. Installs what it can; ends with one message that names what is still missing.
require() {
    local entry check package name packages=() missing=()
    for entry in "$@"; do
        IFS='|' read -r check package name <<<"$entry"
        $check || packages+=("$package")
    done
    [[ ${#packages[@]} -gt 0 ]] || return 0
    apt_install "${packages[@]}"
    for entry in "$@"; do
        IFS='|' read -r check package name <<<"$entry"
        $check || missing+=("$name")
    done
    [[ ${#missing[@]} -eq 0 ]] || die "missing: $(printf '%s; ' "${missing[@]}" | sed 's/; $//'). Install and run again."
}

require_dotnet() {
    [[ -x $HOME/.dotnet/dotnet ]] && ! has_dotnet && export PATH="$HOME/.dotnet:$PATH"
    has_dotnet && return
    if have apt-cache && apt-cache show dotnet-sdk-10.0 >/dev/null 2>&1; then apt_install dotnet-sdk-10.0; fi
    has_dotnet || die "missing: the .NET SDK 10, which apt does not have here. Get it from https://dot.net/download, or with
    curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0
and run this again."
}

require_native_tools() {
    require "${native_tools[@]}" "$@"
    if needs_npm; then apt_install npm; fi
}

# ---- building -------------------------------------------------------------------------------------

launcher_flags() {
    ! have ccache || printf '%s\n' -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache
}

# Where the configured build has the ggml source from.
llama_source() {
    if [[ -n ${DIA_LLAMA_SOURCE:-} ]]; then echo "$DIA_LLAMA_SOURCE"; else echo "$PWD/$build_dir"/_deps/llama.cpp-*; fi
}

# Arguments: extra configure flags.
configure_native() {
    # shellcheck disable=SC2046 # one flag per word is meant
    cmake --preset dev $(launcher_flags) "$@" --log-level=STATUS >"$build_dir/configure.log" 2>&1 \
        || { cat "$build_dir/configure.log"; die "the native build could not be configured"; }
}

# Arguments: CMake target, ON or OFF for the tests.
build_native() {
    local target=$1 tests=$2
    say "Native library"
    mkdir -p "$build_dir"
    configure_native "-DDIA_BUILD_TESTS=$tests"
    cmake --build "$build_dir" --target "$target"
}

# Whoever has built the tests keeps them.
built_tests() { if grep -qs '^DIA_BUILD_TESTS:BOOL=ON$' "$build_dir/CMakeCache.txt"; then echo ON; else echo OFF; fi; }

build_dotnet() {
    say ".NET solution"
    dotnet build DiaNative.sln --configuration Release --verbosity quiet --nologo
}

# The second front end of the bindings generator needs a package that not every machine can restore. CastXML makes the
# same bindings, so the rest of the build goes on without it.
readonly cppsharp_project=bindings/generator.cppsharp
readonly cppsharp_log=$build_dir/cppsharp.log
cppsharp=left_out

build_cppsharp_front_end() {
    mkdir -p "$build_dir"
    if ! dotnet restore "$cppsharp_project" --nologo >"$cppsharp_log" 2>&1; then
        echo "The CppSharp front end of the bindings generator is left out: the package CppSharp cannot be restored here."
    elif dotnet build "$cppsharp_project" --configuration Release --no-restore --nologo >>"$cppsharp_log" 2>&1; then
        cppsharp=built
    else
        cppsharp=broken
        echo "The CppSharp front end of the bindings generator does not compile: $cppsharp_log"
    fi
}

verb_build() {
    require_native_tools "${test_tools[@]}"
    require_dotnet
    build_native all ON
    build_dotnet
    build_cppsharp_front_end
}

# ---- testing --------------------------------------------------------------------------------------

passed=0 failed=0 skipped=0
suite_rows=()

# Arguments: suite, passed, failed, skipped.
add_result() {
    passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
    suite_rows+=("$(printf '%-24s %7d %7d %7d' "$@")")
}

# Reads `ctest -V` and prints "passed failed skipped". GoogleTest cases count one by one; any other test counts as
# one, and so does a program that ends badly without a failed case (a crash, a time-out).
count_ctest() {
    awk '
        /^[0-9]+: \[       OK \] .*\([0-9]+ ms\)$/ { sub(":", "", $1); ok[$1]++; seen[$1] = 1 }
        /^[0-9]+: \[  FAILED  \] .*\([0-9]+ ms\)$/ { sub(":", "", $1); bad[$1]++; seen[$1] = 1 }
        /^[0-9]+: \[  SKIPPED \] .*\([0-9]+ ms\)$/ { sub(":", "", $1); skip[$1]++; seen[$1] = 1 }
        /Test +#[0-9]+: .* +[0-9.]+ sec$/ {
            match($0, /#[0-9]+/); id = substr($0, RSTART + 1, RLENGTH - 1)
            good = ($0 ~ /   Passed  /); left_out = ($0 ~ /\*\*\*(Skipped|Not Run \(Disabled\))/)
            if (!seen[id]) { if (good) ok[id] = 1; else if (left_out) skip[id] = 1; else bad[id] = 1 }
            else if (!good && !left_out && !bad[id]) bad[id] = 1
            n++
        }
        END {
            for (id in ok) passed += ok[id]; for (id in bad) failed += bad[id]; for (id in skip) skipped += skip[id]
            if (n == 0) failed++
            print passed + 0, failed + 0, skipped + 0
        }' "$1"
}

# Arguments: suite (the label of its tests), then flags for ctest.
run_ctest() { run_ctest_in "$build_dir" "$1" --label-regex "^$1\$" "${@:2}"; }

# Arguments: build folder, suite, then flags for ctest.
run_ctest_in() {
    local dir=$1 suite=$2 log=$results_dir/native-$2.log
    shift 2
    say "Native $suite tests"
    ctest --test-dir "$dir" --verbose --timeout 900 --no-tests=error "$@" >"$log" 2>&1 || true
    read -r p f s < <(count_ctest "$log")
    # The tables of the parity and device tests are their result; of the other suites only failures are of interest.
    if [[ $suite == parity || $suite == device ]]; then
        sed -nE 's/^[0-9]+: ?//p' "$log" | grep -vE '^(\[ RUN|\[       OK|\[---|$)' || true
    fi
    if [[ $f -gt 0 ]]; then
        if [[ $suite != parity && $suite != device ]]; then grep -E '^[0-9]+: |\*\*\*' "$log" | grep -vE ': \[( RUN|       OK)' | tail -n 200; fi
        echo "All of it: $log"
    fi
    add_result "native $suite" "$p" "$f" "$s"
}

# Arguments: name of the test project.
run_dotnet_tests() {
    local project=$1 status=0 trx=$results_dir/$1.trx
    say "$project"
    rm -f "$trx"
    dotnet test "tests/$project" --configuration Release --no-build --nologo --verbosity quiet \
        --logger "trx;LogFileName=$1.trx" --logger "console;verbosity=minimal" --results-directory "$results_dir" || status=$?
    local total=0 executed=0 p=0 f=0
    if [[ -f $trx ]]; then
        counter() { sed -nE "s/.*<Counters.*[[:space:]]$1=\"([0-9]+)\".*/\1/p" "$trx" | head -n 1; }
        total=$(counter total) executed=$(counter executed) p=$(counter passed) f=$(counter failed)
    fi
    # A crash of the test host leaves no failed test behind.
    if [[ $status -ne 0 && $f -eq 0 ]] || [[ $total -eq 0 ]]; then f=$((f + 1)); fi
    add_result "$project" "$p" "$f" "$((total - executed))"
}

# The CppSharp front end must read the same from dia.h as CastXML does.
run_cppsharp_check() {
    case $cppsharp in
        left_out) add_result "CppSharp front end" 0 0 1 ;;
        built)
            if dotnet run --project "$cppsharp_project" --configuration Release --no-build -- check; then
                add_result "CppSharp front end" 1 0 0
            else
                add_result "CppSharp front end" 0 1 0
            fi ;;
        broken) add_result "CppSharp front end" 0 1 0 ;;
    esac
}

suite_unit() { run_ctest unit -j "$(cpu_count)"; run_dotnet_tests DiaNative.Tests; run_dotnet_tests DiaNative.Extensions.Tests; run_dotnet_tests DiaNative.DocsTests; }
suite_abi() { run_ctest abi; }
suite_bindings() { run_dotnet_tests DiaNative.BindingsTests; run_cppsharp_check; }

# The .NET tests write their table into a file: the test runner keeps to itself what a passed test prints.
suite_parity() {
    run_ctest parity
    export DIA_PARITY_TABLE=$PWD/$results_dir/dotnet-parity.txt
    rm -f "$DIA_PARITY_TABLE"
    run_dotnet_tests DiaNative.ParityTests
    if [[ -f $DIA_PARITY_TABLE ]]; then cat "$DIA_PARITY_TABLE"; fi
}

suite_e2e() { run_dotnet_tests DiaNative.EndToEndTests; run_first_command; }

# What a reader of the README types first.
run_first_command() {
    local log=$results_dir/run.log
    say "./build.sh run"
    rm -f hello.wav
    if ./build.sh run >"$log" 2>&1 && [[ -s hello.wav ]] && grep -q 'hello.wav: ' "$log" && grep -q 'dianative pull' "$log"; then
        add_result "build.sh run" 1 0 0
    else
        cat "$log"
        add_result "build.sh run" 0 1 0
    fi
}

suite_package() {
    local log=$results_dir/package.log
    if [[ $(runtime_identifier) == linux-x64 ]] && ! have qemu-x86_64; then apt_install qemu-user; fi
    say "./build.sh pack"
    if ! ./build.sh pack >"$results_dir/pack.log" 2>&1; then
        cat "$results_dir/pack.log"
        add_result package 0 1 0
        return
    fi
    sed -n '/^== NuGet packages/,$p' "$results_dir/pack.log"
    say "Package tests"
    tests/package/run.sh "$artifacts_dir" "$build_dir/package-test" | tee "$log"
    add_result package "$(grep -c '^ok: ' "$log" || true)" "$(grep -c '^FAILED: ' "$log" || true)" "$(grep -c '^skipped: ' "$log" || true)"
}

# Inputs that are damaged in the same way each time, and memory and disks that fail. The longest two tests of failing
# memory are left out, whose paths the others take too.
suite_sanitize() {
    local dir=$build_dir/sanitize
    say "Sanitizer build"
    mkdir -p "$dir"
    # shellcheck disable=SC2046 # one flag per word is meant
    if ! { cmake --preset sanitize "-DDIA_LLAMA_SOURCE=$(llama_source)" $(launcher_flags) >"$dir/configure.log" 2>&1 \
        && cmake --build "$dir" --target dia_fuzz_seeds "${native_fuzz_targets[@]/#/dia_fuzz_}" dia_fault_tests; }; then
        add_result "native sanitize" 0 1 0
        return
    fi
    run_ctest_in "$dir" sanitize -j "$(cpu_count)" --tests-regex '^(fuzz|unit[.].*Faults)' --exclude-regex 'Convert|Synthesize'
}

# The suites `unit` and `parity` run the same tests on a stand-in for a GPU.
suite_device() {
    local dir=$build_dir/vulkan
    say "Vulkan build"
    mkdir -p "$dir"
    # shellcheck disable=SC2046 # one flag per word is meant
    if ! cmake --preset vulkan "-DDIA_LLAMA_SOURCE=$(llama_source)" $(launcher_flags) >"$dir/configure.log" 2>&1; then
        cat "$dir/configure.log"
        add_result "native device" 0 1 0
    elif ! cmake --build "$dir" --target dia_device_tests dia_parity_tests; then
        add_result "native device" 0 1 0
    else
        DIA_TEST_DEVICE=${DIA_TEST_DEVICE:-Vulkan0} run_ctest_in "$dir" device --label-regex '^device$'
    fi
}

# ---- fuzzing ----

readonly fuzz_dir=$build_dir/fuzz
readonly native_fuzz_targets=(gguf safetensors config audio text)
readonly fuzz_targets=("${native_fuzz_targets[@]}" voice)

build_fuzz_targets() {
    require_native_tools 'have clang++|clang|Clang (clang++)' 'has_gtest|libgtest-dev|GoogleTest (gtest/gtest.h)'
    say "Fuzz targets"
    mkdir -p "$fuzz_dir"
    # shellcheck disable=SC2046 # one flag per word is meant
    cmake --preset fuzz "-DDIA_LLAMA_SOURCE=$(llama_source)" $(launcher_flags) >"$fuzz_dir/configure.log" 2>&1 \
        || { cat "$fuzz_dir/configure.log"; die "the fuzz targets could not be configured"; }
    cmake --build "$fuzz_dir" --target dia_fuzz_seeds "${native_fuzz_targets[@]/#/dia_fuzz_}" || return 1
    "$fuzz_dir/tests/native/fuzz/dia_fuzz_seeds" "$fuzz_dir/seeds"
}

# Arguments: target, seconds. What it finds stays in build/fuzz/findings, what it learns in build/fuzz/corpus.
run_fuzz_target() {
    local target=$1 seconds=$2 log=$fuzz_dir/$1.log status=0
    if [[ $target == voice ]]; then
        run_voice_fuzzer "$seconds"
        return
    fi
    mkdir -p "$fuzz_dir/corpus/$target" "$fuzz_dir/findings"
    "$fuzz_dir/tests/native/fuzz/dia_fuzz_$target" -max_total_time="$seconds" -timeout=300 -rss_limit_mb=3000 -verbosity=1 \
        -artifact_prefix="$fuzz_dir/findings/$target-" \
        "$fuzz_dir/corpus/$target" "$fuzz_dir/seeds/$target" "tests/native/fuzz/corpus/$target" >"$log" 2>&1 || status=$?
    if [[ $status -ne 0 ]]; then
        tail -n 60 "$log"
        echo "$target: a finding; its input is in $fuzz_dir/findings, all of the output in $log"
        return 1
    fi
    awk -v target="$target" '/ cov: / { for (i = 1; i < NF; i++) { if ($i == "cov:") cov = $(i + 1); if ($i == "ft:") ft = $(i + 1); if ($i == "corp:") corp = $(i + 1) } }
        /^Done / { printf "%s: %s inputs tried in %s s, %s edges and %s features covered, corpus %s\n", target, $2, $5, cov, ft, corp }' "$log"
}

# Voice files are read by C#, where a test damages them.
run_voice_fuzzer() {
    local log=$fuzz_dir/voice.log
    mkdir -p "$fuzz_dir"
    if ! DIA_FUZZ_SECONDS=$1 dotnet test tests/DiaNative.Tests --configuration Release --nologo --filter FullyQualifiedName~VoiceFuzzTests \
        --logger "console;verbosity=detailed" >"$log" 2>&1; then
        grep -A 20 'Error Message' "$log" || tail -n 40 "$log"
        return 1
    fi
    sed -nE 's/^ *(voice: .*)/\1/p' "$log"
}

verb_fuzz() {
    local seconds=${1:-600} target findings=0
    [[ $seconds =~ ^[1-9][0-9]*$ ]] || die "fuzz takes a number of seconds, not '$seconds'"
    local targets=("${@:2}")
    [[ ${#targets[@]} -gt 0 ]] || targets=("${fuzz_targets[@]}")
    for target in "${targets[@]}"; do
        [[ " ${fuzz_targets[*]} " == *" $target "* ]] || die "unknown target '$target'; the targets are: ${fuzz_targets[*]}"
    done
    if [[ ${targets[*]} != voice ]]; then build_fuzz_targets; fi
    if [[ " ${targets[*]} " == *" voice "* ]]; then
        require_dotnet
        build_native dia "$(built_tests)"
    fi
    for target in "${targets[@]}"; do run_fuzz_target "$target" "$seconds" || findings=$((findings + 1)); done
    [[ $findings -eq 0 ]]
}

suite_fuzz() {
    local target
    if ! build_fuzz_targets; then
        add_result fuzz 0 1 0
        return
    fi
    say "Fuzzing, 15 seconds each"
    for target in "${fuzz_targets[@]}"; do
        if run_fuzz_target "$target" 15; then add_result "fuzz $target" 1 0 0; else add_result "fuzz $target" 0 1 0; fi
    done
}

cpu_count() { getconf _NPROCESSORS_ONLN; }

verb_test() {
    local suites=("$@") suite
    [[ ${#suites[@]} -gt 0 ]] || suites=(unit abi bindings parity e2e)
    for suite in "${suites[@]}"; do
        declare -F "suite_$suite" >/dev/null || die "unknown suite '$suite'; the suites are: unit abi bindings parity e2e package sanitize fuzz device"
    done
    verb_build
    rm -rf "$results_dir"
    mkdir -p "$results_dir"
    for suite in "${suites[@]}"; do "suite_$suite"; done
    printf '\n%-24s %7s %7s %7s\n' suite passed failed skipped
    printf '%s\n' "${suite_rows[@]}"
    printf 'total: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [[ $failed -eq 0 ]]
}

# ---- the other verbs --------------------------------------------------------------------------------

# Builds what the command line tool needs and no more.
verb_run() {
    require_native_tools
    require_dotnet
    build_native dia "$(built_tests)"
    say "Command line tool"
    dotnet build src/DiaNative.Cli --configuration Release --verbosity quiet --nologo
    say "dianative ${*:-demo --output hello.wav}"
    if [[ $# -eq 0 ]]; then set -- demo --output hello.wav; fi
    src/DiaNative.Cli/bin/Release/net10.0/DiaNative.Cli "$@"
}

verb_bindings() {
    local project=bindings/generator arguments=(generate)
    case ${1:-} in
        --check) arguments=(check) ;;
        --front-end)
            arguments=(generate "$@")
            if [[ ${2:-} == cppsharp ]]; then project=$cppsharp_project; fi ;;
        '') ;;
        *) die "bindings knows --check and --front-end NAME, not '$1'" ;;
    esac
    require 'have castxml|castxml|CastXML (castxml)' 'have c++|g++|a C compiler (c++)'
    require_dotnet
    dotnet run --project "$project" --configuration Release -- "${arguments[@]}"
}

# All but dia.h, whose columns are set by hand.
clang_format_sources() {
    git ls-files -z 'native/src/*.h' 'native/src/*.cpp' 'native/src/*.c' 'tests/native/*.h' 'tests/native/*.cpp' 'tests/native/*.c' 'benchmarks/native/*.cpp' 'samples/*.c' \
        | xargs -0 clang-format "$@"
}

verb_format() {
    require 'have clang-format|clang-format|clang-format'
    require_dotnet
    case ${1:-} in
        --check) clang_format_sources --dry-run --Werror; dotnet format DiaNative.sln --verify-no-changes ;;
        '') clang_format_sources -i; dotnet format DiaNative.sln ;;
        *) die "format knows only --check, not '$1'" ;;
    esac
}

# ---- packing --------------------------------------------------------------------------------------

# The levels that are shipped; cmake/CpuLevel.cmake says what each means.
cpu_levels() {
    case $(uname -m) in
        x86_64) echo x86-64 x86-64-v3 x86-64-v4 x86-64-v4-vnni ;;
        aarch64 | arm64) echo armv8 armv8.2-dotprod ;;
        *) die "pack knows no CPU levels for $(uname -m)" ;;
    esac
}

runtime_identifier() {
    local system=linux arch=x64
    [[ $(uname -s) != Darwin ]] || system=osx
    case $(uname -m) in aarch64 | arm64) arch=arm64 ;; esac
    echo "$system-$arch"
}

# Arguments: library. Nothing but dia_* may be visible, or another ggml in the process would clash.
check_exports() {
    local foreign
    if [[ $1 == *.dylib ]]; then foreign=$(nm -gU -P "$1"); else foreign=$(nm -D --defined-only -P "$1"); fi
    foreign=$(awk '{ sub(/^_dia_/, "dia_", $1); if ($1 !~ /^dia_/) print $1 }' <<<"$foreign")
    [[ -z $foreign ]] || die "$1 exports other symbols than dia_*: $(tr '\n' ' ' <<<"$foreign")"
}

# Arguments: CPU level, output folder.
pack_native_level() {
    local level=$1 output=$2 dir=$build_dir/pack/$1 library
    say "Native library for $level"
    # shellcheck disable=SC2046 # one flag per word is meant
    cmake --preset pack -B "$dir" "-DDIA_CPU_LEVEL=$level" "-DDIA_LLAMA_SOURCE=$(llama_source)" $(launcher_flags) >/dev/null
    cmake --build "$dir" --target dia
    library=$(echo "$dir"/lib/libdia.*)
    check_exports "$library"
    cp "$library" "$output/libdia-$level.${library##*.}"
    if [[ $library == *.so ]]; then strip --strip-unneeded "$output/libdia-$level.so"; else strip -x "$output/libdia-$level.dylib"; fi
}

verb_pack() {
    require_native_tools
    require_dotnet
    local rid native level
    rid=$(runtime_identifier)
    native=$artifacts_dir/runtimes/$rid/native
    rm -rf "$artifacts_dir"
    mkdir -p "$native"
    mkdir -p "$build_dir"
    if ! has_ggml_source; then configure_native -DDIA_BUILD_TESTS=OFF; fi
    for level in $(cpu_levels); do pack_native_level "$level" "$native"; done
    say "NuGet packages"
    local project
    for project in DiaNative DiaNative.Extensions.DependencyInjection DiaNative.Extensions.AI DiaNative.Runtime DiaNative.Cli; do
        dotnet pack "src/$project" --configuration Release --output "$artifacts_dir/packages" --verbosity quiet --nologo \
            -p:DiaPackRuntimes=true
    done
    wc -c "$native"/* "$artifacts_dir"/packages/* | sed '$d'
}

# A word for file names: "Intel(R) Xeon(R) Processor" -> "intel-r-xeon-r-processor".
slug() { tr '[:upper:]' '[:lower:]' <<<"$1" | sed -E 's/[^a-z0-9]+/-/g; s/^-|-$//g'; }

# Arguments: key. The first string of that name in the result.
bench_result() { sed -nE "s/^ *\"$1\": \"(.*)\",?$/\1/p" "$bench_dir/result.json" | head -n 1; }

readonly bench_dir=$build_dir/bench

verb_bench() {
    local keep=no
    if [[ ${1:-} == --history ]]; then keep=yes; shift; fi
    [[ $# -gt 0 ]] || set -- --synthetic overhead,dia-1.6b --type q8_0
    require_native_tools
    say "dia-bench"
    mkdir -p "$bench_dir"
    configure_native "-DDIA_BUILD_TESTS=$(built_tests)" -DDIA_BUILD_BENCHMARKS=ON
    cmake --build "$build_dir" --target dia-bench
    local program=$build_dir/benchmarks/native/dia-bench
    if [[ $keep == no ]]; then
        "$program" --folder "$bench_dir" "$@"
        return
    fi
    "$program" --folder "$bench_dir" "$@" --json "$bench_dir/result.json"
    local path
    path=benchmarks/history/$(bench_result time | cut -c 1-10)-$(slug "$(bench_result processor)")-$(bench_result commit).json
    mkdir -p benchmarks/history
    cp "$bench_dir/result.json" "$path"
    echo "kept as $path"
}

main() {
    case ${1:-} in
        build | test | run | bindings | format | fuzz | pack | bench) "verb_$1" "${@:2}" ;;
        help | -h | --help) usage ;;
        '') usage; exit 2 ;;
        *) usage >&2; die "unknown verb '$1'" ;;
    esac
}

# On one line, so that an edit of this file does not disturb a run.
main "$@"; exit
