package keep

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Bucket says where an S3-compatible store keeps a repository. The credentials come from a file that is its owner's
// alone, never from a command line or an environment, which others can read.
type Bucket struct {
	Endpoint string // https://host:port; http only on this machine itself
	Region   string // us-east-1 where empty
	Name     string
	Prefix   string // within the bucket; may be empty
	CA       string // file of the authority that signs the endpoint's certificate; empty: the system's
	Secret   string // file: {"access_key": ..., "secret_key": ...}
}

// ParseBucket reads "s3://bucket/prefix".
func ParseBucket(text string) (Bucket, bool) {
	rest, ok := strings.CutPrefix(text, "s3://")
	if !ok {
		return Bucket{}, false
	}
	name, prefix, _ := strings.Cut(rest, "/")
	return Bucket{Name: name, Prefix: strings.Trim(prefix, "/")}, name != ""
}

// S3 is a repository in a bucket. Objects are put whole or by parts; both appear at once or not at all.
type S3 struct {
	client *minio.Client
	bucket string
	prefix string
	host   string
}

// What an object store's settings can be wrong by.
var (
	ErrEndpoint     = errors.New("endpoint: not https://host[:port]")
	ErrOpenToOthers = errors.New("credentials: file open to others than its owner")
	ErrCredentials  = errors.New("credentials: not access_key and secret_key")
)

const (
	partSize  = 16 << 20 // of an upload in parts; S3 takes at most 10,000 of them
	wholeSize = 8 << 20  // up to here an object is sent in one piece, from memory
	maxParts  = 10000
	tries     = 4 // of one request, by the client itself
)

// OpenS3 makes a client. It asks the store nothing yet.
func OpenS3(b Bucket) (*S3, error) {
	at, err := url.Parse(b.Endpoint)
	if err != nil || at.Host == "" || at.Path != "" && at.Path != "/" || at.Scheme != "https" && !plainHere(at) {
		return nil, fmt.Errorf("object store: %w", ErrEndpoint)
	}
	if b.Prefix != "" && !named(b.Prefix) {
		return nil, fmt.Errorf("object store: prefix: not a name")
	}
	creds, err := readCredentials(b.Secret)
	if err != nil {
		return nil, fmt.Errorf("object store: %w", err)
	}
	transport, err := transportTo(b.CA)
	if err != nil {
		return nil, fmt.Errorf("object store: %w", err)
	}
	client, err := minio.New(at.Host, &minio.Options{
		Creds: creds, Secure: at.Scheme == "https", Transport: transport, Region: cmp.Or(b.Region, "us-east-1"),
		BucketLookup: minio.BucketLookupPath, MaxRetries: tries,
	})
	if err != nil {
		return nil, fmt.Errorf("object store: %w", err)
	}
	return &S3{client: client, bucket: b.Name, prefix: b.Prefix, host: at.Host}, nil
}

// plainHere: without TLS only to a store on this machine.
func plainHere(at *url.URL) bool {
	ip := net.ParseIP(at.Hostname())
	return at.Scheme == "http" && ip != nil && ip.IsLoopback()
}

func readCredentials(file string) (*credentials.Credentials, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, ErrOpenToOthers
	}
	if info.Size() > 64<<10 {
		return nil, ErrCredentials
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	defer clear(b)
	var pair struct {
		Access  string `json:"access_key"`
		Secret  string `json:"secret_key"`
		Session string `json:"session_token"`
	}
	if json.Unmarshal(b, &pair) != nil || pair.Access == "" || pair.Secret == "" {
		return nil, ErrCredentials
	}
	return credentials.NewStaticV4(pair.Access, pair.Secret, pair.Session), nil
}

// transportTo bounds every wait: a store that hangs must not hold a backup for ever.
func transportTo(ca string) (http.RoundTripper, error) {
	t := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: time.Minute,
		IdleConnTimeout:       time.Minute,
		MaxIdleConnsPerHost:   8,
		DisableCompression:    true,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if ca == "" {
		return t, nil
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	t.TLSClientConfig.RootCAs = x509.NewCertPool()
	if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("authority: no certificate in the file")
	}
	return t, nil
}

// Close lets idle connections go.
func (s *S3) Close() error { return nil }

func (s *S3) String() string { return "s3://" + path.Join(s.bucket, s.prefix) + " at " + s.host }

func (s *S3) key(name string) string { return path.Join(s.prefix, name) }

// Put sends an object. Fresh is If-None-Match: * (RFC 9110 §13.1.2), so two who make the same repository cannot both.
func (s *S3) Put(ctx context.Context, name string, from Source, how Writing) error {
	if !named(name) {
		return fmt.Errorf("put %q: not a name", name)
	}
	in, err := from.Open()
	if err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	defer in.Close()
	body := io.Reader(io.LimitReader(in, from.Size))
	opt := minio.PutObjectOptions{ContentType: "application/octet-stream", PartSize: max(partSize, uint64(from.Size/maxParts+1)), NumThreads: 1}
	if how == Fresh {
		opt.SetMatchETagExcept("*")
	}
	if from.Size <= wholeSize { // from memory: such a request can be tried again
		whole, err := io.ReadAll(body)
		if err != nil {
			return fmt.Errorf("put %s: %w", name, err)
		}
		body, opt.DisableMultipart, opt.SendContentMd5 = bytes.NewReader(whole), true, true
	}
	done, err := s.client.PutObject(ctx, s.bucket, s.key(name), body, from.Size, opt)
	if err == nil && done.Size != from.Size {
		err = fmt.Errorf("%d bytes arrived of %d", done.Size, from.Size)
	}
	if err != nil {
		return fmt.Errorf("put %s: %w", name, s.known(err))
	}
	return nil
}

// known turns the store's answers into ours.
func (s *S3) known(err error) error {
	r := minio.ToErrorResponse(err)
	switch {
	case r.Code == minio.NoSuchKey:
		return ErrMissing
	case r.Code == minio.NoSuchBucket:
		return fmt.Errorf("bucket %s: %w", s.bucket, ErrMissing)
	case r.StatusCode == http.StatusPreconditionFailed, r.Code == minio.PreconditionFailed, r.Code == "ConditionalRequestConflict":
		return ErrExists
	}
	return err
}

// Fetch reads an object as it comes.
func (s *S3) Fetch(ctx context.Context, name string) (io.ReadCloser, error) {
	if !named(name) {
		return nil, fmt.Errorf("fetch %q: not a name", name)
	}
	core := minio.Core{Client: s.client}
	body, _, _, err := core.GetObject(ctx, s.bucket, s.key(name), minio.GetObjectOptions{})
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", name, s.known(err))
	}
	return body, nil
}

// List asks page by page.
func (s *S3) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		base := ""
		if s.prefix != "" {
			base = s.prefix + "/"
		}
		for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: base + prefix, Recursive: true}) {
			if o.Err != nil {
				yield(Object{}, fmt.Errorf("list %s: %w", s, s.known(o.Err)))
				return
			}
			if strings.HasSuffix(o.Key, "/") {
				continue
			}
			if !yield(Object{Name: strings.TrimPrefix(o.Key, base), Size: o.Size, Made: o.LastModified}, nil) {
				return
			}
		}
	}
}

// Remove takes an object away. In a bucket that keeps versions it stays readable to the bucket's owner:
// docs/BACKUP-FORMAT.md says what follows from that for shredded recordings.
func (s *S3) Remove(ctx context.Context, name string) error {
	if !named(name) {
		return fmt.Errorf("remove %q: not a name", name)
	}
	err := s.client.RemoveObject(ctx, s.bucket, s.key(name), minio.RemoveObjectOptions{})
	if err != nil && !errors.Is(s.known(err), ErrMissing) {
		return fmt.Errorf("remove %s: %w", name, s.known(err))
	}
	return nil
}
