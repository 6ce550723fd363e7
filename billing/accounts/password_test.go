package accounts

import (
	"strings"
	"testing"

	"github.com/alexedwards/argon2id"
)

func TestPasswordProblem(t *testing.T) {
	t.Parallel()
	olga := Of{Email: "olga.smith@fernhollow.example", Name: "Olga Smith", MSP: "Fernhollow IT Services"}
	for password, want := range map[string]string{
		"":                                 "Choose a password.",
		"short":                            "at least 12 characters",
		strings.Repeat("x", 2000):          "at most 1024",
		"abababababab":                     "repeats the same few characters",
		"\xff\xfe\xff\xfe\xff\xfe\xff\xfe": "cannot be read",
		"my Fernhollow secret":             "“Fernhollow”",
		"FERN-hollow it services 9":        "“Fernhollow IT Services”",
		"SeatBridge is my panel":           "“seatbridge”",
		"nord pass forever":                "“nordpass”",
		"olga_smith_2026!":                 "“olga.smith”",
		"123qweasdzxc":                     "Many people use this password",
		"1QAZ2wsx3edc":                     "Many people use this password",
		"password12345":                    "Many people use this password",
		"!!Passw0rd!!2026":                 "Many people use this password",
		"P@$$w0rd2026!":                    "Many people use this password",
		"monkeymonkeymonkey":               "Many people use this password",
		"198402151984":                     "Many people use this password",
		"correct horse battery staple":     "",
		"services that nobody guesses":     "",
		"eleven green umbrellas sing":      "",
		"a long enough secret":             "",
		"пароль из нескольких слов": "",
		"k9#vT2!mQ8zLwe":                    "",
		"passwordless harbour violin train": "",
	} {
		got := PasswordProblem(password, olga)
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
}

// Names of less than four letters, and none, forbid nothing.
func TestShortNamesForbidNothing(t *testing.T) {
	t.Parallel()
	for _, of := range []Of{{}, {Email: "al@b.example", Name: "Al", MSP: "IT"}, {MSP: "Blue River"}} {
		if got := PasswordProblem("italian blue albatross", of); got != "" {
			t.Errorf("%+v: %q", of, got)
		}
	}
}

// Every password of the list that is long enough to be chosen is refused, in any case.
func TestCommonPasswords(t *testing.T) {
	t.Parallel()
	long := 0
	for password := range commonPasswords() {
		if len(password) < minPassword {
			continue
		}
		long++
		if PasswordProblem(strings.ToUpper(password), Of{}) == "" {
			t.Errorf("%q may be chosen", password)
		}
	}
	if long < 290 {
		t.Errorf("the list has %d passwords of %d and more characters", long, minPassword)
	}
	if len(commonText) > 200_000 {
		t.Errorf("the list has %d bytes", len(commonText))
	}
}

// The stand-in for a missing account must cost what a real comparison costs.
func TestDummyHash(t *testing.T) {
	t.Parallel()
	params, salt, key, err := argon2id.DecodeHash(dummyHash)
	if err != nil {
		t.Fatal(err)
	}
	want := hashing()
	if *params != *want || len(salt) != int(want.SaltLength) || len(key) != int(want.KeyLength) {
		t.Errorf("dummy hash costs %+v, real ones %+v", *params, *want)
	}
}

func TestPasswordRules(t *testing.T) {
	t.Parallel()
	for password, ok := range map[string]bool{
		"":                               false,
		"elevenchars":                    false,
		"twelve chars":                   true,
		"correct horse battery staple":   true,
		"olga@example.com":               false,
		"OLGA@example.com":               false,
		"Olga Ostrova":                   false,
		"aaaaaaaaaaaaaaaa":               false,
		"abababababababab":               false,
		"password12345":                  false,
		"Passw0rd!!!!":                   false,
		"123456123456":                   false,
		"seatbridge123":                  false,
		strings.Repeat("x y z ", 200):    false,
		"invalid \xff utf-8 text":        false,
		"zwölf Zeichen":                  true,
		"password of a long, odd phrase": true,
	} {
		if problem := PasswordProblem(password, Of{Email: "olga@example.com", Name: "Olga Ostrova"}); (problem == "") != ok {
			t.Errorf("PasswordProblem(%q) = %q", password, problem)
		}
	}
}
