#!/bin/sh
# Prints a book for load runs: N clinics, each with one number that rings one agent of its own; answered when the agent
# answers, no greeting, no announcement, recorded.  usage: loadbook.sh N
set -eu
awk -v n="${1:?number of agents}" 'BEGIN {
	print "format = 1\ncatch_all = \"c0000\""
	print "[[trunks]]\nid = \"carrier\"\nname = \"Load\"\ncertificate = [\"carrier.demo.nightbell.test\"]"
	for (i = 0; i < n; i++) {
		k = sprintf("%04d", i)
		printf "[[clinics]]\nid = \"c%s\"\nname = \"Clinic %s\"\nzone = \"America/New_York\"\ngreeting = \"\"\nannounce = \"\"\n", k, k
		printf "last_resort = \"last_resort\"\nrecord = true\n[[clinics.closed]]\nname = \"agent\"\npeople = [\"agent%s\"]\nring = \"20s\"\n", k
		printf "[[numbers]]\nnumber = \"+1212555%s\"\nclinic = \"c%s\"\nanswer = \"when_agent_answers\"\n", k, k
		printf "[[people]]\nid = \"agent%s\"\nname = \"Agent %s\"\n[[devices]]\nuser = \"agent%s\"\nperson = \"agent%s\"\n", k, k, k, k
	}
}'
