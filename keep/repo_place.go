package keep

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// Place is where a repository lies: a Folder or an S3 store. Names are slash-separated, relative, of letters, digits, dot
// and dash. An object appears under its name whole, durable, or not at all.
type Place interface {
	// Put keeps an object of Source.Size bytes. With Fresh one that is there already is ErrExists.
	Put(ctx context.Context, name string, from Source, how Writing) error
	// Fetch reads an object; ErrMissing where there is none.
	Fetch(ctx context.Context, name string) (io.ReadCloser, error)
	// List gives the objects whose names begin with prefix, in no order.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]
	// Remove takes an object away; one that is gone is no error.
	Remove(ctx context.Context, name string) error
	// String says where it is, without a credential.
	String() string
}

// Writing says what becomes of an object that is there already.
type Writing int

const (
	Fresh   Writing = iota // ErrExists
	Replace                // it goes
)

// Source is what an object is made of. Open may be called again when a try failed.
type Source struct {
	Size int64
	Open func() (io.ReadCloser, error)
}

// Object is one entry of a list.
type Object struct {
	Name string
	Size int64
	Made time.Time
}

// What a Place answers.
var (
	ErrMissing = errors.New("not there")
	ErrExists  = errors.New("there already")
)

// named refuses what could lead out of a place or hide in it.
func named(name string) bool {
	if name == "" || len(name) > 200 || name[0] == '/' || name[len(name)-1] == '/' {
		return false
	}
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-':
		case c == '.' && i > 0 && name[i-1] != '/', c == '/' && name[i-1] != '/':
		default:
			return false
		}
	}
	return true
}
