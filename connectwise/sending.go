package connectwise

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// Sending is called at the very moment before a write goes on the wire. Its error keeps the write from being sent.
type Sending func(ctx context.Context) error

type sendingKey struct{}

// WithSending returns a context in which every write calls sending before each try, after the waits for pace, free
// places and Retry-After: what it notes is when ConnectWise may have begun to carry the write out, and not when somebody
// began to wait. A repeated try calls it again. When it returns an error nothing is sent, and the write's error is
// ErrNotSent and wraps that error; it is ErrUnknownOutcome too only if an earlier try may have been applied.
func WithSending(ctx context.Context, sending Sending) context.Context {
	return context.WithValue(ctx, sendingKey{}, sending)
}

// announce tells the caller that a write is about to be sent.
func announce(ctx context.Context, r request) error {
	sending, wanted := ctx.Value(sendingKey{}).(Sending)
	if !wanted || r.safe() {
		return nil
	}
	return sending(ctx)
}

// carriage follows one request to the connection it travels on. A connection is handed over when it is dialled and its
// TLS handshake is done: before that, no byte of the request has left.
type carriage struct {
	looked, found atomic.Bool
}

func (c *carriage) follow(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { c.looked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { c.found.Store(true) },
	})
}

// neverLeft reports that no connection was found for the request. Of a transport that does not tell, it says false.
func (c *carriage) neverLeft() bool { return c.looked.Load() && !c.found.Load() }
