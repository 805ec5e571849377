package access

import (
	"fmt"
	"testing"
	"time"
)

func TestFifthFailureWaits(t *testing.T) {
	th := NewThrottle()
	for i := range 5 {
		if w := th.Wait("amy", "192.0.2.1", noon); w != 0 {
			t.Fatalf("after %d failures: %v", i, w)
		}
		th.Failed("amy", "192.0.2.1", noon)
	}
	if w := th.Wait("amy", "198.51.100.7", noon); w != time.Second {
		t.Errorf("the account elsewhere: %v", w)
	}
	if w := th.Wait("bo", "192.0.2.1", noon); w != time.Second {
		t.Errorf("the address for another: %v", w)
	}
	if w := th.Wait("bo", "198.51.100.7", noon); w != 0 {
		t.Errorf("neither: %v", w)
	}
	if w := th.Wait("amy", "192.0.2.1", noon.Add(time.Second)); w != 0 {
		t.Errorf("after the wait: %v", w)
	}
}

// An account waits half a minute at most: guessing locks nobody out. An address waits five.
func TestWaitsHaveAnEnd(t *testing.T) {
	th := NewThrottle()
	for range 100 {
		th.Failed("amy", "192.0.2.1", noon)
	}
	if w := th.Wait("amy", "198.51.100.7", noon); w != mostOfAccount {
		t.Errorf("account: %v", w)
	}
	if w := th.Wait("bo", "192.0.2.1", noon); w != mostOfAddress {
		t.Errorf("address: %v", w)
	}
	if w := th.Wait("amy", "192.0.2.1", noon.AddDate(0, 0, -1)); w != mostOfAddress {
		t.Errorf("clock set back a day: %v", w)
	}
	th.Passed("amy")
	if w := th.Wait("amy", "198.51.100.7", noon); w != 0 {
		t.Errorf("account after it passed: %v", w)
	}
	if w := th.Wait("amy", "192.0.2.1", noon); w != mostOfAddress {
		t.Errorf("one's own login does not clear an address: %v", w)
	}
	th.Failed("bo", "192.0.2.1", noon.Add(forgetFailures+time.Second))
	if w := th.Wait("carol", "192.0.2.1", noon.Add(forgetFailures+time.Second)); w != 0 {
		t.Errorf("after a quarter of an hour of quiet: %v", w)
	}
}

// A flood of names and addresses does not grow memory, nor wash away what is known of a guessed account.
func TestThrottleIsBounded(t *testing.T) {
	th := NewThrottle()
	for range 20 {
		th.Failed("amy", "192.0.2.1", noon)
	}
	for i := range 3 * mostWatched {
		th.Failed(fmt.Sprintf("name%d", i), fmt.Sprintf("10.%d.%d.1", i/250, i%250), noon.Add(time.Duration(i)*time.Millisecond))
	}
	if len(th.accounts.seen) > mostWatched || len(th.addresses.seen) > mostWatched {
		t.Errorf("%d accounts, %d addresses", len(th.accounts.seen), len(th.addresses.seen))
	}
	if th.Wait("amy", "203.0.113.9", noon) == 0 || th.Wait("carol", "192.0.2.1", noon) == 0 {
		t.Error("the flood washed the guesser's count away")
	}
}

// A /64 is one subscriber, and a mapped address is the one it maps; look-alikes of a name share one drawer.
func TestThrottleKeys(t *testing.T) {
	same := [][2]string{{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9"}, {"::ffff:192.0.2.1", "192.0.2.1"}, {"", "not an address"}, {"fe80::1%eth0", "fe80::2"}}
	for _, pair := range same {
		if addressKey(pair[0]) != addressKey(pair[1]) {
			t.Errorf("%q and %q differ", pair[0], pair[1])
		}
	}
	if addressKey("2001:db8:1:2::1") == addressKey("2001:db8:1:3::1") {
		t.Error("two subscribers are one")
	}
	if accountKey("\u0430my") != accountKey("Amy") || accountKey("amy") == accountKey("Amy") {
		t.Error("names that nobody has do not share a drawer")
	}
}

func FuzzAddressKey(f *testing.F) {
	f.Add("192.0.2.1")
	f.Add("fe80::1%eth0")
	f.Fuzz(func(t *testing.T, address string) {
		if len(addressKey(address)) > 64 {
			t.Fatalf("%q: a long key", address)
		}
	})
}
