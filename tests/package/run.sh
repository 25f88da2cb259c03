#!/usr/bin/env bash
# Uses what `build.sh pack` made the way a stranger would: the packages in a fresh project, the tool from a local feed,
# the C sample on emulated processors. Prints "ok: ...", "FAILED: ..." or "skipped: ..." per check; build.sh counts these lines.
#
# usage: run.sh <artifacts> <scratch>
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
artifacts=$(cd "$1" && pwd)
rm -rf "$2"
mkdir -p "$2"
scratch=$(cd "$2" && pwd)
feed=$artifacts/packages
model=$root/src/DiaNative.Cli/Models/default.gguf
text='[S1] Good morning.'

# Arguments: what is checked, then the command that must succeed. Its output is shown on failure only.
check() {
    local name=$1
    shift
    if ("$@") >"$scratch/log" 2>&1; then
        printf 'ok: %s\n' "$name"
    else
        printf 'FAILED: %s (exit code %d)\n' "$name" $?
        sed 's/^/    /' "$scratch/log"
    fi
}

# Restores from the feed, and into the scratch folder, so that no earlier version is taken for this one.
export NUGET_PACKAGES=$scratch/nuget

is_wav() { [[ $(head -c 4 "$1") == RIFF && $(stat -c %s "$1") -gt 44 ]]; }

# Arguments: sample, folder to copy it to. Out of the repository it takes the packages of the feed.
copy_sample() {
    cp -r "$root/samples/$1" "$scratch/$2" && cd "$scratch/$2" && rm -rf bin obj || return
    use_feed
}

use_feed() {
    # An empty file ends the search for the repository's own properties.
    for file in Directory.Build.props Directory.Build.targets Directory.Packages.props; do echo '<Project />' >"$file"; done
    cat >NuGet.config <<CONFIG
<configuration><packageSources><add key="artifacts" value="$feed" /></packageSources></configuration>
CONFIG
}

fresh_project_speaks() {
    copy_sample csharp hello || return
    dotnet run --configuration Release -- "$model" "$text" fresh.wav && is_wav fresh.wav
}

client_speaks() {
    mkdir -p "$scratch/client" && cd "$scratch/client" && use_feed || return
    cat >Client.csproj <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <NoWarn>MEAI001</NoWarn>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="DiaNative.Extensions.AI" Version="$(package_version)" />
    <PackageReference Include="DiaNative.Runtime.\$(NETCoreSdkPortableRuntimeIdentifier)" Version="$(package_version)" />
  </ItemGroup>
</Project>
PROJECT
    cat >Program.cs <<'PROGRAM'
using DiaNative;
using Microsoft.Extensions.AI;

using ITextToSpeechClient client = DiaTextToSpeech.Create(args[0]).AsTextToSpeechClient();
TextToSpeechResponse response = await client.GetAudioAsync(args[1]);
File.WriteAllBytes(args[2], response.Contents.OfType<DataContent>().Single().Data.ToArray());
PROGRAM
    dotnet run --configuration Release -- "$model" "$text" client.wav && is_wav client.wav
}

# Arguments: port, request. Prints the response.
http() {
    exec 3<>"/dev/tcp/127.0.0.1/$1" && printf '%b' "$2" >&3 && timeout 60 cat <&3
}

server_answers() {
    copy_sample aspnetcore server && dotnet build --configuration Release || return
    bin/Release/net10.0/SpeechServer --urls http://127.0.0.1:0 --Dia:ModelPath "$model" >server.log 2>&1 &
    local server=$! port='' body="{ \"text\": \"$text\" }" status=1
    for _ in $(seq 60); do
        port=$(sed -nE 's|.*Now listening on: http://127.0.0.1:([0-9]+).*|\1|p' server.log)
        [[ -z $port ]] || break
        sleep 1
    done
    if [[ -n $port ]] && http "$port" 'GET /health HTTP/1.0\r\n\r\n' | grep -a Healthy \
        && http "$port" "POST /speech HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: ${#body}\r\n\r\n$body" | grep -a -q RIFF; then
        status=0
    fi
    kill "$server"
    [[ $status -eq 0 ]] || cat server.log
    return "$status"
}

tool_speaks() {
    cd "$scratch" || return
    dotnet tool install DiaNative.Cli --tool-path tool --add-source "$feed" --version "$(package_version)" \
        && tool/dianative demo --output tool.wav && is_wav tool.wav
}

package_version() { basename "$feed"/DiaNative.[0-9]*.nupkg .nupkg | sed 's/^DiaNative\.//'; }

build_sample() {
    cp "$1" "$scratch/libdia.so" \
        && cc -std=c99 -O1 -Wall -Wextra -Werror -I "$root/native/include" "$root/samples/c/speak.c" -L "$scratch" -ldia \
            -Wl,-rpath,"$scratch" -o "$scratch/speak"
}

# Arguments: library, then an emulator with its flags.
speaks_on() {
    local library=$1
    shift
    rm -f "$scratch/c.wav"
    build_sample "$library" && "$@" "$scratch/speak" "$model" "$text" "$scratch/c.wav" 0.5 && is_wav "$scratch/c.wav"
}

dies_of_illegal_instruction_on() {
    speaks_on "$@"
    [[ $? -eq 132 ]]
}

check 'a fresh project that references the packages speaks' fresh_project_speaks
check 'the client of Microsoft.Extensions.AI speaks' client_speaks
check 'a server that references the packages answers' server_answers
check 'the tool, installed from the packages, speaks' tool_speaks

native=$artifacts/runtimes/linux-x64/native
if [[ ! -d $native ]]; then
    echo 'skipped: levels of instruction sets on emulated processors (these are not packages for Linux on x64)'
elif ! command -v qemu-x86_64 >/dev/null; then
    echo 'skipped: levels of instruction sets on emulated processors (qemu-x86_64 is missing)'
else
    check 'libdia-x86-64 runs on a processor of 2008 without AVX' speaks_on "$native/libdia-x86-64.so" qemu-x86_64 -cpu Nehalem
    check 'libdia-x86-64-v3 runs on a processor with AVX2' speaks_on "$native/libdia-x86-64-v3.so" qemu-x86_64 -cpu max
    check 'libdia-x86-64-v3 is really refused by the processor of 2008' \
        dies_of_illegal_instruction_on "$native/libdia-x86-64-v3.so" qemu-x86_64 -cpu Nehalem
fi
