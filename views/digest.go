package views

// DigestForm is how often somebody gets a digest. Field: digest.
type DigestForm struct {
	Every    string // off, daily or weekly
	Mailed   bool   // there is a mail server to send it with
	Problems Problems
}

// about is what stands in the reader's digest.
func (f DigestForm) about(l Layout) string {
	if !l.manages() {
		return "Trials that end soon, and organizations whose seats rise or fall unusually, in one mail."
	}
	return "What waits for approval, what is open of months, organizations without a mapping, sources that failed or grew old, trials that " +
		"end and seats that rise or fall unusually: in one mail, which says what is new."
}

// setUp is what to do where no mail can be sent.
func (f DigestForm) setUp(l Layout) string {
	if l.manages() {
		return "Add an e-mail channel; its mail server sends the digests, too. What you choose here is kept."
	}
	return "Ask an Owner or Admin to add an e-mail channel under Settings › Notifications. What you choose here is kept."
}

func (f DigestForm) setUpLabel(l Layout) string {
	if l.manages() {
		return "Notifications"
	}
	return ""
}

func (f DigestForm) setUpURL(l Layout) string {
	if l.manages() {
		return NotificationsPath
	}
	return ""
}
