package store

import (
	"context"
	"fmt"

	"nightbell/access"
)

// Login reads a login by its id, over or not; ErrNotFound: there is none.
func (s *Store) Login(ctx context.Context, id string) (access.Login, error) {
	list, err := logins(ctx, s.read, " WHERE l.id = ?", id)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return access.Login{}, fmt.Errorf("login: %w", err)
	}
	s.touches.overlay(&list[0])
	return list[0], nil
}

// OpenLogins lists everybody's open logins, oldest first: whoever ends what is over goes through them.
func (s *Store) OpenLogins(ctx context.Context) ([]access.Login, error) {
	list, err := logins(ctx, s.read, " WHERE l.ended IS NULL ORDER BY l.made, l.id")
	if err != nil {
		return nil, fmt.Errorf("open logins: %w", err)
	}
	for i := range list {
		s.touches.overlay(&list[i])
	}
	return list, nil
}
