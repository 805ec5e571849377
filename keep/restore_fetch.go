package keep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// bringFiles fetches the database and the files of the data folder.
func (w *restoring) bringFiles(ctx context.Context) error {
	var of int64
	for _, f := range w.files {
		of += f.Size
	}
	w.Progress.begin("files", of)
	for i := range w.files {
		f := &w.files[i]
		if err := w.bring(ctx, line{File: f}, filepath.Join(w.half, f.Name)); err != nil {
			return fmt.Errorf("%s: %w", f.Name, missingIsDamage(err))
		}
		w.Progress.add(1, f.Size)
	}
	return os.MkdirAll(filepath.Join(w.half, "recordings"), 0o700)
}

// fetchers is how many recordings are on their way at once.
const fetchers = 4

// bringSounds fetches the recordings, some at a time. The first that cannot be had ends it, unless they may be left out.
func (w *restoring) bringSounds(ctx context.Context) error {
	var of int64
	for _, s := range w.sounds {
		of += s.Size
	}
	w.Progress.begin("recordings", of)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan *Sound)
	var running sync.WaitGroup
	var left sync.Mutex
	for range fetchers {
		running.Go(func() {
			for s := range next {
				err := w.bringSound(ctx, s)
				if err != nil && w.Damage == WithoutThose && (errors.Is(err, ErrDamaged) || errors.Is(err, ErrMissing)) {
					left.Lock()
					w.done.Left = append(w.done.Left, Problem{s.Name, err.Error()})
					left.Unlock()
				} else if err != nil {
					stop(fmt.Errorf("recording %s: %w", s.Name, missingIsDamage(err)))
				}
			}
		})
	}
	for i := range w.sounds {
		select {
		case next <- &w.sounds[i]:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	running.Wait()
	return context.Cause(ctx)
}

func (w *restoring) bringSound(ctx context.Context, s *Sound) error {
	if w.gone[s.Name] {
		return nil
	}
	err := w.bring(ctx, line{Recording: s}, filepath.Join(w.half, "recordings", s.Name))
	if err == nil {
		w.Progress.add(1, s.Size)
	}
	return err
}

// bring fetches one object into a new file, 0600. It is on the disk when the whole tree is.
func (w *restoring) bring(ctx context.Context, l line, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return again(ctx, func() error {
		_ = os.Remove(path) // of the try before
		out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		return errors.Join(w.opened.copy(ctx, l, out), out.Close())
	})
}
