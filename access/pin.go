package access

import (
	"errors"
	"strings"
)

// A PIN is what a person types on a hard phone beside the code of her authenticator. It opens nothing else: not the
// console, not a call-in by itself.
const (
	LeastPIN = 6
	MostPIN  = 12
)

// ErrPIN refuses a PIN that is none, or that anybody would try first.
var ErrPIN = errors.New("PIN: 6 to 12 digits, not all alike, not counted up or down, not two that alternate")

// CheckPIN says whether a PIN may be taken.
func CheckPIN(pin string) error {
	if len(pin) < LeastPIN || len(pin) > MostPIN || strings.Trim(pin, "0123456789") != "" {
		return ErrPIN
	}
	for _, step := range []int{0, 1, 9} { // alike, up, down; 9 wraps to 0
		if counted(pin, step) {
			return ErrPIN
		}
	}
	if strings.Repeat(pin[:2], len(pin))[:len(pin)] == pin {
		return ErrPIN
	}
	return nil
}

// counted reports whether every digit follows the one before it by the same step.
func counted(pin string, step int) bool {
	for i := 1; i < len(pin); i++ {
		if (int(pin[i-1]-'0')+step)%10 != int(pin[i]-'0') {
			return false
		}
	}
	return true
}
