package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/atc0005/go-teams-notify/v2/adaptivecard"
	"github.com/slack-go/slack"
	"github.com/wneessen/go-mail"

	"seatbridge/billing/problem"
	"seatbridge/internal/outbound"
	"seatbridge/store"
)

// courier delivers messages.
type courier struct {
	http    func(outbound.Policy) *http.Client
	allowed outbound.Policy // which addresses a channel may lead to
	roots   *x509.CertPool  // that mail servers' certificates are checked with; nil: the machine's
	timeout time.Duration   // of one delivery
	now     func() time.Time
}

func newCourier(now func() time.Time, allowed outbound.Policy) courier {
	judged, before := newHTTP(allowed), newHTTP(outbound.Any)
	return courier{timeout: sendTimeout, now: now, allowed: allowed, http: func(p outbound.Policy) *http.Client {
		if p == outbound.Any {
			return before
		}
		return judged
	}}
}

func newHTTP(allowed outbound.Policy) *http.Client {
	transport := allowed.Guard(http.DefaultTransport.(*http.Transport).Clone())
	transport.DisableKeepAlives = true // messages are rare, and one sent into a connection that just ended would be lost
	return &http.Client{
		Transport: transport,
		// A message goes where the admin said and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send delivers one message. Its error may hold secrets; deliveryProblem makes it fit to show.
func (c courier) send(ctx context.Context, channel store.Channel, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	switch channel.Kind {
	case store.ChannelEmail:
		return c.mail(ctx, channel, m)
	case store.ChannelSlack:
		return c.postJSON(ctx, channel, slackMessage(m))
	case store.ChannelTeams:
		card, err := teamsMessage(m)
		if err != nil {
			return fmt.Errorf("making a card: %w", err)
		}
		return c.postJSON(ctx, channel, card)
	}
	return c.webhook(ctx, channel, m)
}

// webhook posts the message as JSON. The headers follow the Standard Webhooks specification: webhook-id and
// webhook-timestamp, and with a secret webhook-signature, "v1," and the base64 HMAC-SHA256 of "id.timestamp.body".
func (c courier) webhook(ctx context.Context, channel store.Channel, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encoding a message: %w", err)
	}
	timestamp := strconv.FormatInt(c.now().Unix(), 10)
	headers := map[string]string{"webhook-id": m.ID, "webhook-timestamp": timestamp}
	if channel.Secret != "" {
		headers["webhook-signature"] = signature(channel.Secret, m.ID, timestamp, body)
	}
	return c.post(ctx, channel, body, headers)
}

// signature takes a secret as it is, or base64 after "whsec_", the specification's form.
func signature(secret, id, timestamp string, body []byte) string {
	key := []byte(secret)
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if decoded, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			key = decoded
		}
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (c courier) postJSON(ctx context.Context, channel store.Channel, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding a message: %w", err)
	}
	return c.post(ctx, channel, body, nil)
}

// answerError is an answer other than success. What it says is not kept: whoever answers may be anybody.
type answerError struct {
	status     int
	retryAfter time.Duration
}

func (e *answerError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", e.status, http.StatusText(e.status)))
}

func (c courier) post(ctx context.Context, channel store.Channel, body []byte, headers map[string]string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, channel.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address cannot be used")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Seatbridge")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	answer, err := c.http(c.allowed.Unless(channel.AnyAddress)).Do(r)
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err // without the address
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 == 2 {
		return nil
	}
	seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
	return &answerError{status: answer.StatusCode, retryAfter: time.Duration(seconds) * time.Second}
}

// retryAfter is how long the receiver asked to wait.
func retryAfter(err error) time.Duration {
	var answer *answerError
	if errors.As(err, &answer) {
		return answer.retryAfter
	}
	return 0
}

// slackMessage is the message for an incoming webhook. Plain text is shown as it is: nothing in it can become a link or a
// mention.
func slackMessage(m Message) *slack.WebhookMessage {
	plain := func(text string) *slack.TextBlockObject {
		return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
	}
	blocks := []slack.Block{slack.NewHeaderBlock(plain(problem.Shorten(m.Title, 150)))}
	if len(m.Text) > 0 {
		blocks = append(blocks, slack.NewSectionBlock(plain(problem.Shorten(strings.Join(m.Text, "\n"), 3000)), nil, nil))
	}
	for facts := range slices.Chunk(m.Facts, 10) { // a section takes ten
		var fields []*slack.TextBlockObject
		for _, f := range facts {
			fields = append(fields, slackFact(f))
		}
		blocks = append(blocks, slack.NewSectionBlock(nil, fields, nil))
	}
	if m.URL != "" {
		link := slack.NewTextBlockObject(slack.MarkdownType, "<"+m.URL+"|Open in Seatbridge>", false, false)
		blocks = append(blocks, slack.NewSectionBlock(link, nil, nil))
	}
	return &slack.WebhookMessage{Text: slackEscaper.Replace(m.Title), Blocks: &slack.Blocks{BlockSet: blocks}}
}

// slackFact is a line of the table; its name leads to its page.
func slackFact(f Fact) *slack.TextBlockObject {
	if f.URL == "" {
		return slack.NewTextBlockObject(slack.PlainTextType, f.Name+": "+f.Value, false, false)
	}
	text := "<" + f.URL + "|" + slackEscaper.Replace(f.Name) + ">: " + slackEscaper.Replace(f.Value)
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, false)
}

var slackEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// teamsMessage is the message for a Teams workflow that posts webhook alerts: an Adaptive Card.
func teamsMessage(m Message) (*adaptivecard.Message, error) {
	card := adaptivecard.NewCard()
	card.SetFullWidth()
	card.Body = append(card.Body, adaptivecard.NewTitleTextBlock(plainMarkdown(m.Title), true))
	for _, paragraph := range m.Text {
		card.Body = append(card.Body, adaptivecard.NewTextBlock(plainMarkdown(paragraph), true))
	}
	set := adaptivecard.NewFactSet()
	for _, f := range m.Facts {
		if err := set.AddFact(adaptivecard.Fact{Title: f.Name, Value: teamsValue(f)}); err != nil {
			return nil, err
		}
	}
	if len(set.Facts) > 0 {
		card.Body = append(card.Body, adaptivecard.Element(set))
	}
	if m.URL != "" {
		open, err := adaptivecard.NewActionOpenURL(m.URL, "Open in Seatbridge")
		if err != nil {
			return nil, err
		}
		card.Actions = append(card.Actions, open)
	}
	message, err := adaptivecard.NewMessageFromCard(card)
	if err != nil {
		return nil, err
	}
	return message, message.Validate()
}

// teamsValue is what a line of the table says, and leads to its page.
func teamsValue(f Fact) string {
	if f.URL == "" {
		return plainMarkdown(f.Value)
	}
	return "[" + plainMarkdown(f.Value) + "](" + f.URL + ")"
}

// plainMarkdown keeps a text from being read as Markdown, as the underscores of an e-mail address would be.
func plainMarkdown(text string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, "`", "\\`").Replace(text)
}

// mailFooter and chosenFooter say why somebody gets a mail.
const (
	chosenFooter = "You get this because you chose a digest in Seatbridge. Under Settings you can choose another rhythm, or none."
	mailFooter   = "You get this because an administrator of Seatbridge entered your address under Settings › Notifications."
)

// Footer says why somebody gets the message as a mail.
func (m Message) Footer() string {
	if m.Chosen {
		return chosenFooter
	}
	return mailFooter
}

var mailHTML = htmltemplate.Must(htmltemplate.New("mail").Parse(`<!DOCTYPE html>
<html lang="en"><body style="font-family:sans-serif;font-size:15px;line-height:1.5">
<h1 style="font-size:19px">{{.Title}}</h1>
{{range .Text}}<p>{{.}}</p>
{{end}}{{with .Facts}}<table style="border-collapse:collapse">
{{range .}}<tr style="vertical-align:top"><th scope="row" style="text-align:left;font-weight:normal;padding:2px 16px 2px 0">` +
	`{{if .URL}}<a href="{{.URL}}">{{.Name}}</a>{{else}}{{.Name}}{{end}}</th>
<td style="padding:2px 0">{{.Value}}</td></tr>
{{end}}</table>
{{end}}{{with .URL}}<p><a href="{{.}}">Open in Seatbridge</a></p>
{{end}}<p style="font-size:13px;color:#666">{{.Footer}}</p>
</body></html>
`))

// mailText is the message as plain text.
func mailText(m Message) string {
	text := m.Title + "\n\n" + strings.Join(m.Text, "\n\n") + "\n"
	if len(m.Facts) > 0 {
		text += "\n"
		for _, f := range m.Facts {
			text += f.Name + ": " + f.Value + "\n"
			if f.URL != "" {
				text += "  " + f.URL + "\n"
			}
		}
	}
	if m.URL != "" {
		text += "\n" + m.URL + "\n"
	}
	return text + "\n-- \n" + m.Footer() + "\n"
}

func (c courier) mail(ctx context.Context, channel store.Channel, m Message) error {
	msg := mail.NewMsg()
	if err := errors.Join(msg.From(channel.Mail.From), msg.To(channel.Mail.To...)); err != nil {
		return fmt.Errorf("addressing a mail: %w", err)
	}
	msg.Subject("[Seatbridge] " + m.Title)
	msg.SetDateWithValue(m.At)
	_, domain, _ := strings.Cut(channel.Mail.From, "@")
	msg.SetMessageIDWithValue(m.ID + "@" + domain) // a mail that is sent again is the same mail
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(mail.TypeTextPlain, mailText(m))
	if err := msg.AddAlternativeHTMLTemplate(mailHTML, m); err != nil {
		return fmt.Errorf("writing a mail: %w", err)
	}
	config := &tls.Config{ServerName: channel.Mail.Host, RootCAs: c.roots, MinVersion: tls.VersionTLS12}
	options := append(mailOptions(channel), mail.WithTimeout(c.timeout), mail.WithTLSConfig(config),
		mail.WithDialContextFunc(c.dialUntil(ctx, config, channel)))
	client, err := mail.NewClient(channel.Mail.Host, options...)
	if err != nil {
		return fmt.Errorf("preparing a mail: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return errors.Join(err, ctx.Err())
	}
	return nil
}

// dialUntil makes a connection that is closed when ctx ends. The library leaves it open where the conversation fails before
// the first mail, and limits each step but not the whole.
func (c courier) dialUntil(ctx context.Context, config *tls.Config, channel store.Channel) mail.DialContextFunc {
	allowed := c.allowed.Unless(channel.AnyAddress)
	return func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := allowed.DialContext(dialing, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { conn.Close() })
		if channel.Mail.Security != store.MailTLS {
			return conn, nil
		}
		implicit := tls.Client(conn, config)
		if err := implicit.HandshakeContext(dialing); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		return implicit, nil
	}
}

func mailOptions(channel store.Channel) []mail.Option {
	options := []mail.Option{mail.WithPort(channel.Mail.Port)}
	signIn := []mail.SMTPAuthType{mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthPlain, mail.SMTPAuthLogin, mail.SMTPAuthCramMD5}
	switch channel.Mail.Security {
	case store.MailTLS:
		options = append(options, mail.WithSSL())
	case store.MailUnencrypted:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
		signIn = []mail.SMTPAuthType{mail.SMTPAuthPlainNoEnc, mail.SMTPAuthLoginNoEnc} // on this machine only
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if channel.Mail.User != "" {
		options = append(options, mail.WithOpportunisticSMTPAuth(signIn...),
			mail.WithUsername(channel.Mail.User), mail.WithPassword(channel.Secret))
	}
	return options
}

// deliveryProblem puts what kept a message from being delivered into words, without the channel's secrets.
func deliveryProblem(c store.Channel, err error) store.Problem {
	p := store.Problem{
		What: channelName(c.Kind) + " did not take the message.",
		Do:   "Look at the technical details and at the settings, then send a test message.",
	}
	var (
		answer  *answerError
		reply   *textproto.Error
		name    *net.DNSError
		network net.Error
		unknown x509.UnknownAuthorityError
		wrong   x509.HostnameError
		invalid x509.CertificateInvalidError
		refused *outbound.Refused
	)
	switch {
	case errors.As(err, &refused):
		p.What, p.Do = "The channel leads to "+refused.Kind+".", refused.Advice()
	case errors.As(err, &answer):
		p = answerProblem(c.Kind, answer.status)
	case errors.As(err, &reply) && (reply.Code == 535 || reply.Code == 534 || reply.Code == 530):
		p.What = "The mail server refused the user name and password."
		p.Do = "Enter them again. Some providers want an app password instead of the usual one."
	case errors.As(err, &unknown), errors.As(err, &wrong), errors.As(err, &invalid):
		p.What = channelName(c.Kind) + "'s certificate is not valid."
		p.Do = "Check the server's name. A private certificate authority is made known by SSL_CERT_FILE."
	case errors.As(err, &name):
		p.What, p.Do = "There is no server of that name.", "Check the address."
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		p.What, p.Do = channelName(c.Kind)+" did not answer in time.", "Check the address, the port and whether this machine may connect there."
	case errors.As(err, &network), errors.Is(err, io.EOF):
		p.What, p.Do = channelName(c.Kind)+" could not be reached.", "Check the address, the port and whether this machine may connect there."
	}
	p.Detail = problem.Shorten(withoutSecrets(err.Error(), c), 500)
	return p
}

func answerProblem(kind store.ChannelKind, status int) store.Problem {
	name := channelName(kind)
	switch {
	case status == http.StatusTooManyRequests:
		return store.Problem{What: name + " takes no more messages at the moment.", Do: "Wait, then send a test message."}
	case status/100 == 3:
		return store.Problem{
			What: name + " says that it has moved.", Do: "Enter its new address: messages are not sent anywhere else by themselves.",
		}
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound, status == http.StatusGone:
		return store.Problem{
			What: name + " does not accept messages at this address any more.", Do: "Make a new webhook there and enter its address.",
		}
	}
	return store.Problem{
		What: fmt.Sprintf("%s answered with status %d.", name, status), Do: "Try again later with a test message, or look at the receiver.",
	}
}

// channelName is the receiver in a sentence.
func channelName(kind store.ChannelKind) string {
	switch kind {
	case store.ChannelEmail:
		return "The mail server"
	case store.ChannelSlack:
		return "Slack"
	case store.ChannelTeams:
		return "Microsoft Teams"
	}
	return "The webhook"
}

// shortestToken is the length from which a part of an address may be a token.
const shortestToken = 8

// withoutSecrets blots out of a text whatever could be the channel's secrets, in case a server or a library repeats them.
func withoutSecrets(text string, c store.Channel) string {
	encoded := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	secrets := []string{c.URL, c.Secret, encoded("\x00" + c.Mail.User + "\x00" + c.Secret), encoded(c.Secret)}
	if u, err := url.Parse(c.URL); err == nil {
		parts := append(strings.Split(u.Path, "/"), strings.FieldsFunc(u.RawQuery, func(c rune) bool { return c == '&' || c == '=' })...)
		parts = slices.DeleteFunc(parts, func(part string) bool { return len(part) < shortestToken })
		secrets = append(append(secrets, u.RequestURI(), u.Path), parts...)
	}
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range secrets {
		if secret != "" && secret != "/" {
			text = strings.ReplaceAll(text, secret, "•••")
		}
	}
	return text
}
