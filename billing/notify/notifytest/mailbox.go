package notifytest

import (
	"bufio"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Mailbox is a mail server on this machine, without encryption, that keeps what it is given.
type Mailbox struct {
	Host string
	Port int

	mu   sync.Mutex
	mail []Mail
}

// Mail is one that was taken.
type Mail struct {
	To   []string
	Text string // as it was sent, with its header
}

// NewMailbox serves until the test ends.
func NewMailbox(t testing.TB) *Mailbox {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	host, port, _ := net.SplitHostPort(listener.Addr().String())
	b := &Mailbox{Host: host}
	b.Port, _ = strconv.Atoi(port)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go b.talk(conn)
		}
	}()
	return b
}

// Take is what came since it was last asked.
func (b *Mailbox) Take() []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	got := b.mail
	b.mail = nil
	return got
}

// talk is one conversation.
func (b *Mailbox) talk(conn net.Conn) {
	defer conn.Close()
	say := func(line string) { conn.Write([]byte(line + "\r\n")) }
	say("220 test ESMTP")
	lines, m := bufio.NewScanner(conn), Mail{}
	for lines.Scan() {
		verb, rest, _ := strings.Cut(lines.Text(), ":")
		switch strings.ToUpper(strings.Fields(verb + " ?")[0]) {
		case "RCPT":
			m.To = append(m.To, strings.Trim(strings.Fields(rest)[0], "<>"))
			say("250 fine")
		case "DATA":
			say("354 go on")
			for lines.Scan() && lines.Text() != "." {
				m.Text += lines.Text() + "\n"
			}
			b.mu.Lock()
			b.mail, m = append(b.mail, m), Mail{}
			b.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}
