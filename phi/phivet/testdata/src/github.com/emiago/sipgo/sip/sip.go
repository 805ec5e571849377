package sip

type Request struct{ text string }

func (r *Request) String() string { return r.text }
func (r *Request) Body() []byte   { return []byte(r.text) }

type FromHeader struct{ Name string }

func (f *FromHeader) Value() string { return f.Name }

type Uri struct{ User string }

func ParseUri(s string, u *Uri) error { return nil }

type StatusCode int
