package sip

import (
	"crypto/tls"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// callBytes is a caller's side of one call: INVITE with an SDP body, ACK, BYE, with headers as carriers send them.
func callBytes(i int) string {
	const body = "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 10000 RTP/SAVP 0 8 9 101\r\n" +
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\na=rtpmap:101 telephone-event/8000\r\n"
	extra := "Contact: <sip:+12125550199@192.0.2.7:5061;transport=tls>\r\nUser-Agent: carrier/1\r\n" +
		"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\nSupported: timer, 100rel\r\nContent-Type: application/sdp\r\n" +
		fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
	invite := strings.Replace(request("INVITE", fmt.Sprint("i", i), ""), "Content-Length: 0\r\n\r\n", extra, 1)
	return invite + request("ACK", fmt.Sprint("a", i), ";tag=ours") + request("BYE", fmt.Sprint("b", i), ";tag=ours")
}

// BenchmarkCallOnTheWire is one caller's INVITE, 100, 180, 200, ACK, BYE, 200 over TLS on loopback: framing, validation,
// transactions and encryption, with the peer's share of the work in the same process. The baseline is the parser alone
// on the same bytes; calls/s is what this room could signal on the cores it ran on.
func BenchmarkCallOnTheWire(b *testing.B) {
	core := newCoreLog()
	ended := make(chan struct{}, 1<<20)
	core.request = func(tx *ServerTx) {
		if !tx.invite {
			_ = tx.Respond(tx.Response(200, "OK"))
			ended <- struct{}{}
			return
		}
		for _, code := range []int{100, 180, 200} {
			_ = tx.Respond(tx.Response(code, "Whatever"))
		}
	}
	w := runWire(b, WireConfig{
		Core: core, Listeners: []Listen{tlsListen(selfSigned(b, 1))},
		Limits: Limits{MessagesPerSecond: 1 << 20, Transactions: 1 << 20},
	})
	conn := dial(b, w, &tls.Config{})
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	calls := make([]string, b.N)
	for i := range calls {
		calls[i] = callBytes(i)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for _, c := range calls {
		_, _ = io.WriteString(conn, c)
	}
	for range calls {
		<-ended
	}
	b.StopTimer()
	perCall := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	b.ReportMetric(perCall/parserAlone(b, calls[:min(len(calls), 1000)]), "x-parser")
	b.ReportMetric(1e9/perCall, "calls/s")
}

// parserAlone is the foreign parser's share, in ns a call.
func parserAlone(b *testing.B, calls []string) float64 {
	start := time.Now()
	for _, c := range calls {
		for rest := []byte(c); len(rest) > 0; {
			_, n, err := parser.Parse(rest, true)
			if err != nil {
				b.Fatal(err)
			}
			rest = rest[n:]
		}
	}
	return float64(time.Since(start).Nanoseconds()) / float64(len(calls))
}
