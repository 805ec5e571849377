package media

// detect says what is looked for from now on.
func (s *stream) detect(Detection) {}
