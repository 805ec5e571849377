package seal

// Arithmetic in GF(2^8) with the polynomial x^8 + x^4 + x^3 + x + 1 (AES's). Constant time: no table, no branch on a value.

// mulGF is the product of two elements.
func mulGF(a, b byte) byte {
	var p byte
	for range 8 {
		p ^= -(b & 1) & a
		a = a<<1 ^ -(a>>7)&0x1B
		b >>= 1
	}
	return p
}

// invGF is a^254, which is 1/a; of 0 it is 0, and callers see to it that 0 does not come.
func invGF(a byte) byte {
	r, square := byte(1), mulGF(a, a)
	for range 7 { // 2+4+8+16+32+64+128 = 254
		r, square = mulGF(r, square), mulGF(square, square)
	}
	return r
}
