package main

import (
	"time"

	"nightbell/call"
)

// queueFigures tell how long callers wait, over all queues, and what agents do. A queue's own figures are the console's.
func (s *server) queueFigures(gauge, counter metric) {
	sum := func(of func(call.QueueView) int64) func() float64 {
		return func() (total float64) {
			for _, q := range s.board.Queues() {
				total += float64(of(q))
			}
			return total
		}
	}
	gauge("queue_waiting", "Callers who wait in queues now, call-backs included.", sum(func(q call.QueueView) int64 { return int64(q.Waiting) }))
	gauge("queue_oldest_wait_seconds", "How long the caller has waited who waits longest; 0: nobody waits.", s.oldestWait)
	counter("queue_entered", "Callers who joined a queue.", sum(func(q call.QueueView) int64 { return q.Entered }))
	counter("queue_answered", "Callers whom an agent answered out of a queue.", sum(func(q call.QueueView) int64 { return q.Answered }))
	counter("queue_answered_soon", "Of them within 20 seconds.", sum(func(q call.QueueView) int64 { return q.Soon }))
	counter("queue_abandoned", "Callers who hung up in a queue.", sum(func(q call.QueueView) int64 { return q.Abandoned }))
	for _, state := range []call.AgentState{call.AgentReady, call.AgentOffered, call.AgentTalking, call.AgentWrapUp, call.AgentBreak,
		call.AgentTraining, call.AgentLimited, call.AgentAway} {
		gauge("agents_state_"+string(state), "Agents in this state now.", func() (n float64) {
			for _, a := range s.board.Agents() {
				if a.State == state {
					n++
				}
			}
			return n
		})
	}
}

func (s *server) oldestWait() float64 {
	var longest time.Duration
	for _, q := range s.board.Queues() {
		if !q.Oldest.IsZero() {
			longest = max(longest, time.Since(q.Oldest))
		}
	}
	return longest.Seconds()
}
