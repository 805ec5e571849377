package seal

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func benchFile(b *testing.B, name string) *os.File {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), name))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return f
}

// longest is where a benchmark begins its file anew, so that it measures writing and not a growing disk.
const longest = 3600

// BenchmarkSealSecond seals a second of stereo G.711 and writes it to a real file; the baseline is writing as many bytes
// plain, in the same run. Medians, since a
// shared machine takes its processor away at times. Bar: 60 µs a record.
func BenchmarkSealSecond(b *testing.B) {
	out, plain := benchFile(b, "sealed"), benchFile(b, "plain")
	w, key, h := create(b, out, PCMU, 2, 8000)
	block, bare := tone(h, 0, 8000), make([]byte, 16000+8+headSize+overhead)
	sealing, writing := make([]time.Duration, b.N), make([]time.Duration, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if i%longest == longest-1 {
			b.StopTimer()
			rewind(b, out, plain)
			w, _ = Create(out, key, h, Meta{})
			b.StartTimer()
		}
		t0 := time.Now()
		if err := w.Audio(w.samples, block); err != nil {
			b.Fatal(err)
		}
		t1 := time.Now()
		if _, err := plain.Write(bare); err != nil {
			b.Fatal(err)
		}
		sealing[i], writing[i] = t1.Sub(t0), time.Since(t1)
	}
	slices.Sort(sealing)
	slices.Sort(writing)
	half, most := b.N/2, b.N*99/100
	b.ReportMetric(sealing[half].Seconds()*1e6, "µs/sealed-second")
	b.ReportMetric(sealing[most].Seconds()*1e6, "µs/sealed-second-p99")
	b.ReportMetric(writing[half].Seconds()*1e6, "µs/plain-write")
	b.ReportMetric(float64(sealing[half])/float64(writing[half]), "x-plain-write")
}

func rewind(b *testing.B, files ...*os.File) {
	b.Helper()
	for _, f := range files {
		if err := f.Truncate(0); err != nil {
			b.Fatal(err)
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyHour authenticates and hashes an hour (with a pause of ten minutes). Bar: 10,000 times real time, which
// counts the fifty minutes of sound alone. The baseline is reading the bytes.
func BenchmarkVerifyHour(b *testing.B) {
	file, key := hour(b)
	var reading, verifying time.Duration
	for b.Loop() {
		t0 := time.Now()
		if _, err := io.Copy(io.Discard, struct{ io.Reader }{io.NewSectionReader(file, 0, file.Size())}); err != nil {
			b.Fatal(err)
		}
		t1 := time.Now()
		if rep := Verify(file, file.Size(), key); rep.Verdict != OK {
			b.Fatal(rep.Fault)
		}
		reading, verifying = reading+t1.Sub(t0), verifying+time.Since(t1)
	}
	b.ReportMetric(3000*float64(b.N)/verifying.Seconds(), "x-real-time")
	b.ReportMetric(float64(verifying)/float64(reading), "x-plain-read")
}

// BenchmarkSeekInHour opens an hour on the disk, seeks to its last minute and reads one byte. Bar: 20 ms.
func BenchmarkSeekInHour(b *testing.B) {
	made, key := hour(b)
	file := benchFile(b, "hour")
	if _, err := made.WriteTo(file); err != nil {
		b.Fatal(err)
	}
	var one [1]byte
	for b.Loop() {
		rd, err := OpenReader(file, made.Size(), key)
		if err != nil {
			b.Fatal(err)
		}
		v := rd.WAV()
		if _, err := v.Seek(-60*8000*4, io.SeekEnd); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(v, one[:]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/first-byte")
}

func BenchmarkCell(b *testing.B) {
	ring, _, _ := newRing(b)
	clear := bytes.Repeat([]byte("5"), 12)
	for b.Loop() {
		sealed, err := ring.SealCell(number, clear)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := ring.OpenCell(number, sealed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExportHour(b *testing.B) {
	file, key := hour(b)
	for b.Loop() {
		rd, err := OpenReader(file, file.Size(), key)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Export(io.Discard, rd); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(3000*float64(b.N)/b.Elapsed().Seconds(), "x-real-time")
}
