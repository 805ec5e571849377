package siptest

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Ask sends one request outside any dialog and meets one challenge. It gives the codes that came back, up to 100 or the
// first final one, such as "401 200"; "silence" when the connection closed instead.
func (p *peer) Ask(ctx context.Context, method, uri string) (string, error) {
	from := len(p.Heard())
	var err error
	if method == "INVITE" {
		err = p.askInvite(ctx, uri)
	} else {
		err = p.askOther(ctx, method, uri)
	}
	if err != nil && !errors.Is(err, ErrClosed) {
		return "", err
	}
	var codes []string
	for _, line := range p.Heard()[from:] {
		if _, rest, ok := strings.Cut(line, "SIP/2.0 "); ok {
			codes = append(codes, rest[:3])
		}
	}
	if len(codes) == 0 {
		return "silence", nil
	}
	return strings.Join(codes, " "), nil
}

func (p *peer) askInvite(ctx context.Context, uri string) error {
	d := newDialog(p, token())
	d.target, d.first = uri, uri
	d.local, d.remote = p.self(), "<"+uri+">"
	if _, err := (&Carrier{p}).place(d, []byte("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n")); err != nil {
		return err
	}
	for {
		select {
		case e := <-d.events:
			if e.Word == "closed" {
				return ErrClosed
			}
			return nil
		case <-ctx.Done():
			return fmt.Errorf("INVITE: %w", context.Cause(ctx))
		}
	}
}

func (p *peer) askOther(ctx context.Context, method, uri string) error {
	head := ""
	for seq := 1; ; seq++ {
		branch := "z9hG4bK" + token()
		raw := fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=%s;rport\r\nMax-Forwards: 70\r\nFrom: %s;tag=%s\r\nTo: %s\r\n"+
			"Call-ID: %s\r\nCSeq: %d %s\r\nContact: %s\r\n%sContent-Length: 0\r\n\r\n", method, uri, p.local, branch, p.self(), token(),
			p.self(), token(), seq, method, p.contact("peer"), extras[method]+head)
		res, err := p.transact(ctx, branch, raw)
		if err != nil || res.StatusCode != 401 || p.opt.Secret == "" || seq == 2 {
			return err
		}
		p.challenged(res)
		head = p.authorization(method, uri)
	}
}

// extras are the header lines without which a method is not valid.
var extras = map[string]string{
	"SUBSCRIBE": "Event: presence\r\n", "NOTIFY": "Event: presence\r\nSubscription-State: active\r\n", "PUBLISH": "Event: presence\r\n",
	"REFER": "Refer-To: <sip:bo@nightbell>\r\n", "PRACK": "RAck: 1 1 INVITE\r\n",
}

// self is the peer's own address of record.
func (p *peer) self() string {
	user := p.opt.User
	if user == "" {
		user = "who"
	}
	return "<sip:" + user + "@" + p.domain + ">"
}
