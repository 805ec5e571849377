package store

import "fmt"

// sealCell seals a text for its place; the empty text is no cell (NULL).
func sealCell(k Sealer, c Cell, clear string) ([]byte, error) {
	if clear == "" {
		return nil, nil
	}
	b, err := k.SealCell(c, []byte(clear))
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s of %s: %w", c.Table, c.Column, c.Row, err)
	}
	return b, nil
}

// openCell opens a text from its place; NULL is the empty text. A cell that is not of this place is ErrDamaged.
func openCell(k Sealer, c Cell, sealed []byte) (string, error) {
	if sealed == nil {
		return "", nil
	}
	b, err := k.OpenCell(c, sealed)
	if err != nil {
		return "", fmt.Errorf("%w: cell %s.%s of %s: %w", ErrDamaged, c.Table, c.Column, c.Row, err)
	}
	return string(b), nil
}
