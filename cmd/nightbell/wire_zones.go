package main

import "nightbell/policy"

// Zones is the zone data that holds now. Ask it once for one thought: a reload may put another in its place.
func (o *office) Zones() *policy.Zones { return o.zones.Load() }
