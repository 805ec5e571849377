package seal

import (
	"crypto/fips140"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Everything stored is sealed in the validated module when the program runs in FIPS mode. The stories run again in a
// process of that mode; Argon2id runs there too, outside the module, and is not claimed.
func TestFIPSModeTellsTheSameStories(t *testing.T) {
	if fips140.Enabled() {
		return // this is that process, or the whole run is in that mode
	}
	stories := []string{
		"TestVectors", "TestRotationSurvivesRestarts", "TestACellOpensInItsPlaceAlone", "TestIndexIsBlindAndPerClinic",
		"TestPassphraseOpensTheSameRoot", "TestSpoolOutlivesARotation", "TestCredentialComesFromSystemd",
		"TestWhatHappensWhileSealedIsReadOnceOpen",
		"TestSharesOpenALostHouse", "TestSharesOpenARecordingWithoutTheHouse", "TestEscrowVectors", "TestANewRootTakesOverEveryKey",
		"TestTheMachineItselfOpensRoot",
	}
	cmd := exec.Command(os.Args[0], "-test.v", "-test.run", "^("+strings.Join(stories, "|")+")$")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=on")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, story := range stories {
		if !strings.Contains(string(out), "--- PASS: "+story) {
			t.Errorf("%s was not told", story)
		}
	}
}
