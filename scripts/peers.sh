#!/bin/sh
# Installs the real peers that the tests talk to, from Debian's packages. Idempotent; needs root or sudo only when
# something is missing. Services that come with a package are kept from starting.
set -eu

cd "$(dirname "$0")/.."

# The object store that backups are tested against has no Debian package; Go builds it from its module.
if [ ! -x bin/versitygw ]; then
	GOBIN=$(pwd)/bin go install github.com/versity/versitygw/cmd/versitygw@v1.8.0
fi

# command:package
wanted='baresip:baresip-core sipp:sip-tester tshark:tshark sqlite3:sqlite3 openssl:openssl
linphonec:linphone-cli espeak-ng:espeak-ng sox:sox ip:iproute2 unshare:util-linux python3:python3 gcc:gcc
swtpm:swtpm swtpm_setup:swtpm-tools rsyslogd:rsyslog kamailio:kamailio'

missing=''
for pair in $wanted; do
	command -v "${pair%%:*}" >/dev/null 2>&1 || [ -x "/usr/sbin/${pair%%:*}" ] || missing="$missing ${pair#*:}"
done
ls /usr/lib/*/rsyslog/lmnsd_gtls.so >/dev/null 2>&1 || missing="$missing rsyslog-gnutls" # a library, no command
ls /usr/lib/*/kamailio/modules/tls.so >/dev/null 2>&1 || missing="$missing kamailio-tls-modules"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	echo "peers: missing:$missing; this script knows Debian's apt-get only, please install them" >&2
	exit 1
fi
as_root=''
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 || { echo "peers: missing:$missing; run this as root once" >&2; exit 1; }
	as_root='sudo'
fi

# A policy that says no keeps services from starting; it is ours only when there was none.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
	$as_root chmod 755 "$policy"
	trap '$as_root rm -f "$policy"' EXIT
fi
echo "peers: installing$missing" >&2
$as_root apt-get update -q >/dev/null
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
for pair in $wanted; do
	command -v "${pair%%:*}" >/dev/null 2>&1 || [ -x "/usr/sbin/${pair%%:*}" ] ||
		{ echo "peers: ${pair%%:*} is still missing" >&2; exit 1; }
done
