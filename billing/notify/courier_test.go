package notify

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"seatbridge/billing/notify/notifytest"
	"seatbridge/internal/outbound"
	"seatbridge/store"
)

func testCourier() courier {
	c := newCourier(time.Now, outbound.Private)
	c.timeout = 5 * time.Second
	return c
}

// runNews is a message that has everything, with characters that each receiver could misread.
func runNews() Message {
	m := NewMessage(at("2026-11-01 00:34:00"), "Monthly sync of October 2026: 2 lines to look at",
		"<@ada_lovelace_b> started it on 1 November 2026 at 00:30 UTC; it took 4m0s.",
		"Written: 41 lines, 1260 seats now instead of 1200.",
		"Held: 2 lines. Approve or reject them on the run's page.")
	m.URL = "https://panel.example.com/runs/7"
	m.Run = json.RawMessage(`{"id":7,"month":"2026-10","counts":{"written":41,"held":2},"seats_before":"1200","seats_after":"1260"}`)
	m.Facts = []Fact{{Name: "Month", Value: "October 2026"}, {Name: "Started by", Value: "<@ada_lovelace_b>"}, {Name: "Written", Value: "41"}, {Name: "Held", Value: "2"}}
	return m
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	r := notifytest.NewReceiver(t)
	c := store.Channel{Kind: store.ChannelWebhook, URL: r.URL + "/hook"}
	key := []byte("0123456789abcdef01234567")
	for _, secret := range []string{"", string(key), "whsec_" + base64.StdEncoding.EncodeToString(key)} {
		c.Secret = secret
		if err := testCourier().send(t.Context(), c, runNews()); err != nil {
			t.Fatal(err)
		}
		got := r.Take()[0]
		if got.Header.Get("Content-Type") != "application/json" || got.Header.Get("User-Agent") != "Seatbridge" {
			t.Errorf("headers %v", got.Header)
		}
		mac := hmac.New(sha256.New, key)
		io.WriteString(mac, got.Header.Get("webhook-id")+"."+got.Header.Get("webhook-timestamp")+"."+got.Body)
		want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		if secret == "" {
			want = ""
		}
		if signed := got.Header.Get("webhook-signature"); signed != want {
			t.Errorf("signature %q, want %q", signed, want)
		}
		var body map[string]any
		if err := json.Unmarshal([]byte(got.Body), &body); err != nil {
			t.Fatal(err)
		}
		run := body["run"].(map[string]any)
		if _, told := body["facts"]; told {
			t.Errorf("a webhook has the figures themselves, and need not be told facts: %s", got.Body)
		}
		if body["id"] != got.Header.Get("webhook-id") || body["at"] != "2026-11-01T00:34:00Z" || run["month"] != "2026-10" || run["seats_after"] != "1260" || run["counts"].(map[string]any)["held"] != 2.0 {
			t.Errorf("body %s", got.Body)
		}
	}
}

func TestSlack(t *testing.T) {
	t.Parallel()
	r := notifytest.NewReceiver(t)
	if err := testCourier().send(t.Context(), store.Channel{Kind: store.ChannelSlack, URL: r.URL}, runNews()); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Text   string
		Blocks []struct {
			Type   string
			Text   struct{ Type, Text string }
			Fields []struct{ Type, Text string }
		}
	}
	if err := json.Unmarshal([]byte(r.Take()[0].Body), &got); err != nil {
		t.Fatal(err)
	}
	if got.Text != "Monthly sync of October 2026: 2 lines to look at" || len(got.Blocks) != 4 || got.Blocks[0].Type != "header" {
		t.Fatalf("message %+v", got)
	}
	for _, text := range []struct{ Type, Text string }{got.Blocks[0].Text, got.Blocks[1].Text, got.Blocks[2].Fields[0]} {
		if text.Type != "plain_text" {
			t.Errorf("%q is %s, and could be read as a link or mention", text.Text, text.Type)
		}
	}
	notifytest.WantParts(t, got.Blocks[1].Text.Text, "<@ada_lovelace_b> started it", "Written: 41 lines, 1260 seats now instead of 1200.", "Held: 2 lines.")
	if link := got.Blocks[3].Text; link.Text != "<https://panel.example.com/runs/7|Open in Seatbridge>" {
		t.Errorf("link %+v", link)
	}
	long := NewMessage(at("2026-11-01 00:00:00"), strings.Repeat("é", 200), strings.Repeat("é", 4000))
	if header := slackMessage(long).Blocks.BlockSet[0]; header.BlockType() != "header" {
		t.Errorf("%+v", header)
	}
	encoded, err := json.Marshal(slackMessage(long))
	if err != nil || strings.Count(string(encoded), "é") != 200+149+2999 {
		t.Errorf("%d characters (%v), more than Slack takes", strings.Count(string(encoded), "é"), err)
	}
}

func TestTeams(t *testing.T) {
	t.Parallel()
	r := notifytest.NewReceiver(t)
	r.Answer(http.StatusAccepted, "", nil)
	if err := testCourier().send(t.Context(), store.Channel{Kind: store.ChannelTeams, URL: r.URL}, runNews()); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Type        string
		Attachments []struct {
			ContentType string
			Content     struct {
				Type, Version string
				Body          []struct {
					Type, Text string
					Facts      []struct{ Title, Value string }
				}
				Actions []struct{ Type, URL string }
			}
		}
	}
	if err := json.Unmarshal([]byte(r.Take()[0].Body), &got); err != nil {
		t.Fatal(err)
	}
	if got.Type != "message" || len(got.Attachments) != 1 || got.Attachments[0].ContentType != "application/vnd.microsoft.card.adaptive" {
		t.Fatalf("message %+v", got)
	}
	card := got.Attachments[0].Content
	if card.Type != "AdaptiveCard" || card.Actions[0].Type != "Action.OpenUrl" || card.Actions[0].URL != "https://panel.example.com/runs/7" {
		t.Errorf("card %+v", card)
	}
	if card.Body[0].Text != "Monthly sync of October 2026: 2 lines to look at" {
		t.Errorf("title %q", card.Body[0].Text)
	}
	facts := card.Body[len(card.Body)-1].Facts
	if len(facts) != 4 || facts[1].Value != `<@ada\_lovelace\_b>` || facts[2].Title != "Written" || facts[2].Value != "41" {
		t.Errorf("facts %+v", facts)
	}
	if _, err := teamsMessage(testMessage(at("2026-11-01 00:00:00"), "ada@example.com", "")); err != nil {
		t.Errorf("without facts and link: %v", err)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere, r := notifytest.NewReceiver(t), notifytest.NewReceiver(t)
	r.Answer(http.StatusTemporaryRedirect, "", map[string]string{"Location": elsewhere.URL})
	c := store.Channel{Kind: store.ChannelWebhook, URL: r.URL}
	err := testCourier().send(t.Context(), c, runNews())
	if len(elsewhere.Take()) != 0 || err == nil || deliveryProblem(c, err).What != "The webhook says that it has moved." {
		t.Errorf("error %v", err)
	}
}

func TestUntrustedCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	c := store.Channel{Kind: store.ChannelTeams, URL: server.URL + tokenPath}
	p := deliveryProblem(c, testCourier().send(t.Context(), c, runNews()))
	if p.What != "Microsoft Teams's certificate is not valid." || strings.Contains(p.Detail, "very-secret-token") {
		t.Errorf("problem %+v", p)
	}
}

// smtpServer is a mail server that keeps what it is given.
type smtpServer struct {
	t         *testing.T
	listener  net.Listener
	tls       *tls.Config
	starttls  bool   // offers it
	implicit  bool   // TLS from the first byte
	password  string // of "panel"; empty: nobody signs in
	refuse    string // recipient that is refused
	mu        sync.Mutex
	mails     []string
	encrypted []bool
	heard     []string // commands, with what was said to sign in
}

// newSMTPServer takes its certificate from an httptest server: it is valid for 127.0.0.1.
func newSMTPServer(t *testing.T, change func(*smtpServer)) (*smtpServer, *x509.CertPool) {
	t.Helper()
	web := httptest.NewTLSServer(http.NotFoundHandler())
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	s := &smtpServer{t: t, tls: &tls.Config{Certificates: web.TLS.Certificates}}
	change(s)
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			done.Go(func() { s.talk(conn) })
		}
	})
	t.Cleanup(func() {
		s.listener.Close()
		done.Wait()
	})
	return s, roots
}

func (s *smtpServer) talk(conn net.Conn) {
	defer func() { conn.Close() }()
	secure := s.implicit
	if s.implicit {
		conn = tls.Server(conn, s.tls)
	}
	lines := bufio.NewScanner(conn)
	say := func(format string, args ...any) { fmt.Fprintf(conn, format+"\r\n", args...) }
	say("220 test ESMTP")
	for lines.Scan() {
		line := lines.Text()
		s.mu.Lock()
		s.heard = append(s.heard, line)
		s.mu.Unlock()
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			say("250-test")
			if s.starttls && !secure {
				say("250-STARTTLS")
			}
			say("250 AUTH PLAIN LOGIN")
		case "STARTTLS":
			say("220 go on")
			conn, secure = tls.Server(conn, s.tls), true
			lines = bufio.NewScanner(conn)
		case "AUTH":
			want := base64.StdEncoding.EncodeToString([]byte("\x00panel\x00" + s.password))
			if rest != "PLAIN "+want {
				say("535 5.7.8 wrong: %s", rest) // a server that repeats what it heard
				continue
			}
			say("235 welcome")
		case "RCPT":
			if s.refuse != "" && strings.Contains(rest, s.refuse) {
				say("550 5.1.1 no such user")
				continue
			}
			say("250 ok")
		case "DATA":
			say("354 go on")
			var mail strings.Builder
			for lines.Scan() && lines.Text() != "." {
				mail.WriteString(strings.TrimPrefix(lines.Text(), ".") + "\r\n")
			}
			s.mu.Lock()
			s.mails, s.encrypted = append(s.mails, mail.String()), append(s.encrypted, secure)
			s.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *smtpServer) channel(security store.MailSecurity, password string) store.Channel {
	_, port, _ := net.SplitHostPort(s.listener.Addr().String())
	number, _ := strconv.Atoi(port)
	c := store.Channel{Kind: store.ChannelEmail, Secret: password, Mail: store.Mail{
		Host: "127.0.0.1", Port: number, Security: security, From: "panel@example.com", To: []string{"ada@example.com", "bob@example.com"},
	}}
	if password != "" {
		c.Mail.User = "panel"
	}
	return c
}

func TestMail(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		server    func(*smtpServer)
		security  store.MailSecurity
		password  string
		encrypted bool
	}{
		{"STARTTLS and a password", func(s *smtpServer) { s.starttls, s.password = true, "open sesame" }, store.MailStartTLS, "open sesame", true},
		{"TLS and a password", func(s *smtpServer) { s.implicit, s.password = true, "open sesame" }, store.MailTLS, "open sesame", true},
		{"TLS alone", func(s *smtpServer) { s.implicit = true }, store.MailTLS, "", true},
		{"unencrypted on this machine", func(s *smtpServer) {}, store.MailUnencrypted, "", false},
		{"unencrypted with a password", func(s *smtpServer) { s.password = "open sesame" }, store.MailUnencrypted, "open sesame", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server, roots := newSMTPServer(t, test.server)
			c := testCourier()
			c.roots = roots
			m := runNews()
			if err := c.send(t.Context(), server.channel(test.security, test.password), m); err != nil {
				t.Fatal(err)
			}
			if len(server.mails) != 1 || server.encrypted[0] != test.encrypted {
				t.Fatalf("%d mails, encrypted %v", len(server.mails), server.encrypted)
			}
			checkMail(t, server.mails[0], m)
		})
	}
}

func checkMail(t *testing.T, text string, m Message) {
	t.Helper()
	got, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{
		"Subject": "[Seatbridge] Monthly sync of October 2026: 2 lines to look at", "From": "<panel@example.com>", "To": "<ada@example.com>, <bob@example.com>",
		"Message-ID": "<" + m.ID + "@example.com>", "Auto-Submitted": "auto-generated", "Date": "Sun, 01 Nov 2026 00:34:00 +0000",
	} {
		if value := got.Header.Get(header); value != want {
			t.Errorf("%s: %q, want %q", header, value, want)
		}
	}
	kind, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("type %q (%v)", kind, err)
	}
	parts := multipart.NewReader(got.Body, params["boundary"])
	for _, want := range []struct {
		kind  string
		parts []string
	}{
		{"text/plain", []string{m.Title, "<@ada_lovelace_b> started it on 1 November 2026 at 00:30 UTC; it took 4m0s.", "Held: 2", "https://panel.example.com/runs/7", mailFooter}},
		{"text/html", []string{"<h1", m.Title, "&lt;@ada_lovelace_b&gt; started it", `<a href="https://panel.example.com/runs/7">`, ">Written</th>"}},
	} {
		part, err := parts.NextPart() // which undoes quoted-printable
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(part)
		if err != nil || !strings.HasPrefix(part.Header.Get("Content-Type"), want.kind) {
			t.Fatalf("part %v (%v), want %s", part.Header, err, want.kind)
		}
		notifytest.WantParts(t, strings.ReplaceAll(string(body), "\r\n", "\n"), want.parts...)
	}
}

func TestMailProblems(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		server   func(*smtpServer)
		security store.MailSecurity
		password string
		trusted  bool
		what     string
	}{
		{"wrong password", func(s *smtpServer) { s.starttls, s.password = true, "right" }, store.MailStartTLS, "wrong password 123", true, "The mail server refused the user name and password."},
		{"STARTTLS is not offered", func(s *smtpServer) { s.password = "open sesame" }, store.MailStartTLS, "open sesame", true, "The mail server did not take the message."},
		{"unknown certificate", func(s *smtpServer) { s.implicit = true }, store.MailTLS, "open sesame", false, "The mail server's certificate is not valid."},
		{"unknown certificate after STARTTLS", func(s *smtpServer) { s.starttls = true }, store.MailStartTLS, "open sesame", false, "The mail server's certificate is not valid."},
		{"recipient refused", func(s *smtpServer) { s.refuse = "bob@" }, store.MailUnencrypted, "", true, "The mail server did not take the message."},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server, roots := newSMTPServer(t, test.server)
			c := testCourier()
			if test.trusted {
				c.roots = roots
			}
			channel := server.channel(test.security, test.password)
			err := c.send(t.Context(), channel, runNews())
			if err == nil {
				t.Fatal("the mail was taken")
			}
			p := deliveryProblem(channel, err)
			if p.What != test.what || p.Do == "" || p.Detail == "" {
				t.Errorf("problem %+v", p)
			}
			for _, secret := range []string{test.password, base64.StdEncoding.EncodeToString([]byte("\x00panel\x00" + test.password))} {
				if test.password != "" && strings.Contains(fmt.Sprintf("%+v", p), secret) {
					t.Errorf("%+v has %q", p, secret)
				}
			}
			if len(server.mails) > 0 {
				t.Error("a mail was sent all the same")
			}
			for _, line := range server.heard {
				if !test.trusted && strings.HasPrefix(line, "AUTH") || test.name == "STARTTLS is not offered" && strings.HasPrefix(line, "AUTH") {
					t.Errorf("the password was sent: %q", line)
				}
			}
		})
	}
}

func TestMailServerThatHangsOrIsGone(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := testCourier()
	c.timeout = 50 * time.Millisecond
	channel := (&smtpServer{listener: listener}).channel(store.MailUnencrypted, "")
	if p := deliveryProblem(channel, c.send(t.Context(), channel, runNews())); p.What != "The mail server did not answer in time." {
		t.Errorf("hanging: %+v", p)
	}
	listener.Close()
	if p := deliveryProblem(channel, c.send(t.Context(), channel, runNews())); p.What != "The mail server could not be reached." {
		t.Errorf("gone: %+v", p)
	}
	channel.Mail.Host = "no-such-host.invalid"
	if p := deliveryProblem(channel, c.send(t.Context(), channel, runNews())); p.What != "There is no server of that name." && p.What != "The mail server did not answer in time." {
		t.Errorf("unknown: %+v", p)
	}
}
