package console

import "errors"

// ErrDiffers refuses PHI to people while the audit log is not the one that was witnessed: an older database was put
// back, or the log was rewritten. Calls are answered all the same.
var ErrDiffers = errors.New("audit differs from what was witnessed")
