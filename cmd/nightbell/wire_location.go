package main

import (
	"encoding/xml"
	"time"

	"nightbell/policy"
)

// presence is a PIDF-LO document with a civic address (RFC 4119, RFC 5139): where an emergency caller is.
type presence struct {
	XMLName xml.Name `xml:"urn:ietf:params:xml:ns:pidf presence"`
	Entity  string   `xml:"entity,attr"`
	Tuple   tuple    `xml:"tuple"`
}

type tuple struct {
	ID     string    `xml:"id,attr"`
	Where  geopriv   `xml:"status>urn:ietf:params:xml:ns:pidf:geopriv10 geopriv"`
	Stamps time.Time `xml:"timestamp"`
}

type geopriv struct {
	Civic  civic  `xml:"location-info>urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr civicAddress"`
	Rules  string `xml:"usage-rules"`
	Method string `xml:"method"`
}

type civic struct {
	Country string `xml:"country"`
	State   string `xml:"A1,omitempty"`
	City    string `xml:"A3,omitempty"`
	Street  string `xml:"RD,omitempty"`
	House   string `xml:"HNO,omitempty"`
	Floor   string `xml:"FLR,omitempty"`
	Postal  string `xml:"PC,omitempty"`
	Room    string `xml:"ROOM,omitempty"`
}

// locationOf is the dispatchable location of a device by any of its names, else the house's; nil: neither is known.
func locationOf(line policy.EmergencyLine, names []string, now time.Time) []byte {
	var l policy.Location
	known := false
	for _, name := range append(names, "") {
		if l, known = line.Locations[name]; known {
			break
		}
	}
	if !known {
		return nil
	}
	doc := presence{Entity: "pres:" + line.CallBack + "@nightbell.invalid", Tuple: tuple{ID: "caller", Stamps: now.UTC().Truncate(time.Second),
		Where: geopriv{Method: "Manual", Civic: civic{Country: l.Country, State: l.State, City: l.City, Street: l.Street, House: l.House,
			Floor: l.Floor, Postal: l.Postal, Room: l.Room}}}}
	out, err := xml.Marshal(doc)
	if err != nil {
		return nil // no value of it can fail
	}
	return append([]byte(xml.Header), out...)
}
