#!/bin/sh
# Runs a command in a network and mount namespace of its own: loopback, and a veth pair with 10.99.0.1, because some
# softphones put the first non-loopback address into their SDP; with a default route into the void, because others believe
# that they are offline without one. Nothing in it can reach, or be reached from, outside.
set -eu
[ $# -gt 0 ] || { echo "usage: in-namespace.sh COMMAND [ARGUMENT ...]" >&2; exit 2; }
if [ "$(id -u)" = 0 ]; then own=''; else own='--user --map-root-user'; fi
# shellcheck disable=SC2086
exec unshare $own --net --mount --propagation private -- sh -eu -c '
	PATH=$PATH:/usr/sbin:/sbin
	ip link set lo up
	ip link add nb0 type veth peer name nb1
	ip addr add 10.99.0.1/24 dev nb0
	ip link set nb0 up
	ip link set nb1 up
	ip route add default dev nb0
	exec "$@"' in-namespace "$@"
