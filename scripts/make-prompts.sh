#!/bin/sh
# Speaks the built-in prompts and the two test voices anew: 8 kHz mono PCM16 WAV, normalised, with a short breath of
# silence at both ends. Needs Debian's espeak-ng and sox. The results are committed; run it only to change a text.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# speak FILE VOICE WORDS_A_MINUTE PITCH TEXT
speak() {
	espeak-ng -v "$2" -s "$3" -p "$4" -w "$work/raw.wav" "$5"
	sox "$work/raw.wav" -r 8000 -c 1 -b 16 -e signed-integer -R "$1" \
		highpass 120 lowpass 3400 silence 1 0.01 0.1% reverse silence 1 0.01 0.5% reverse gain -n -4 pad 0.2 0.3
}

prompt() { speak "media/prompts/$1.wav" en-us+f3 145 50 "$2"; }

prompt greeting "Thank you for calling. Please stay on the line, and we will be with you in a moment."
prompt announcement "This call may be recorded."
prompt please_hold "Please hold."
prompt last_resort "All of our staff are helping other callers. If this is an emergency, hang up and dial 9 1 1. Please call again in a few minutes."
prompt starting "This is the answering service. Our system is starting. If this is an emergency, hang up and dial 9 1 1. Please stay on the line, you are being connected."
prompt starting_alone "This is the answering service. Our system is starting. If this is an emergency, hang up and dial 9 1 1. Please call again in a few minutes."
prompt emergency "If this is a medical emergency, hang up now and dial 9 1 1."
prompt phone_no_911 "This phone cannot reach 9 1 1. Use another telephone, now."
prompt phone_not_allowed "This number cannot be called from this phone."
prompt phone_not_ready "Please make yourself ready first. Dial star 1 0."
prompt phone_no_way "This call cannot be made at the moment. Please try again later."
prompt phone_sealed "Our system is starting. Only emergency calls can be made from this phone."
prompt desk_pin "Please enter your pin, and then the pound key."
prompt desk_code "Please enter the code of your authenticator."
prompt desk_wrong "That was not right."
prompt desk_ready "You are ready. Calls will come to this phone."
prompt desk_not_ready "You are not ready any more."
prompt desk_refused "You cannot be made ready. Please ask your supervisor."
prompt nightbell_call "This is the answering service with a call for"
prompt a_clinic "a clinic."
prompt urgency_routine "The call is routine."
prompt urgency_urgent "The call is urgent."
prompt urgency_emergency "The call is an emergency."
prompt patch_keys "To take the call, press 1. To decline, press 2. To hear this again, press 3."
prompt call_taken "Somebody else has taken the call. Thank you."
prompt call_declined "Thank you. We will ask the next person."
prompt call_not_yours "That was not right. A person of our staff will call you."
prompt patch_nobody "Nobody took the call."
prompt still_trying "We are trying to reach the person on call for you. Please stay on the line."
prompt voicemail "Nobody can take your call at the moment. If this is an emergency, hang up and dial 9 1 1. Please leave your name, your number, and a message after the tone. Press pound when you are done."
sox -n -r 8000 -c 1 -b 16 -e signed-integer -R media/prompts/voicemail_beep.wav synth 0.5 sine 880 gain -12 fade t 0.02 0.5 0.05
prompt voicemail_keep "To keep your message, press 1, or hang up. To say it again, press 2."
prompt voicemail_thanks "Thank you. Your message is kept, and the clinic is told."
prompt call_lost "The connection was lost. Please call again."
prompt far_busy "The line is busy."
prompt far_no_answer "There was no answer."
prompt far_unreachable "The number cannot be reached."
prompt alarm_call "This is the answering service with an alarm about patients who wait for an answer."
prompt alarm_keys "To take it, press 1. To pass it on, press 2."
prompt alarm_taken "Thank you. The alarm is yours."
prompt clinician_nobody "Nobody has asked for you."

prompt all_busy "All of our lines are busy at the moment."
prompt you_are_number "You are number"
prompt many_before_you "There are more than twenty callers before you."
prompt expected_wait "The expected waiting time is about"
prompt minute "minute."
prompt minutes "minutes."
prompt long_wait "The waiting time is more than twenty minutes."
prompt call_back_number "Please enter the number at which we can call you, with the area code, and then the pound key."
prompt call_back_promised "Thank you. You keep your place, and we will call you back. Good bye."
prompt call_back "Call back."
for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	prompt "number_$n" "$n"
done

mkdir -p testdata/audio media/mediatest/voices
speak "$work/caller.wav" en-gb+m3 150 35 "Hello, this is the caller. My test number ends in zero one zero zero. I am calling about the blue umbrella that I left on the morning train, and I would like to know whether somebody has found it."
speak "$work/agent.wav" en-us+f2 165 65 "Good evening, you have reached the answering desk. We keep a list of everything that is handed in. Could you please describe the handle, the colour, and the maker, while I look through the book for you?"
for voice in caller agent; do
	sox "$work/$voice.wav" -R "testdata/audio/$voice.wav" trim 0 8.5
	cp "testdata/audio/$voice.wav" "media/mediatest/voices/$voice.wav"
done
