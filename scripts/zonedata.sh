#!/bin/sh
# Makes the zone data anew, from the newest of two sources: Debian's tzdata package, fetched now (what is installed is
# not trusted), and the newest Go toolchain's zoneinfo.zip. A source that cannot be had is passed over with a word.
# usage: zonedata.sh [FILE.zip]      default: the copy inside the program, policy/zoneinfo.zip
set -eu
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-policy/zoneinfo.zip}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { echo "zonedata: $*" >&2; }

# from_debian: the package's tree in $work/debian, its release and day in $work/debian.is.
from_debian() {
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
	[ "$(id -u)" != 0 ] || apt-get update -q >/dev/null || say "apt-get update: lists may be old"
	mkdir "$work/deb" "$work/debian"
	packages=tzdata
	! apt-cache show tzdata-legacy >/dev/null 2>&1 || packages='tzdata tzdata-legacy' # aliases, since Debian 13
	# shellcheck disable=SC2086
	(cd "$work/deb" && apt-get download -q $packages >/dev/null 2>&1) || return 1
	for deb in "$work"/deb/*.deb; do dpkg-deb -x "$deb" "$work/debian"; done
	release=$(sed -n '1s/^# version //p' "$work/debian/usr/share/zoneinfo/tzdata.zi")
	day=$(zcat "$work/debian/usr/share/doc/tzdata/changelog.gz" 2>/dev/null | sed -n "s/^Release $release - \([0-9-]*\) .*/\1/p")
	[ -n "$day" ] || day=$(date -u -r "$work/debian/usr/share/zoneinfo/tzdata.zi" +%F)
	echo "$release $day" >"$work/debian.is"
}

# from_go: the toolchain's zip in $work/go.zip. Go does not say the data's day: its own release's day stands for it.
from_go() {
	newest=$(go list -m -versions go | tr ' ' '\n' | grep -E '^1\.[0-9]+(\.[0-9]+)?$' | sort -V | tail -1)
	root=$(GOTOOLCHAIN=go$newest go env GOROOT) || return 1
	release=$(sed -n 's/^DATA=//p' "$root/lib/time/update.bash")
	day=$(sed -n 's/^time \(.\{10\}\).*/\1/p' "$root/VERSION")
	[ -n "$release" ] && [ -n "$day" ] || return 1
	cp "$root/lib/time/zoneinfo.zip" "$work/go.zip"
	echo "$release $day" >"$work/go.is"
}

from_debian && say "Debian's package: $(cat "$work/debian.is")" || say "Debian's package: cannot be had"
from_go && say "Go $newest: $(cat "$work/go.is")" || say "the newest Go toolchain: cannot be had"

tree=$work/tree
mkdir "$tree"
newer=$(cat "$work/debian.is" "$work/go.is" 2>/dev/null | sort | tail -1)
[ -n "$newer" ] || { say "no source"; exit 1; }
if [ -e "$work/debian.is" ] && [ "${newer% *}" = "$(cut -d' ' -f1 "$work/debian.is")" ]; then
	read -r release day <"$work/debian.is"
	cp -RL "$work"/debian/usr/share/zoneinfo/[A-Z]* "$tree/" # zones and their aliases; tables and copies are lower case
else
	read -r release day <"$work/go.is"
	(cd "$tree" && python3 -m zipfile -e "$work/go.zip" .)
fi
printf '%s\n%s\n' "$release" "$day" >"$tree/+VERSION"
(cd "$tree" && go run "$(go env GOROOT)/lib/time/mkzip.go" "$work/zoneinfo.zip")
if cmp -s "$work/zoneinfo.zip" "$out"; then
	say "$release of $day: $out is the same already"
else
	cp "$work/zoneinfo.zip" "$out"
	say "$release of $day is now in $out"
fi
