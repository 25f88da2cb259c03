#!/usr/bin/env pwsh
# Every task of the repository, on Windows. build.sh has the same verbs for Linux and macOS.
# Run it from a developer prompt of Visual Studio, where cl, cmake and ninja are found.
param(
    [Parameter(Position = 0)]
    [ValidateSet('build', 'test', 'run', 'bindings', 'format', 'pack', 'bench', 'help')]
    [string] $Verb = 'help',
    [Parameter(Position = 1, ValueFromRemainingArguments)]
    [string[]] $Rest = @()
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot

$BuildDir = Join-Path $PSScriptRoot 'build'
$ResultsDir = Join-Path $BuildDir 'test-results'
$ArtifactsDir = Join-Path $PSScriptRoot 'artifacts'
$env:DOTNET_NOLOGO = '1'
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'

function Show-Usage {
    @'
usage: ./build.ps1 <verb> [arguments]

  build                     the native library (build/lib) and the .NET solution
  test [suite...]           the named suites, or all of: unit abi bindings parity e2e
                            not in "all": device, a GPU of this machine beside the processor, by Vulkan
  run [arguments]           builds, then runs the command line tool; without arguments it speaks into hello.wav
  bindings [--check]        writes bindings/Generated from dia.h; --check compares instead
  format [--check]          formats the C++ and C# sources; --check reports instead
  pack                      NuGet packages with every CPU level, into artifacts/
  bench [--history] [arguments of dia-bench]   measures speed; without arguments Q8_0 weights of full size, which are random.
                            --history keeps the result in benchmarks/history

environment:
  DIA_LLAMA_SOURCE          a directory with the pinned llama.cpp source, instead of a download
  DIA_GOLDEN_DIRS           golden sets for `test parity` and `test e2e`, separated by semicolons
  DIA_TEST_DEVICE           the GPU of `test device`, instead of Vulkan0
'@
}

function Write-Step([string] $Text) { Write-Host "`n== $Text" }

# Runs a program and stops the script if it fails.
function Invoke-Tool([string] $Program, [string[]] $Arguments) {
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) { throw "$Program $($Arguments -join ' ') ended with exit code $LASTEXITCODE" }
}

# One message that names everything that is missing.
function Assert-Tools([string[]] $Names) {
    $missing = @($Names | Where-Object { -not (Get-Command $_ -ErrorAction SilentlyContinue) })
    if ($missing.Count -gt 0) { throw "missing: $($missing -join ', '). Install and run again." }
    if ($Names -contains 'dotnet' -and -not ((& dotnet --list-sdks) -match '^10\.')) {
        throw 'missing: the .NET SDK 10. Get it from https://dot.net/download and run this again.'
    }
}

function Build-Native([string] $Target, [string] $Tests) {
    Write-Step 'Native library'
    Invoke-Tool cmake @('--preset', 'dev', "-DDIA_BUILD_TESTS=$Tests")
    Invoke-Tool cmake @('--build', $BuildDir, '--target', $Target)
}

# Where the configured build has the ggml source from.
function Get-LlamaSource {
    if ($env:DIA_LLAMA_SOURCE) { return $env:DIA_LLAMA_SOURCE }
    (Get-Item (Join-Path $BuildDir '_deps/llama.cpp-*')).FullName
}

function Build-DotNet {
    Write-Step '.NET solution'
    Invoke-Tool dotnet @('build', 'DiaNative.sln', '--configuration', 'Release', '--verbosity', 'quiet')
}

function Invoke-Build {
    Assert-Tools @('git', 'cl', 'cmake', 'ninja', 'dotnet')
    Build-Native all ON
    Build-DotNet
}

$script:Rows = @()

function Add-Result([string] $Suite, [int] $Passed, [int] $Failed, [int] $Skipped) {
    $script:Rows += [pscustomobject]@{ suite = $Suite; passed = $Passed; failed = $Failed; skipped = $Skipped }
}

# GoogleTest cases count one by one; any other test counts as one, and so does a program that ends badly without a
# failed case (a crash, a time-out).
function Invoke-CTest([string] $Suite, [string] $Dir = $BuildDir) {
    Write-Step "Native $Suite tests"
    $log = & ctest --test-dir $Dir --label-regex "^$Suite`$" --verbose --no-tests=error 2>&1 | ForEach-Object { "$_" }
    $log | Set-Content (Join-Path $ResultsDir "native-$Suite.log")
    $cases = @{}
    $passed = 0; $failed = 0; $skipped = 0; $tests = 0
    foreach ($line in $log) {
        if ($line -match '^(\d+): \[(       OK|  FAILED |  SKIPPED) \] .*\(\d+ ms\)$') {
            if (-not $cases.ContainsKey($Matches[1])) { $cases[$Matches[1]] = 0 }
            switch ($Matches[2].Trim()) {
                'OK' { $passed++ }
                'SKIPPED' { $skipped++ }
                'FAILED' { $failed++; $cases[$Matches[1]]++ }
            }
        }
        elseif ($line -match 'Test +#(\d+): .* +[\d.]+ sec$') {
            $tests++
            $id = $Matches[1]
            $good = $line -match '   Passed  '
            $leftOut = $line -match '\*\*\*(Skipped|Not Run \(Disabled\))'
            if (-not $cases.ContainsKey($id)) {
                if ($good) { $passed++ } elseif ($leftOut) { $skipped++ } else { $failed++ }
            }
            elseif (-not $good -and -not $leftOut -and $cases[$id] -eq 0) { $failed++ }
        }
    }
    if ($tests -eq 0) { $failed++ }
    if ($Suite -in 'parity', 'device' -or $failed -gt 0) { $log | ForEach-Object { $_ -replace '^\d+: ?', '' } | Write-Host }
    Add-Result "native $Suite" $passed $failed $skipped
}

function Invoke-DotNetTest([string] $Project) {
    Write-Step $Project
    $trx = Join-Path $ResultsDir "$Project.trx"
    & dotnet test "tests/$Project" --configuration Release --no-build --verbosity quiet `
        --logger "trx;LogFileName=$Project.trx" --logger 'console;verbosity=minimal' --results-directory $ResultsDir
    $status = $LASTEXITCODE
    $total = 0; $executed = 0; $passed = 0; $failed = 0
    if (Test-Path $trx) {
        $counters = ([xml](Get-Content -Raw $trx)).TestRun.ResultSummary.Counters
        $total = [int]$counters.total; $executed = [int]$counters.executed
        $passed = [int]$counters.passed; $failed = [int]$counters.failed
    }
    if (($status -ne 0 -and $failed -eq 0) -or $total -eq 0) { $failed++ }
    Add-Result $Project $passed $failed ($total - $executed)
}

# The suites `unit` and `parity` run the same tests on a stand-in for a GPU.
function Invoke-DeviceTest {
    Write-Step 'Vulkan build'
    $dir = Join-Path $BuildDir 'vulkan'
    Invoke-Tool cmake @('--preset', 'vulkan', "-DDIA_LLAMA_SOURCE=$(Get-LlamaSource)")
    Invoke-Tool cmake @('--build', $dir, '--target', 'dia_device_tests', 'dia_parity_tests')
    if (-not $env:DIA_TEST_DEVICE) { $env:DIA_TEST_DEVICE = 'Vulkan0' }
    Invoke-CTest device $dir
}

function Invoke-Test([string[]] $Suites) {
    $default = @('unit', 'abi', 'bindings', 'parity', 'e2e')
    $known = $default + 'device'
    if ($Suites.Count -eq 0) { $Suites = $default }
    foreach ($suite in $Suites) {
        if ($known -notcontains $suite) { throw "unknown suite '$suite'; the suites are: $($known -join ' ')" }
    }
    Invoke-Build
    Remove-Item -Recurse -Force -ErrorAction SilentlyContinue $ResultsDir
    New-Item -ItemType Directory -Force $ResultsDir | Out-Null
    foreach ($suite in $Suites) {
        switch ($suite) {
            'unit' { Invoke-CTest unit; Invoke-DotNetTest DiaNative.Tests; Invoke-DotNetTest DiaNative.Extensions.Tests; Invoke-DotNetTest DiaNative.DocsTests }
            'abi' { Invoke-CTest abi }
            'bindings' { Invoke-DotNetTest DiaNative.BindingsTests }
            'parity' {
                Invoke-CTest parity
                # The test runner keeps to itself what a passed test prints, so the .NET tests write their table into a file.
                $env:DIA_PARITY_TABLE = Join-Path (Resolve-Path $ResultsDir) 'dotnet-parity.txt'
                Invoke-DotNetTest DiaNative.ParityTests
                if (Test-Path $env:DIA_PARITY_TABLE) { Get-Content $env:DIA_PARITY_TABLE | Write-Host }
            }
            'e2e' { Invoke-DotNetTest DiaNative.EndToEndTests }
            'device' { Invoke-DeviceTest }
        }
    }
    $script:Rows | Format-Table -AutoSize | Out-String | Write-Host
    $failed = [int]($script:Rows | Measure-Object failed -Sum).Sum
    Write-Host ('total: {0} passed, {1} failed, {2} skipped' -f [int]($script:Rows | Measure-Object passed -Sum).Sum, $failed,
        [int]($script:Rows | Measure-Object skipped -Sum).Sum)
    if ($failed -gt 0) { exit 1 }
}

function Invoke-Run([string[]] $Arguments) {
    Assert-Tools @('git', 'cl', 'cmake', 'ninja', 'dotnet')
    Build-Native dia OFF
    Invoke-Tool dotnet @('build', 'src/DiaNative.Cli', '--configuration', 'Release', '--verbosity', 'quiet')
    if ($Arguments.Count -eq 0) { $Arguments = @('demo', '--output', 'hello.wav') }
    & src/DiaNative.Cli/bin/Release/net10.0/DiaNative.Cli.exe @Arguments
    exit $LASTEXITCODE
}

function Invoke-Bindings([string[]] $Arguments) {
    Assert-Tools @('cl', 'dotnet')
    $mode = if ($Arguments -contains '--check') { 'check' } else { 'generate' }
    Invoke-Tool dotnet @('run', '--project', 'bindings/generator', '--configuration', 'Release', '--', $mode)
}

function Invoke-Format([string[]] $Arguments) {
    Assert-Tools @('clang-format', 'dotnet')
    $check = $Arguments -contains '--check'
    $sources = git ls-files 'native/src/*.h' 'native/src/*.cpp' 'native/src/*.c' 'tests/native/*.h' 'tests/native/*.cpp' 'tests/native/*.c' 'benchmarks/native/*.cpp' 'samples/*.c'
    if ($check) {
        Invoke-Tool clang-format (@('--dry-run', '--Werror') + $sources)
        Invoke-Tool dotnet @('format', 'DiaNative.sln', '--verify-no-changes')
    }
    else {
        Invoke-Tool clang-format (@('-i') + $sources)
        Invoke-Tool dotnet @('format', 'DiaNative.sln')
    }
}

function Invoke-Pack {
    Assert-Tools @('git', 'cl', 'cmake', 'ninja', 'dotnet')
    $rid = if ($env:PROCESSOR_ARCHITECTURE -eq 'ARM64') { 'win-arm64' } else { 'win-x64' }
    $levels = if ($rid -eq 'win-arm64') { @('armv8', 'armv8.2-dotprod') } else { @('x86-64', 'x86-64-v3', 'x86-64-v4', 'x86-64-v4-vnni') }
    $native = Join-Path $ArtifactsDir "runtimes/$rid/native"
    Remove-Item -Recurse -Force -ErrorAction SilentlyContinue $ArtifactsDir
    New-Item -ItemType Directory -Force $native | Out-Null
    if (-not $env:DIA_LLAMA_SOURCE) { Invoke-Tool cmake @('--preset', 'dev', '-DDIA_BUILD_TESTS=OFF') }
    $source = Get-LlamaSource
    foreach ($level in $levels) {
        Write-Step "Native library for $level"
        $dir = Join-Path $BuildDir "pack/$level"
        Invoke-Tool cmake @('--preset', 'pack', '-B', $dir, "-DDIA_CPU_LEVEL=$level", "-DDIA_LLAMA_SOURCE=$source")
        Invoke-Tool cmake @('--build', $dir, '--target', 'dia')
        Copy-Item (Join-Path $dir 'lib/dia.dll') (Join-Path $native "dia-$level.dll")
    }
    Write-Step 'NuGet packages'
    foreach ($project in 'DiaNative', 'DiaNative.Extensions.DependencyInjection', 'DiaNative.Extensions.AI', 'DiaNative.Runtime', 'DiaNative.Cli') {
        Invoke-Tool dotnet @('pack', "src/$project", '--configuration', 'Release', '--output', "$ArtifactsDir/packages", '--verbosity', 'quiet', '-p:DiaPackRuntimes=true')
    }
    Get-ChildItem $native, "$ArtifactsDir/packages" | Select-Object Length, Name | Format-Table | Out-String | Write-Host
}

function Invoke-Bench([string[]] $Arguments) {
    $keep = $Arguments.Count -gt 0 -and $Arguments[0] -eq '--history'
    if ($keep) { $Arguments = @($Arguments | Select-Object -Skip 1) }
    if ($Arguments.Count -eq 0) { $Arguments = @('--synthetic', 'overhead,dia-1.6b', '--type', 'q8_0') }
    Assert-Tools @('git', 'cl', 'cmake', 'ninja')
    $folder = Join-Path $BuildDir 'bench'
    $result = Join-Path $folder 'result.json'
    New-Item -ItemType Directory -Force $folder | Out-Null
    Write-Step 'dia-bench'
    Invoke-Tool cmake @('--preset', 'dev', '-DDIA_BUILD_BENCHMARKS=ON')
    Invoke-Tool cmake @('--build', $BuildDir, '--target', 'dia-bench')
    # Windows looks for the library beside the program.
    Copy-Item (Join-Path $BuildDir 'lib/dia.dll') (Join-Path $BuildDir 'benchmarks/native')
    if ($keep) { $Arguments += @('--json', $result) }
    Invoke-Tool (Join-Path $BuildDir 'benchmarks/native/dia-bench.exe') (@('--folder', $folder) + $Arguments)
    if ($keep) {
        $report = Get-Content $result -Raw | ConvertFrom-Json
        $machine = ($report.machine.processor.ToLowerInvariant() -replace '[^a-z0-9]+', '-').Trim('-')
        $path = "benchmarks/history/$(([DateTime]$report.time).ToUniversalTime().ToString('yyyy-MM-dd'))-$machine-$($report.commit).json"
        New-Item -ItemType Directory -Force benchmarks/history | Out-Null
        Copy-Item $result $path
        Write-Host "kept as $path"
    }
}

switch ($Verb) {
    'build' { Invoke-Build }
    'test' { Invoke-Test $Rest }
    'run' { Invoke-Run $Rest }
    'bindings' { Invoke-Bindings $Rest }
    'format' { Invoke-Format $Rest }
    'pack' { Invoke-Pack }
    'bench' { Invoke-Bench $Rest }
    default { Show-Usage }
}
