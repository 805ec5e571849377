package siptest

import (
	"cmp"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Registry is a carrier's registrar, and what it says of its health: its Answer is a Script.
type Registry struct {
	User, Secret string // empty: nobody is challenged
	Algorithm    string // empty: SHA-256
	Grants       int    // seconds; 0: as asked
	Least        int    // below it: 423
	Options      int    // what OPTIONS gets; 0: 200, negative: not a byte

	mu    sync.Mutex
	codes []Verdict
	seen  []string
	nonce string
}

// Verdict is how one REGISTER is met before its credentials are even looked at; a zero Code: not a byte.
type Verdict struct {
	Code int
	Head string
}

// Next says how the next REGISTERs are met.
func (r *Registry) Next(v ...Verdict) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.codes = append(r.codes, v...)
}

// Say sets what OPTIONS gets from now on.
func (r *Registry) Say(code int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Options = code
}

// Seen lists what came: "OPTIONS", "REGISTER 3600 200".
func (r *Registry) Seen() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.seen...)
}

// Answer is Options.Script.
func (r *Registry) Answer(req *sipmsg.Request) (code int, head string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch req.Method {
	case sipmsg.OPTIONS:
		r.seen = append(r.seen, "OPTIONS")
		return max(cmp.Or(r.Options, 200), 0), ""
	case sipmsg.REGISTER:
		code, head = r.register(req)
		r.seen = append(r.seen, "REGISTER "+first(req, "Expires")+" "+strconv.Itoa(code))
		return code, head
	}
	return 405, ""
}

func (r *Registry) register(req *sipmsg.Request) (int, string) {
	if len(r.codes) > 0 {
		v := r.codes[0]
		r.codes = r.codes[1:]
		return v.Code, v.Head
	}
	asked, _ := strconv.Atoi(first(req, "Expires"))
	switch {
	case r.User != "" && !r.believes(req):
		r.nonce = token()
		return 401, fmt.Sprintf("WWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"%s\", algorithm=%s, qop=\"auth\"\r\n",
			r.nonce, cmp.Or(r.Algorithm, "SHA-256"))
	case asked > 0 && asked < r.Least:
		return 423, "Min-Expires: " + strconv.Itoa(r.Least) + "\r\n"
	case asked == 0:
		return 200, ""
	}
	contact, _, _ := strings.Cut(first(req, "Contact"), ">")
	return 200, "Contact: " + contact + ">;expires=" + strconv.Itoa(cmp.Or(r.Grants, asked)) + "\r\n"
}

// believes judges the answer of RFC 7616 §3.4.1 by hand.
func (r *Registry) believes(req *sipmsg.Request) bool {
	given := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(first(req, "Authorization"), "Digest "), ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		given[k] = strings.Trim(v, `"`)
	}
	sum := func(s string) string {
		var h hash.Hash = sha256.New()
		if r.Algorithm == "MD5" {
			h = md5.New()
		}
		h.Write([]byte(s))
		return hex.EncodeToString(h.Sum(nil))
	}
	want := sum(strings.Join([]string{sum(r.User + ":carrier.example:" + r.Secret), r.nonce, given["nc"], given["cnonce"], given["qop"],
		sum("REGISTER:" + given["uri"])}, ":"))
	return r.nonce != "" && given["nonce"] == r.nonce && want == given["response"]
}

func first(req *sipmsg.Request, name string) string {
	if hs := req.GetHeaders(name); len(hs) > 0 {
		return hs[0].Value()
	}
	return ""
}

// Redirect answers the INVITE with 302 and nothing but these contacts.
func (d *Dialog) Redirect(contacts string) error {
	d.mu.Lock()
	d.answered = true
	d.mu.Unlock()
	return d.p.Send(response(d.invite, 302, d.tag, "Contact: "+contacts+"\r\n", nil))
}
