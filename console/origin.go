package console

import (
	"net/http"
	"net/url"
	"strings"
)

const cookieName = "__Host-nightbell"

// cookie carries a login's secret to a browser: for this host alone, over TLS alone, out of scripts' reach, and never with a
// request that another site began (RFC 6265bis §4.1.2.7, §4.1.3.2).
func cookie(secret string) *http.Cookie {
	return &http.Cookie{Name: cookieName, Value: secret, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

// noCookie takes it back.
func noCookie() *http.Cookie {
	c := cookie("")
	c.MaxAge = -1
	return c
}

// cookieOf is the secret in a request's cookie. Two of the name cannot come from us: then there is none.
func cookieOf(r *http.Request) string {
	list := r.CookiesNamed(cookieName)
	if len(list) != 1 {
		return ""
	}
	return list[0].Value
}

// fromBrowser reports whether a page made the request: browsers say so themselves, programs have no reason to.
func fromBrowser(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Origin") != ""
}

// sameOrigin reports whether a request with a cookie comes from our own pages, or from nobody's (a typed address). A change
// must prove it by one of the two headers.
func sameOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return originIsHost(r)
	case "":
		return safe(r.Method) && r.Header.Get("Origin") == "" || r.Header.Get("Origin") != "" && originIsHost(r)
	}
	return false
}

// originIsHost compares the Origin header, where there is one, with the host that was asked.
func originIsHost(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// ours refuses what another site's page began, before anybody looks at who asks: changes by http.CrossOriginProtection, and
// WebSockets, to which no browser applies the same-origin policy (RFC 6455 §10.2).
func (c *Console) ours(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.origins.Check(r) != nil || opensSocket(r) && !(sameOrigin(r) && r.Header.Get("Origin") != "") {
			problem(http.StatusForbidden, "cross-origin", "another site began this request").write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// opensSocket reports whether the request asks to leave HTTP (RFC 9110 §7.8).
func opensSocket(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }
