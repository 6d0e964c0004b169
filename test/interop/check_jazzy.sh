#!/usr/bin/env bash
# Builds this checkout against the Jazzy wheels in an environment of its own, and exchanges a SemanticScan with the Kilted
# nodes of .venv over DDS, both ways.   usage: check_jazzy.sh PYTHON3.12 [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$1
folder=${2:-build/jazzy}
kilted=$PWD/.venv/bin/python
jazzy=$folder/bin/python

[[ -x $jazzy ]] || "$python" -m venv "$folder"
GEOLOC_ROS_DISTRO=jazzy "$jazzy" -m pip install --quiet --prefer-binary .

# `env -i`: the wheels of each environment set LD_LIBRARY_PATH for themselves, once, and must not inherit the other's.
side() { # PYTHON publish|listen
  (cd /tmp && exec env -i HOME="$HOME" ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST ROS_DOMAIN_ID=77 "$1" "$script" "$2")
}
script=$PWD/test/interop/exchange_scan.py
[[ $jazzy == /* ]] || jazzy=$PWD/$jazzy

for pair in "$jazzy $kilted" "$kilted $jazzy"; do
  read -r from to <<<"$pair"
  side "$from" publish &
  side "$to" listen
  wait $!
done
echo "Jazzy and Kilted nodes understand each other"
