package console

import (
	"context"

	"nightbell/audit"
)

type stageKeys struct{ *stage }

func (stageKeys) Status(context.Context) (KeyStatus, error) { return KeyStatus{}, nil }
func (k stageKeys) Rotate(_ context.Context, _ KeyRotation, by audit.Actor) (KeyStatus, error) {
	return KeyStatus{}, k.change(by)
}
func (k stageKeys) Retire(_ context.Context, _ KeyRetirement, by audit.Actor) (KeyStatus, error) {
	return KeyStatus{}, k.change(by)
}
func (k stageKeys) Reroot(_ context.Context, _ RootRotation, by audit.Actor) (KeyStatus, error) {
	return KeyStatus{}, k.change(by)
}
func (k stageKeys) Rewrap(_ context.Context, by audit.Actor) (KeyStatus, error) {
	return KeyStatus{}, k.change(by)
}

type stageSlots struct{ *stage }

func (s stageSlots) Add(_ context.Context, b SlotBody, by audit.Actor) (KeySlot, error) {
	return KeySlot{ID: "s1", Type: b.Type, Custody: "strong"}, s.change(by)
}
func (s stageSlots) Change(_ context.Context, id string, b SlotBody, by audit.Actor) (KeySlot, error) {
	return KeySlot{ID: id, Type: b.Type, Custody: "strong"}, s.change(by)
}
func (s stageSlots) Remove(_ context.Context, _ string, by audit.Actor) error { return s.change(by) }
func (s stageSlots) Rescued(_ context.Context, _ RescueBody, by audit.Actor) error {
	return s.change(by)
}

type stageDestruction struct{ *stage }

func (d stageDestruction) Depart(_ context.Context, clinic string, _ DepartureBody, by audit.Actor) (Attestation, error) {
	return Attestation{Kind: "clinic_departure", Subject: clinic}, d.change(by)
}
func (d stageDestruction) Shred(_ context.Context, id string, _ ShredBody, by audit.Actor) (Attestation, error) {
	return Attestation{Kind: "shred", Subject: id}, d.change(by)
}
func (stageDestruction) Attestations(context.Context) ([]Attestation, error) { return nil, nil }

func init() {
	example["retire-key"] = `{"purpose":"recordings","clinic":"harbor","version":1}`
	example["rotate-root"] = `{"passphrases":{"s1":"a passphrase of this spring"}}`
	example["add-slot"] = `{"type":"passphrase","passphrase":"a passphrase of this spring"}`
	example["change-slot"] = `{"type":"passphrase","passphrase":"a passphrase of this spring"}`
	example["note-rescue"] = `{"file_id":"00112233445566778899aabbccddeeff","set":"0000000-000000","reason":"records request"}`
	example["depart-clinic"] = `{"proposal":"p1","folder":"/mnt/export/harbor","public":"AAAA"}`
	example["shred-recording"] = `{"proposal":"p1"}`
}
