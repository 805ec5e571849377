package main

import (
	"cmp"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"nightbell/policy"
	"nightbell/sip"
	"nightbell/store"
)

// This file is how phones prove who they are while the keys are sealed, for one thing alone: to call 911. Where the house has
// an emergency trunk, its bundle holds what a registrar compares with: the fingerprint of a certificate, or the digest's
// A1, which opens that phone's registration here and nothing else. Devices are named by a hash.

// bundlePhone is one device.
type bundlePhone struct {
	Name        string    `json:"name"` // phoneName
	Mark        string    `json:"mark"`
	Certificate string    `json:"certificate,omitempty"`
	A1          string    `json:"a1,omitempty"`
	MD5Until    time.Time `json:"md5_until,omitzero"`
	MD5         string    `json:"md5,omitempty"` // A1 of the exception
}

// phoneName names a device in the bundle.
func phoneName(instance, user string) string {
	sum := sha256.Sum256([]byte("phone\x00" + instance + "\x00" + user))
	return hex.EncodeToString(sum[:16])
}

// markOf is another one with every credential, and says nothing of whose it is.
func markOf(d store.Device) string {
	sum := sha256.Sum256([]byte(d.User + "\x00" + d.Person + "\x00" + d.Enrolled.Format(time.RFC3339Nano)))
	return hex.EncodeToString(sum[:12])
}

// bundlePhones are the devices that may register while sealed; none where 911 cannot leave the house anyway.
func (o *office) bundlePhones(ctx context.Context, b *policy.Book) (all []bundlePhone, err error) {
	if b.Emergency.Trunk == "" {
		return nil, nil
	}
	devices, err := o.Store.Devices(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range devices {
		if !d.HasSecret || !d.Revoked.IsZero() {
			continue
		}
		credential, err := o.Store.DeviceSecret(ctx, d.User)
		if err != nil {
			return nil, err
		}
		all = append(all, o.bundlePhone(d, string(credential)))
	}
	slices.SortFunc(all, func(a, b bundlePhone) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

func (o *office) bundlePhone(d store.Device, credential string) bundlePhone {
	p := bundlePhone{Name: phoneName(o.Store.Instance(), d.User), Mark: markOf(d)}
	if fingerprint, ok := strings.CutPrefix(credential, certificateMark); ok {
		p.Certificate = fingerprint
		return p
	}
	a1 := []byte(d.User + ":" + cmp.Or(o.Config.Realm, "nightbell") + ":" + credential)
	strong := sha256.Sum256(a1)
	p.A1 = hex.EncodeToString(strong[:])
	if !d.MD5Until.IsZero() {
		weak := md5.Sum(a1)
		p.MD5Until, p.MD5 = d.MD5Until, hex.EncodeToString(weak[:])
	}
	return p
}

// unnamed is an emergency line whose locations name no device.
func unnamed(line policy.EmergencyLine, instance string) policy.EmergencyLine {
	out := line
	out.Locations = map[string]policy.Location{}
	for _, device := range slices.Sorted(maps.Keys(line.Locations)) {
		name := device
		if device != "" {
			name = phoneName(instance, device)
		}
		out.Locations[name] = line.Locations[device]
	}
	if len(out.Locations) == 0 {
		out.Locations = nil
	}
	return out
}

// phonesOf looks a device up in the bundle; nil: no phone may register while sealed.
func phonesOf(b *bundle) func(user string) (sip.Device, bool) {
	if len(b.Phones) == 0 {
		return nil
	}
	return func(user string) (sip.Device, bool) {
		name := phoneName(b.Instance, user)
		i := slices.IndexFunc(b.Phones, func(p bundlePhone) bool { return p.Name == name })
		if i < 0 {
			return sip.Device{}, false
		}
		p := b.Phones[i]
		d := sip.Device{User: user, Mark: p.Mark, Certificate: p.Certificate, MD5Until: p.MD5Until, A1: true}
		if p.Certificate == "" {
			d.Secret = func() string {
				if time.Now().Before(p.MD5Until) {
					return p.MD5
				}
				return p.A1
			}
		}
		return d, true
	}
}
