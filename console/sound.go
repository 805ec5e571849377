package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"nightbell/audit"
)

// listenTime bounds one answer with sound: an eight-hour recording over a slow line.
const listenTime = 30 * time.Minute

func listRecordings(c *Console, ctx context.Context, in *struct {
	Paging
	Clinic string `query:"clinic" maxLength:"64"`
	Call   string `query:"call" maxLength:"64" doc:"call id"`
}) (*answer[RecordingPage], error) {
	q := RecordingQuery{Page: in.page(), Clinic: in.Clinic, Call: in.Call}
	clinic, err := c.narrow(ctx, &q.Within, in.Clinic)
	if err != nil {
		return nil, err
	}
	if err := c.remember(ctx, "recordings", clinic, notice{}); err != nil {
		return nil, err
	}
	page, err := c.ports.Recordings.List(ctx, q)
	page.Items = slices.DeleteFunc(noNil(page.Items), func(r RecordingRow) bool { return !q.Within.holds(r.call()) })
	return say(page, err)
}

func showRecording(c *Console, ctx context.Context, in *Named) (*answer[RecordingRow], error) {
	return say(c.recording(ctx, in.ID, notice{}))
}

func verifyRecording(c *Console, ctx context.Context, in *Named) (*answer[RecordingVerdict], error) {
	if _, err := c.recording(ctx, in.ID, notice{}); err != nil {
		return nil, err
	}
	return say(c.ports.Recordings.Verify(ctx, in.ID))
}

// recording finds a recording the caller may see and remembers it before anything of it is shown.
func (c *Console) recording(ctx context.Context, id string, n notice) (RecordingRow, error) {
	row, err := c.visible(ctx, id)
	if err != nil {
		return RecordingRow{}, err
	}
	if err := c.remember(ctx, "recording:"+row.ID, row.Clinic, n); err != nil {
		return RecordingRow{}, err
	}
	return row, nil
}

// visible finds a recording. One that is not the caller's to see does not exist.
func (c *Console) visible(ctx context.Context, id string) (RecordingRow, error) {
	row, err := c.ports.Recordings.Find(ctx, id)
	if err != nil {
		return RecordingRow{}, err
	}
	if !askingOf(ctx).within(c.now()).holds(row.call()) {
		return RecordingRow{}, ErrNotFound
	}
	return row, nil
}

type playIn struct {
	Named
	Reason string `query:"reason" maxLength:"200" doc:"why; needed for a call that one did not take oneself. No patient's name or number"`
	Range  string `header:"Range" maxLength:"128" pattern:"^bytes=[0-9, -]+$" patternDescription:"ranges of bytes" doc:"RFC 9110 §14.2, bytes of the WAV"`
}

// facts are what the audit keeps of a playback: which part was asked for.
func (p playIn) facts() map[string]string {
	if p.Range == "" {
		return nil
	}
	return map[string]string{"range": p.Range}
}

func playRecording(c *Console, ctx context.Context, in *playIn) (*huma.StreamResponse, error) {
	if err := c.mayListen(ctx, in); err != nil {
		return nil, err
	}
	return c.play(ctx, in.ID, notice{reason: in.Reason, facts: in.facts()})
}

// mayListen asks for a reason where the call was somebody else's.
func (c *Console) mayListen(ctx context.Context, in *playIn) error {
	row, err := c.visible(ctx, in.ID)
	if err != nil {
		return err
	}
	if in.Reason == "" && !askingOf(ctx).within(c.now()).hers(row.Took, row.Started) {
		return Mistakes{{Field: "query.reason", Text: "is missing: say why, it was not your call"}}
	}
	return plainText("query.reason", in.Reason)
}

// exportRecording lets a clear copy out. Who gets it stands in the accounting of disclosures before a byte leaves.
func exportRecording(c *Console, ctx context.Context, in *struct {
	Named
	Body struct {
		Because
		Recipient string `json:"recipient,omitempty" maxLength:"200" doc:"who gets it; absent: whoever exports it; kept sealed"`
	}
}) (*huma.StreamResponse, error) {
	row, err := c.visible(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	who := askingOf(ctx).who
	out := DisclosureBody{Clinic: row.Clinic, Kind: "recording_export", Object: "recording:" + row.ID, Call: row.Call,
		Recipient: cmp.Or(in.Body.Recipient, who.Person), Purpose: in.Body.Reason}
	if _, err := c.ports.Disclosures.Record(ctx, out, who.Actor); err != nil {
		return nil, err
	}
	return c.play(ctx, in.ID, notice{reason: in.Body.Reason})
}

// play streams a WAV. The event is durable before the file is opened, so before a byte can leave; the ranges that were
// asked for are among its facts.
func (c *Console) play(ctx context.Context, id string, n notice) (*huma.StreamResponse, error) {
	if _, err := c.recording(ctx, id, n); err != nil {
		return nil, err
	}
	sound, err := c.ports.Recordings.Open(ctx, id)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer sound.Close()
		r, w := humago.Unwrap(hc)
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(listenTime))
		w.Header().Set("Content-Type", "audio/wav")
		w.Header().Set("Content-Disposition", `attachment; filename="`+id+`.wav"`)
		if r.Method == http.MethodGet {
			http.ServeContent(w, r, "", sound.Modified, sound)
			return
		}
		r = r.Clone(hc.Context())
		r.Method = http.MethodGet
		r.Header.Del("Range")
		http.ServeContent(w, r, "", sound.Modified, sound)
	}}, nil
}

// keyView is a data key on its way to an independent reader.
type keyView struct {
	ID  string `json:"id"`
	Key string `json:"key" doc:"data key, hex"`
}

// showRecordingKey remembers how it went before it answers: that somebody wanted a key and did not get it, too.
func showRecordingKey(c *Console, ctx context.Context, in *struct {
	Named
	Body Because
}) (*answer[keyView], error) {
	row, err := c.visible(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	key, refused := c.ports.Recordings.Key(ctx, row.ID)
	e := askingOf(ctx).event("recording:"+row.ID, row.Clinic, notice{reason: in.Body.Reason})
	if refused != nil {
		e.Outcome, e.Classes = audit.Refused, nil
	}
	if err := c.note(ctx, e); err != nil {
		return nil, err
	}
	return say(keyView{row.ID, key}, refused)
}

// call is the recording's call, as far as it decides who may hear it.
func (r RecordingRow) call() Call {
	return Call{ID: r.Call, Clinic: r.Clinic, Took: r.Took, Arrived: r.Started}
}
