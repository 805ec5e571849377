package call

import (
	"context"
	"time"

	"nightbell/phi"
	"nightbell/policy"
)

// Command is what a person orders of a running call. The call's own goroutine does it.
type Command struct {
	Do      CommandKind
	By      string         // person who orders; empty: the operator of the service
	Person  string         // whom: of consult and transfer
	User    string         // whose phone: of consult, transfer, retrieve; of listen, whisper, barge the supervisor's own
	To      phi.Phone      // an outside number, of consult and transfer
	Slot    string         // of park; empty: the first that is free
	Reason  string         // a closed word
	For     time.Duration  // of pause_recording and secret; zero: the default
	Urgency policy.Urgency // of patch
	Key     byte           // of send_key
}

// CommandKind is a closed list.
type CommandKind string

const (
	HoldCaller       CommandKind = "hold"
	ResumeCaller     CommandKind = "resume"
	ConsultThird     CommandKind = "consult"
	JoinAll          CommandKind = "three_way"
	CompleteTransfer CommandKind = "complete" // the agent leaves; caller and third go on
	CancelLine       CommandKind = "cancel"   // the third is let go; the caller is back
	TransferBlind    CommandKind = "transfer"
	ParkCaller       CommandKind = "park"
	RetrieveCaller   CommandKind = "retrieve" // rings User's phone
	Listen           CommandKind = "listen"
	Whisper          CommandKind = "whisper"
	Barge            CommandKind = "barge"
	LeaveCall        CommandKind = "leave" // the supervisor
	PauseRecording   CommandKind = "pause_recording"
	ResumeRecording  CommandKind = "resume_recording"
	DeclineRecording CommandKind = "decline_recording"
	EndCall          CommandKind = "hang_up"
	PatchCaller      CommandKind = "patch"
	SendKey          CommandKind = "send_key"
	Requeue          CommandKind = "requeue"
	BeginSecret      CommandKind = "secret" // what the caller types is heard and kept by nobody
	EndSecret        CommandKind = "end_secret"
	AddNote          CommandKind = "note" // a closed word for the story
)

// Unfit is why a command, or a guest, was not taken.
type Unfit struct{ Word UnfitWord }

func (u *Unfit) Error() string { return "not taken: " + string(u.Word) }

// UnfitWord is a closed list; docs/GLOSSARY explains each.
type UnfitWord string

const (
	NoSuchCall    UnfitWord = "no_such_call"
	NoSuchCommand UnfitWord = "no_such_command"
	NotNow        UnfitWord = "not_now"     // the call is in another state
	LineBusy      UnfitWord = "line_busy"   // one consult, patch or transfer at a time
	NoLine        UnfitWord = "no_line"     // nobody is consulted
	Nobody        UnfitWord = "nobody"      // whom it names cannot be reached, or is not in the call
	NotAllowed    UnfitWord = "not_allowed" // for that person, number or call
	Already       UnfitWord = "already"
	ByPhone       UnfitWord = "by_phone" // her phone holds: only her phone can resume
	NoRecording   UnfitWord = "no_recording"
	SlotTaken     UnfitWord = "slot_taken"
	NoPrompt      UnfitWord = "no_prompt" // the law asks for words that there are none of
	BadWord       UnfitWord = "bad_word"  // a reason or key that is none
	Gone          UnfitWord = "gone"      // the call ended first
)

func unfit(word UnfitWord) error { return &Unfit{Word: word} }

// Command orders something of a running call and waits for the call's own answer; what follows from it comes later, in
// views and in the story. A refusal is an *Unfit.
func (b *Switchboard) Command(ctx context.Context, call string, cmd Command) error {
	b.mu.Lock()
	c := b.calls[call]
	b.mu.Unlock()
	if c == nil {
		return unfit(NoSuchCall)
	}
	reply := make(chan error, 1)
	c.mail.post(happening{do: func(c *Call) { reply <- c.order(cmd) }})
	select {
	case err := <-reply:
		return err
	case <-c.over:
	case <-ctx.Done():
		return ctx.Err()
	}
	select { // it was the last thing the call did
	case err := <-reply:
		return err
	default:
		return unfit(Gone)
	}
}
