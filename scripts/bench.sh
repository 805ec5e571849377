#!/bin/sh
# make bench: what things cost here, with ratios to a baseline of the same run. Go's benchmarks always; the load
# generator and the limit program only where they lie beside the repository (../shared/tools). Numbers vary with the
# machine: read the ratios.   usage: bench.sh [go|load]
set -eu
cd "$(dirname "$0")/.."
what=${1:-all}
tools=../shared/tools
work=$(mktemp -d)
server=''
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

echo "machine: $(nproc) processors, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), Linux $(uname -r), $(go version | cut -d' ' -f3)"
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg)"

if [ "$what" != load ]; then
	for room in policy access seal media sip store keep; do
		echo "== benchmarks of $room"
		go test -run '^$' -bench . -benchtime "${BENCHTIME:-1s}" "./$room" | grep -E '^(Benchmark|cpu:|PASS|FAIL|---|ok)' || true
	done
fi
[ "$what" != go ] || exit 0
[ -d "$tools/loadgen" ] || { echo "load: no generator at $tools; left out"; exit 0; }

(cd "$tools/loadgen" && go build -o "$work/loadgen" .)
(cd "$tools/limit" && go build -o "$work/limit" .)
echo "== the limit: one core relaying, AES_CM_128_HMAC_SHA1_80 (µs of CPU a packet)"
"$work/limit" relay 3

agents=${AGENTS:-400}
dir=$work/data
bin/nightbell setup --development --dir "$dir" --trunk carrier=carrier.demo.nightbell.test >/dev/null 2>&1
scripts/loadbook.sh "$agents" >"$work/book.toml"
bin/nightbell book apply --yes --dir "$dir" "$work/book.toml" >/dev/null
bin/nightbell bench fixture --json --dir "$dir" >"$work/people.json"
first=0 last=1
[ "$(nproc)" -gt 1 ] || last=0
taskset -c $first chrt -r 1 bin/nightbell serve --dir "$dir" 2>"$work/serve.log" &
server=$!
until [ -S "$dir/control.sock" ]; do
	kill -0 "$server" || { cat "$work/serve.log"; exit 1; }
	sleep 0.2
done
i=0
while [ $i -lt "$agents" ]; do
	k=$(printf %04d $i)
	echo "load-generator-secret-$k" | bin/nightbell devices enrol "agent$k" --secret-stdin --dir "$dir" >/dev/null
	i=$((i + 1))
done
echo "logging $agents agents in, with both factors"
bin/nightbell bench ready "$work/people.json" --dir "$dir"
address=$(sed -n 's/^bind = "\(.*:50[0-9]*\)"/\1/p' "$dir/nightbell.toml" | head -n 1)

drive() {
	taskset -c $last chrt -r 1 "$work/loadgen" -server "$address" -ca "$dir/ca.pem" -cert "$dir/trunks/carrier.crt" \
		-key "$dir/trunks/carrier.key" -pid "$server" -o "$work/out.json" -callee '+1212555%04d' -agent-user 'agent%04d' \
		-agent-pass 'load-generator-secret-%04d' -domain nightbell "$@" 2>&1 | tail -n "${LINES_OF_RUN:-4}"
}
echo "== recorded calls, server on one core, generator on the other"
drive -mode steps -calls "${CALLS:-50,100,200,400}" -rate 20 -hold 10s -warm 2s -max-loss 0.01 -max-p99 20ms -shared-socks 3
echo "== set-ups a second with recording, hold 0.5 s"
for rate in ${RATES:-100 200 250}; do
	drive -mode cps -rate "$rate" -hold 500ms -duration 8s -agents "$agents" -shared-socks 3
done
echo "load after: $(cut -d' ' -f1-3 /proc/loadavg)"
