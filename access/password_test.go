package access

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestPasswordIsKeptAsPHC(t *testing.T) {
	p := NewPasswords(1)
	ctx := t.Context()
	hash, err := p.Hash(ctx, "correct horse battery staple")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,t=6,p=1$") {
		t.Fatalf("%q: %v", hash, err)
	}
	for password, want := range map[string]bool{"correct horse battery staple": true, "correct horse battery stapl": false, "": false} {
		ok, stale, err := p.Check(ctx, hash, password)
		if ok != want || stale || err != nil {
			t.Errorf("%q: %v %v %v", password, ok, stale, err)
		}
	}
	if ok, _, err := p.Check(ctx, "", "correct horse battery staple"); ok || err != nil {
		t.Errorf("an account without a password: %v %v", ok, err)
	}
}

// The same letters, composed by one keyboard and decomposed by another, are one password.
func TestPasswordIsComposedFirst(t *testing.T) {
	p := NewPasswords(1)
	hash, err := p.Hash(t.Context(), "caf\u00e9 am Rande der Nacht")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := p.Check(t.Context(), hash, "cafe\u0301 am Rande der Nacht"); !ok || err != nil {
		t.Errorf("%v %v", ok, err)
	}
}

func TestWeakerHashIsStale(t *testing.T) {
	weak := phc{kib: 8 << 10, passes: 1, salt: make([]byte, 16), sum: make([]byte, 32)}
	p := NewPasswords(1)
	weak.sum, _ = p.derive(t.Context(), weak, "correct horse battery staple")
	ok, stale, err := p.Check(t.Context(), weak.String(), "correct horse battery staple")
	if !ok || !stale || err != nil {
		t.Errorf("%v %v %v", ok, stale, err)
	}
}

func TestForeignHashIsRefused(t *testing.T) {
	p := NewPasswords(1)
	good, err := p.Hash(t.Context(), "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	bad := []string{
		"x", "$2a$10$abc", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "m=65536", "m=4194304", 1),
		strings.Replace(good, "t=6", "t=4000000000", 1), strings.Replace(good, "p=1", "p=0", 1), strings.Replace(good, "p=1", "p=255", 1),
		strings.Replace(good, "m=65536", "m=065536", 1), good + "$", good + "A", strings.Replace(good, "v=19", "v=16", 1), strings.Repeat("$", 1<<20),
	}
	for _, hash := range bad {
		if _, _, err := p.Check(t.Context(), hash, "x"); !errors.Is(err, ErrHashText) {
			t.Errorf("%.60q: %v", hash, err)
		}
	}
}

// 200 attempts at once take two slots' memory, not two hundred: 12.5 GiB would be needed otherwise. Those who give up waiting
// go away without having hashed.
func TestTwoHundredAttemptsAtOnce(t *testing.T) {
	p := NewPasswords(2)
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	var done sync.WaitGroup
	var checked, left int
	var mu sync.Mutex
	for range 200 {
		done.Go(func() {
			err := p.Nobody(ctx, "correct horse battery staple")
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				checked++
			} else {
				left++
			}
			if checked == 8 {
				giveUp()
			}
		})
	}
	most := heapWhile(&done)
	if limit := uint64(6 * 64 << 20); most > limit {
		t.Errorf("%d MiB of heap for two slots", most>>20)
	}
	if checked+left != 200 || checked < 8 || checked > 12 {
		t.Errorf("%d checked, %d left", checked, left)
	}
	t.Logf("at most %d MiB of heap; %d checked, %d gave up", most>>20, checked, left)
}

// heapWhile watches the memory in use until everybody is done.
func heapWhile(done *sync.WaitGroup) (most uint64) {
	over := make(chan struct{})
	go func() { done.Wait(); close(over) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapInuse)
		select {
		case <-over:
			return most
		case <-tick.C:
		}
	}
}

func TestTheLineIsBounded(t *testing.T) {
	p := NewPasswords(1)
	p.slots <- struct{}{} // somebody who takes for ever
	ctx, giveUp := context.WithCancel(t.Context())
	answers := make(chan error, waiting+20)
	for range waiting + 20 {
		go func() { answers <- p.Nobody(ctx, "x") }()
	}
	for range 19 { // one stands in for the slot taken above
		if err := <-answers; !errors.Is(err, ErrBusy) {
			t.Fatalf("%v, want busy", err)
		}
	}
	giveUp()
	for range waiting + 1 {
		if err := <-answers; !errors.Is(err, context.Canceled) {
			t.Fatalf("%v, want given up", err)
		}
	}
}

func TestPasswordsThatAreRefused(t *testing.T) {
	cases := map[string]error{
		"":                              ErrPasswordShort,
		"elevenchars":                   ErrPasswordShort,
		"\u00e9\u00e9\u00e9":            ErrPasswordShort,
		strings.Repeat("a\u0301", 11):   ErrPasswordShort, // 22 code points, 11 characters after NFC
		strings.Repeat("xk", 65):        ErrPasswordLong,
		strings.Repeat("x", 1<<20):      ErrPasswordLong,
		strings.Repeat("\u00e9", 1<<19): ErrPasswordLong,
		"correct\xffhorse battery":      ErrPasswordText,
		"correct\x00horse battery":      ErrPasswordText,
		"password1234":                  ErrPasswordCommon,
		"P4ssw0rd2026!":                 ErrPasswordCommon,
		"dragon!!2026":                  ErrPasswordCommon,
		"Administrator1":                ErrPasswordCommon,
		"receptionist12":                ErrPasswordCommon,
		"aaaaaaaaaaaaaaaa":              ErrPasswordSimple,
		"abcdefghijklmnop":              ErrPasswordSimple,
		"123456789012":                  ErrPasswordSimple,
		"qwertyuiopas":                  ErrPasswordSimple,
		"xk9!xk9!xk9!xk9!":              ErrPasswordSimple,
		"nightbell-42-x":                ErrPasswordOwn,
		"amy.lindqvist1":                ErrPasswordOwn,
		"Heart-House-77":                ErrPasswordOwn,
		"correct horse battery staple":  nil,
		"\u591c\u306e\u9418\u304c\u9cf4\u308b\u3068\u304d\u306b\u8d77\u304d\u308b": nil,
		"thunder8842#!9931kz": nil,
		"vT7$kk20-lq-mm":      nil,
	}
	for password, want := range cases {
		if err := CheckPassword(password, "amy.lindqvist", "heart-house"); !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("%.40q: %v, want %v", password, err, want)
		}
	}
}

// The refusal never repeats what was typed.
func TestRefusalsDoNotRepeatThePassword(t *testing.T) {
	for _, password := range []string{"elevenchars", "password1234", "correct\x00horse battery"} {
		if err := CheckPassword(password); err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("%v", err)
		}
	}
}

// A megabyte is refused before it is looked at: as a new password, and as a guess it costs one hash.
func TestMegabytePassword(t *testing.T) {
	huge := strings.Repeat("\u0301", 1<<20)
	if n := testing.AllocsPerRun(10, func() { _ = CheckPassword(huge) }); n > 0 {
		t.Errorf("%v allocations to refuse it", n)
	}
	p := NewPasswords(1)
	hash, err := p.Hash(t.Context(), "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := p.Check(t.Context(), hash, huge); ok || err != nil {
		t.Errorf("%v %v", ok, err)
	}
}

func FuzzPHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=6,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=0,t=0,p=0$$")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parsePHC(text)
		if err != nil {
			return
		}
		if h.kib > mostKiB || h.passes > mostPasses || h.passes == 0 || len(h.sum) == 0 || h.String() != text {
			t.Fatalf("%q taken as %+v", text, h)
		}
	})
}

func FuzzPasswordPolicy(f *testing.F) {
	f.Add("correct horse battery staple", "amy")
	f.Add("P4ssw0rd2026!", "")
	f.Add("e\u0301e\u0301e\u0301", "e")
	f.Fuzz(func(t *testing.T, password, hint string) {
		err := CheckPassword(password, hint)
		if again := CheckPassword(password, hint); !errors.Is(again, err) {
			t.Fatalf("%v, then %v", err, again)
		}
		if err == nil && len([]rune(password)) < leastPassword {
			t.Fatalf("%q taken", password)
		}
	})
}

// BenchmarkPasswordCheck prints where a check lies in the bar of 0.15 to 0.5 s.
func BenchmarkPasswordCheck(b *testing.B) {
	p := NewPasswords(1)
	hash, err := p.Hash(b.Context(), "correct horse battery staple")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if ok, _, err := p.Check(b.Context(), hash, "correct horse battery staple"); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
	s := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(s, "s/check")
	b.ReportMetric(s/0.15, "of-0.15s-least")
	b.ReportMetric(s/0.5, "of-0.5s-most")
}
