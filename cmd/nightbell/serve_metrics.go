package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"nightbell/call"
)

// figure is one metric that is read from a room when it is asked for. No label holds an id of a person, a number or a
// name; clinics and trunks are labels of the console, not of metrics.
type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func() float64
}

type figures []figure

func (fs figures) Describe(ch chan<- *prometheus.Desc) {
	for _, f := range fs {
		ch <- f.desc
	}
}

func (fs figures) Collect(ch chan<- prometheus.Metric) {
	for _, f := range fs {
		ch <- prometheus.MustNewConstMetric(f.desc, f.kind, f.read())
	}
}

// register gives every figure to the registry.
func (s *server) register(r *prometheus.Registry) {
	fs := figures{}
	gauge := func(name, help string, read func() float64) {
		fs = append(fs, figure{prometheus.NewDesc("nightbell_"+name, help, nil, nil), prometheus.GaugeValue, read})
	}
	counter := func(name, help string, read func() float64) {
		fs = append(fs, figure{prometheus.NewDesc("nightbell_"+name+"_total", help, nil, nil), prometheus.CounterValue, read})
	}
	gauge("calls", "Calls that run now.", func() float64 { return float64(s.board.Running()) })
	gauge("calls_talking", "Calls in conversation now.", func() float64 { return float64(s.talking()) })
	counter("calls", "Calls taken since the start.", func() float64 { return float64(s.board.Total()) })
	gauge("bindings", "Live bindings of devices.", func() float64 { return float64(len(s.sip.Bindings())) })
	gauge("alarms", "Alarms that stand now.", func() float64 { return float64(len(s.alarms.list())) })
	counter("captured", "Messages copied to the capture server.", func() float64 { return float64(s.sip.Captured().Sent) })
	counter("captures_dropped", "Copies that the capture server did not take.", func() float64 { return float64(s.sip.Captured().Dropped) })
	counter("recordings", "Recordings begun.", func() float64 { return float64(s.recorder.counts.started.Load()) })
	counter("recordings_broken", "Recordings that broke off.", func() float64 { return float64(s.recorder.counts.broken.Load()) })
	gauge("certificate_expiry_seconds", "Seconds until the listeners' certificate ends.", s.certificateLeft)
	gauge("zone_data_age_seconds", "Age of the zone data.", func() float64 { return s.office.Zones().Age(time.Now()).Seconds() })
	s.gapFigures(gauge)
	s.gateFigures(gauge)
	s.queueFigures(gauge, counter)
	s.liveFigures(gauge, counter)
	s.sipFigures(gauge, counter)
	s.mediaFigures(gauge, counter)
	s.journalFigures(gauge, counter)
	s.proofFigures(gauge, counter)
	gauge("backup_age_seconds", "Age of the last backup; -1 where there is none.", s.backupAge)
	r.MustRegister(fs, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

// registerSealed gives the figures that are there before the keys are open.
func (s *server) registerSealed(r *prometheus.Registry) {
	fs := figures{}
	gauge := func(name, help string, read func() float64) {
		fs = append(fs, figure{prometheus.NewDesc("nightbell_"+name, help, nil, nil), prometheus.GaugeValue, read})
	}
	gauge("sealed", "1 while the keys are sealed and callers are led to their clinic's fallback.", func() float64 {
		if s.sealed.Load() != nil {
			return 1
		}
		return 0
	})
	gauge("sealed_calls", "Calls that run now and began while the keys were sealed.", func() float64 {
		if s.emergency == nil {
			return 0
		}
		return float64(s.emergency.board.Running())
	})
	r.MustRegister(fs)
}

type metric func(name, help string, read func() float64)

func (s *server) sipFigures(gauge, counter metric) {
	gauge("sip_flows", "Connections of trunks and phones.", func() float64 { return float64(s.sip.Counters().Flows) })
	gauge("carriers_up", "Carriers that take calls of ours.", func() float64 { return s.carriersUp(true) })
	gauge("carriers_down", "Carriers that are down.", func() float64 { return s.carriersUp(false) })
	gauge("sip_legs", "Dialogs that live now.", func() float64 { return float64(s.sip.Totals().Legs) })
	counter("sip_invites", "INVITEs of known trunks.", func() float64 { return float64(s.sip.Totals().Invites) })
	counter("sip_refreshes", "Bindings refreshed.", func() float64 { return float64(s.sip.Totals().Refreshes) })
	counter("sip_wrong_answers", "Wrong answers to digest challenges.", func() float64 { return float64(s.sip.Totals().WrongAnswers) })
	counter("sip_silent", "Requests of strangers that got no byte.", func() float64 { return float64(s.sip.Totals().Silent) })
	counter("sip_overloads", "INVITEs over a trunk's limit.", func() float64 { return float64(s.sip.Totals().Overloads) })
	wire := s.sip.Counters
	counter("sip_handshakes_refused", "TLS handshakes that came to nothing.", func() float64 { return float64(wire().HandshakesRefused) })
	counter("sip_addresses_refused", "Connections and datagrams that were not let in.", func() float64 { return float64(wire().AddressesRefused) })
	counter("sip_unidentified", "Connections closed because nobody said who was there.", func() float64 { return float64(wire().Unidentified) })
	counter("sip_slow_readers", "Connections closed because they did not read.", func() float64 { return float64(wire().SlowReaders) })
	counter("sip_invalid", "Messages refused for what they were.", func() float64 { return float64(wire().Invalid) })
	counter("sip_unframed", "Connections closed because they made no sense.", func() float64 { return float64(wire().Unframed) })
	counter("sip_rate_dropped", "Datagrams over the rate of their sender.", func() float64 { return float64(wire().RateDropped) })
	counter("sip_drained", "INVITEs refused while draining.", func() float64 { return float64(wire().Drained) })
	counter("sip_crowded", "Requests refused because too many on one connection wait for an answer.", func() float64 { return float64(wire().Crowded) })
	counter("sip_panics", "Defects of ours, caught.", func() float64 { return float64(wire().Panics) })
	counter("sip_late_answers", "2xx that nobody wanted: acknowledged and ended.", func() float64 { return float64(s.sip.Totals().LateAnswers) })
}

func (s *server) mediaFigures(gauge, counter metric) {
	t := s.media.Totals
	gauge("media_sessions", "Sessions that live now.", func() float64 { return float64(t().Sessions) })
	gauge("media_ports_free", "UDP ports that can be had now.", func() float64 { return float64(t().PortsFree) })
	counter("media_received", "RTP packets received and authenticated.", func() float64 { return float64(t().Received) })
	counter("media_sent", "RTP packets sent.", func() float64 { return float64(t().Sent) })
	counter("media_lost", "RTP packets that never came.", func() float64 { return float64(t().Lost) })
	counter("media_auth_failed", "Packets with a wrong tag.", func() float64 { return float64(t().AuthFailed) })
	counter("media_replayed", "Packets sent a second time.", func() float64 { return float64(t().Replayed) })
	counter("media_plaintext", "Packets that are not SRTP.", func() float64 { return float64(t().Plaintext) })
	counter("media_wrong_source", "Packets from elsewhere.", func() float64 { return float64(t().WrongSource) })
	counter("media_silences", "Times a party was silent for five seconds.", func() float64 { return float64(t().Silences) })
}

func (s *server) journalFigures(gauge, counter metric) {
	c := s.journal.Counters
	gauge("journal_waiting", "Entries that wait for the database.", func() float64 { return float64(c().Waiting + c().Held) })
	counter("journal_filed", "Entries in the database.", func() float64 { return float64(c().Filed) })
	counter("journal_spooled", "Entries that went to the sealed spool.", func() float64 { return float64(c().Spooled) })
	counter("journal_lost", "Entries lost: memory and spool were full.", func() float64 { return float64(c().Lost) })
}

func (s *server) talking() int {
	n := 0
	for _, v := range s.board.Live() {
		if v.State == call.Talking {
			n++
		}
	}
	return n
}

func (s *server) certificateLeft() float64 {
	pair, err := certificate(s.office.Config.serverCertificate())()
	if err != nil || pair.Leaf == nil {
		return 0
	}
	return time.Until(pair.Leaf.NotAfter).Seconds()
}
