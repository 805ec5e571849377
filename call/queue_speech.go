package call

import (
	"cmp"
	"strconv"
	"time"

	"nightbell/media"
)

// When a waiting caller is spoken to, where her queue does not say.
const (
	speechFirst = 20 * time.Second
	speechEvery = 45 * time.Second
)

// numbersMost is the highest number that there are recorded digits for.
const numbersMost = 20

// speech is what a waiting caller hears: music, and now and then where she stands, how long it will take, and a message.
// What is said never delays an offer, and an offer never cuts it off.
type speech struct {
	wait    *waiting
	turn    int             // of the messages
	pending []*media.Prompt // still to be said
	stop    func()          // the clock, or the end of what is being said
	over    bool
}

func (s *speech) begin() {
	s.music()
	s.later(cmp.Or(max(s.wait.queue.First, 0), speechFirst))
}

func (s *speech) music() {
	c := s.wait.call
	if _, p := c.prompt(s.wait.queue.Music, c.plan.Music, "music"); p != nil {
		c.caller.voice.Play(p, 0)
	}
}

func (s *speech) later(d time.Duration) {
	s.stop = s.wait.call.after(d, func(*Call) { s.speak() })
}

// speak gathers what is to be said now, and says it.
func (s *speech) speak() {
	if s.over {
		return
	}
	s.position()
	s.estimate()
	s.message()
	s.say()
}

// say plays what is pending, one after the other, and then the music again.
func (s *speech) say() {
	c := s.wait.call
	if s.over {
		return
	}
	if len(s.pending) == 0 {
		s.resume()
		return
	}
	p := s.pending[0]
	s.pending = s.pending[1:]
	s.stop = c.when(c.caller.voice.Play(p, 1), func(*Call) { s.say() })
}

// resume lets her hear music until the next words.
func (s *speech) resume() {
	s.end()
	s.over, s.pending = false, nil
	s.music()
	s.later(cmp.Or(max(s.wait.queue.Every, 0), speechEvery))
}

func (s *speech) end() {
	s.over = true
	if s.stop != nil {
		s.stop()
	}
}

// add puts prompts on the list; where one is missing nothing of them is said.
func (s *speech) add(names ...string) bool {
	var all []*media.Prompt
	for _, name := range names {
		_, p := s.wait.call.prompt(name)
		if p == nil {
			return false
		}
		all = append(all, p)
	}
	s.pending = append(s.pending, all...)
	return true
}

func (s *speech) position() {
	c := s.wait.call
	at := c.board.hall.position(s.wait.ticket)
	if c.position = at; !s.wait.queue.Position || at < 1 {
		return
	}
	words := []string{"you_are_number", number(at)}
	if at > numbersMost {
		words = []string{"many_before_you"}
	}
	if s.add(words...) {
		c.note(Informed, "caller", with("what", "position", "n", strconv.Itoa(at)))
	}
}

// number is the prompt of a spoken number.
func number(n int) string { return "number_" + strconv.Itoa(n) }

func (s *speech) estimate() {
	c := s.wait.call
	if !s.wait.queue.Estimate {
		return
	}
	minutes, known := c.board.hall.estimate(s.wait.ticket)
	if !known {
		return
	}
	words := []string{"expected_wait", number(minutes), "minutes"}
	switch {
	case minutes == 1:
		words[2] = "minute"
	case minutes > numbersMost:
		words = []string{"long_wait"}
	}
	if s.add(words...) {
		c.note(Informed, "caller", with("what", "estimate", "minutes", strconv.Itoa(minutes)))
	}
}

func (s *speech) message() {
	all := s.wait.queue.Messages
	if len(all) == 0 {
		return
	}
	name := all[s.turn%len(all)]
	s.turn++
	if s.add(name) {
		s.wait.call.note(Informed, "caller", with("what", "message", "prompt", name))
	}
}
