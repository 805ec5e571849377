package console

import (
	"context"
	"net/http"

	"nightbell/audit"
)

// keyRoutes are the keys, and what is destroyed by destroying keys. Each change is remembered by its port, in the order
// intention, act: a key that is gone cannot be asked back because the log was full.
func keyRoutes() []Route {
	return []Route{
		{http.MethodGet, "/api/v1/keys", "key-status", "The key ring without its keys",
			KeysRead, House, "", nil, Settled, with(keyStatus)},
		{http.MethodPost, "/api/v1/keys/rotate", "rotate-key", "Add a version and make it current",
			KeysWrite, House, audit.KeyCreated, nil, Fresh, with(rotateKey)},
		{http.MethodPost, "/api/v1/keys/retire", "retire-key", "Destroy an old version that nothing uses",
			KeysWrite, House, audit.KeyRetired, nil, Fresh, with(retireKey)},
		{http.MethodPost, "/api/v1/keys/rewrap", "rewrap-keys", "Go on with what rotations left",
			KeysWrite, House, audit.KeyRewrapped, nil, Fresh, with(rewrapKeys)},
		{http.MethodPost, "/api/v1/keys/root", "rotate-root", "Replace ROOT and make every slot anew",
			KeysWrite, House, audit.KeyChanged, nil, Fresh, with(rotateRoot)},
		{http.MethodPost, "/api/v1/keys/slots", "add-slot", "Let one more unsealer open ROOT",
			KeysWrite, House, audit.KeyChanged, nil, Fresh, with(addSlot)},
		{http.MethodPut, "/api/v1/keys/slots/{id}", "change-slot", "Put another unsealer in a slot's place",
			KeysWrite, House, audit.KeyChanged, nil, Fresh, with(changeSlot)},
		{http.MethodDelete, "/api/v1/keys/slots/{id}", "remove-slot", "Take a slot away",
			KeysWrite, House, audit.KeyChanged, nil, Fresh, with(removeSlot)},
		{http.MethodPost, "/api/v1/keys/rescued", "note-rescue", "Remember that the shares opened a recording",
			KeysWrite, House, audit.RecoveryUsed, nil, Fresh, with(noteRescue)},
		{http.MethodGet, "/api/v1/certificates", "list-certificates", "What was destroyed, signed",
			KeysRead, House, "", nil, Settled, with(listCertificates)},
		{http.MethodPost, "/api/v1/clinics/{id}/departure", "depart-clinic", "Export a clinic and destroy its keys",
			KeysWrite, House, audit.ClinicDeparted, nil, Fresh, with(departClinic)},
		{http.MethodPost, "/api/v1/recordings/{id}/shred", "shred-recording", "Destroy a recording's key",
			KeysWrite, House, audit.RecordingShredded, nil, Fresh, with(shredRecording)},
	}
}

func keyStatus(c *Console, ctx context.Context, _ *struct{}) (*answer[KeyStatus], error) {
	s, err := c.ports.Keys.Status(ctx)
	return say(tidyKeys(s), err)
}

func rotateKey(c *Console, ctx context.Context, in *struct{ Body KeyRotation }) (*answer[KeyStatus], error) {
	s, err := c.ports.Keys.Rotate(ctx, in.Body, askingOf(ctx).who.Actor)
	return say(tidyKeys(s), err)
}

func retireKey(c *Console, ctx context.Context, in *struct{ Body KeyRetirement }) (*answer[KeyStatus], error) {
	s, err := c.ports.Keys.Retire(ctx, in.Body, askingOf(ctx).who.Actor)
	return say(tidyKeys(s), err)
}

func rewrapKeys(c *Console, ctx context.Context, _ *struct{}) (*answer[KeyStatus], error) {
	s, err := c.ports.Keys.Rewrap(ctx, askingOf(ctx).who.Actor)
	return say(tidyKeys(s), err)
}

func rotateRoot(c *Console, ctx context.Context, in *struct{ Body RootRotation }) (*answer[KeyStatus], error) {
	s, err := c.ports.Keys.Reroot(ctx, in.Body, askingOf(ctx).who.Actor)
	return say(tidyKeys(s), err)
}

func tidyKeys(s KeyStatus) KeyStatus {
	if s.Slots == nil {
		s.Slots = []KeySlot{}
	}
	if s.Keys == nil {
		s.Keys = []KeyEntry{}
	}
	if s.Progress == nil {
		s.Progress = []KeyProgress{}
	}
	return s
}

func addSlot(c *Console, ctx context.Context, in *struct{ Body SlotBody }) (*answer[KeySlot], error) {
	return say(c.ports.Slots.Add(ctx, in.Body, askingOf(ctx).who.Actor))
}

func changeSlot(c *Console, ctx context.Context, in *struct {
	ID   string `path:"id" maxLength:"64"`
	Body SlotBody
}) (*answer[KeySlot], error) {
	return say(c.ports.Slots.Change(ctx, in.ID, in.Body, askingOf(ctx).who.Actor))
}

func removeSlot(c *Console, ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"64"`
}) (*struct{}, error) {
	return nil, c.ports.Slots.Remove(ctx, in.ID, askingOf(ctx).who.Actor)
}

func noteRescue(c *Console, ctx context.Context, in *struct{ Body RescueBody }) (*struct{}, error) {
	return nil, c.ports.Slots.Rescued(ctx, in.Body, askingOf(ctx).who.Actor)
}

func listCertificates(c *Console, ctx context.Context, _ *struct{}) (*answer[list[Attestation]], error) {
	items, err := c.ports.Destruction.Attestations(ctx)
	return say(listed(items, ""), err)
}

func departClinic(c *Console, ctx context.Context, in *struct {
	ID   string `path:"id" maxLength:"64"`
	Body DepartureBody
}) (*answer[Attestation], error) {
	return say(c.ports.Destruction.Depart(ctx, in.ID, in.Body, askingOf(ctx).who.Actor))
}

func shredRecording(c *Console, ctx context.Context, in *struct {
	ID   string `path:"id" maxLength:"64"`
	Body ShredBody
}) (*answer[Attestation], error) {
	return say(c.ports.Destruction.Shred(ctx, in.ID, in.Body, askingOf(ctx).who.Actor))
}
