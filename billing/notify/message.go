// Package notify tells people what happened, by mail, Slack, Microsoft Teams and webhooks: the channels that an admin sets
// up, and the outbox, which keeps a message until its channel took it. What is worth telling is decided elsewhere.
package notify

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"seatbridge/store"
)

// SameFailureQuiet is how long the same failure is not told again.
const SameFailureQuiet = 24 * time.Hour

// A Message is what people are told. As JSON it is the body that a webhook receives. It holds no secrets and no names of
// customers: those are behind the link.
type Message struct {
	ID     string          `json:"id"`               // the same when the message is sent again, so that a receiver can drop repeats
	Events []store.Event   `json:"events"`           // what it is about
	At     time.Time       `json:"at"`               // when it happened, UTC
	Title  string          `json:"title"`            // one line
	Text   []string        `json:"text"`             // paragraphs of whole sentences
	URL    string          `json:"url,omitempty"`    // the page to look at; left out where the panel's address is not known
	Run    json.RawMessage `json:"run,omitempty"`    // the sync that it is about, in figures
	Months json.RawMessage `json:"months,omitempty"` // what is open of months, in figures
	Digest json.RawMessage `json:"digest,omitempty"` // what a digest says, in figures
	Facts  []Fact          `json:"-"`                // the figures for people; a webhook has Run, Months and Digest
	Chosen bool            `json:"-"`                // by the person who gets it, for himself
}

// A Fact is a line of a message's table.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	URL   string `json:"url,omitempty"` // the page that it is from; empty: none, or the panel's address is not known
}

// kept is a message as the outbox keeps it.
type kept struct {
	Message
	Facts  []Fact `json:"facts,omitempty"`
	Chosen bool   `json:"chosen,omitempty"`
}

// NewMessage is a message with an id that no other has.
func NewMessage(at time.Time, title string, text ...string) Message {
	return Message{ID: "msg_" + rand.Text(), At: at.UTC().Truncate(time.Second), Title: title, Text: text}
}

// Address makes a message known to whoever wants to hear of one of the topics. A message with the same once, unless that
// is empty, is not put into the outbox again.
func Address(m Message, once string, topics ...store.Topic) (store.Announcement, error) {
	for _, t := range topics {
		m.Events = append(m.Events, t.Event)
	}
	encoded, err := Pack(m)
	if err != nil {
		return store.Announcement{}, err
	}
	return store.Announcement{Once: once, Topics: topics, Message: encoded, At: m.At}, nil
}

// Pack is a message as the outbox keeps it.
func Pack(m Message) (string, error) {
	encoded, err := json.Marshal(kept{m, m.Facts, m.Chosen})
	if err != nil {
		return "", fmt.Errorf("encoding a message: %w", err)
	}
	return string(encoded), nil
}

// unpack is the message of a notification.
func unpack(n store.Notification) (Message, error) {
	var k kept
	if err := json.Unmarshal([]byte(n.Message), &k); err != nil {
		return Message{}, fmt.Errorf("decoding notification %d: %w", n.ID, err)
	}
	k.Message.Facts, k.Message.Chosen = k.Facts, k.Chosen
	return k.Message, nil
}

// testMessage is what the Test button sends.
func testMessage(at time.Time, by, url string) Message {
	m := NewMessage(at, "Test message from Seatbridge", by+" tries this channel. It works: nothing needs to be done.")
	m.Events, m.URL = []store.Event{store.EventTest}, url
	return m
}
