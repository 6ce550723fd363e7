//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/hotp"

	"seatbridge/command/commandtest"
)

// signingIn is a journey of Mira's through the ways to sign in, at an address at which browsers have passkeys.
type signingIn struct {
	*journey
	y   *year
	now time.Time
}

func newSigningIn(t *testing.T) *signingIn {
	y := newYear(t)
	panel := strings.Replace(y.serve(), "127.0.0.1", "localhost", 1)
	j := &journey{browser: newBrowser(t), panel: panel, printed: map[string]string{
		"Open": panel, "Sign in with": mira, "Password": commandtest.OwnerPassword,
	}}
	s := &signingIn{journey: j, y: y}
	s.at("10:00:00")
	j.do("setting the window's size", chromedp.EmulateViewport(1440, 900))
	return s
}

// at turns the clock to a time of the day.
func (s *signingIn) at(clock string) {
	s.y.SetTime("2026-02-09 " + clock)
	s.now = s.y.Time()
}

// code is what Mira's authenticator app shows.
func (s *signingIn) code(secret string) string {
	code, err := hotp.GenerateCode(strings.ReplaceAll(secret, " ", ""), uint64(s.now.Unix()/30))
	commandtest.Must(s.t, err)
	return code
}

func (s *signingIn) signOut() {
	s.click("Account of Mira Vale")
	s.clickIn("#user-menu", "Sign out")
	s.see("h1", "Sign in")
}

// password enters address and password.
func (s *signingIn) password() {
	s.open(s.panel)
	s.fill("E-mail address", mira)
	s.fill("Password", commandtest.OwnerPassword)
	s.clickIn("form", "Sign in")
}

// addDevice gives the browser a device that keeps passkeys.
func (s *signingIn) addDevice() webauthn.AuthenticatorID {
	_, err := chromedp.Call(s.ctx, webauthn.Enable, webauthn.EnableParams{})
	commandtest.Must(s.t, err)
	added, err := chromedp.Call(s.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: "ctap2", Transport: "internal", HasResidentKey: true, HasUserVerification: true,
			IsUserVerified: true, AutomaticPresenceSimulation: true,
		},
	})
	commandtest.Must(s.t, err)
	return added.AuthenticatorID
}

// TestJourneySigningIn sets up an authenticator app and a passkey, and signs in with a code, a recovery code, a passkey as second step
// and a passkey alone; it is asked again before an API token is made, and loses nothing of what was entered.
func TestJourneySigningIn(t *testing.T) {
	s := newSigningIn(t)
	defer s.close()
	s.password()
	s.see("h1", "Overview")
	secret := s.setUpApp()
	codes := s.texts("#recovery-codes")
	s.signOut()
	s.picture("sign-in")

	s.at("10:00:30")
	s.password()
	s.see("h1", "Second step")
	s.picture("second-step")
	s.refused++
	s.fill("Code of your authenticator app", "000000")
	s.click("Confirm")
	s.see(".problem", "This code is not right")
	s.fill("Code of your authenticator app", s.code(secret))
	s.click("Confirm")
	s.see("h1", "Overview")
	s.signOut()

	s.password()
	s.see("h1", "Second step")
	s.fill("Code of your authenticator app", strings.Fields(codes[0])[0])
	s.click("Confirm")
	s.see("h1", "Overview")
	s.open(s.panel + "/settings/second-factor")
	s.see("[data-testid=recovery-left]", "9 of 10 are left")
}

func (s *signingIn) setUpApp() (secret string) {
	s.clickIn("nav", "Settings")
	s.see("[data-testid=factor-summary]", "You have none")
	s.picture("settings")
	s.clickIn("#second-factor", "Set up")
	s.see("h1", "Second factor")
	s.picture("second-factor-none")
	s.clickIn("#authenticator", "Set up an app")
	s.see("#authenticator", "Scan this with the app")
	s.picture("authenticator")
	secret = s.texts("[data-testid=secret]")[0]
	s.fill("Code that the app shows", s.code(secret))
	s.click("Confirm app")
	s.see("[data-testid=recovery-codes]", "They are shown only now")
	s.picture("recovery-codes")
	return secret
}

// TestJourneyPasskeys signs in with a passkey as the second step and alone, confirms by one, and is refused with a forged one.
func TestJourneyPasskeys(t *testing.T) {
	s := newSigningIn(t)
	defer s.close()
	device := s.addDevice()
	s.password()
	s.see("h1", "Overview")
	s.open(s.panel + "/settings/second-factor")
	s.fill("Name of the new passkey", "Work laptop")
	s.click("Add a passkey")
	s.see("[data-testid=recovery-codes]", "They are shown only now")
	s.see("[data-testid=passkey]", "Work laptop")
	s.picture("passkey")
	s.signOut()

	s.password()
	s.see("h1", "Second step")
	s.click("Use a passkey")
	s.see("h1", "Overview")
	s.signOut()
	s.click("Use a passkey")
	s.see("h1", "Overview")

	s.at("10:16:00")
	s.open(s.panel + "/settings/api")
	s.fill("Name", "Nightly import")
	s.clickWhere("the scope", "main input[type=checkbox]", "e.value === 'usage:read'")
	s.click("Make token")
	s.see("[data-testid=proof]", "Make an API token")
	s.picture("proof")
	s.click("Use a passkey")
	s.see("[data-testid=new-token]", "Nightly import")
	s.signOut()

	bogus := true
	_, err := chromedp.Call(s.ctx, webauthn.SetResponseOverrideBits, webauthn.SetResponseOverrideBitsParams{AuthenticatorID: device, IsBogusSignature: &bogus})
	commandtest.Must(t, err)
	s.refused++
	s.click("Use a passkey")
	s.see("[data-testid=notice]", "does not belong to an active account")
	bogus = false
	_, err = chromedp.Call(s.ctx, webauthn.SetResponseOverrideBits, webauthn.SetResponseOverrideBitsParams{AuthenticatorID: device, IsBogusSignature: &bogus})
	commandtest.Must(t, err)
	_, err = chromedp.Call(s.ctx, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: device})
	commandtest.Must(t, err)
	s.open(s.panel + "/signin")
	s.click("Use a passkey") // the device is not sure who sits there
	s.see("[data-passkey-problem]", "The browser got no passkey")
}
