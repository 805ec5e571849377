package media

import "github.com/pion/srtp/v3"

// Suite is an SRTP protection suite by its SDES name (RFC 4568 §6.2, RFC 6188, RFC 7714).
type Suite string

const (
	AES256GCM  Suite = "AEAD_AES_256_GCM"
	AES128GCM  Suite = "AEAD_AES_128_GCM"
	AES128CM80 Suite = "AES_CM_128_HMAC_SHA1_80"
	AES256CM80 Suite = "AES_256_CM_HMAC_SHA1_80"
	AES128CM32 Suite = "AES_CM_128_HMAC_SHA1_32" // a 32-bit tag: by opt-in only
	Clear      Suite = ""                        // RTP/AVP under an exception that names media
)

// DefaultSuites is the preference where a Profile names none.
var DefaultSuites = []Suite{AES256GCM, AES128GCM, AES128CM80, AES256CM80}

// suiteFacts is what a suite asks of its inline key.
type suiteFacts struct {
	profile   srtp.ProtectionProfile
	key, salt int // octets
	tag       int // octets that an RTP packet grows by
}

var suites = map[Suite]suiteFacts{
	AES256GCM:  {srtp.ProtectionProfileAeadAes256Gcm, 32, 12, 16},
	AES128GCM:  {srtp.ProtectionProfileAeadAes128Gcm, 16, 12, 16},
	AES128CM80: {srtp.ProtectionProfileAes128CmHmacSha1_80, 16, 14, 10},
	AES256CM80: {srtp.ProtectionProfileAes256CmHmacSha1_80, 32, 14, 10},
	AES128CM32: {srtp.ProtectionProfileAes128CmHmacSha1_32, 16, 14, 4},
}
