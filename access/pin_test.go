package access

import "testing"

func TestPINsThatAnybodyWouldTryFirst(t *testing.T) {
	for _, pin := range []string{"", "12345", "123456", "987654", "890123", "000000", "121212", "4711", "1234567890123", "12345a", "４７１１５８", "-47115"} {
		if CheckPIN(pin) == nil {
			t.Errorf("%q was taken", pin)
		}
	}
	for _, pin := range []string{"471158", "123457", "908172635441"} {
		if err := CheckPIN(pin); err != nil {
			t.Errorf("%q: %v", pin, err)
		}
	}
}
