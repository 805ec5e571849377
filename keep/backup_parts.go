package keep

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"nightbell/seal"
	"nightbell/store"
)

// put tries a few times: a network is not always there. What is there already from a try whose answer was lost is fine,
// because the name is this snapshot's own.
func (b *backing) put(ctx context.Context, name string, from Source) error {
	return again(ctx, func() error { return b.repo.place.Put(ctx, name, from, Replace) })
}

// patience is how long a try that failed is waited for before the next.
var patience = []time.Duration{time.Second, 4 * time.Second, 15 * time.Second}

// again repeats what failed for a reason that may pass.
func again(ctx context.Context, try func() error) error {
	err := try()
	for _, wait := range patience {
		if err == nil || ctx.Err() != nil || errors.Is(err, ErrMissing) || errors.Is(err, ErrExists) || errors.Is(err, ErrDamaged) {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
		err = try()
	}
	return err
}

// file sends one file of the data folder in a blob, unless the newest snapshot has it as it is.
func (b *backing) file(ctx context.Context, name, path string) error {
	f, err := b.digest(ctx, name, path)
	if errors.Is(err, fs.ErrNotExist) && name != databaseName && name != configurationName {
		return nil // it went meanwhile
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	old, had := b.before[name]
	if size, there := b.there[old.Object]; had && there && size == seal.BlobSize(f.Size) && old.Size == f.Size && old.SHA256 == f.SHA256 && b.holds(old.Key) {
		f.Object, f.Key = old.Object, old.Key
	} else if err := b.send(ctx, &f, path); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	b.made.Files++
	b.made.Bytes += f.Size
	b.progress.add(1, f.Size)
	return b.manual.write(line{File: &f})
}

// holds reports whether this snapshot's keys.json has a version of the backup key.
func (b *backing) holds(version uint32) bool {
	return slices.ContainsFunc(b.keys, func(k keptKey) bool { return k.Purpose == seal.Backup && k.Version == version })
}

func (b *backing) digest(ctx context.Context, name, path string) (File, error) {
	in, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	defer in.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, b.pace.reading(ctx, in))
	return File{Name: name, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, err
}

// send seals a file into a new part. Where it changed since it was digested, what was sent is what is noted down.
func (b *backing) send(ctx context.Context, f *File, path string) error {
	id := newID()
	f.Object = "parts/" + id[:2] + "/" + id + ".nbb"
	var sum hash.Hash
	from := Source{Size: seal.BlobSize(f.Size), Open: func() (io.ReadCloser, error) {
		in, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		sum = sha256.New()
		plain := io.TeeReader(b.pace.reading(ctx, io.LimitReader(in, f.Size)), sum)
		blob, err := sealing(b.house.Ring, b.repo.label("part", id), plain, in)
		if err != nil {
			return nil, err
		}
		f.Key = blob.blob.KeyVersion()
		return blob, nil
	}}
	if err := b.put(ctx, f.Object, from); err != nil {
		return err
	}
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	b.made.Added += f.Size
	return nil
}

// takeKeys notes down the wrapped keys that open this snapshot. It is done at the beginning and again at the end: a key
// that was made or retired between is in it either way.
func (b *backing) takeKeys() error {
	all, err := b.house.Store.Keys()
	if err != nil {
		return err
	}
	for _, k := range all {
		purpose := seal.Purpose(k.Purpose)
		wanted := purpose == seal.Backup || purpose == seal.Audit
		if !wanted || k.Clinic != "" || !k.Retired.IsZero() || slices.ContainsFunc(b.keys, func(has keptKey) bool {
			return has.Purpose == purpose && has.Version == k.Version
		}) {
			continue
		}
		b.keys = append(b.keys, keptKey{purpose, k.Version, k.Created, k.Sealed})
	}
	return nil
}

// sealing reads a stream as the blob it becomes, chunk by chunk, on the thread that asks.
func sealing(ring *seal.Ring, label string, plain io.Reader, from io.Closer) (*sealed, error) {
	s := &sealed{plain: plain, Closer: from, chunk: make([]byte, 64<<10)}
	var err error
	if s.blob, err = ring.SealBlob(&s.ready, label); err != nil {
		return nil, errors.Join(err, from.Close())
	}
	return s, nil
}

type sealed struct {
	io.Closer
	plain io.Reader
	blob  *seal.BlobWriter
	ready bytes.Buffer
	chunk []byte
	err   error
}

func (s *sealed) Read(p []byte) (int, error) {
	for s.ready.Len() == 0 && s.err == nil {
		n, err := s.plain.Read(s.chunk)
		if _, bad := s.blob.Write(s.chunk[:n]); bad != nil {
			err = bad
		}
		if errors.Is(err, io.EOF) {
			if bad := s.blob.Close(); bad != nil {
				err = bad
			}
		}
		s.err = err
	}
	if s.ready.Len() > 0 {
		return s.ready.Read(p)
	}
	return 0, s.err
}

// recordings sends every finished recording that the copy speaks of. One that is missing, or that is not what its row
// says, is a problem of the house and is told; it does not keep the others from being kept.
func (b *backing) recordings(ctx context.Context) error {
	b.progress.begin("recordings", 0)
	return b.copied.Recordings(ctx, func(r store.Recording) error {
		switch r.State {
		case store.Final, store.Recovered, store.Damaged, store.Aborted:
			return b.recording(ctx, r)
		case store.Shredded:
			return b.manual.write(line{Shredded: r.FileName})
		}
		return ctx.Err()
	})
}

func (b *backing) recording(ctx context.Context, r store.Recording) error {
	in, err := b.house.Recordings.Open(r.FileName)
	if err != nil {
		return b.trouble(ctx, r, "no file")
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return b.trouble(ctx, r, "unreadable")
	}
	s := Sound{Name: r.FileName, Size: info.Size()}
	size, there := b.there[s.object()]
	there = there && size == s.Size
	if old, had := b.sounds[s.Name]; had && there && old.Size == s.Size {
		s.SHA256 = old.SHA256
	} else if err := b.keepSound(ctx, r, &s, in, there); err != nil {
		return err
	}
	b.made.Recordings++
	b.made.Bytes += s.Size
	b.progress.add(1, s.Size)
	return b.manual.write(line{Recording: &s})
}

// keepSound reads a recording, compares it with its row, and sends it unless it is there already.
func (b *backing) keepSound(ctx context.Context, r store.Recording, s *Sound, in *os.File, there bool) error {
	sum, onRecord := sha256.New(), seal.NewFileDigest()
	if _, err := io.Copy(io.MultiWriter(sum, onRecord), b.pace.reading(ctx, io.LimitReader(in, s.Size))); err != nil {
		return fmt.Errorf("recording %s: %w", r.ID, err)
	}
	s.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if got := onRecord.Sum(); len(r.SHA256) == len(got) && string(r.SHA256) != string(got[:]) {
		if err := b.trouble(ctx, r, "differs from its row"); err != nil {
			return err
		}
	}
	if there {
		return nil
	}
	b.made.Added += s.Size
	return b.put(ctx, s.object(), Source{Size: s.Size, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(b.pace.reading(ctx, io.NewSectionReader(in, 0, s.Size))), nil
	}})
}

// trouble notes a recording down that cannot be kept as it should, unless it was shredded since the copy was made.
func (b *backing) trouble(ctx context.Context, r store.Recording, why string) error {
	if now, err := b.house.Store.Recording(ctx, r.ID); err == nil && now.State == store.Shredded {
		return b.manual.write(line{Shredded: r.FileName})
	}
	p := Problem{r.ID, why}
	b.made.Troubles = append(b.made.Troubles, p)
	return b.manual.write(line{Problem: &p})
}

// manifestWriter seals a manifest into a file, line by line.
type manifestWriter struct {
	file *os.File
	sum  hash.Hash
	blob *seal.BlobWriter
	enc  *json.Encoder
}

func (r *Repository) beginManifest(ring *seal.Ring, id, path string) (*manifestWriter, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	m := &manifestWriter{file: f, sum: sha256.New()}
	if m.blob, err = ring.SealBlob(io.MultiWriter(f, m.sum), r.label("manifest", id)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	m.enc = json.NewEncoder(m.blob)
	return m, nil
}

func (m *manifestWriter) write(l line) error { return m.enc.Encode(l) }

func (m *manifestWriter) close() (sum string, from Source, err error) {
	if err := errors.Join(m.blob.Close(), m.file.Close()); err != nil {
		return "", from, err
	}
	path := m.file.Name()
	info, err := os.Stat(path)
	if err != nil {
		return "", from, err
	}
	from = Source{Size: info.Size(), Open: func() (io.ReadCloser, error) { return os.Open(path) }}
	return hex.EncodeToString(m.sum.Sum(nil)), from, nil
}
